"""Could this be the same person as before? One file a detector; journeys are what is remembered of a person or a device."""

"""Where an address is, what kind of network it is in, and how far and how fast somebody moved."""

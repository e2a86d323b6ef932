"""The risk bus: CloudEvents out of the outbox, at least once, in order per device."""

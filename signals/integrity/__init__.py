"""Is the client what was shipped, in a process that nobody else steers, on a clock that nobody bends? One file a detector."""

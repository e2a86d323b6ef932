"""Through what network does this client come, and does what it says of itself fit? One file a detector."""

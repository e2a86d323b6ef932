"""Step-up: one small protocol, a file for each kind, and a ledger that lets a challenge be passed once."""

"""The timing score: how a person's hand is told from a machine's, one file a concept. See docs/timing.md."""

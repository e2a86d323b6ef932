"""Scores with reasons. Pure: no input or output, no clock, no framework."""

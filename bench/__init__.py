"""Benchmarks: one file a subject, all of them by `python -m bench`."""

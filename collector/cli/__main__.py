"""Lets `python -m collector.cli` do what `countersign` does."""

from collector.cli import main

main()

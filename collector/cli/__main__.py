"""Lets `python -m collector.cli` do what `countersign` does."""

from collector.command import main

main()

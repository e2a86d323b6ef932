"""Where the `countersign` command begins: with a word of help where only the SDK is installed."""

import sys


def main() -> None:
    """Run the command line."""
    try:
        from collector.cli import main as run
    except ModuleNotFoundError as error:
        sys.exit(f"countersign: the service needs more than the SDK ({error.name} is missing): pip install 'countersign[collector]'")
    run()

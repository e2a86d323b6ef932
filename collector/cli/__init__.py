"""The `countersign` command. One file a command; heavy imports happen inside the command that needs them."""

import typer

main = typer.Typer(name="countersign", help=__doc__.splitlines()[0], no_args_is_help=True, pretty_exceptions_enable=False)

__all__ = ["main"]

"""The `countersign` command. One file a command; heavy imports happen inside the command that needs them."""

import typer

from collector.cli import assets, demo, doctor, evaluate, events, fit, geo, keys, score, serve

main = typer.Typer(
    name="countersign",
    help="Countersign: the collector and its tools.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
main.command("serve")(serve.serve)
main.command("demo")(demo.demo)
main.command("doctor")(doctor.doctor)
main.add_typer(keys.app, name="keys")
main.add_typer(events.app, name="events")
main.add_typer(assets.app, name="assets")
main.add_typer(score.app, name="score")
main.add_typer(geo.app, name="geo")
main.command("fit")(fit.fit)
main.command("evaluate")(evaluate.evaluate)

__all__ = ["main"]

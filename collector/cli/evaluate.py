"""`countersign evaluate`: how well timing tells bots from people that the fit never saw."""

import os
from datetime import date as calendar
from pathlib import Path
from typing import Annotated

import typer

from collector.cli.common import USAGE, fail


def evaluate(
    data: Annotated[list[Path], typer.Argument(help="Trace files (JSON lines, plain or gzip) or folders of them.", exists=True)],
    zoo: Annotated[bool, typer.Option("--zoo/--no-zoo", help="Let the zoo's bots imitate the people.")] = True,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    picture: Annotated[Path | None, typer.Option(help="Draw ROC and reliability into this SVG file.")] = None,
    write: Annotated[Path | None, typer.Option(help="Write the report card, with its picture and its figures as JSON beside it.")] = None,
    date: Annotated[str, typer.Option(help="The day that the report card states.")] = "",
    seed: Annotated[int, typer.Option(help="Seed of windows, folds and bots.")] = 7,
    per_subject: Annotated[int, typer.Option(help="Windows a person at most.", min=2)] = 25,
) -> None:
    """Split by subject, leave out each device and each bot family in turn, replay recordings, bend clocks, and print what was found."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from collector.imitation import families
    from collector.reportcard import Origin, as_json, as_markdown, as_text
    from collector.roc_picture import draw
    from collector.traces import BadTrace, digest, files, read
    from signals.evaluate import evaluate as measure
    from signals.evaluate import quick
    from signals.fitting.curves import Effort

    try:
        found = files(data)
        traces = [trace for path in found for trace in read(path)]
        origin = Origin(date or calendar.today().isoformat(), seed, per_subject, {path.name: digest(path) for path in found})
    except (BadTrace, OSError, EOFError) as error:
        fail(str(error), USAGE)
    zoo_families = families() if zoo else {}
    card = measure(traces, zoo_families, seed, Effort(per_subject))
    typer.echo(as_json(card, origin) if json else as_text(card))
    if picture is not None:
        picture.write_text(draw(card.pooled))
    if write is not None:
        beside = write.with_suffix(".svg")
        beside.write_text(draw(card.pooled))
        write.write_text(as_markdown(card, beside.name, origin))
        write.with_suffix(".json").write_text(as_json(card, origin, quick(traces, zoo_families, seed)))

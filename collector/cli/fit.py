"""`countersign fit`: fit the timing model from trace files."""

import os
from datetime import date as calendar
from pathlib import Path
from typing import Annotated

import typer

from collector.cli.common import USAGE, fail


def fit(
    data: Annotated[list[Path], typer.Argument(help="Trace files (JSON lines, plain or gzip) or folders of them.", exists=True)],
    output: Annotated[Path, typer.Option("--output", "-o", help="Where the model goes.")] = Path("model.json"),
    date: Annotated[str, typer.Option(help="The day that the model states, for a fit that repeats bit by bit.")] = "",
    seed: Annotated[int, typer.Option(help="Seed of windows, folds and bots.")] = 1,
    per_subject: Annotated[int, typer.Option(help="Windows a person per range of sizes.", min=2)] = 25,
) -> None:
    """Fit tables, curves and calibration from people's traces, recorded bots and the zoo's imitators of these people."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from collector.imitation import families
    from collector.traces import BadTrace, digest, files, read
    from signals.fit import fit_all
    from signals.fitting.curves import Effort
    from signals.timing.model import dump_model

    try:
        found = files(data)
        traces = [trace for path in found for trace in read(path)]
        digests = {path.name: digest(path) for path in found}
    except (BadTrace, OSError, EOFError) as error:
        fail(str(error), USAGE)
    model = fit_all(traces, families(), seed, date or calendar.today().isoformat(), digests, Effort(per_subject))
    output.write_bytes(dump_model(model))
    typer.echo(f"{output}: {', '.join(f'{name} ({len(channel.curves)} sizes)' for name, channel in model.channels.items())}")

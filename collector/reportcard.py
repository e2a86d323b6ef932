"""The report card as text, JSON and Markdown: the same rows in all three."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from signals.evaluate import Card
from signals.figures import Figures

_FIGURES: Final = ("people", "bots", "AUC", "TPR at 1 %", "TPR at 0.1 %", "Brier", "calibration error", "abstained")


def as_json(card: Card) -> str:
    """Return the card as one JSON document, rounded to four digits; without the pooled evidence behind the picture."""
    tables = {
        "families": card.families,
        "left_out": card.left_out,
        "devices": card.devices,
        "subjects": card.subjects,
        "lengths": card.lengths,
    }
    return msgspec.json.format(msgspec.json.encode(_rounded(msgspec.to_builtins(tables))), indent=1).decode()


def as_text(card: Card) -> str:
    """Return the card as aligned columns."""
    lines = []
    for title, head, rows in _tables(card):
        lines += [title, *_aligned([head, *rows]), ""]
    return "\n".join(lines)


def as_markdown(card: Card, picture: str, date: str, data: Mapping[str, str], seed: int, per_subject: int) -> str:
    """Return the card as a page. Raises nothing; the same card gives the same page."""
    lines = [
        "# Report card of the timing score",
        "",
        f"Written by `countersign evaluate DATA --write docs/report-card.md --seed {seed} --per-subject {per_subject}` on {date}.",
        "People are never in both fit and test; the bots of each side imitate the people of that side only. Windows are of 100 intervals",
        "(presses without releases) or 30 pointer events. An abstention is not found. The bots are synthetic, but for `gan` and `pynput`.",
        "",
        f"![ROC and reliability]({picture})",
        "",
    ]
    for title, head, rows in _tables(card):
        lines += [f"## {title}", "", _row(head), _row(["---"] * len(head)), *(_row(row) for row in rows), ""]
    lines += ["## Data", "", *(f"- `{name}` sha256 `{digest}`" for name, digest in data.items()), ""]
    return "\n".join(lines)


def _tables(card: Card) -> Iterator[tuple[str, list[str], list[list[str]]]]:
    yield "By family, people held out", ["case", *_FIGURES], [[name, *_cells(row)] for name, row in card.families.items()]
    yield "Bot family left out of the fit", ["case", *_FIGURES], [[name, *_cells(row)] for name, row in card.left_out.items()]
    alarms = ["device", "false alarms"]
    yield "Device left out of the fit: false alarms at a nominal 1 %", alarms, [[name, _share(row)] for name, row in card.devices.items()]
    yield "Devices in the fit: false alarms at 1 % overall", alarms, [[name, _share(row)] for name, row in card.subjects.items()]
    seconds = [[name, f"{row[0]:.1f}", f"{row[1]:.3f}"] for name, row in card.lengths.items()]
    yield "Decisions against seconds of play", ["events", "median seconds", "TPR at 1 %"], seconds


def _cells(row: Figures) -> list[str]:
    rates = (row.auc, row.tpr_1, row.tpr_01, row.brier, row.calibration_error, row.abstained)
    return [str(row.people), str(row.bots), *(f"{rate:.4f}" for rate in rates)]


def _share(value: float) -> str:
    return f"{100.0 * value:.2f} %"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    return ["  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {key: _rounded(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(part) for part in value]
    return value

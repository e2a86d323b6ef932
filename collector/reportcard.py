"""The report card as text, JSON and Markdown: the same rows in all three."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

import msgspec

from signals.evaluation.card import Card
from signals.evaluation.goals import Goal, goals
from signals.figures import Figures, Rate, rate
from signals.fitting.pointer import MIN_PEOPLE

_FIGURES: Final = ("people", "bots", "AUC", "TPR at 1 %", "TPR at 0.1 %", "Brier", "calibration error", "abstained")
_LIMITS: Final = ("of", "share", "at least", "at most")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a card comes from: the command that makes it again."""

    date: str
    seed: int
    per_subject: int
    data: Mapping[str, str]
    """File name to SHA-256."""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells under a title, with what a reader has to know of them."""

    title: str
    head: tuple[str, ...]
    rows: list[list[str]]
    about: str = ""


def as_json(card: Card, origin: Origin, quick: Card | None = None) -> str:
    """Return everything as one JSON document, rounded to six digits, without the pooled evidence behind the picture.

    `quick` is the card of a small evaluation, for a test to hold itself against (docs/timing.md).
    """
    document = {"origin": asdict(origin), "goals": [{**asdict(goal), "met": goal.met} for goal in goals(card)], "card": _tables_of(card)}
    if quick is not None:
        document["quick"] = _tables_of(quick)
    return msgspec.json.format(msgspec.json.encode(_rounded(document)), indent=1).decode() + "\n"


def quick_of(text: str | bytes) -> Card:
    """Return the quick card of a document that `as_json` wrote. Raises msgspec.ValidationError or KeyError where there is none."""
    return msgspec.convert(msgspec.json.decode(text)["quick"], Card)


def as_text(card: Card) -> str:
    """Return the card as aligned columns."""
    lines = []
    for table in _tables(card, str):
        lines += [table.title, *_aligned([table.head, *table.rows]), ""]
    return "\n".join(lines)


def as_markdown(card: Card, picture: str, origin: Origin) -> str:
    """Return the card as a page. Raises nothing; the same card gives the same page."""
    lines = [
        "# Report card of timing, replays and clocks",
        "",
        f"Written by `countersign evaluate DATA --write docs/report-card.md --seed {origin.seed} --per-subject {origin.per_subject}` on "
        f"{origin.date}.",
        "People are never in both fit and test; the bots of each side imitate the people of that side only. Windows are of 100 intervals",
        "(presses without releases) or 30 pointer events. An abstention is not found. The bots are synthetic, but for `gan` and `pynput`,",
        "which were recorded. Replays are those of people's recordings; sessions of clocks are simulated. Limits are one-sided, at 95 %",
        "(Clopper and Pearson, 1934), and take every window for a new one: where windows overlap they promise too much.",
        "",
        f"![ROC and reliability]({picture})",
        "",
    ]
    for table in _tables(card, _bold):
        lines += [f"## {table.title}", "", *((table.about, "") if table.about else ())]
        lines += [_row(table.head), _row(["---"] * len(table.head)), *(_row(row) for row in table.rows), ""]
    lines += ["## Data", "", *(f"- `{name}` sha256 `{digest}`" for name, digest in origin.data.items()), ""]
    return "\n".join(lines)


def _tables(card: Card, shortfall: Callable[[str], str]) -> Iterator[Table]:
    yield Table("Goals", ("case", "figure", "goal", "met", "counted"), [_goal(goal, shortfall) for goal in goals(card)])
    yield Table("By family, people held out", ("case", *_FIGURES), _figures(card.families))
    yield Table("Bot family left out of the fit", ("case", *_FIGURES), _figures(card.left_out))
    yield Table(
        "By device, people held out", ("case", *_FIGURES), _figures(card.groups), "Bots are those that imitate people of that device."
    )
    alarms = [[name, _percent(row), *_found(card.devices_found.get(name))] for name, row in card.devices.items()]
    about = (
        "Bots found are those that imitate the people of that device, at the same threshold. Windows that are not judged are neither; "
        f"where fewer than {MIN_PEOPLE} people are left, nothing is fitted and none is."
    )
    yield Table("Device left out of the fit: false alarms at a nominal 1 %", ("device", "false alarms", "bots found", "of"), alarms, about)
    about = "Thirds of the people by how long a window takes them. The limits take every window for a new person: few people say less."
    yield Table("False alarms by group of people, at 1 % overall", ("group", *_LIMITS), _rates(card.subjects), about)
    seconds = [[name, f"{row[0]:.1f}", f"{row[1]:.3f}"] for name, row in card.lengths.items()]
    yield Table("Decisions against seconds of play", ("events", "median seconds", "TPR at 1 %"), seconds)
    about = "What has at least one match with a recording it comes from. People that the limits of a match were not set on."
    yield Table("Replays of remembered recordings: recognised", ("case", *_LIMITS), _rates(card.replays), about)
    yield Table(
        "People who replay nothing",
        ("channel", "people", "recordings", "sketches", "windows", "apart", "strangers'", "at most, apart", "own", "own macro"),
        [_fresh(name, card) for name in card.fresh],
        "Windows start at every interval; `apart` are those that don't overlap, and the limit is theirs. `strangers'`: taken for somebody "
        "else's recording. `own`: like another session of the same person, which is no alarm on a known device or account; `own macro`: "
        "so much like it that it is one.",
    )
    about = "Sessions of 60 s with drift of up to 100 ppm, by network model and by circumstances; called bent from 3 nats on."
    yield Table("Honest clocks called bent (simulated)", ("sessions", *_LIMITS), _rates(card.honest_clocks), about)
    about = "Both of the client's clocks are bent, so that only the network tells. The even networks are gaussian to lognormal."
    yield Table("Bent clocks found (simulated)", ("sessions", *_LIMITS), _rates(card.clocks), about)


def _goal(goal: Goal, shortfall: Callable[[str], str]) -> list[str]:
    sign = "<=" if goal.at_most else ">="
    figure = f"{goal.figure:.4f}"
    figure, met = (figure, "yes") if goal.met else (shortfall(figure), shortfall("no"))
    return [goal.case, figure, f"{sign} {goal.goal:g}", met, goal.counted]


def _figures(table: Mapping[str, Figures]) -> list[list[str]]:
    return [[name, *_cells(row)] for name, row in table.items()]


def _cells(row: Figures) -> list[str]:
    rates = (row.auc, row.tpr_1, row.tpr_01, row.brier, row.calibration_error, row.abstained)
    return [str(row.people), str(row.bots), *(f"{rate:.4f}" for rate in rates)]


def _rates(table: Mapping[str, Rate]) -> list[list[str]]:
    return [[name, str(row.of), *(f"{share:.4f}" for share in (row.share, row.low, row.high))] for name, row in table.items()]


def _fresh(name: str, card: Card) -> list[str]:
    row = card.fresh[name]
    apart = rate(round(row.strangers.share * row.apart), row.apart)
    counts = (row.people, row.recordings, row.remembered, row.strangers.of, row.apart)
    return [name, *map(str, counts), *(f"{share:.5f}" for share in (row.strangers.share, apart.high, row.own.share, row.macros.share))]


def _found(found: Rate | None) -> tuple[str, str]:
    return (_percent(found.share), str(found.of)) if found else ("", "")


def _percent(value: float) -> str:
    return f"{100.0 * value:.2f} %"


def _bold(text: str) -> str:
    return f"**{text}**"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    return ["  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _tables_of(card: Card) -> dict[str, Any]:
    return {one.name: msgspec.to_builtins(getattr(card, one.name)) for one in fields(card) if one.name != "pooled"}


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, dict):
        return {key: _rounded(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(part) for part in value]
    return value

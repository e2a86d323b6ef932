"""What the timing score, replays and clocks are meant to reach, beside what a report card says they do."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from signals.evaluation.card import Card, Fresh
from signals.evaluation.clocks import AT_RARE, RARE
from signals.figures import Figures, Rate, rate

SIMPLE: Final = ("constant", "uniform", "gaussian", "exponential")
RESAMPLED: Final = ("shuffle", "bootstrap")
REPLAYS: Final[Mapping[str, float]] = {
    "100 intervals, 30 ms": 0.999,
    "100 intervals, 60 ms": 0.95,
    "50 intervals, 10 ms": 0.9,
    "100 intervals, x0.9 to x1.1": 0.99,
}


@dataclass(frozen=True, slots=True)
class Goal:
    """One goal, and whether it is met."""

    case: str
    figure: float
    at_most: bool
    """Whether the figure may at most be the goal; otherwise it has to be the goal at least."""
    goal: float
    counted: str
    """On how much the figure rests, and within which limits it is known."""

    @property
    def met(self) -> bool:
        """Whether the figure, as counted, is where it should be."""
        return self.figure <= self.goal if self.at_most else self.figure >= self.goal


def goals(card: Card) -> list[Goal]:
    """Return every goal that the card has a figure for, as they are shown."""
    return [*_presses(card), *_replays(card), *_pointer(card), *_devices(card), *_clocks(card), *_calibration(card)]


def _presses(card: Card) -> Iterator[Goal]:
    for channel in ("keys", "clicks"):
        simple = _rows(card.families, channel, _simple(card, channel))
        yield from _worst_auc(f"{channel}: constant, uniform, gaussian, exponential, 100 intervals", simple, 0.999)
        yield from _worst_found(f"{channel}: constant, uniform, gaussian, exponential, 100 intervals", simple, 0.99)
    yield from _worst_found("keys: independent lognormal, 100 intervals", _rows(card.families, "keys", ("lognormal",)), 0.97)
    drawn = _rows(card.families, "keys", RESAMPLED)
    yield from _worst_auc("keys: shuffle, bootstrap of a person's own, 100 intervals", drawn, 0.99)
    yield from _worst_found("keys: shuffle, bootstrap of a person's own, 100 intervals", drawn, 0.90)


def _simple(card: Card, channel: str) -> Iterator[str]:
    """Yield the simple families: those that play a person's keys, and those that press one key or place by the same clocks."""
    for name in card.families:
        own, _, family = name.partition("/")
        if own == channel and family.partition("_")[0] in SIMPLE:
            yield family


def _replays(card: Card) -> Iterator[Goal]:
    for case, goal in REPLAYS.items():
        if f"keys/{case}" in card.replays:
            yield _at_least(f"replay of a remembered recording, keys, {case}: recall", card.replays[f"keys/{case}"], goal)
    for channel, fresh in card.fresh.items():
        apart = rate(round(fresh.strangers.share * fresh.apart), fresh.apart)
        counted = (
            f"{fresh.strangers.hits} of {fresh.strangers.of} overlapping windows of {fresh.people} people; "
            f"the {fresh.apart} that don't overlap alone would allow up to {apart.high:.4f}{_pairs(fresh)}"
        )
        yield Goal(f"fresh {channel} taken for somebody else's recording", fresh.strangers.share, True, RARE, counted)


def _pairs(fresh: Fresh) -> str:
    if not fresh.expected:
        return ""
    expected = ", ".join(f"{chance:.1g} at {size:.0e}" for size, chance in fresh.expected)
    return f"; {fresh.pairs} pairs with stretches of strangers; extrapolated from the nearest, by sketches remembered: {expected}"


def _pointer(card: Card) -> Iterator[Goal]:
    families = tuple(name.partition("/")[2] for name in card.left_out if name.startswith("pointer/"))
    yield from _worst_found("pointer: bot family left out of the fit, 30 events", _rows(card.left_out, "pointer", families), 0.90)


def _devices(card: Card) -> Iterator[Goal]:
    for channel in ("keys", "clicks", "pointer"):
        rows = {name: share for name, share in card.devices.items() if name.startswith(f"{channel}/")}
        if rows:
            worst = max(rows, key=lambda name: rows[name])
            counted = f"worst: {worst.partition('/')[2]}, of {len(rows)}"
            yield Goal(f"{channel}: device left out of the fit, false alarms at a nominal 1 %", rows[worst], True, 0.02, counted)


def _clocks(card: Card) -> Iterator[Goal]:
    for ending, how in (("", "as called in production"), (AT_RARE, "at 1 false alarm in 10,000")):
        speeds = {name: found for name, found in card.clocks.items() if name.endswith(f"even networks{ending}")}
        if speeds:
            worst = min(speeds, key=lambda name: (speeds[name].share, speeds[name].low))
            case = f"speed hack, 60 s, 50 ms jitter (simulated), {how}, worst speed: {worst.partition(',')[0]}"
            yield _at_least(case, speeds[worst], 0.999)
    if "all" in card.honest_clocks:
        honest = card.honest_clocks["all"]
        counted = f"{honest.hits} of {honest.of} sessions over all networks and circumstances, at most {honest.high:.6f}"
        yield Goal("honest clock, 100 ppm of drift (simulated), called bent", honest.share, True, RARE, counted)


def _calibration(card: Card) -> Iterator[Goal]:
    for name, row in card.families.items():
        if name.endswith("/all"):
            counted = f"{row.people} windows of people, {row.bots} of bots"
            yield Goal(f"{name.partition('/')[0]}: calibration error on people held out", row.calibration_error, True, 0.03, counted)


def _rows(table: Mapping[str, Figures], channel: str, families: Iterable[str]) -> dict[str, Figures]:
    return {family: table[f"{channel}/{family}"] for family in families if f"{channel}/{family}" in table}


def _worst_auc(case: str, rows: Mapping[str, Figures], goal: float) -> Iterator[Goal]:
    if rows:
        worst = min(rows, key=lambda family: rows[family].auc)
        counted = f"worst: {worst}; {rows[worst].people} windows of people, {rows[worst].bots} of bots"
        yield Goal(f"{case}: AUC", rows[worst].auc, False, goal, counted)


def _worst_found(case: str, rows: Mapping[str, Figures], goal: float) -> Iterator[Goal]:
    if rows:
        worst = min(rows, key=lambda family: rows[family].tpr_1)
        found = rate(round(rows[worst].tpr_1 * rows[worst].bots), rows[worst].bots)
        yield _at_least(f"{case}: found at 1 % false alarms", found, goal, f"worst: {worst}; ")


def _at_least(case: str, found: Rate, goal: float, which: str = "") -> Goal:
    return Goal(case, found.share, False, goal, f"{which}{found.hits} of {found.of}, at least {found.low:.4f}")

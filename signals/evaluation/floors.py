"""Has a figure fallen below what a report card said? With room for what a draw of this size does to it."""

from collections.abc import Iterator
from typing import Final

from signals.evaluation.card import Card
from signals.figures import Figures, Rate

DEVIATIONS: Final = 4.0
"""Standard errors of the difference by which a figure may be worse: some hundred figures are compared."""


def fallen(now: Card, before: Card) -> list[str]:
    """Return a sentence for every figure that is worse than before by more than chance does, or that is missing."""
    said: list[str] = []
    for name, floor in before.families.items():
        said += _figures(name, now.families[name], floor) if name in now.families else [f"{name} is not measured"]
    for table, floors in ((now.replays, before.replays), (now.clocks, before.clocks)):
        for name, least in floors.items():
            said += _share(name, table[name], least) if name in table else [f"{name} is not measured"]
    for name, most in before.honest_clocks.items():
        said += _alarms(f"honest clocks, {name}", now.honest_clocks.get(name), most)
    for name, fresh in before.fresh.items():
        said += _alarms(f"fresh {name}", now.fresh[name].strangers if name in now.fresh else None, fresh.strangers)
    return said


def _figures(name: str, now: Figures, floor: Figures) -> Iterator[str]:
    few, few_before = min(now.people, now.bots), min(floor.people, floor.bots)
    # the variance of an AUC is at most that of a share among the fewer (Birnbaum and Klose, 1957)
    for what, is_, was in (("AUC", now.auc, floor.auc), ("found at 1 %", now.tpr_1, floor.tpr_1)):
        if is_ < was - tolerance(was, few, few_before):
            yield f"{name}: {what} is {is_:.4f}, was {was:.4f}"
    if now.calibration_error > floor.calibration_error + tolerance(0.5, now.people + now.bots, floor.people + floor.bots):
        yield f"{name}: calibration error is {now.calibration_error:.4f}, was {floor.calibration_error:.4f}"


def _share(name: str, now: Rate, floor: Rate) -> Iterator[str]:
    if now.share < floor.share - tolerance(floor.share, now.of, floor.of):
        yield f"{name}: found is {now.share:.4f}, was {floor.share:.4f}"


def _alarms(name: str, now: Rate | None, most: Rate) -> Iterator[str]:
    if now is None:
        yield f"{name} is not measured"
    elif now.share > most.share + tolerance(most.share, now.of, most.of):
        yield f"{name}: false alarms are {now.share:.5f}, were {most.share:.5f}"


def tolerance(share: float, n: int, before: int) -> float:
    """Return by how much a share of n may differ from one of `before`: DEVIATIONS standard errors, with one more of either kind counted
    (a share of 1 in 50 is not known to be 1)."""
    likely = (share * before + 1.0) / (before + 2.0)
    return float(DEVIATIONS * (likely * (1.0 - likely) * (1.0 / max(n, 1) + 1.0 / max(before, 1))) ** 0.5)

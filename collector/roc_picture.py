"""ROC curves (false alarms on a logarithmic axis) and reliability diagrams, as one SVG."""

import math
from collections.abc import Mapping, Sequence
from typing import Final

from signals.evaluation.card import Pooled
from signals.figures import reliability, roc, stated

_SIDE: Final = 260
_GAP: Final = 60
_COLOURS: Final = ("#1b6ca8", "#c4572b", "#4f8a3c", "#7a4fa3")
_LEAST: Final = 1e-3


def draw(pooled: Mapping[str, Pooled]) -> str:
    """Return the picture: on the left found bots against false alarms, on the right what came true against what was stated."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{2 * _SIDE + 3 * _GAP}" height="{_SIDE + 2 * _GAP}" '
        'font-family="sans-serif" font-size="11">',
        '<rect width="100%" height="100%" fill="white"/>',
        _frame(_GAP, "false alarms (log)", "bots found", ("0.001", "0.01", "0.1", "1")),
        _frame(_SIDE + 2 * _GAP, "stated chance", "share of bots", ("0", "0.33", "0.67", "1")),
        _line([(0.0, 0.0), (1.0, 1.0)], _SIDE + 2 * _GAP, "#bbbbbb"),
    ]
    for at, (name, one) in enumerate(pooled.items()):
        colour = _COLOURS[at % len(_COLOURS)]
        alarms, found = roc(one.people, one.bots)
        curve = [(1.0 + math.log10(max(x, _LEAST)) / 3.0, y) for x, y in zip(alarms.tolist(), found.tolist(), strict=True)]
        parts.append(_line(_thinned(curve), _GAP, colour))
        chances, truth, weights, judged = stated(one.people, one.bots)
        points = reliability(chances[judged], truth[judged], weights[judged])
        parts.append(_line([(chance, true) for chance, true, _ in points], _SIDE + 2 * _GAP, colour))
        parts.append(f'<text x="{_GAP + 90 * at}" y="{_GAP - 20}" fill="{colour}">{name}</text>')
    return "\n".join((*parts, "</svg>", ""))


def _frame(left: int, below: str, beside: str, ticks: Sequence[str]) -> str:
    marks = "".join(
        f'<text x="{left + _SIDE * at / (len(ticks) - 1):.0f}" y="{_GAP + _SIDE + 15}" text-anchor="middle">{tick}</text>'
        for at, tick in enumerate(ticks)
    )
    sides = "".join(
        f'<text x="{left - 6}" y="{_GAP + _SIDE * (1 - share) + 4:.0f}" text-anchor="end">{share}</text>' for share in (0, 0.5, 1)
    )
    return (
        f'<rect x="{left}" y="{_GAP}" width="{_SIDE}" height="{_SIDE}" fill="none" stroke="#888888"/>{marks}{sides}'
        f'<text x="{left + _SIDE / 2:.0f}" y="{_GAP + _SIDE + 32}" text-anchor="middle">{below}</text>'
        f'<text x="{left}" y="{_GAP - 6}">{beside}</text>'
    )


def _line(points: Sequence[tuple[float, float]], left: int, colour: str) -> str:
    path = " ".join(f"{left + x * _SIDE:.1f},{_GAP + (1.0 - y) * _SIDE:.1f}" for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>'


def _thinned(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the points without those that fall on the pixel before."""
    kept: list[tuple[float, float]] = []
    for point in points:
        if not kept or abs(point[0] - kept[-1][0]) + abs(point[1] - kept[-1][1]) > 0.004:
            kept.append(point)
    return [*kept, points[-1]]

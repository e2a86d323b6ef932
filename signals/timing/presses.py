"""What the detectors of keys and clicks share: from a window of presses to a finding."""

from functools import lru_cache
from typing import Final

from signals.timing import rhythm
from signals.timing.content import Tables
from signals.timing.judge import NOT_FITTED, TOO_FEW, judge
from signals.timing.model import Channel
from signals.timing.windows import Window
from signals.types import NOT_APPLICABLE, Finding

DETAILS: Final = {
    "spread": "how intervals spread around their median",
    "steadiness": "how even the rhythm is, beside what hands can do",
    "entropy": "how predictable each interval is from the ones before",
    "memory": "how far the rhythm speeds up and slows down in stretches",
    "content": "how far latencies follow what is pressed",
    "order": "how far intervals follow the ones before, as people's do",
    "holds": "how long presses are held, and how they overlap",
}


_EVERY: Final = 64
"""Once a window holds three times as many events, presses are judged anew only after so many more."""
_REMEMBERED: Final = 4096


def judge_presses(name: str, window: Window, channel: Channel | None, device: str) -> Finding:
    """Return the finding of one channel of presses.

    A long window is judged as it stood at the last multiple of _EVERY events. That is counted in events, so cuts still don't matter, and
    most batches find the answer ready.
    """
    if not window.seen:
        return Finding(None, abstained=NOT_APPLICABLE)
    if channel is None or channel.tables is None:
        return Finding(None, abstained=NOT_FITTED)
    newer = window.seen % _EVERY if len(window.since) >= 3 * _EVERY or window.seen > len(window.since) else 0
    return _judge(name, _Stood(window, len(window.since) - newer), channel, channel.tables, device)


class _Stood:
    """A window of presses as it stood some events ago: equal to any other with the same events."""

    __slots__ = ("told", "window")

    def __init__(self, window: Window, end: int) -> None:
        since, what, x, y = window.since[:end], window.what[:end], window.x[:end], window.y[:end]
        self.window = Window(0, 0, since, what, x, y)
        self.told = since.tobytes() + what.tobytes() + x.tobytes() + y.tobytes()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Stood) and self.told == other.told

    def __hash__(self) -> int:
        return hash(self.told)


@lru_cache(maxsize=_REMEMBERED)
def _judge(name: str, stood: _Stood, channel: Channel, tables: Tables, device: str) -> Finding:
    features, size = rhythm.measured(name, stood.window, tables)
    curves = channel.for_size(size)
    if curves is None or not len(features):
        return Finding(None, abstained=TOO_FEW)
    return judge(name, channel, curves, features, size, DETAILS, device)

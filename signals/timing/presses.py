"""What the detectors of keys and clicks share: from a window of presses to a finding."""

from functools import lru_cache
from typing import Final

import numpy as np

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
    end = len(window.since) - newer
    x, y = window.x[:end].tobytes(), window.y[:end].tobytes()
    return _judge(name, window.since[:end].tobytes(), window.what[:end].tobytes(), x, y, channel, channel.tables, device)


@lru_cache(maxsize=_REMEMBERED)
def _judge(name: str, since: bytes, what: bytes, x: bytes, y: bytes, channel: Channel, tables: Tables, device: str) -> Finding:
    window = Window(
        0, 0, np.frombuffer(since, np.uint16), np.frombuffer(what, np.uint8), np.frombuffer(x, np.int16), np.frombuffer(y, np.int16)
    )
    features, size = rhythm.measured(name, window, tables)
    curves = channel.for_size(size)
    if curves is None or not len(features):
        return Finding(None, abstained=TOO_FEW)
    return judge(name, channel, curves, features, size, DETAILS, device)

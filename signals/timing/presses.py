"""What the detectors of keys and clicks share: from a window of presses to a finding."""

from typing import Final

from signals.timing import rhythm
from signals.timing.judge import NOT_FITTED, TOO_FEW, judge
from signals.timing.model import Channel
from signals.types import NOT_APPLICABLE, Finding

DETAILS: Final = {
    "spread": "how intervals spread around their median",
    "entropy": "how predictable each interval is from the ones before",
    "memory": "how far the rhythm speeds up and slows down in stretches",
    "content": "how far latencies follow what is pressed",
    "order": "how far intervals follow the ones before, as people's do",
    "holds": "how long presses are held, and how they overlap",
}


def judge_presses(name: str, presses: rhythm.Presses, channel: Channel | None) -> Finding:
    """Return the finding of one channel of presses."""
    if not len(presses.since):
        return Finding(None, abstained=NOT_APPLICABLE)
    if channel is None or channel.tables is None:
        return Finding(None, abstained=NOT_FITTED)
    curves = channel.for_size(len(presses))
    if curves is None:
        return Finding(None, abstained=TOO_FEW)
    return judge(name, channel, curves, rhythm.features(presses, channel.tables), len(presses), DETAILS)

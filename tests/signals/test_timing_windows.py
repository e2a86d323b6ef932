"""What timing remembers does not depend on how events were cut into batches, and it stays small."""

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from signals.history import EMPTY, History, dump, learn, load
from signals.timing import clicks, keys, pointer, touch
from signals.timing.windows import CLICKS, FRAMES, KEYS, MOVES, PAUSE, Timing
from signals.timing.windows import learn as learn_timing
from signals.types import Evidence, Facts
from wire import kinds
from wire.schema import Action


def session(seed: int, count: int, lowest: int = 1, highest: int = 10) -> Facts:
    rng = np.random.default_rng(seed)
    return Facts(
        arrived_us=0,
        t_us=np.cumsum(np.rint(rng.lognormal(10.5, 1.5, count))).astype(np.int64),
        kind=rng.integers(lowest, highest + 1, count).astype(np.uint8),
        code=rng.integers(0, 13, count).astype(np.uint8),
        x=rng.integers(-100, 3000, count),
        y=rng.integers(-100, 2000, count),
    )


def part(facts: Facts, start: int, end: int) -> Facts:
    cut = slice(start, end)
    return Facts(0, t_us=facts.t_us[cut], kind=facts.kind[cut], code=facts.code[cut], x=facts.x[cut], y=facts.y[cut])


def stored(timing: Timing) -> bytes:
    return dump(History(timing=timing))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 1000), st.lists(st.integers(0, 1500), max_size=8))
def test_any_cut_leaves_the_same_bytes(seed: int, cuts: list[int]) -> None:
    whole = session(seed, 1500)
    at = sorted({0, len(whole.t_us), *cuts})
    pieces = Timing()
    for start, end in pairwise(at):
        pieces = learn_timing(pieces, part(whole, start, end))
    assert stored(pieces) == stored(learn_timing(Timing(), whole))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.integers(1, 899))
def test_any_cut_leaves_the_same_findings(seed: int, cut: int) -> None:
    whole = session(seed, 900)
    together = learn(EMPTY, whole)
    apart = learn(learn(EMPTY, part(whole, 0, cut)), part(whole, cut, 900))
    for detector in (keys, clicks, pointer, touch):
        assert detector.assess(Evidence(apart)) == detector.assess(Evidence(together))


def test_a_stored_history_judges_as_the_living_one() -> None:
    living = learn(EMPTY, session(3, 1500))
    again = load(dump(living))
    for detector in (keys, clicks, pointer, touch):
        assert detector.assess(Evidence(again)) == detector.assess(Evidence(living))


def test_the_worst_session_stays_within_its_share_of_eight_kilobytes() -> None:
    timing = Timing()
    for channel in ((1, 2), (3, 6), (4, 5), (7, 9), (10, 10)):
        timing = learn_timing(timing, session(1, 2000, *channel))
    rng = np.random.default_rng(1)
    actions = tuple(Action(int(t), f"a{t}") for t in np.cumsum(rng.integers(1, 5_000_000, 200)))
    timing = learn_timing(timing, Facts(0, frames_us=np.cumsum(rng.integers(1, 100_000, 500)), actions=actions))
    assert len(stored(timing)) < 6_000


def test_windows_keep_the_last_events_and_count_them_all() -> None:
    timing = learn_timing(Timing(), session(2, 5000, kinds.KEY_DOWN, kinds.WHEEL))
    assert (len(timing.keys.since), len(timing.moves.since), len(timing.clicks.since)) == (KEYS, MOVES, CLICKS)
    assert timing.keys.seen + timing.moves.seen == 5000


def test_long_rests_and_the_first_event_are_pauses() -> None:
    facts = Facts(
        0,
        t_us=np.array([5, 100_005, 60_000_005]),
        kind=np.full(3, kinds.KEY_DOWN, np.uint8),
        code=np.zeros(3, np.uint8),
        x=np.zeros(3, np.int64),
        y=np.zeros(3, np.int64),
    )
    assert learn_timing(Timing(), facts).keys.since.tolist() == [PAUSE, 1000, PAUSE]


def test_clicks_know_how_many_moves_led_to_them() -> None:
    kind = [kinds.POINTER_MOVE] * 3 + [kinds.POINTER_DOWN, kinds.POINTER_UP, kinds.POINTER_MOVE, kinds.POINTER_DOWN]
    n = len(kind)
    facts = Facts(0, t_us=np.arange(n) * 1000, kind=np.array(kind, np.uint8), code=np.ones(n, np.uint8), x=np.arange(n), y=np.arange(n))
    assert (learn_timing(Timing(), facts).clicks.what >> 4).tolist() == [3, 0, 1]


def test_frames_are_kept_apart_from_input() -> None:
    timing = learn_timing(Timing(), Facts(0, frames_us=np.arange(1000) * 16_667))
    assert len(timing.frames.since) == FRAMES
    assert timing.moves.seen == 0

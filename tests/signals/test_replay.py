"""Input that was played before is recognised, through noise, speed and cuts, and people are not: replay."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signals.evaluation import replay as measure
from signals.history import EMPTY, History, learn
from signals.replay import replay
from signals.replay.index import NEAR, UNSORTED, SignatureIndex
from signals.replay.recall import Library, Player
from signals.replay.sketch import AFTER, BEFORE, Sketch, likeness, nearness, quantised, sketches, surplus
from signals.replay.tail import KEPT, KEYS, PRESSES, Replay, fresh_sketches
from signals.replay.tail import learn as learn_tail
from signals.traces import Trace
from signals.types import Evidence, Facts, Finding, ReplayMatch
from wire import kinds

SHARED = Path(__file__).parents[2] / "../shared/data/traces/keys.jsonl.gz"
VICTIM = Player("s_victim", "d_victim")
BOT = Player("s_bot", "d_bot")


def person(seed: int, n: int = 200) -> np.ndarray:
    """Return made-up intervals in µs with a person's spread and pauses."""
    rng = np.random.default_rng(seed)
    return 1000.0 * (np.exp(rng.normal(4.9, 0.5, n)) + (rng.random(n) < 0.1) * np.exp(rng.normal(6.3, 0.9, n)))


def sketched(us: np.ndarray, channel: int = KEYS) -> tuple[Sketch, ...]:
    return sketches(channel, quantised(us.astype(np.int64)), 0, len(us))


def typed(us: np.ndarray, kind: int = kinds.KEY_DOWN) -> Facts:
    t_us = 1_000_000 + np.concatenate(([0], np.cumsum(us.astype(np.int64))))
    return Facts(arrived_us=0, t_us=t_us, kind=np.full(len(t_us), kind, np.uint8), code=np.zeros(len(t_us), np.uint8))


def remembering(*people: tuple[Player, np.ndarray]) -> Library:
    library = Library()
    for player, us in people:
        library.add(player, sketched(us), 0)
    return library


def noisy(us: np.ndarray, ms: float, seed: int = 5) -> np.ndarray:
    return np.maximum(1000.0, us + np.random.default_rng(seed).normal(0.0, ms * 1000.0, len(us)))


@pytest.mark.parametrize("ms", [0.0, 10.0, 30.0])
def test_a_noisy_replay_of_a_hundred_intervals_is_recognised(ms) -> None:
    library = remembering(*((Player(f"s_{seed}", f"d_{seed}"), person(seed)) for seed in range(20)))
    for seed in range(20):
        matches = library.match(BOT, sketched(noisy(person(seed)[50:150], ms)), 0)
        assert {match.source for match in matches} == {f"s_{seed}"}


@pytest.mark.parametrize("speed", [0.9, 0.97, 1.1])
def test_a_faster_or_slower_replay_is_recognised(speed) -> None:
    assert remembering((VICTIM, person(1))).match(BOT, sketched(person(1)[30:130] / speed), 0)


@pytest.mark.parametrize("start", range(0, 140, 10))
def test_a_piece_of_fifty_is_mostly_recognised_wherever_it_was_cut(start) -> None:
    found = [
        bool(remembering((VICTIM, person(seed))).match(BOT, sketched(noisy(person(seed)[start : start + 50], 10.0)), 0))
        for seed in range(10)
    ]
    assert sum(found) >= 7


@pytest.mark.parametrize("size", [35, 45])
def test_a_piece_that_was_joined_to_another_s_input_is_mostly_recognised(size) -> None:
    found = []
    for seed in range(30):
        library = remembering((VICTIM, person(seed)))
        joined = np.concatenate((person(seed + 1000, 60), noisy(person(seed)[80 : 80 + size], 10.0), person(seed + 2000, 40)))
        found.append(bool(library.match(BOT, sketched(joined), 0)))
    assert sum(found) >= 20


def test_people_are_not_each_others_replays() -> None:
    library = remembering(*((Player(f"s_{seed}", f"d_{seed}"), person(seed)) for seed in range(100, 200)))
    assert [match for seed in range(30) for match in library.match(BOT, sketched(person(seed)), 0)] == []


def test_a_metronome_leaves_no_sketches() -> None:
    assert sketched(np.full(300, 150_000.0)) == ()


def test_a_short_stretch_leaves_none() -> None:
    assert sketched(person(1, AFTER)) == ()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 60), min_size=1, max_size=12), st.integers(0, 1000))
def test_sketches_and_tails_are_the_same_however_batches_were_cut(sizes, seed) -> None:
    whole = typed(person(seed, sum(sizes) + 30))
    part, found, start = Replay(), [], 0
    for size in [*sizes, len(whole.t_us)]:
        batch = replace(whole, t_us=whole.t_us[start : start + size], kind=whole.kind[start : start + size])
        found.extend(fresh_sketches(part, batch))
        part, start = learn_tail(part, batch), start + size
    assert tuple(found) == fresh_sketches(Replay(), whole)
    once = learn_tail(Replay(), whole)
    assert [tail.intervals.tolist() for tail in part.tails] == [tail.intervals.tolist() for tail in once.tails]
    assert part.tails[KEYS].seen == once.tails[KEYS].seen


def test_keys_and_presses_are_channels_of_their_own() -> None:
    part = learn_tail(Replay(), typed(person(1), kinds.POINTER_DOWN))
    assert (part.tails[KEYS].seen, part.tails[PRESSES].seen) == (0, 200)
    assert {sketch.channel for sketch in fresh_sketches(Replay(), typed(person(1), kinds.TOUCH_DOWN))} == {PRESSES}


def test_a_tail_is_bounded() -> None:
    assert len(learn_tail(Replay(), typed(person(1, 5000))).tails[KEYS].intervals) == KEPT


def test_a_sketch_is_tens_of_bytes() -> None:
    assert max(len(sketch.stretch) for sketch in sketched(person(1))) == 1 + BEFORE + 1 + AFTER


def test_likeness_is_one_for_the_same_and_takes_the_overlap() -> None:
    sketch = sketched(person(1))[-1]
    cut = next(other for other in sketched(person(1)[120:]) if other.stretch[-AFTER:] == sketch.stretch[-AFTER:])
    (same, part), (everything, fewer) = likeness(sketch.stretch, [sketch.stretch, cut.stretch])
    assert same == pytest.approx(1.0)
    assert part == pytest.approx(1.0)
    assert fewer < everything == BEFORE + 1 + AFTER


def test_what_lies_before_an_anchor_takes_nothing_from_what_is_alike_behind_it() -> None:
    sketch = sketched(person(1))[-1]
    foreign = sketched(person(2))[-1].stretch[1 : 1 + BEFORE - 24]
    cut = sketch.stretch[:1] + foreign + sketch.stretch[1 + BEFORE - 24 :]
    ((whole,), _), ((part,), (overlap,)) = likeness(sketch.stretch, [cut]), likeness(sketch.stretch, [cut], 24)
    assert whole < 0.9
    assert part == pytest.approx(1.0)
    assert overlap == 24 + 1 + AFTER
    assert [(found > 0.0, distance < 1e-6) for found, distance in nearness(sketch, [cut, sketch.stretch], 10_000)] == [(True, True)] * 2


def test_the_more_is_remembered_the_nearer_a_replay_has_to_be() -> None:
    alike = np.array([0.9]), np.array([73])
    assert surplus(KEYS, *alike, 10_000_000) < surplus(KEYS, *alike, 10_000)


def test_an_index_finds_what_it_holds_sorted_or_not_yet() -> None:
    rng = np.random.default_rng(3)
    many = [sketch for seed in range(400, 900) for sketch in sketched(person(seed))]
    index = SignatureIndex()
    crowd = rng.integers(-(2**62), 2**62, UNSORTED + 100)
    index.add(np.arange(10**6, 10**6 + len(crowd)), crowd, crowd)
    for start in range(0, len(many), 1000):
        own = many[start : start + 1000]
        ids = np.arange(start, start + len(own))
        index.add(ids, np.array([one.signature for one in own]), np.array([one.before or 0 for one in own]))
    assert len(index) == len(many) + len(crowd)
    assert all(place in index.search(sketch) for place, sketch in list(enumerate(many))[::37])
    assert index.search(replace(many[0], signature=~many[0].signature)) == []
    assert NEAR < 32


def test_an_index_finds_a_cut_recording_by_what_lies_behind_the_anchor_alone() -> None:
    sketch = next(one for one in sketched(person(7)) if one.before is not None)
    index = SignatureIndex()
    index.add(np.array([5]), np.array([sketch.signature]), np.array([sketch.before]))
    for before in (None, ~(sketch.before or 0)):
        assert index.search(replace(sketch, before=before)) == [5]
        assert index.search(replace(sketch, before=before, signature=sketch.signature ^ 0b1111111111)) == [5]
        assert index.search(replace(sketch, before=before, signature=sketch.signature ^ 0b11111111111)) == []


def judged(*matches: ReplayMatch, intervals: int = 200) -> Finding:
    history = learn(EMPTY, replace(typed(person(1, intervals)), replays=matches))
    return replay.assess(Evidence(history))


def match(source: str = "s_1", own: bool = False) -> ReplayMatch:
    return ReplayMatch(0.01, own, False, 60.0, 1, source)


def test_a_stranger_s_recording_weighs_and_more_of_it_weighs_more() -> None:
    once, often = judged(match()), judged(*[match()] * 9)
    assert [reason.name for reason in once.reasons] == ["timing.replay"]
    assert once.evidence == replay.STRANGER
    assert often.evidence == replay.STRANGER + replay.MOST * replay.FURTHER


def test_one_s_own_habits_are_not_an_alarm() -> None:
    assert judged(*[match(own=True)] * (replay.OWN_AT - 1)).evidence == 0.0


def test_one_s_own_recording_again_and_again_is_a_macro() -> None:
    finding = judged(*[match(own=True)] * (replay.OWN_AT + 9))
    assert [reason.name for reason in finding.reasons] == ["timing.own_replay"]
    assert finding.evidence == replay.OWN * replay.OWN_MOST


def test_matches_count_however_they_were_spread_over_batches() -> None:
    together = learn(EMPTY, Facts(arrived_us=0, replays=(match(), match(), match("s_2"))))
    apart = EMPTY
    for one in (match(), match(), match("s_2")):
        apart = learn(apart, Facts(arrived_us=0, replays=(one,)))
    assert together.replay.recognised == apart.replay.recognised


def test_matches_known_only_to_a_decision_count_too() -> None:
    history = History(replay=learn_tail(Replay(), typed(person(1))))
    assert replay.assess(Evidence(history, replays=(match(),))).evidence == replay.STRANGER


def test_nothing_typed_is_nothing_to_judge() -> None:
    assert replay.assess(Evidence(EMPTY)).abstained == "too_few_events"


@pytest.mark.skipif(not SHARED.exists(), reason="the shared traces are not here")
def test_replays_of_real_people_are_recognised_and_people_are_not() -> None:
    people = measure.half(traces())
    rng = np.random.default_rng(1)
    memory = measure.remember(people, KEYS)
    for case in measure.CASES:
        if case.goal is not None:
            hits, replays = measure.recall(memory, case, rng, most=150)
            assert hits / replays >= case.goal - 0.03, case.name
    fresh = measure.false_alarms(measure.remember(people[::4], KEYS))
    assert fresh.strangers.of > 1000
    assert fresh.strangers.hits == 0


def traces() -> list[Trace]:
    import gzip
    import json

    found = []
    with gzip.open(SHARED, "rt") as lines:
        for line in lines:
            row = json.loads(line)
            columns = [np.array(row[name]) for name in ("t_us", "kind", "code", "x", "y")]
            columns[1], columns[2] = columns[1].astype(np.uint8), columns[2].astype(np.uint8)
            found.append(Trace(*(row[name] for name in ("id", "source", "label", "family", "subject", "device")), *columns))
    return found

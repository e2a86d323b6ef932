"""The client's clock against the server's: clocks."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signals.evaluation.clocks import NETWORKS, session
from signals.history import History
from signals.integrity import clock, clocks
from signals.integrity.clock import POINTS, Clocks
from signals.types import Evidence, Facts, Finding
from wire.schema import ClockPair

EPOCH_US = 1_700_000_000_000_000
ALARM = 3.0
COUNTS = [name for name in Clocks.__struct_fields__ if name != "points"]


def readings(
    speed: float = 1.0, seconds: float = 60.0, every: float = 5.0, seed: int = 1, jitter: float = 0.05, wall_speed: float | None = None
) -> list[tuple[float, float, float]]:
    """Return (monotonic, arrived, wall) in seconds. The wall clock follows the monotonic one unless it has a speed of its own."""
    rng = np.random.default_rng(seed)
    rate = speed * (1.0 + rng.uniform(-1e-4, 1e-4))
    sent = np.arange(0.0, seconds + 1e-9, every / speed)
    arrived = np.maximum.accumulate(sent + 0.03 + rng.exponential(jitter, len(sent)))
    return [(own * rate, there, own * (wall_speed or rate)) for own, there in zip(sent, arrived, strict=True)]


def told(rows: list[tuple[float, float, float]]) -> Iterator[Facts]:
    for mono, arrived, wall in rows:
        pair = ClockPair(int(mono * 1e6) + 77_000_000, EPOCH_US + int(wall * 1e6))
        yield Facts(arrived_us=EPOCH_US + int(arrived * 1e6), clock=pair)


def learned(rows: list[tuple[float, float, float]]) -> Clocks:
    part = Clocks()
    for facts in told(rows):
        part = clock.learn(part, facts)
    return part


def judged(rows: list[tuple[float, float, float]]) -> Finding:
    return clocks.assess(Evidence(History(clocks=learned(rows))))


def names(finding: Finding) -> list[str]:
    return [reason.name for reason in finding.reasons]


@pytest.mark.parametrize("every", [5.0, 1.0])
@pytest.mark.parametrize("seed", range(25))
def test_an_honest_clock_on_a_jittery_link_is_calm(every, seed) -> None:
    evidence = judged(readings(every=every, seed=seed)).evidence
    assert evidence is not None
    assert evidence <= 0.0


@pytest.mark.parametrize("speed", [1.05, 1.2, 3.0, 0.95, 0.5])
@pytest.mark.parametrize("every", [5.0, 1.0])
def test_a_clock_that_is_fast_or_slow_by_a_twentieth_is_found_in_a_minute(speed, every) -> None:
    for seed in range(10):
        evidence = judged(readings(speed, every=every, seed=seed)).evidence
        assert evidence is not None
        assert evidence >= ALARM


def test_the_speed_that_is_named_is_the_speed() -> None:
    assert learned(readings(1.25)).speed == pytest.approx(1.25, abs=0.01)


def test_twenty_seconds_of_a_fast_clock_are_enough_when_batches_come_often() -> None:
    assert names(judged(readings(1.5, seconds=20.0, every=0.5)))[0] == "integrity.fast_clock"


def test_a_suspend_is_no_slow_clock() -> None:
    rows = readings(every=1.0)
    slept = [(mono, arrived + (600.0 if mono > 30.0 else 0.0), wall + (600.0 if mono > 30.0 else 0.0)) for mono, arrived, wall in rows]
    finding = judged(slept)
    assert finding.evidence is not None
    assert finding.evidence <= 0.0


def test_a_backlog_that_comes_all_at_once_is_no_fast_clock() -> None:
    rows = readings(every=1.0)
    late = [(mono, 40.0 + mono / 1000.0 if 15.0 < mono < 40.0 else arrived, wall) for mono, arrived, wall in rows]
    finding = judged(late)
    assert finding.evidence is not None
    assert finding.evidence <= 0.0


def test_a_link_that_stalls_again_and_again_is_no_bent_clock() -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        late = np.where(rng.random(61) < 0.1, rng.uniform(1.0, 15.0, 61), 0.0)
        stalled = np.maximum.accumulate(np.array([arrived for _, arrived, _ in readings(every=1.0, seed=seed)]) + late)
        rows = [(mono, float(there), wall) for (mono, _, wall), there in zip(readings(every=1.0, seed=seed), stalled, strict=True)]
        assert (judged(rows).evidence or 0.0) < ALARM


def test_one_late_batch_in_ten_hides_no_fast_clock() -> None:
    rows = [(mono, arrived + (4.0 if at % 10 == 5 else 0.0), wall) for at, (mono, arrived, wall) in enumerate(readings(1.05, every=2.0))]
    assert names(judged(rows))[0] == "integrity.fast_clock"


def test_one_late_batch_in_ten_hides_no_slow_clock() -> None:
    rows = [(mono, arrived + (4.0 if at % 10 == 5 else 0.0), wall) for at, (mono, arrived, wall) in enumerate(readings(0.95, every=5.0))]
    assert names(judged(rows))[0] == "integrity.slow_clock"


@pytest.mark.parametrize("speed", [1.05, 0.95])
def test_a_suspend_hides_no_bent_clock(speed) -> None:
    rows = [(mono, there + (300.0 if mono > 30.0 else 0.0), wall) for mono, there, wall in readings(speed, every=5.0)]
    assert (judged(rows).evidence or 0.0) >= ALARM


@pytest.mark.parametrize("speed", [10.0, 100.0, 1000.0])
def test_a_clock_that_is_many_times_too_fast_is_no_backlog(speed) -> None:
    assert names(judged(readings(speed, every=5.0)))[0] == "integrity.fast_clock"


def test_what_has_waited_behind_a_late_batch_says_nothing_and_neither_does_that_batch() -> None:
    rows = readings(every=5.0)
    held = [(mono, 39.0 + mono / 100.0 if 22.0 < mono < 38.0 else arrived, wall) for mono, arrived, wall in rows]
    delays = learned(held).points.reshape(-1, 3) @ (-1, 1, 0)
    assert delays.max() - delays.min() < 10_000


def test_a_link_that_never_flows_is_no_bent_clock() -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        rows = readings(every=0.25, seed=seed)
        late = np.where(rng.random(len(rows)) < 0.1, rng.uniform(1.0, 15.0, len(rows)), 0.0)
        stalled = np.maximum.accumulate(np.array([arrived for _, arrived, _ in rows]) + late)
        held = [(mono, float(there), wall) for (mono, _, wall), there in zip(rows, stalled, strict=True)]
        assert (judged(held).evidence or 0.0) < ALARM


def test_an_honest_clock_is_the_better_explanation_and_surely() -> None:
    part = learned(readings())
    assert part.lead < -clocks.SURE
    assert clocks.assess(Evidence(History(clocks=part))).confidence == 1.0


@given(st.integers(0, 10_000), st.lists(st.integers(1, 9), max_size=8))
@settings(max_examples=40, deadline=None)
def test_readings_at_once_leave_what_one_after_the_other_would(seed, sizes) -> None:
    rows = session(np.random.default_rng(seed), NETWORKS["retries"], 1.03)
    once, part = clock.follow(Clocks(), rows), Clocks()
    for some in np.split(rows, np.cumsum([0, *sizes])[1:]):
        part = clock.follow(part, some) if len(some) else part
    assert part.points.tolist() == once.points.tolist()
    assert [getattr(part, name) for name in COUNTS] == [getattr(once, name) for name in COUNTS]


def test_a_wall_clock_that_is_set_while_batches_are_late_does_not_make_the_clocks_disagree() -> None:
    rows = readings()
    slow = {4, 5, 8}
    moved = [
        (mono, arrived + (9.0 if at in slow else 0.0), wall + (3600.0 if mono > 30.0 else 0.0))
        for at, (mono, arrived, wall) in enumerate(rows)
    ]
    assert "integrity.clocks_disagree" not in names(judged(sorted(moved, key=lambda row: row[1])))


def test_a_hack_that_was_switched_off_again_is_remembered() -> None:
    fast = readings(1.5, seconds=60.0, every=1.0)
    end = fast[-1]
    calm = [(end[0] + mono, end[1] + arrived, end[2] + wall) for mono, arrived, wall in readings(seconds=120.0, every=1.0)[1:]]
    assert names(judged(fast + calm)) == ["integrity.bent_clock"]


def test_two_clocks_of_one_client_that_part_need_no_network_to_be_told() -> None:
    finding = judged(readings(1.03, wall_speed=1.0, jitter=2.0))
    assert "integrity.clocks_disagree" in names(finding)


def test_a_wall_clock_that_is_set_is_weak_evidence() -> None:
    rows = readings()
    ahead = [(mono, arrived, wall + (86_400.0 if mono > 30.0 else 0.0)) for mono, arrived, wall in rows]
    back = [(mono, arrived, wall - (86_400.0 if mono > 30.0 else 0.0)) for mono, arrived, wall in rows]
    for moved in (ahead, back):
        finding = judged(moved)
        assert names(finding) == ["integrity.clock_set"]
        assert finding.evidence == clocks.SET


def test_a_few_readings_are_too_few() -> None:
    assert judged(readings(seconds=10.0)).abstained == "too_few_readings"


def test_a_frozen_clock_is_told() -> None:
    frames = np.full(400, 5_000_000)
    part = clock.learn(Clocks(), Facts(arrived_us=0, frames_us=frames))
    assert "integrity.frozen_clock" in names(clocks.assess(Evidence(History(clocks=part))))


def test_a_clock_of_hundredths_is_told_weakly() -> None:
    events = np.arange(1, 400) * 130_000
    part = clock.learn(Clocks(), Facts(arrived_us=0, t_us=events))
    finding = clocks.assess(Evidence(History(clocks=part)))
    assert names(finding) == ["integrity.coarse_clock"]
    assert finding.evidence == clocks.COARSE


def test_points_are_bounded_over_a_long_session() -> None:
    part = learned(readings(seconds=4000.0, every=2.0))
    assert len(part.points) == 3 * POINTS


def test_a_batch_cut_in_two_with_one_arrival_leaves_the_same_points() -> None:
    whole = learned(readings())
    twice = learned([row for row in readings() for _ in range(2)])
    assert twice.points.tolist() == whole.points.tolist()
    assert (twice.speed, twice.bent_us, twice.readings) == (whole.speed, whole.bent_us, whole.readings)

"""Whatever keeps time better than a hand is found, on any device and whatever it presses; hands and held keys are not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from signals.catalog import DETECTORS
from signals.combine import assess, load_model
from signals.timing import keys, metronome
from signals.timing.repeats import kept
from signals.traces import Trace, history
from signals.types import NOT_APPLICABLE, Evidence, ScoreName
from wire import kinds
from zoo import tapping
from zoo.timing import Recording

MODEL = load_model()
TIMING = [detector for detector in DETECTORS if detector.score is ScoreName.TIMING]


def presses(down_us: NDArray[np.float64], codes: NDArray[np.int64], hold_us: float | None, kind: int = kinds.KEY_DOWN) -> Recording:
    """Presses at these times, with releases after a hold, or without any."""
    n = len(down_us)
    rows, times, kind_of = np.arange(n), down_us, np.full(n, kind)
    if hold_us is not None:
        times, rows = np.concatenate((down_us, down_us + hold_us)), np.concatenate((rows, rows))
        kind_of = np.concatenate((kind_of, kind_of + 1))
    order = np.argsort(times, kind="stable")
    nowhere = np.full(len(order), 300, np.int64)
    return Recording(times[order].astype(np.int64), kind_of[order].astype(np.uint8), codes[rows[order]].astype(np.uint8), nowhere, nowhere)


def as_trace(played: Recording, device: str = "desktop") -> Trace:
    return Trace("t", "made", "bot", "made", "nobody", device, played.t_us, played.kind, played.code, played.x, played.y)


def score(played: Recording, device: str = "desktop") -> float | None:
    return assess(Evidence(history(as_trace(played, device))), MODEL, None, TIMING).scores[ScoreName.TIMING].value


CONTENTS = {"space": [8], "a letter": [3], "two keys": [2, 6], "keys in turn": list(range(8)), "other": [12]}


@pytest.mark.parametrize("device", ["desktop", "gizmo", ""])
@pytest.mark.parametrize("content", CONTENTS)
def test_a_metronome_is_found_whatever_it_presses_and_on_whatever_device(content: str, device: str) -> None:
    for number, (step_us, jitter_us) in enumerate(
        [(150_000, 0), (160_000, 200), (200_000, 1_500), (175_000, 0), (480_000, 2_000), (1_000_000, 0)]
    ):
        for count in (101, 130, 240):
            rng = np.random.default_rng((number, count))
            down = np.arange(count) * step_us + rng.normal(0.0, 1.0, count) * jitter_us
            codes = np.resize(CONTENTS[content], count)
            for hold_us in (None, step_us / 2.0, 60_000.0):
                found = score(presses(down, codes, hold_us), device)
                assert found is not None, (step_us, jitter_us, count, hold_us)
                assert found > 0.9, (step_us, jitter_us, count, hold_us)


@pytest.mark.parametrize("device", ["desktop", "gizmo"])
def test_a_metronome_on_the_left_button_is_found(device: str) -> None:
    for step_us in (120_000, 333_000, 1_000_000):
        down = np.arange(101.0) * step_us + np.random.default_rng(step_us).uniform(0.0, 1_000.0, 101)
        for hold_us in (None, 50_000.0):
            found = score(presses(down, np.ones(101, np.int64), hold_us, kinds.POINTER_DOWN), device)
            assert found is not None
            assert found > 0.9, (step_us, hold_us)


def tapped(seed: int) -> Recording:
    return tapping.tap(presses(np.arange(110) * 1e5, np.full(110, 8), None), np.random.default_rng(seed))


def test_hands_that_tap_one_key_are_not_taken_for_a_script() -> None:
    scores = np.array([score(tapped(seed)) for seed in range(100)], float)
    assert (scores > 0.5).mean() <= 0.02


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([1, 1_000, 8_000, 16_667]))
def test_no_grid_turns_a_tapping_hand_into_a_metronome(seed: int, grid_us: int) -> None:
    hand = tapped(seed)
    on_grid = Recording(hand.t_us // grid_us * grid_us, hand.kind, hand.code, hand.x, hand.y)
    assert (metronome.assess(Evidence(history(as_trace(on_grid)))).evidence or 0.0) < 2.0


def test_metronome_says_how_even_the_presses_were() -> None:
    finding = metronome.assess(Evidence(history(as_trace(presses(np.arange(101) * 120_000.0, np.full(101, 8), None)))))
    assert finding.evidence == metronome.MOST
    assert [reason.name for reason in finding.reasons] == ["metronome.keys"]
    assert "120 ms" in finding.reasons[0].detail


def test_metronome_has_no_case_without_presses_and_no_opinion_on_few() -> None:
    assert metronome.assess(Evidence(history(as_trace(presses(np.empty(0), np.empty(0, np.int64), None))))).abstained == NOT_APPLICABLE
    few = presses(np.arange(12) * 1e5, np.full(12, 8), None)
    assert metronome.assess(Evidence(history(as_trace(few)))).abstained == "too_few_events"


@pytest.mark.parametrize("period_us", [30_000, 33_333, 40_000, 50_000])
@pytest.mark.parametrize("released", [True, False], ids=["releases", "bare"])
def test_a_key_that_is_held_down_is_no_rhythm(period_us: int, released: bool) -> None:
    t_us = np.concatenate(([0], 500_000 + period_us * np.arange(200)))
    up = [kinds.KEY_UP] if released else []
    kind = np.array([kinds.KEY_DOWN] * 201 + up, np.uint8)
    times = np.append(t_us, t_us[-1] + 10_000) if released else t_us
    nothing = np.zeros(len(times), np.int64)
    held = as_trace(Recording(times, kind, np.full(len(times), 8, np.uint8), nothing, nothing))
    for detector in (keys, metronome):
        assert detector.assess(Evidence(history(held))).evidence is None


def test_a_timer_that_frames_round_is_no_held_key() -> None:
    even = np.tile([1000] * 13 + [833], 8)
    assert len(kept(even, np.ones(len(even), np.bool_), np.full(len(even), 8))) == len(even)


def test_repeats_count_as_their_first_press_and_all_else_stays() -> None:
    waits = np.array([3000, 1800, 5000, *[1000] * 9, 2400, 1500])
    code = np.array([1, 2, *[8] * 10, 3, 4])
    down = np.ones(len(waits), np.bool_)
    assert kept(waits, down, code).tolist() == [0, 1, 2, 12, 13]
    assert len(kept(np.full(100, 900), np.arange(100) % 2 == 0, np.full(100, 8))) == 100
    assert len(kept(np.full(100, 1000), np.ones(100, np.bool_), np.full(100, 8))) == 100


def test_a_repeat_that_comes_late_does_not_end_a_held_key() -> None:
    waits = np.array([3000, 1800, 4170, 1000, 1000, 1030, 980, *[1000] * 4, 880, *[1000] * 3, 2400])
    code = np.array([1, 2, *[8] * 13, 3])
    assert kept(waits, np.ones(len(waits), np.bool_), code).tolist() == [0, 1, 2, 15]


def test_a_script_that_presses_one_key_at_uneven_times_is_not_held_however_short_its_even_runs() -> None:
    waits = np.tile(np.array([900, 905, 910, 900, 1090]), 20)
    waits[0] = 60_000
    assert len(kept(waits, np.ones(100, np.bool_), np.full(100, 8))) == 100


def test_fast_presses_of_a_script_do_not_take_its_slower_ones_along() -> None:
    waits = np.random.default_rng(4).exponential(500, 100).astype(np.int64)
    waits[0] = 60_000
    slower = np.flatnonzero((waits > 550) & (waits <= 1_100))
    assert set(kept(waits, np.ones(100, np.bool_), np.full(100, 8)).tolist()) >= set(slower.tolist())

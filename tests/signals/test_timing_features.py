"""What the features of timing say about rhythms whose answer is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signals.timing import (
    clicks,
    content,
    entropy,
    following,
    holds,
    keys,
    kinematics,
    memory,
    pointer,
    quantise,
    residual,
    rhythm,
    spread,
    steadiness,
    touch,
)
from signals.timing.model import shipped
from signals.timing.windows import PAUSE, Timing, Window, learn
from signals.traces import Trace, facts, history
from signals.types import NOT_APPLICABLE, Evidence
from wire import kinds


def binned(intervals: np.ndarray) -> np.ndarray:
    return quantise.bins(intervals, np.sort(intervals))


def named(names: tuple[str, ...], values: np.ndarray) -> dict[str, float]:
    return dict(zip(names, values.tolist(), strict=True))


def trace(t_us: np.ndarray, kind: int | np.ndarray, code: np.ndarray | None = None, x: np.ndarray | None = None) -> Trace:
    n = len(t_us)
    column = np.full(n, kind, np.uint8) if isinstance(kind, int) else kind.astype(np.uint8)
    nothing = np.zeros(n, np.int64)
    codes = nothing.astype(np.uint8) if code is None else code.astype(np.uint8)
    places = nothing if x is None else x
    return Trace("t", "made", "bot", "made", "nobody", "none", t_us.astype(np.int64), column, codes, places, nothing)


def test_independent_draws_have_nearly_full_conditional_entropy_and_a_pattern_has_none() -> None:
    rng = np.random.default_rng(0)
    independent = named(entropy.NAMES, entropy.features(binned(rng.integers(1, 10**6, 480))))
    pattern = named(entropy.NAMES, entropy.features(binned(np.tile(np.arange(1, 9) * 1000, 60))))
    assert independent["conditional_2"] == pytest.approx(3.0, abs=0.15)
    assert pattern["conditional_2"] < 0.3


def test_the_correction_keeps_short_series_from_looking_certain() -> None:
    rng = np.random.default_rng(0)
    short = named(entropy.NAMES, entropy.features(binned(rng.integers(1, 10**6, 30))))
    assert short["conditional_2"] > 2.0


def test_memory_is_about_standard_normal_for_independent_draws() -> None:
    rng = np.random.default_rng(1)
    lags = np.array([memory.features(binned(rng.integers(1, 10**6, 200)))[:4] for _ in range(300)])
    assert np.abs(lags.mean(axis=0)).max() < 0.25
    assert np.abs(lags.std(axis=0) - 1.0).max() < 0.2


def test_memory_shows_in_stretches_of_fast_and_slow() -> None:
    slow_and_fast = np.tile(np.repeat([1000, 3000], 16), 8) + np.arange(256) % 7
    found = named(memory.NAMES, memory.features(binned(slow_and_fast)))
    assert found["lag_1"] > 5.0
    assert found["long_memory"] > 1.0


def test_spread_does_not_depend_on_speed() -> None:
    intervals = np.sort(np.random.default_rng(2).lognormal(7.0, 0.5, 300)).astype(np.int64) * 6
    assert spread.features(intervals * 2) == pytest.approx(spread.features(intervals), abs=1e-3)


def test_spread_does_not_depend_on_how_often_somebody_looks_away() -> None:
    intervals = np.sort(np.random.default_rng(2).lognormal(7.0, 0.5, 300)).astype(np.int64) * 6
    rested = np.concatenate((intervals, np.full(40, PAUSE)))
    assert spread.features(rested).tolist() == spread.features(intervals).tolist()
    assert spread.features(np.full(30, PAUSE))[:6].tolist() == [0.0] * 6


def test_the_shape_of_intervals_is_the_same_at_a_task_that_stretches_long_waits() -> None:
    intervals = np.sort(np.random.default_rng(2).gamma(3.0, 4000.0, 400)).astype(np.int64) + 500
    middle = float(np.median(intervals))
    stretched = (middle * (intervals / middle) ** 1.4).astype(np.int64)
    shape = [named(spread.NAMES, spread.features(one)) for one in (intervals, stretched)]
    for name in ("lean", "inner_lean", "peak"):
        assert shape[0][name] == pytest.approx(shape[1][name], abs=0.01)
    assert shape[0]["lean"] < -0.05


def test_logs_of_gaussian_intervals_lean_left_and_of_lognormal_ones_nowhere() -> None:
    rng = np.random.default_rng(3)
    gaussian = named(spread.NAMES, spread.features(np.sort(rng.normal(3000.0, 900.0, 9000).clip(100)).astype(np.int64)))
    lognormal = named(spread.NAMES, spread.features(np.sort(3000.0 * np.exp(rng.normal(0.0, 0.3, 9000))).astype(np.int64)))
    assert gaussian["lean"] < -0.1
    assert abs(lognormal["lean"]) < 0.05


def test_a_timer_that_rounds_to_frames_swings_with_every_press_and_not_over_several() -> None:
    def swings(intervals: np.ndarray) -> dict[str, float]:
        return named(steadiness.NAMES, steadiness.features(intervals, np.sort(intervals)))

    timer = swings(np.diff(np.ceil(np.arange(130) * 900.0 / 166.7) * 166.7).astype(np.int64))
    hand = swings(np.random.default_rng(0).normal(900.0, 70.0, 130).astype(np.int64))
    assert timer["swing"] == pytest.approx(hand["swing"], abs=0.5)
    assert timer["stretch_swing"] < hand["stretch_swing"] - 1.0


def known() -> content.Tables:
    tables = shipped().channels["keys"].tables
    assert tables is not None
    return tables


def told(codes: np.ndarray, ranks: np.ndarray) -> dict[str, float]:
    around = content.around(codes, known().before, known().after)
    return named(content.NAMES, content.features(codes, ranks, around, content.within(codes, around, known().reached)))


def test_content_and_order_are_about_standard_normal_when_latencies_know_nothing_of_them() -> None:
    rng = np.random.default_rng(3)
    found = []
    for _ in range(300):
        ranks = binned(rng.integers(1, 10**6, 200))
        of = told(rng.integers(0, 12, 201), ranks)
        found.append((of["content"], of["context"], following.features(ranks, known().previous, known().second)[0]))
    assert np.abs(np.mean(found, axis=0)).max() < 0.25
    assert np.std(found, axis=0) == pytest.approx(1.0, abs=0.25)


def test_content_tells_nothing_where_one_key_is_pressed_over_and_over() -> None:
    of = told(np.full(201, 8), binned(np.random.default_rng(3).integers(1, 10**6, 200)))
    assert np.isnan(list(of.values())).all()


def test_equal_intervals_follow_neither_content_nor_order() -> None:
    even = binned(np.full(200, 1000))
    assert np.isnan(told(np.random.default_rng(3).integers(0, 12, 201), even)["content"])
    assert following.features(even, known().previous, known().second)[0] == pytest.approx(0.0, abs=1e-6)


def test_memory_that_content_explains_is_not_left_over() -> None:
    lean = np.tile(np.repeat([0.0, 1.0], 8), 16)
    ranks = (lean * 4).astype(np.int64) + np.random.default_rng(0).integers(0, 4, 256)
    assert memory.features(ranks)[0] > 5.0
    assert abs(residual.features(ranks, lean)[0]) < 3.0


def test_holds_are_unknown_without_releases() -> None:
    presses = rhythm.keys(learn(Timing(), facts(trace(np.arange(60) * 90_000, kinds.KEY_DOWN))).keys)
    assert np.isnan(holds.features(presses.since, presses.down, presses.raw_code)).all()


def test_rollover_is_the_share_of_presses_before_the_last_release() -> None:
    kind = np.tile([1, 1, 2, 2, 1, 2], 20)
    presses = rhythm.keys(learn(Timing(), facts(trace(np.arange(120) * 40_000, kind))).keys)
    assert named(holds.NAMES, holds.features(presses.since, presses.down, presses.raw_code))["rollover"] == pytest.approx(1 / 3)


def moves(x: np.ndarray, y: np.ndarray, wait_us: np.ndarray) -> Window:
    n = len(x)
    made = Trace(
        "t", "made", "bot", "made", "nobody", "none", np.cumsum(wait_us).astype(np.int64),
        np.full(n, kinds.POINTER_MOVE, np.uint8), np.zeros(n, np.uint8), np.rint(x).astype(np.int64), np.rint(y).astype(np.int64),
    )  # fmt: skip
    return learn(Timing(), facts(made)).moves


def test_a_straight_line_is_straight_and_does_not_turn() -> None:
    steps = np.arange(60) * 10.0
    found = named(kinematics.NAMES, kinematics.features(moves(steps, steps, np.full(60, 16_667)))[0])
    assert found["straightness"] == pytest.approx(0.0, abs=0.02)
    assert found["turn_upper"] == pytest.approx(0.0, abs=0.01)


def test_a_longer_wait_brings_a_hand_further_but_not_a_script() -> None:
    rng = np.random.default_rng(4)
    wait = rng.uniform(5_000, 40_000, 150)
    hand = named(kinematics.NAMES, kinematics.features(moves(np.cumsum(wait / 1_000.0), np.zeros(150), wait))[0])
    script = named(kinematics.NAMES, kinematics.features(moves(np.arange(150) * 20.0, np.zeros(150), wait))[0])
    assert hand["wait_step"] < -0.5 < 0.5 < script["wait_step"]


def test_little_movement_gives_no_features() -> None:
    features, count = kinematics.features(moves(np.arange(10.0), np.arange(10.0), np.full(10, 16_000)))
    assert (len(features), count) == (0, 10)


@pytest.mark.parametrize("detector", [keys, clicks, pointer, touch])
def test_an_empty_session_is_no_case_for_timing(detector: object) -> None:
    finding = detector.assess(Evidence(history(trace(np.empty(0), kinds.PAD))))  # type: ignore[attr-defined]
    assert (finding.evidence, finding.abstained) == (None, NOT_APPLICABLE)


@pytest.mark.parametrize(("detector", "kind"), [(keys, 1), (clicks, 4), (pointer, 3)])
def test_too_few_events_are_too_few(detector: object, kind: int) -> None:
    finding = detector.assess(Evidence(history(trace(np.arange(12) * 100_000, kind))))  # type: ignore[attr-defined]
    assert (finding.evidence, finding.abstained) == (None, "too_few_events")


@pytest.mark.parametrize(("detector", "kind"), [(keys, 1), (clicks, 4), (pointer, 3), (touch, 8)])
def test_the_same_instant_over_and_over_is_judged_and_not_a_crash(detector: object, kind: int) -> None:
    finding = detector.assess(Evidence(history(trace(np.zeros(400), kind))))  # type: ignore[attr-defined]
    assert finding.evidence is None or np.isfinite(finding.evidence)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(30, 700), st.sampled_from([0.0, 0.5, 2.0]))
def test_reasons_add_up_to_the_evidence(seed: int, count: int, spread_of: float) -> None:
    rng = np.random.default_rng(seed)
    made = trace(
        np.cumsum(rng.lognormal(11, spread_of, count)), rng.integers(1, 6, count), rng.integers(0, 4, count), rng.integers(0, 900, count)
    )
    for detector in (keys, clicks, pointer):
        finding = detector.assess(Evidence(history(made)))
        if finding.evidence is not None:
            assert sum(reason.contribution for reason in finding.reasons) == pytest.approx(finding.evidence)
            assert abs(finding.evidence) < 8.01


def test_a_metronome_is_found_and_says_why() -> None:
    rng = np.random.default_rng(5)
    played = trace(np.cumsum(120_000 + rng.normal(0, 50, 120)), kinds.KEY_DOWN, rng.integers(0, 9, 120))
    finding = keys.assess(Evidence(history(played)))
    assert finding.evidence is not None
    assert finding.evidence > 2.0
    assert max(finding.reasons, key=lambda reason: reason.contribution).name in {"keys.spread", "keys.steadiness", "keys.content"}

"""How pointers move: the compiled features are what plain array operations give, and what is known of simple cases comes out."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signals.timing import kinematics, pointer, touch
from signals.timing.model import shipped
from signals.timing.windows import Timing, Window, learn
from signals.traces import Trace, facts, history
from signals.types import Evidence, Facts
from wire import kinds

RATES = ("", "_fast")


def window(seed: int, events: int, size: float, presses: float) -> Window:
    rng = np.random.default_rng(seed)
    kind = rng.choice([kinds.POINTER_MOVE, kinds.POINTER_DOWN, kinds.POINTER_UP], events, p=[1.0 - presses, presses / 2, presses / 2])
    wait = 6_000 + rng.lognormal(rng.uniform(7.0, 10.3), rng.choice([0.0, 0.5, 1.5]), events)
    x, y = np.rint(np.cumsum(rng.normal(0.0, size, (2, events)), axis=1)).astype(np.int64)
    t_us, code = np.cumsum(wait).astype(np.int64), np.zeros(events, np.uint8)
    return learn(Timing(), Facts(0, t_us=t_us, kind=kind.astype(np.uint8), code=code, x=x, y=y)).moves


def measured(of: Window) -> dict[str, float]:
    """Return the features that are known, each by its plain name."""
    found, _ = kinematics.features(of)
    by_name = dict(zip(kinematics.NAMES, found.tolist(), strict=len(found) > 0))
    return {name.removesuffix("_fast"): value for name, value in by_name.items() if not math.isnan(value)}


def plain(of: Window) -> dict[str, float]:
    """Return by array operations what the compiled loops add up, where enough moves follow one another."""
    at = np.flatnonzero(of.what >> 4 == kinds.POINTER_MOVE)
    if len(at) < kinematics.MIN_MOVES:
        return {}
    t = np.cumsum(of.since, dtype=np.float64)[at]
    way, wait = np.diff(np.stack((of.x[at], of.y[at])).astype(np.float64), axis=1), np.diff(t)
    step = np.hypot(*way)
    logs = np.stack((np.log(step + 0.5), np.log(wait), np.log(step + 0.5) - np.log(wait)))
    going = wait < max(4.0 * np.sort(wait)[len(wait) // 2], 1_000.0)
    flow = (going[1:] & going[:-1]).astype(float)
    few = flow.sum()
    if few < 10:
        return {}
    ordered = np.sort(logs[:, going], axis=1)
    m = int(going.sum())
    if ordered[1, m // 2] > kinematics.SLOW:
        return {}
    low, middle, high, top = ordered[:, [m // 10, m // 2, m - 1 - m // 10, m - 1]].T
    changes = np.diff(logs, axis=1) * flow
    var_step, var_wait, var_speed = (changes**2).sum(axis=1) / few
    bend = np.diff(changes[0])
    push = np.diff(way, axis=1) * flow
    jolt = np.diff(push, axis=1) * (flow[1:] * flow[:-1])
    pushed, jolted = math.sqrt((push**2).sum() / few), math.sqrt((jolt**2).sum() / few)
    faster = changes[2] > 1e-9
    return {
        "speed_upper": high[2] - middle[2],
        "speed_lower": middle[2] - low[2],
        "roughness": 0.5 * math.log(var_speed + 1e-4),
        "step": middle[0],
        "peaks": np.count_nonzero(faster[:-1] & ~faster[1:]) / few,
        "rise": np.count_nonzero(faster) / few,
        "acceleration": math.log((pushed + 0.4) / (step.mean() + 0.4)),
        "shake": math.log((jolted + 0.7) / (pushed + 0.4)),
        "jerk": 0.5 * math.log(((bend**2).sum() / few + 1e-4) / (var_step + 1e-4)),
        "steady": math.log(np.abs(changes[0]).sum() / few + 0.01),
        "straightness": math.log((float(np.hypot(*way.sum(axis=1))) + 1.0) / (step.sum() + 1.0)),
        "still": float(np.mean((way == 0.0).all(axis=0))),
        "axis": float(np.mean((way == 0.0).sum(axis=0) == 1)),
        "jump": top[0] - high[0],
        "wait": middle[1],
        "wait_upper": high[1] - middle[1],
        "wait_lower": middle[1] - low[1],
        "wait_noise": math.sqrt(var_wait),
        "wait_step": 0.5 * math.log((var_speed + 0.02) / (var_step + 0.02)) if var_wait > 1e-3 else 0.0,
        "wait_told": (changes[0] * changes[1]).sum() / few / math.sqrt((var_step + 0.01) * (var_wait + 0.01)),
        "pauses": 1.0 - m / len(wait),
    }


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(30, 192), st.sampled_from([0.3, 3.0, 30.0]), st.sampled_from([0.0, 0.2]))
def test_the_compiled_features_are_what_array_operations_give(seed: int, events: int, size: float, presses: float) -> None:
    of = window(seed, events, size, presses)
    found = measured(of)
    for name, value in plain(of).items():
        assert (name, found.get(name)) == (name, pytest.approx(value, abs=1e-9))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(18, 192))
def test_features_are_finite_or_unknown(seed: int, events: int) -> None:
    found, _ = kinematics.features(window(seed, events, 5.0, 0.4))
    assert not np.isinf(found).any()


def stroke(points: int, wait_us: float, noise: float = 0.0) -> Trace:
    """Return a straight stroke of as many points."""
    rng = np.random.default_rng(1)
    t_us = np.cumsum(np.full(points, wait_us)).astype(np.int64)
    x, y = np.rint(100.0 + np.arange(points) * 7.3 + rng.normal(0, noise, points)), np.rint(80.0 + np.arange(points) * 3.1)
    nothing = np.zeros(points, np.uint8)
    return Trace(
        "t", "made", "bot", "made", "nobody", "none", t_us, np.full(points, kinds.POINTER_MOVE, np.uint8), nothing,
        x.astype(np.int64), y.astype(np.int64),
    )  # fmt: skip


def test_a_mouse_that_reports_a_thousand_times_a_second_is_seen_a_hundred_times() -> None:
    moves = learn(Timing(), facts(stroke(180, 1_000))).moves
    found = measured(moves)
    assert found["wait"] >= math.log(60.0)
    assert found["step"] > math.log(6 * 7.0)


@pytest.mark.parametrize(("wait_us", "suffix"), [(8_000, "_fast"), (16_700, ""), (33_300, "")])
def test_what_depends_on_the_pipeline_is_judged_by_its_rate(wait_us: int, suffix: str) -> None:
    found, _ = kinematics.features(learn(Timing(), facts(stroke(60, wait_us, 1.0))).moves)
    known = {name for name, value in zip(kinematics.NAMES, found.tolist(), strict=True) if not math.isnan(value)}
    assert {rate for rate in RATES if f"steady{rate}" in known} == {suffix}


@pytest.mark.parametrize(("points", "least"), [(30, 0.5), (60, 2.0), (180, 2.0)])
@pytest.mark.parametrize("device", ["desktop", "none"])
@pytest.mark.parametrize("wait_us", [10_000, 16_000])
def test_a_straight_line_at_constant_speed_is_no_hand(points: int, least: float, device: str, wait_us: int) -> None:
    finding = pointer.assess(Evidence(history(replace(stroke(points, wait_us), device=device))))
    assert finding.evidence is not None
    assert finding.evidence > least


def test_a_burst_that_no_screen_shows_is_not_judged() -> None:
    finding = pointer.assess(Evidence(history(stroke(60, 100))))
    assert (finding.evidence, finding.abstained) == (None, "too_coarse")


@pytest.mark.parametrize("wait_us", [50_000, 109_000])
def test_a_hand_that_is_seen_ten_or_twenty_times_a_second_is_not_judged(wait_us: int) -> None:
    finding = pointer.assess(Evidence(history(stroke(60, wait_us))))
    assert (finding.evidence, finding.abstained) == (None, "too_coarse")


def test_fingers_are_not_judged_by_what_was_learnt_from_mice() -> None:
    swiped = replace(stroke(60, 16_000), kind=np.full(60, kinds.TOUCH_MOVE, np.uint8))
    finding = touch.assess(Evidence(history(swiped)))
    assert (finding.evidence, finding.abstained) == (None, "not_fitted")


def test_fingers_are_judged_by_a_model_that_was_fitted_on_fingers() -> None:
    mice = shipped()
    model = replace(mice, channels={"touch": mice.channels["pointer"]})
    swiped = replace(stroke(60, 16_000), kind=np.full(60, kinds.TOUCH_MOVE, np.uint8))
    assert touch.assess_by(model, Evidence(history(swiped))).evidence == pointer.assess(Evidence(history(stroke(60, 16_000)))).evidence

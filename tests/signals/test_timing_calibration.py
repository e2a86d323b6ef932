"""Calibration: a line or an isotonic curve from sums to nats, rising, and shared out to reasons exactly."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit

from signals.figures import calibration_error
from signals.fitting.calibration import calibrated, isotonic, line, mapped, moved
from signals.fitting.curves import fit_curves
from signals.timing.additive import MOST, Curves, nats
from signals.traces import BOT, HUMAN, Trace

N = 4000
BENT = np.array([[-4.0, -9.0], [-1.0, -1.5], [0.0, 0.2], [2.0, 0.5], [3.0, 6.0]])


def drawn(bend: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return sums whose true log-odds are bent by so much, whether each is a bot, weights and folds."""
    rng = np.random.default_rng(seed)
    sums = rng.uniform(-5.0, 5.0, N)
    truth = sums * np.where(sums > 0.0, 1.0 + bend, 1.0 - bend / 2.0)
    return sums, rng.random(N) < expit(truth), np.ones(N), rng.integers(0, 4, N)


def test_a_straight_relation_gets_a_line() -> None:
    assert len(calibrated(*drawn(0.0))) == 2


def test_a_bent_relation_gets_an_isotonic_curve_that_comes_true() -> None:
    points = calibrated(*drawn(1.5))
    assert len(points) > 2
    sums, bot, weights, _ = drawn(1.5, seed=1)
    assert calibration_error(expit(mapped(points, sums)), bot, weights) < 0.03
    assert calibration_error(expit(mapped(line(*drawn(1.5)[:3]), sums)), bot, weights) > 0.03


@pytest.mark.parametrize("seed", range(5))
def test_a_curve_rises_strictly_so_that_the_order_of_windows_stays(seed: int) -> None:
    points = isotonic(*drawn(0.5, seed)[:3])
    assert (np.diff(points, axis=0) > 0.0).all()


def test_the_isotonic_curve_is_near_the_truth_within_what_was_seen() -> None:
    sums, bot, weights, _ = drawn(0.0)
    points = isotonic(sums, bot, weights)
    chances = np.linspace(0.1, 0.9, 9)
    assert expit(mapped(points, logit(chances))) == pytest.approx(chances, abs=0.08)


@settings(deadline=None)
@given(st.floats(-50.0, 50.0))
def test_one_sum_is_mapped_as_many_are(total: float) -> None:
    assert nats(BENT, total) == pytest.approx(float(mapped(BENT, np.array([total]))[0]), abs=1e-9)


@settings(deadline=None)
@given(st.floats(-10.0, 10.0), st.floats(0.0, 5.0))
def test_care_moves_the_curve_so_that_sums_must_be_larger(total: float, care: float) -> None:
    assert nats(moved(BENT, care), total + care) == pytest.approx(nats(BENT, total), abs=1e-2)


@settings(deadline=None)
@given(st.lists(st.floats(-1.0, 1.0), min_size=3, max_size=3), st.floats(-2.0, 2.0))
def test_shares_add_up_to_the_calibrated_and_bounded_evidence(features: list[float], bias: float) -> None:
    knots = np.tile(np.array([-1.0, 0.0, 1.0]), (3, 1))
    values = np.array([[-2.0, 0.0, 1.0], [0.5, 0.0, -0.5], [1.0, -1.0, 1.0]])
    curves = Curves(0, knots, values, bias, {"*": BENT})
    measured = np.array(features)
    shares, own = curves.calibrated(measured, "*")
    raw = nats(BENT, bias + float(curves.contributions(measured).sum()))
    evidence = float(shares.sum()) + own
    assert abs(evidence) <= min(abs(raw), MOST) + 1e-9
    assert evidence == pytest.approx(raw, rel=0.05) or abs(raw) > MOST / 4.0
    told = curves.contributions(measured)
    assert shares * told.sum() == pytest.approx(told * shares.sum(), abs=1e-6)


def test_scripts_drawn_to_teach_do_not_move_what_chances_are_stated() -> None:
    rng = np.random.default_rng(0)
    truth = np.repeat([0, 1, 1], 300)
    features = (rng.normal(0.0, 1.0, 900) + np.repeat([-1.0, 1.0, 0.0], 300))[:, None]
    nothing = np.zeros(0, np.int64)
    names = np.repeat(["human", "linear", "drawn_line"], 300)
    traces = [
        Trace("", "made", BOT if bot else HUMAN, name, f"{at % 40}", "desktop", nothing, nothing, nothing, nothing, nothing)
        for at, (bot, name) in enumerate(zip(truth, names, strict=True))
    ]
    curves = fit_curves(0, features, traces, {f"{at}": at % 4 for at in range(40)}, care=False, card=True)
    chances = [expit(sum(map(np.sum, curves.calibrated(row, "desktop")))) for row in features[:600]]
    assert calibration_error(np.array(chances), truth[:600].astype(float), np.ones(600)) < 0.06
    assert (curves.card["people"], curves.card["bots"]) == (300, 300)

"""Figures of merit on evidence whose answer is known."""

import numpy as np
import pytest

from signals.figures import auc, calibration_error, figures, found_at, threshold


def test_evidence_that_parts_everybody_is_perfect() -> None:
    row = figures(np.array([-5.0, -4.0, -6.0]), np.array([5.0, 4.0]))
    assert (row.auc, row.tpr_1, row.tpr_01, row.abstained) == (1.0, 1.0, 1.0, 0.0)


def test_ties_count_half() -> None:
    assert auc(np.zeros(10), np.zeros(20)) == pytest.approx(0.5)


def test_the_threshold_lets_at_most_the_stated_share_of_people_through() -> None:
    people = np.random.default_rng(0).normal(size=1000)
    assert (people > threshold(people, 0.01)).mean() <= 0.01
    assert (people > threshold(people, 0.02)).mean() == pytest.approx(0.02)


def test_an_abstention_is_never_found() -> None:
    bots = np.full(4, -np.inf)
    assert found_at(np.array([-9.0, -8.0]), bots, 0.01) == 0.0
    assert figures(np.array([-9.0, -8.0]), bots).abstained == pytest.approx(4 / 6)


def test_calibration_error_is_nothing_where_chances_come_true() -> None:
    rng = np.random.default_rng(1)
    chances = rng.random(50_000)
    truth = (rng.random(50_000) < chances).astype(float)
    assert calibration_error(chances, truth, np.ones(50_000)) < 0.01
    assert calibration_error(chances, 1.0 - truth, np.ones(50_000)) > 0.3


def test_what_was_not_judged_says_nothing_of_calibration() -> None:
    people, bots = np.array([-3.0, -2.0]), np.array([1.0, 4.0])
    silent = np.full(50, -np.inf)
    assert figures(people, bots).calibration_error < 0.3
    with_silence = figures(np.concatenate((people, silent)), np.concatenate((bots, silent)))
    assert with_silence.calibration_error == pytest.approx(figures(people, bots).calibration_error)
    assert figures(silent, silent).calibration_error == 0.0

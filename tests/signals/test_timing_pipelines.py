"""Pipelines and tasks that a fit draws: what they may do to a recording, and what they must leave."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signals.fitting.pipelines import PIPELINES, through
from signals.fitting.press_samples import Draw, draw, vary
from signals.fitting.tasks import TASKS, at_another_task
from signals.traces import HUMAN, Trace
from wire import kinds

SLOWEST_US = 400_000
"""No pipeline holds anything back for longer."""


def clicker(seed: int, presses: int = 120) -> Trace:
    rng = np.random.default_rng(seed)
    down = np.cumsum(rng.lognormal(13.0, 0.6, presses)).astype(np.int64)
    t_us = np.stack((down, down + rng.integers(40_000, 90_000, presses)), axis=1).ravel()
    t_us = np.maximum.accumulate(t_us)
    kind = np.tile(np.array([kinds.POINTER_DOWN, kinds.POINTER_UP], np.uint8), presses)
    code = np.ones(2 * presses, np.uint8)
    x = np.repeat(rng.integers(0, 1000, presses), 2)
    return Trace(f"{seed}", "made", HUMAN, HUMAN, f"clicker {seed}", "desktop", t_us, kind, code, x, x)


@pytest.mark.parametrize("pipeline", PIPELINES)
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**20))
def test_a_pipeline_keeps_every_event_in_order_and_holds_none_back_for_long(pipeline: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    t_us = np.cumsum(rng.exponential(100_000, 60)).astype(np.int64)
    told = through(t_us, pipeline, rng)
    assert len(told) == len(t_us)
    assert (np.diff(told) >= 0).all()
    assert (told - t_us > -20_000).all()
    assert (told - t_us < SLOWEST_US).all()


def test_frames_leave_times_on_their_grid() -> None:
    t_us = np.cumsum(np.random.default_rng(0).exponential(200_000, 200)).astype(np.int64)
    told = through(t_us, "framed", np.random.default_rng(1))
    steps = np.unique(np.diff(told))
    assert len(steps) < 0.8 * len(t_us)
    assert steps[steps > 2].min() > 3_000


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**20))
def test_another_task_leaves_what_was_pressed_and_in_which_order(seed: int) -> None:
    person = clicker(seed % 7)
    other = at_another_task(person, kinds.POINTER_DOWN, TASKS["clicks"], np.random.default_rng(seed))
    assert (np.diff(other.t_us) >= 0).all()
    assert other.kind.tolist() == person.kind.tolist()
    assert other.x.tolist() == person.x.tolist()


def test_typing_is_paced_by_the_hand_at_every_task() -> None:
    person = clicker(1)
    typed = replace(person, kind=np.full(len(person), kinds.KEY_DOWN, np.uint8))
    for seed in range(8):
        other = at_another_task(typed, kinds.KEY_DOWN, TASKS["keys"], np.random.default_rng(seed))
        assert other.t_us.tolist() == typed.t_us.tolist()


def test_what_a_pipeline_did_is_written_on_the_window() -> None:
    told = [vary(clicker(1), "clicks", np.random.default_rng(seed)) for seed in range(40)]
    assert {trace.pipeline for trace in told} >= {"", "remote", "framed"}
    assert all(trace.pipeline for trace in told if not np.isin(trace.t_us, clicker(1).t_us).all())


def test_a_fit_takes_a_persons_presses_again_where_it_wants_more_windows_and_an_evaluation_never_does() -> None:
    person = clicker(1, 301)
    again = draw([person], "clicks", {}, Draw((90, 100), 8), np.random.default_rng(0))
    once = draw([person], "clicks", {}, Draw((100, 100), 8, plain=True), np.random.default_rng(0))
    assert len(again) == 8
    assert len(once) == 3

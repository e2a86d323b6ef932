"""Bots that imitate keep to what they promise: the content, the marginal, the order, or the path."""

import numpy as np
import pytest

from wire import kinds
from zoo import pointers, timing

PERSON = np.random.default_rng(0).lognormal(11.5, 0.6, 200)
CODES = np.random.default_rng(1).integers(0, 12, 201).astype(np.uint8)


def recording(presses: int = 120) -> timing.Recording:
    rng = np.random.default_rng(2)
    down = np.cumsum(rng.lognormal(11.5, 0.5, presses)).astype(np.int64)
    t_us = np.stack((down, down + 30_000), axis=1).ravel()
    kind = np.tile([kinds.KEY_DOWN, kinds.KEY_UP], presses).astype(np.uint8)
    code = np.repeat(rng.integers(0, 12, presses), 2).astype(np.uint8)
    order = np.argsort(t_us, kind="stable")
    return timing.Recording(t_us[order], kind[order], code[order], rng.integers(0, 900, 2 * presses), rng.integers(0, 900, 2 * presses))


@pytest.mark.parametrize("family", sorted(timing.IMITATORS))
def test_an_imitator_gives_as_many_positive_intervals_and_repeats_for_a_seed(family: str) -> None:
    played = timing.IMITATORS[family](PERSON, CODES, np.random.default_rng(3))
    assert len(played) == len(PERSON)
    assert (played > 0).all()
    assert np.array_equal(played, timing.IMITATORS[family](PERSON, CODES, np.random.default_rng(3)))


@pytest.mark.parametrize("family", ["shuffle", "autoregressive"])
def test_a_persons_own_marginal_is_kept_exactly(family: str) -> None:
    played = timing.IMITATORS[family](PERSON, CODES, np.random.default_rng(3))
    assert np.array_equal(np.sort(played), np.sort(PERSON))


def test_a_replay_without_noise_is_the_recording() -> None:
    assert timing.replay(PERSON, 0.0, 1.0, np.random.default_rng(0)) == pytest.approx(PERSON)


def test_a_replay_never_runs_backwards() -> None:
    assert (timing.replay(PERSON, 200_000.0, 0.9, np.random.default_rng(0)) >= 0).all()


def test_a_splice_is_as_long_as_asked_and_made_of_the_recordings() -> None:
    made = timing.splice([PERSON, PERSON[::-1]], 25, 100, np.random.default_rng(0))
    assert len(made) == 100
    assert np.isin(made, PERSON).all()


@pytest.mark.parametrize("family", sorted(timing.IMITATORS))
def test_retiming_keeps_what_was_pressed_and_the_order_of_time(family: str) -> None:
    person = recording()
    for seed in range(8):
        played = timing.retime(person, timing.IMITATORS[family], np.random.default_rng(seed))
        assert (np.diff(played.t_us) >= 0).all()
        downs = played.kind == kinds.KEY_DOWN
        assert np.array_equal(played.code[downs], person.code[person.kind == kinds.KEY_DOWN])


@pytest.mark.parametrize("family", sorted(pointers.MOVERS))
def test_a_mover_goes_from_start_to_end(family: str) -> None:
    start, end = np.array([100.0, 700.0]), np.array([900.0, 200.0])
    path = pointers.MOVERS[family](start, end, 40, np.random.default_rng(5))
    assert path.shape[1] == 2
    assert np.hypot(*(path[0] - start)) < 60
    assert np.hypot(*(path[-1] - end)) < 60


@pytest.mark.parametrize("family", sorted(pointers.MOVERS))
def test_moving_gives_as_many_events_in_order_of_time(family: str) -> None:
    played = pointers.move(recording(), pointers.MOVERS[family], np.random.default_rng(6))
    assert len(played.t_us) == 240
    assert (np.diff(played.t_us) >= 0).all()
    assert set(np.unique(played.kind)) <= {kinds.POINTER_MOVE, kinds.POINTER_DOWN, kinds.POINTER_UP}

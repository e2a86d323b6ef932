"""Scripts drawn at random and movers of public packages move as asked, whoever's places they are given."""

import numpy as np
import pytest

from wire import kinds
from zoo import public, scripts
from zoo.timing import Recording


def places(events: int = 60) -> Recording:
    rng = np.random.default_rng(4)
    moves = np.full(events, kinds.POINTER_MOVE, np.uint8)
    x, y = rng.integers(0, 900, events), rng.integers(0, 700, events)
    return Recording(np.cumsum(rng.integers(8_000, 40_000, events)), moves, np.zeros(events, np.uint8), x, y)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("shape", sorted(scripts.SHAPES))
def test_a_drawn_script_plays_as_many_events_and_never_goes_back_in_time(shape: str, seed: int) -> None:
    played = scripts.play(places(), scripts.SHAPES[shape], np.random.default_rng(seed))
    assert len(played.t_us) == len(played.x) == len(played.kind) == 60
    assert (np.diff(played.t_us) >= 0).all()
    assert set(played.kind.tolist()) <= {kinds.POINTER_MOVE, kinds.POINTER_DOWN, kinds.POINTER_UP}


def test_a_drawn_script_repeats_for_a_seed() -> None:
    one, other = (scripts.play(places(), scripts.SHAPES["bezier"], np.random.default_rng(9)) for _ in range(2))
    assert np.array_equal(one.x, other.x)
    assert np.array_equal(one.t_us, other.t_us)


def test_drawn_scripts_differ_in_pace_and_in_pixels() -> None:
    drawn = [scripts.play(places(), scripts.SHAPES["line"], np.random.default_rng(seed)) for seed in range(30)]
    waits = [float(np.median(np.diff(one.t_us))) for one in drawn]
    assert max(waits) > 4.0 * min(waits)


@pytest.mark.parametrize("name", ["cursory", "windmouse", "humancursor"])
def test_a_public_mover_plays_as_many_events(name: str) -> None:
    if name in public.missing():
        pytest.skip(f"{name} is not installed")
    played = public.play(places(), public.installed()[f"public_{name}"], np.random.default_rng(5))
    assert len(played.t_us) == 60
    assert (np.diff(played.t_us) >= 0).all()
    assert np.count_nonzero(np.diff(played.x)) > 20


def test_what_is_not_installed_is_named() -> None:
    known = {name.removeprefix("public_") for name in public.installed()}
    assert known | set(public.missing()) == {"cursory", "windmouse", "humancursor"}

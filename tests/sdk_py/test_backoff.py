"""How long failures make a client wait."""

import pytest

from sdk_py.backoff import Backoff


@pytest.mark.parametrize(("draw", "share"), [(0.0, 0.5), (1.0, 1.0)])
def test_delays_double_up_to_a_bound_within_half_and_the_whole_of_it(draw: float, share: float) -> None:
    backoff = Backoff(first=1.0, most=60.0, draw=lambda: draw)
    assert [backoff.next() for _ in range(8)] == [share * bound for bound in (1, 2, 4, 8, 16, 32, 60, 60)]


def test_after_something_went_well_the_delays_begin_anew() -> None:
    backoff = Backoff(draw=lambda: 1.0)
    for _ in range(100):
        backoff.next()
    backoff.reset()
    assert backoff.next() == 1.0

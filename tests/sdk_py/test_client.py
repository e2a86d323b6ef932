"""A client against a collector that works."""

from collections.abc import Callable
from typing import Any

from sdk_py import Client
from wire import kinds

Make = Callable[..., Client]
Wait = Callable[..., None]


def test_what_is_recorded_arrives_in_order(collector: Any, client_of: Make) -> None:
    client = client_of(collector.url).start()
    for x in range(100):
        client.record(kinds.POINTER_MOVE, 0, x, 2 * x)
    assert client.flush(5.0)
    assert [event[1:] for event in collector.events] == [(kinds.POINTER_MOVE, 0, x, 2 * x) for x in range(100)]
    times = [event[0] for event in collector.events]
    assert times == sorted(times)

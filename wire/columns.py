"""Input events and frames as little-endian columns (`schema.Columns`, `schema.Batch.frames`)."""

import sys
from array import array
from collections.abc import Iterable, Sequence
from typing import Final

from wire.schema import Columns

Event = tuple[int, int, int, int, int]
"""(monotonic µs, kind, code, x, y)."""

MAX_DT_US: Final = 2**32 - 1
MAX_STEP: Final = 2**15 - 1
MAX_POSITION: Final = MAX_STEP // 2
"""Pixels from the origin that a client clips positions to, so that the step between any two fits an int16."""

_SWAP: Final = sys.byteorder == "big"
_U32: Final = "I" if array("I").itemsize == 4 else "L"


def encode(events: Iterable[Event], t0_us: int) -> Columns:
    """Return the columns of events in time order.

    A step that does not fit its type is clipped and the rest is carried over to the next event, so that only the events in between are off.
    Raises OverflowError for a kind or code outside 0..255.
    """
    dt, kinds, codes = array(_U32), array("B"), array("B")
    dx, dy = array("h"), array("h")
    at, px, py = t0_us, 0, 0
    for t_us, kind, code, x, y in events:
        kinds.append(kind)
        codes.append(code)
        step = min(max(t_us - at, 0), MAX_DT_US)
        step_x = min(max(x - px, -MAX_STEP), MAX_STEP)
        step_y = min(max(y - py, -MAX_STEP), MAX_STEP)
        dt.append(step)
        dx.append(step_x)
        dy.append(step_y)
        at += step
        px += step_x
        py += step_y
    return Columns(dt=_bytes(dt), kind=kinds.tobytes(), code=codes.tobytes(), dx=_bytes(dx), dy=_bytes(dy))


def decode(columns: Columns, t0_us: int) -> list[Event]:
    """Return the events of `columns`. Raises ValueError where the columns are not of equal count."""
    dt, dx, dy = _array(_U32, columns.dt), _array("h", columns.dx), _array("h", columns.dy)
    if not len(dt) == len(columns.kind) == len(columns.code) == len(dx) == len(dy):
        raise ValueError("the columns are not of equal count")
    events: list[Event] = []
    at, px, py = t0_us, 0, 0
    for step, kind, code, step_x, step_y in zip(dt, columns.kind, columns.code, dx, dy, strict=True):
        at += step
        px += step_x
        py += step_y
        events.append((at, kind, code, px, py))
    return events


def encode_times(times_us: Sequence[int], t0_us: int) -> bytes:
    """Return the column of times in order, such as frames, clipped and carried over as in `encode`."""
    steps = array(_U32)
    at = t0_us
    for t_us in times_us:
        step = min(max(t_us - at, 0), MAX_DT_US)
        steps.append(step)
        at += step
    return _bytes(steps)


def decode_times(column: bytes, t0_us: int) -> list[int]:
    """Return the times of a column. Raises ValueError where its length is no multiple of four."""
    times: list[int] = []
    at = t0_us
    for step in _array(_U32, column):
        at += step
        times.append(at)
    return times


def _bytes(column: "array[int]") -> bytes:
    if _SWAP:
        column.byteswap()
    return column.tobytes()


def _array(typecode: str, column: bytes) -> "array[int]":
    values: array[int] = array(typecode)
    values.frombytes(column)
    if _SWAP:
        values.byteswap()
    return values

"""From what travelled to Facts: columns become arrays, deltas become absolute times and positions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from geo.place import Place
from signals.kernel import kernel
from signals.types import AssetCheck, Facts, IntArray, ProbeCheck
from wire.schema import Batch, Hello

_U32: Final = np.dtype("<u4")
_I16: Final = np.dtype("<i2")


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the collector adds to what the client told."""

    arrived_us: int
    """Server wall clock, µs."""
    address: str | None = None
    place: Place | None = None
    prefix: str | None = None
    company: bool = False
    place_offset_min: int | None = None
    assets: AssetCheck | None = None
    probes: ProbeCheck | None = None
    code_known: bool | None = None


def of_hello(hello: Hello, around: Circumstances) -> Facts:
    """Return the facts of a hello: the machine, the process, both clocks, no input yet."""
    return Facts(
        arrived_us=around.arrived_us,
        clock=hello.clock,
        device=hello.facts,
        integrity=hello.integrity,
        code_known=around.code_known,
        assets=around.assets,
        probes=around.probes,
        address=around.address,
        place=around.place,
        prefix=around.prefix,
        company=around.company,
        place_offset_min=around.place_offset_min,
    )


def of_batch(batch: Batch, around: Circumstances) -> Facts:
    """Return the facts of a batch whose columns have been checked: equal counts, whole items, known kinds."""
    columns = batch.input
    waits, frames = np.frombuffer(columns.dt, _U32), np.frombuffer(batch.frames, _U32)
    t_us, x, y, frames_us = _absolute(waits, np.frombuffer(columns.dx, _I16), np.frombuffer(columns.dy, _I16), frames, batch.t0_us)
    return Facts(
        arrived_us=around.arrived_us,
        clock=batch.clock,
        t_us=t_us,
        kind=np.frombuffer(columns.kind, np.uint8).copy(),
        code=np.frombuffer(columns.code, np.uint8).copy(),
        x=x,
        y=y,
        frames_us=frames_us,
        actions=batch.actions,
        device=batch.facts,
        integrity=batch.integrity,
        code_known=around.code_known,
        assets=around.assets,
        probes=around.probes,
        address=around.address,
        place=around.place,
        prefix=around.prefix,
        company=around.company,
        place_offset_min=around.place_offset_min,
        lost=batch.lost,
    )


def joined(told: Sequence[Facts]) -> Facts:
    """Return the events, frames and actions of batches one after the other, and nothing of what goes with each batch."""
    if len(told) == 1:
        return told[0]
    return Facts(
        arrived_us=told[-1].arrived_us,
        t_us=np.concatenate([facts.t_us for facts in told]),
        kind=np.concatenate([facts.kind for facts in told]),
        code=np.concatenate([facts.code for facts in told]),
        x=np.concatenate([facts.x for facts in told]),
        y=np.concatenate([facts.y for facts in told]),
        frames_us=np.concatenate([facts.frames_us for facts in told]),
        actions=tuple(action for facts in told for action in facts.actions),
    )


@kernel
def _absolute(
    waits: NDArray[Any], right: NDArray[Any], down: NDArray[Any], frames: NDArray[Any], t0_us: int
) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """Return the times of events, their places, and the times of frames."""
    return _running(waits, t0_us), _running(right, 0), _running(down, 0), _running(frames, t0_us)


@kernel
def _running(deltas: NDArray[Any], start: int) -> IntArray:
    """Return the absolute values behind a column of deltas."""
    values = np.empty(len(deltas), np.int64)
    for place, delta in enumerate(deltas):
        start += delta
        values[place] = start
    return values

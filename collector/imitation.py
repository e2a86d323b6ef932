"""The zoo's imitators, fitted to how scoring draws its windows."""

from dataclasses import replace
from functools import partial

import numpy as np

from signals.samples import Families
from signals.traces import Trace
from zoo import pointers, timing


def families() -> Families:
    """Return every family of timing bots by the channel it plays on."""
    presses = {name: partial(_retime, imitator) for name, imitator in timing.IMITATORS.items()}
    clicks = {name: imitate for name, imitate in presses.items() if name != "digraph_aware"}
    moves = {name: partial(_move, mover) for name, mover in pointers.MOVERS.items()}
    return {"keys": presses, "clicks": clicks, "pointer": moves}


def _retime(imitator: timing.Imitator, trace: Trace, rng: np.random.Generator) -> Trace:
    return _with(trace, timing.retime(_recording(trace), imitator, rng))


def _move(mover: pointers.Mover, trace: Trace, rng: np.random.Generator) -> Trace:
    return _with(trace, pointers.move(_recording(trace), mover, rng))


def _recording(trace: Trace) -> timing.Recording:
    return timing.Recording(trace.t_us, trace.kind, trace.code, trace.x, trace.y)


def _with(trace: Trace, played: timing.Recording) -> Trace:
    return replace(trace, t_us=played.t_us, kind=played.kind, code=played.code, x=played.x, y=played.y)

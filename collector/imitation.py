"""The zoo's imitators, fitted to how scoring draws its windows."""

from dataclasses import replace
from functools import partial

import numpy as np

from signals.fitting.stroke_samples import DRAWN
from signals.samples import HONEST, Families
from signals.traces import Trace
from zoo import pointers, press_scripts, public, scripts, tapping, timing


def families() -> Families:
    """Return every family of timing bots by the channel it plays on.

    `honest` is what people do that no recording holds, for fits only; `scripts` are pointer bots drawn at random, for fits only; `public`
    those of installed packages, for evaluations only.
    """
    presses = {name: partial(_retime, imitator) for name, imitator in timing.IMITATORS.items()}
    clicks = {name: imitate for name, imitate in presses.items() if name != "digraph_aware"}
    for name, clock in press_scripts.CLOCKS.items():
        presses[f"{name}_one_key"] = partial(_press, press_scripts.one_key, clock)
        presses[f"{name}_random_keys"] = partial(_press, press_scripts.random_keys, clock)
        clicks[f"{name}_one_place"] = partial(_press, press_scripts.one_place, clock)
    moves = {name: partial(_move, mover) for name, mover in pointers.MOVERS.items()}
    drawn = {f"{DRAWN}{name}": partial(_script, shape) for name, shape in scripts.SHAPES.items()}
    packaged = {name: partial(_travel, travel) for name, travel in public.installed().items()}
    return {HONEST: {"tapping": _tap}, "keys": presses, "clicks": clicks, "pointer": moves, "scripts": drawn, "public": packaged}


def _retime(imitator: timing.Imitator, trace: Trace, rng: np.random.Generator) -> Trace:
    return _with(trace, timing.retime(_recording(trace), imitator, rng))


def _press(play: press_scripts.Play, clock: press_scripts.Clock, trace: Trace, rng: np.random.Generator) -> Trace:
    return _with(trace, play(_recording(trace), clock, rng))


def _tap(trace: Trace, rng: np.random.Generator) -> Trace:
    return _with(trace, tapping.tap(_recording(trace), rng))


def _move(mover: pointers.Mover, trace: Trace, rng: np.random.Generator) -> Trace:
    return _with(trace, pointers.move(_recording(trace), mover, rng))


def _script(shape: scripts.Shape, trace: Trace, rng: np.random.Generator) -> Trace:
    return _with(trace, scripts.play(_recording(trace), shape, rng))


def _travel(travel: public.Travel, trace: Trace, rng: np.random.Generator) -> Trace:
    return _with(trace, public.play(_recording(trace), travel, rng))


def _recording(trace: Trace) -> timing.Recording:
    return timing.Recording(trace.t_us, trace.kind, trace.code, trace.x, trace.y)


def _with(trace: Trace, played: timing.Recording) -> Trace:
    return replace(trace, t_us=played.t_us, kind=played.kind, code=played.code, x=played.x, y=played.y)

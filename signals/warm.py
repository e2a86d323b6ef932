"""Compile before somebody waits: everything that scores a session is run once over made-up input.

Kernels (kernel.py) are compiled, or read back from where they are kept, when they are first called with arguments of their types: seconds
that otherwise the first players would wait for. `python -m signals.warm` does it ahead, as when an image is built.
"""

import contextlib
import subprocess
import sys
from dataclasses import replace
from functools import cache
from typing import Final

import numpy as np

from signals.combine import assess
from signals.facts import Circumstances, of_batch
from signals.history import EMPTY, dump, learn, load
from signals.kernel import kept
from signals.model import load_model
from signals.replay.recall import Library, Player
from signals.replay.tail import fresh_of_each
from signals.timing.additive import nats
from signals.timing.windows import MOVES, Timing, Window
from signals.types import Evidence, Facts
from wire import kinds, limits
from wire.schema import Action, Batch, ClockPair, Columns, DeviceFacts

_SPAN_US: Final = 30_000_000
_EVENTS: Final = 800
_BATCHES: Final = 7
_NOW_US: Final = 1_760_000_000_000_000
_HANDS: Final = (
    (kinds.KEY_DOWN, kinds.KEY_UP),
    (kinds.POINTER_MOVE, kinds.POINTER_MOVE, kinds.POINTER_MOVE, kinds.POINTER_DOWN, kinds.POINTER_UP, kinds.WHEEL),
    (kinds.TOUCH_DOWN, kinds.TOUCH_MOVE, kinds.TOUCH_MOVE, kinds.TOUCH_UP),
    (kinds.PAD,),
)


@cache
def warm() -> None:
    """Take in, store, recognise and judge made-up sessions of every kind of hand. Does nothing when it is called again.

    The first time after an install this compiles, and another process begins at the other end: numba compiles in one thread only.
    """
    with contextlib.ExitStack() as stack:
        if cold():
            stack.enter_context(subprocess.Popen([sys.executable, "-c", "from signals.warm import judge; judge()"]))
        _play()


def cold() -> bool:
    """Tell whether what scores has still to be compiled."""
    return not kept(nats)


def judge() -> None:
    """Judge made-up windows that nobody has taken in."""
    timing = Timing(keys=_window(kinds.KEY_DOWN), moves=_window(kinds.POINTER_MOVE))
    assess(Evidence(replace(EMPTY, timing=timing)), load_model())


def _window(kind: int) -> Window:
    chance = np.random.default_rng(kind)
    x, y = chance.integers(0, 999, (2, MOVES)).astype(np.int16)
    return Window(0, MOVES, chance.integers(50, 2_000, MOVES).astype(np.uint16), np.full(MOVES, kind * 16, np.uint8), x, y)


def _play() -> None:
    library = Library()
    for number, hand in enumerate((*_HANDS, sum(_HANDS, ()))):
        told = [_batch(number, hand, seq) for seq in range(_BATCHES)]
        history = learn(EMPTY, told[0])
        for source in ("s_before", "s_again"):
            for facts, fresh in zip(told, fresh_of_each(history.replay, told), strict=True):
                library.match(Player(source, source), fresh, facts.arrived_us)
                library.add(Player(source, source), fresh, facts.arrived_us)
        history = learn(load(dump(learn(history, *told[1:3]))), *told[3:])
        for judged in (history, load(dump(history))):
            assess(Evidence(judged), load_model())


def _batch(number: int, hand: tuple[int, ...], seq: int) -> Facts:
    chance = np.random.default_rng((number, seq))
    kind = np.resize(np.array(hand, np.uint8), _EVENTS)
    dt = np.minimum(chance.lognormal(9.5, 1.0, _EVENTS), 1_500_000).astype("<u4")
    frames = chance.choice([16_667, 16_668, 1_300_000], 300, p=[0.6, 0.39, 0.01]).astype("<u4")
    t0_us = _SPAN_US * seq
    return of_batch(
        Batch(
            limits.VERSION,
            "s_warm",
            seq + 1,
            b"",
            ClockPair(t0_us + _SPAN_US, _NOW_US + t0_us),
            t0_us,
            Columns(dt.tobytes(), kind.tobytes(), (kind % 3).tobytes(), _steps(chance), _steps(chance)),
            frames.tobytes(),
            tuple(Action(t0_us + 1000 * place, name) for place, name in enumerate(("bet", "round_start", "win") * 4)),
            facts=DeviceFacts() if not seq else None,
        ),
        Circumstances(_NOW_US + t0_us, "here", prefix="near"),
    )


def _steps(chance: np.random.Generator) -> bytes:
    return chance.integers(-20, 21, _EVENTS).astype("<i2").tobytes()


if __name__ == "__main__":
    warm()

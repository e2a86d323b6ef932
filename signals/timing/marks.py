"""When the player pressed and when the game spoke, on the client's one clock: what channel by channel can't be put side by side.

The other windows count the time since the event before in their own channel, and a long rest ends what can be compared. Here whole times
are kept, as ticks modulo 2**32 (five days), so that a press can be held against what the game showed before it. Input and actions may come
in different batches and are not merged here but when they are read, so cuts don't matter.
"""

from functools import lru_cache
from typing import Final
from zlib import crc32

import msgspec
import numpy as np
from numpy.typing import NDArray

from signals.kernel import kernel
from signals.timing.windows import TICK_US
from signals.types import Facts
from wire import kinds
from wire.schema import Action

PRESSES: Final = 96
TOLD: Final = 96
"""Presses and actions kept."""
SECOND: Final = 1_000_000 // TICK_US
"""Ticks."""

REPEATED: Final = 128
"""Bit of `how`: the key had not been released, or only for an instant: the keyboard repeats it, not the hand."""
BY_GAME: Final = 128
BY_HAND: Final = 64
"""Bits of `names`: the game said of this action `auto: true` (auto-play), or `auto: false` (somebody pressed for it)."""
WHICH: Final = 63
LINE_UPDATE: Final = 1
ROUND_START: Final = 2
FEATURE_ENTER: Final = 3
WIN: Final = 4
SHOWS: Final = WIN
"""Names up to this one tell what the game showed; the others what was done."""
_KNOWN: Final = {"line_update": LINE_UPDATE, "round_start": ROUND_START, "feature_enter": FEATURE_ENTER, "win": WIN}
_OTHERS: Final = 8
_BOUNCE: Final = 2_000 // TICK_US
"""A key that comes down so soon after it went up is repeated by a window system that releases it in between."""

Ticks = NDArray[np.uint32]
Bytes = NDArray[np.uint8]


def _ticks() -> Ticks:
    return np.empty(0, np.uint32)


def _bytes() -> Bytes:
    return np.empty(0, np.uint8)


class Marks(msgspec.Struct, frozen=True, eq=False):
    """The last presses of any channel (`how`: kind, REPEATED) and the last actions (`names`: WHICH, BY_GAME, BY_HAND), never falling."""

    presses: Ticks = msgspec.field(default_factory=_ticks)
    how: Bytes = msgspec.field(default_factory=_bytes)
    told: Ticks = msgspec.field(default_factory=_ticks)
    names: Bytes = msgspec.field(default_factory=_bytes)
    key: int = 0
    """The last key event, kind * 256 + code."""
    key_ticks: int = 0


def learn(marks: Marks, facts: Facts) -> Marks:
    """Return the marks with one batch more in them."""
    presses, how, key, key_ticks = marks.presses, marks.how, marks.key, marks.key_ticks
    if len(facts.kind):
        presses, how, key, key_ticks = _pressed(presses, how, facts.t_us, facts.kind, facts.code, key, key_ticks, PRESSES)
    told, names = marks.told, marks.names
    if facts.actions:
        told = _after(told, np.array([action.t_us for action in facts.actions], np.int64), TOLD)
        names = np.concatenate((names, np.array([name_code(action) for action in facts.actions], np.uint8)))[-TOLD:]
    return Marks(presses, how, told, names, key, key_ticks)


def name_code(action: Action) -> int:
    """Return the byte by which an action is remembered: its name, and who the game says began it.

    Games whose auto-play bets and spins by itself say so with the attribute `auto: true`, and with `auto: false` that somebody pressed.
    """
    auto = action.extra.get("auto")
    said = BY_GAME if auto is True else BY_HAND if auto is False else 0
    return said | _which(action.name)


@lru_cache(maxsize=1024)
def _which(name: str) -> int:
    return _KNOWN.get(name) or _OTHERS + crc32(name.encode()) % (WHICH + 1 - _OTHERS)


_PRESS: Final = np.zeros(256, np.bool_)
_PRESS[[kinds.KEY_DOWN, kinds.POINTER_DOWN, kinds.TOUCH_DOWN]] = True
_KEY_DOWN: Final = kinds.KEY_DOWN
_KEY_UP: Final = kinds.KEY_UP
_PAD: Final = kinds.PAD
_PAD_DOWN: Final = kinds.PAD_DOWN
_WRAP: Final = 0xFFFFFFFF
_HALF: Final = 1 << 31


@kernel
def _pressed(
    presses: Ticks, how: Bytes, t_us: NDArray[np.int64], kind: Bytes, code: Bytes, key: int, key_ticks: int, size: int
) -> tuple[Ticks, Bytes, int, int]:
    """Return both columns with the presses of a batch appended and cut to `size`, and the last key event."""
    had, new = len(presses), 0
    for at in range(len(kind)):
        new += _PRESS[kind[at]] or (kind[at] == _PAD and code[at] == _PAD_DOWN)
    skipped = max(0, had + new - size)
    ticks = np.empty(had + new - skipped, np.uint32)
    of = np.empty(had + new - skipped, np.uint8)
    place = 0
    for at in range(min(skipped, had), had):
        ticks[place], of[place] = presses[at], how[at]
        place += 1
    passed = max(0, skipped - had)
    last = np.int64(presses[had - 1]) if had else np.int64(-1)
    for at in range(len(kind)):
        now = (t_us[at] // TICK_US) & _WRAP
        repeated = False
        if kind[at] == _KEY_DOWN or kind[at] == _KEY_UP:
            if kind[at] == _KEY_DOWN:
                up_again = key == _KEY_UP * 256 + code[at] and ((now - key_ticks) & _WRAP) <= _BOUNCE
                repeated = key == _KEY_DOWN * 256 + code[at] or up_again
            key, key_ticks = np.int64(kind[at]) * 256 + code[at], now
        if _PRESS[kind[at]] or (kind[at] == _PAD and code[at] == _PAD_DOWN):
            if last >= 0 and ((now - last) & _WRAP) >= _HALF:
                now = last
            last = now
            if passed:
                passed -= 1
                continue
            ticks[place] = now
            of[place] = kind[at] + (REPEATED if repeated else 0)
            place += 1
    return ticks, of, key, key_ticks


@kernel
def _after(told: Ticks, t_us: NDArray[np.int64], size: int) -> Ticks:
    """Return the times with those of a batch appended and cut to `size`."""
    had = len(told)
    every = np.empty(had + len(t_us), np.uint32)
    every[:had] = told
    for at in range(len(t_us)):
        now = (t_us[at] // TICK_US) & _WRAP
        place = had + at
        if place and ((now - np.int64(every[place - 1])) & _WRAP) >= _HALF:
            now = np.int64(every[place - 1])
        every[place] = now
    return every[-size:].copy()


@kernel
def relative(ticks: int, newest: int) -> int:
    """Return how many ticks after `newest` a time is, negative before it."""
    away = int((np.int64(ticks) - np.int64(newest)) & _WRAP)
    return away - _WRAP - 1 if away >= _HALF else away

"""The last events of each channel: all that timing remembers of a session.

Windows are counted in events, never in batches, so the same events leave the same windows however they were cut. Times are kept
as ticks since the event before in the same channel, positions as they came, both clipped to 16 bits: what is stored is exactly
what is looked at.
"""

from dataclasses import dataclass, field
from typing import Final
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from signals.types import Facts, IntArray
from wire import kinds

TICK_US: Final = 100
"""Microseconds of a tick: finer than any input pipeline, coarse enough for 16 bits."""
PAUSE: Final = 65_535
"""Ticks (6.5 s) at which an interval is no longer one: also what stands before the first event."""

KEYS: Final = 512
CLICKS: Final = 160
MOVES: Final = 192
TOUCHES: Final = 128
PADS: Final = 96
ACTIONS: Final = 64
FRAMES: Final = 96
"""Events kept per channel (a press and its release are two)."""

MAX_APPROACH: Final = 15
"""Moves counted between two clicks; more are not told apart."""
CLICK_DOWN: Final = 4
CLICK_BUTTON: Final = 3
"""Bits of `what` in the window of clicks; the upper four count the moves since the click before."""

Ticks = NDArray[np.uint16]
Whats = NDArray[np.uint8]
Pixels = NDArray[np.int16]


def _ticks() -> Ticks:
    return np.empty(0, np.uint16)


def _whats() -> Whats:
    return np.empty(0, np.uint8)


def _pixels() -> Pixels:
    return np.empty(0, np.int16)


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """The last events of one channel, as columns of equal length.

    `since` is the time since the event before in ticks (PAUSE: that or longer), `what` says what happened (kind * 16 + code, but
    in clicks see CLICK_DOWN), x and y are pixels where the channel has a place.
    """

    last_us: int = 0
    seen: int = 0
    """Events ever, also those that fell out."""
    since: Ticks = field(default_factory=_ticks)
    what: Whats = field(default_factory=_whats)
    x: Pixels = field(default_factory=_pixels)
    y: Pixels = field(default_factory=_pixels)


@dataclass(frozen=True, slots=True, eq=False)
class Timing:
    """Timing's part of History."""

    keys: Window = field(default_factory=Window)
    clicks: Window = field(default_factory=Window)
    moves: Window = field(default_factory=Window)
    touches: Window = field(default_factory=Window)
    pads: Window = field(default_factory=Window)
    actions: Window = field(default_factory=Window)
    frames: Window = field(default_factory=Window)
    approach: int = 0
    """Moves since the last click or release."""


_KEY, _POINTER, _TOUCH, _PAD = 1, 2, 3, 4
_CHANNEL: Final = np.zeros(256, np.uint8)
_CHANNEL[[kinds.KEY_DOWN, kinds.KEY_UP]] = _KEY
_CHANNEL[[kinds.POINTER_MOVE, kinds.POINTER_DOWN, kinds.POINTER_UP, kinds.WHEEL]] = _POINTER
_CHANNEL[[kinds.TOUCH_DOWN, kinds.TOUCH_MOVE, kinds.TOUCH_UP]] = _TOUCH
_CHANNEL[kinds.PAD] = _PAD
_BITS: Final = (_KEY, _POINTER, _TOUCH, _PAD)
_NO_WHATS: Final = _whats()
_NO_PIXELS: Final = _pixels()


def learn(state: Timing, facts: Facts) -> Timing:
    """Return the state with one batch more in it."""
    keys, clicks, moves, touches, pads, approach = state.keys, state.clicks, state.moves, state.touches, state.pads, state.approach
    actions, frames = state.actions, state.frames
    if len(facts.kind):
        channel = _CHANNEL[facts.kind]
        what = facts.kind * np.uint8(16) + (facts.code & np.uint8(15))
        for bit in _BITS:
            at = np.flatnonzero(channel == bit)
            if not len(at):
                continue
            t_us, of = facts.t_us[at], what[at]
            if bit == _KEY:
                keys = _push(keys, KEYS, t_us, of)
            elif bit == _POINTER:
                x, y = _clip(facts.x[at]), _clip(facts.y[at])
                moves = _push(moves, MOVES, t_us, of, x, y)
                clicks, approach = _push_clicks(clicks, approach, t_us, of, x, y)
            elif bit == _TOUCH:
                touches = _push(touches, TOUCHES, t_us, of, _clip(facts.x[at]), _clip(facts.y[at]))
            else:
                pads = _push(pads, PADS, t_us, of)
    if facts.actions:
        t_us = np.array([action.t_us for action in facts.actions], np.int64)
        actions = _push(actions, ACTIONS, t_us, np.array([name_code(action.name) for action in facts.actions], np.uint8))
    if len(facts.frames_us):
        frames = _push(frames, FRAMES, facts.frames_us)
    return Timing(keys, clicks, moves, touches, pads, actions, frames, approach)


def name_code(name: str) -> int:
    """Return the byte by which an action's name is remembered."""
    return crc32(name.encode()) & 255


def _push_clicks(window: Window, approach: int, t_us: IntArray, what: Whats, x: Pixels, y: Pixels) -> tuple[Window, int]:
    """Append presses and releases, each with the moves that led there; return also the moves since the last of them."""
    kind = what >> 4
    at = np.flatnonzero((kind == kinds.POINTER_DOWN) | (kind == kinds.POINTER_UP))
    moved = kind == kinds.POINTER_MOVE
    if not len(at):
        return window, min(MAX_APPROACH, approach + int(np.count_nonzero(moved)))
    so_far = np.cumsum(moved)
    before = so_far[at]
    led = before.copy()
    led[1:] -= before[:-1]
    led[0] += approach
    down = kind[at] == kinds.POINTER_DOWN
    of = (np.minimum(led, MAX_APPROACH) * 16 + down * CLICK_DOWN + (what[at] & CLICK_BUTTON)).astype(np.uint8)
    return _push(window, CLICKS, t_us[at], of, x[at], y[at]), min(MAX_APPROACH, int(so_far[-1] - before[-1]))


def _push(window: Window, size: int, t_us: IntArray, what: Whats = _NO_WHATS, x: Pixels = _NO_PIXELS, y: Pixels = _NO_PIXELS) -> Window:
    """Return the window with these events appended, cut to the last `size`."""
    ticks = t_us // TICK_US
    since = np.empty(len(t_us), np.int64)
    since[1:] = ticks[1:] - ticks[:-1]
    since[0] = ticks[0] - window.last_us // TICK_US if window.seen else PAUSE
    return Window(
        last_us=int(t_us[-1]),
        seen=window.seen + len(t_us),
        since=np.concatenate((window.since, np.minimum(np.maximum(since, 0), PAUSE).astype(np.uint16)))[-size:],
        what=np.concatenate((window.what, what))[-size:] if len(what) else window.what,
        x=np.concatenate((window.x, x))[-size:] if len(x) else window.x,
        y=np.concatenate((window.y, y))[-size:] if len(y) else window.y,
    )


def _clip(pixels: IntArray) -> Pixels:
    return np.minimum(np.maximum(pixels, -32_768), 32_767).astype(np.int16)

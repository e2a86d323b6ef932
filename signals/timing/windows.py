"""The last events of each channel: all that timing remembers of a session.

Windows are counted in events, never in batches, so the same events leave the same windows however they were cut. Times are kept
as ticks since the event before in the same channel, positions as they came, both clipped to 16 bits: what is stored is exactly
what is looked at.
"""

from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from signals.kernel import kernel
from signals.types import ByteArray, Facts, IntArray
from wire import kinds

TICK_US: Final = 100
"""Microseconds of a tick: finer than any input pipeline, coarse enough for 16 bits."""
PAUSE: Final = 65_535
"""Ticks (6.5 s) at which an interval is no longer one: also what stands before the first event."""

KEYS: Final = 512
CLICKS: Final = 160
MOVES: Final = 192
TOUCHES: Final = 128
PADS: Final = 72
FRAMES: Final = 192
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


class Window(msgspec.Struct, frozen=True, eq=False):
    """The last events of one channel, as columns of equal length.

    `since` is the time since the event before in ticks (PAUSE: that or longer), `what` says what happened (kind * 16 + code, but
    in clicks see CLICK_DOWN), x and y are pixels where the channel has a place.
    """

    last_us: int = 0
    seen: int = 0
    """Events ever, also those that fell out."""
    since: Ticks = msgspec.field(default_factory=_ticks)
    what: Whats = msgspec.field(default_factory=_whats)
    x: Pixels = msgspec.field(default_factory=_pixels)
    y: Pixels = msgspec.field(default_factory=_pixels)


class Timing(msgspec.Struct, frozen=True, eq=False):
    """Timing's part of History."""

    keys: Window = msgspec.field(default_factory=Window)
    clicks: Window = msgspec.field(default_factory=Window)
    moves: Window = msgspec.field(default_factory=Window)
    touches: Window = msgspec.field(default_factory=Window)
    pads: Window = msgspec.field(default_factory=Window)
    frames: Window = msgspec.field(default_factory=Window)
    approach: int = 0
    """Moves since the last click or release."""


_KEY, _POINTER, _TOUCH, _PAD, _CLICK = 1, 2, 3, 4, 5
_CHANNEL: Final = np.zeros(256, np.uint8)
_CHANNEL[[kinds.KEY_DOWN, kinds.KEY_UP]] = _KEY
_CHANNEL[[kinds.POINTER_MOVE, kinds.POINTER_DOWN, kinds.POINTER_UP, kinds.WHEEL]] = _POINTER
_CHANNEL[[kinds.TOUCH_DOWN, kinds.TOUCH_MOVE, kinds.TOUCH_UP]] = _TOUCH
_CHANNEL[kinds.PAD] = _PAD
_MOVE, _DOWN, _UP = int(kinds.POINTER_MOVE), int(kinds.POINTER_DOWN), int(kinds.POINTER_UP)


def learn(state: Timing, facts: Facts) -> Timing:
    """Return the state with one batch more in it."""
    keys, clicks, moves, touches, pads, approach = state.keys, state.clicks, state.moves, state.touches, state.pads, state.approach
    frames = state.frames
    if len(facts.kind):
        typed, pointed, touched, padded, clicked, approach = _counted(facts.kind, approach)
        keys = _with(keys, facts, _KEY, typed, KEYS)
        moves = _with(moves, facts, _POINTER, pointed, MOVES)
        clicks = _with(clicks, facts, _CLICK, clicked, CLICKS, state.approach)
        touches = _with(touches, facts, _TOUCH, touched, TOUCHES)
        pads = _with(pads, facts, _PAD, padded, PADS)
    if drawn := len(facts.frames_us):
        since = _ticked(frames.since, frames.last_us, frames.seen, facts.frames_us, FRAMES)
        frames = Window(int(facts.frames_us[-1]), frames.seen + drawn, since)
    return Timing(keys, clicks, moves, touches, pads, frames, approach)


def _with(window: Window, facts: Facts, channel: int, count: int, size: int, approach: int = 0) -> Window:
    """Return the window with a channel's events in it, of which there are so many, cut to the last `size`."""
    if not count:
        return window
    last_us, since, what, x, y = _appended(
        window.since, window.what, window.x, window.y, window.last_us, window.seen,
        facts.t_us, facts.kind, facts.code, facts.x, facts.y, channel, count, size, approach,
    )  # fmt: skip
    return Window(last_us, window.seen + count, since, what, x, y)


@kernel
def _counted(kind: ByteArray, approach: int) -> tuple[int, int, int, int, int, int]:
    """Return how many events each channel has, and the moves since the last click or release."""
    counts = np.zeros(_CLICK + 1, np.int64)
    for one in kind:
        counts[_CHANNEL[one]] += 1
        if one == _MOVE:
            approach = min(MAX_APPROACH, approach + 1)
        elif one in (_DOWN, _UP):
            counts[_CLICK] += 1
            approach = 0
    return counts[_KEY], counts[_POINTER], counts[_TOUCH], counts[_PAD], counts[_CLICK], approach


@kernel
def _appended(
    since: Ticks, what: Whats, x: Pixels, y: Pixels, last_us: int, seen: int,
    t_us: IntArray, kind: ByteArray, code: ByteArray, to_x: IntArray, to_y: IntArray, channel: int, count: int, size: int, approach: int,
) -> tuple[int, Ticks, Whats, Pixels, Pixels]:  # fmt: skip
    """Return the time of the channel's last event, and a window's columns with all of its events appended and cut to `size`.

    `count` is how many they are, `approach` the moves before the first of them where clicks are asked for.
    """
    old = max(0, min(len(since), size - count))
    kept = min(count + old, size)
    sinces, whats = np.empty(kept, np.uint16), np.empty(kept, np.uint8)
    placed = kept if channel in (_POINTER, _TOUCH, _CLICK) else 0
    xs, ys = np.empty(placed, np.int16), np.empty(placed, np.int16)
    skipped = len(since) - old
    for at in range(old):
        sinces[at], whats[at] = since[skipped + at], what[skipped + at]
    for at in range(min(old, placed)):
        xs[at], ys[at] = x[skipped + at], y[skipped + at]
    at = kept - count  # below 0 for those that fall out at once
    for event in range(len(kind)):
        one = kind[event]
        said = one * 16 + (code[event] & 15)
        if channel == _CLICK:
            if one == _MOVE:
                approach = min(MAX_APPROACH, approach + 1)
            if one != _DOWN and one != _UP:
                continue
            said = approach * 16 + (CLICK_DOWN if one == _DOWN else 0) + (code[event] & CLICK_BUTTON)
            approach = 0
        elif _CHANNEL[one] != channel:
            continue
        if at >= 0:
            sinces[at] = _passed(last_us, t_us[event]) if seen else PAUSE
            whats[at] = said
            if placed:
                xs[at], ys[at] = min(max(to_x[event], -32_768), 32_767), min(max(to_y[event], -32_768), 32_767)
        last_us = t_us[event]
        seen += 1
        at += 1
    return last_us, sinces, whats, xs, ys


@kernel
def _ticked(since: Ticks, last_us: int, seen: int, t_us: IntArray, size: int) -> Ticks:
    """Return the waits between frames with those of a batch appended and cut to `size`."""
    old = max(0, min(len(since), size - len(t_us)))
    first = max(0, len(t_us) - size)
    ticks = np.empty(old + len(t_us) - first, np.uint16)
    ticks[:old] = since[len(since) - old :]
    for at in range(first, len(t_us)):
        if at:
            last_us = t_us[at - 1]
        ticks[old + at - first] = _passed(last_us, t_us[at]) if seen or at else PAUSE
    return ticks


@kernel
def _passed(before_us: int, now_us: int) -> int:
    """Return the ticks from one time to another, PAUSE at most."""
    return min(max(now_us // TICK_US - before_us // TICK_US, 0), PAUSE)

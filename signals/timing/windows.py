"""The last events of each channel: all that timing remembers of a session.

Windows are counted in events, never in batches, so the same events leave the same windows however they were cut. Times are kept
as ticks since the event before in the same channel, positions as they came, both clipped to 16 bits: what is stored is exactly
what is looked at.
"""

from dataclasses import dataclass, field
from typing import Final

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
    frames: Window = field(default_factory=Window)
    approach: int = 0
    """Moves since the last click or release."""


_KEY, _POINTER, _TOUCH, _PAD = 1, 2, 3, 4
_CHANNELS: Final = 5
_CHANNEL: Final = np.zeros(256, np.uint8)
_CHANNEL[[kinds.KEY_DOWN, kinds.KEY_UP]] = _KEY
_CHANNEL[[kinds.POINTER_MOVE, kinds.POINTER_DOWN, kinds.POINTER_UP, kinds.WHEEL]] = _POINTER
_CHANNEL[[kinds.TOUCH_DOWN, kinds.TOUCH_MOVE, kinds.TOUCH_UP]] = _TOUCH
_CHANNEL[kinds.PAD] = _PAD
_MOVE, _DOWN, _UP = int(kinds.POINTER_MOVE), int(kinds.POINTER_DOWN), int(kinds.POINTER_UP)
_NO_WHATS: Final = _whats()
_NO_PIXELS: Final = _pixels()


def learn(state: Timing, facts: Facts) -> Timing:
    """Return the state with one batch more in it."""
    keys, clicks, moves, touches, pads, approach = state.keys, state.clicks, state.moves, state.touches, state.pads, state.approach
    frames = state.frames
    if len(facts.kind):
        _, typed, pointed, touched, padded = _counted(facts.kind)
        if typed:
            keys = _push(keys, KEYS, *_of(facts, _KEY, typed)[:2])
        if pointed:
            t_us, what, x, y = _of(facts, _POINTER, pointed)
            moves = _push(moves, MOVES, t_us, what, x, y)
            clicked, approach = _clicked(t_us, what, x, y, approach)
            clicks = _push(clicks, CLICKS, *clicked)
        if touched:
            touches = _push(touches, TOUCHES, *_of(facts, _TOUCH, touched))
        if padded:
            pads = _push(pads, PADS, *_of(facts, _PAD, padded)[:2])
    if len(facts.frames_us):
        frames = _push(frames, FRAMES, facts.frames_us)
    return Timing(keys, clicks, moves, touches, pads, frames, approach)


def _of(facts: Facts, channel: int, count: int) -> tuple[IntArray, Whats, Pixels, Pixels]:
    """Return the events of a channel, of which there are so many: times, what happened, places."""
    return _chosen(facts.t_us, facts.kind, facts.code, facts.x, facts.y, channel, count)


def _push(window: Window, size: int, t_us: IntArray, what: Whats = _NO_WHATS, x: Pixels = _NO_PIXELS, y: Pixels = _NO_PIXELS) -> Window:
    """Return the window with these events appended, cut to the last `size`."""
    if not len(t_us):
        return window
    since = _since(t_us, window.last_us)
    if not window.seen:
        since[0] = PAUSE
    return Window(
        last_us=int(t_us[-1]),
        seen=window.seen + len(t_us),
        since=np.concatenate((window.since, since))[-size:],
        what=np.concatenate((window.what, what))[-size:],
        x=np.concatenate((window.x, x))[-size:],
        y=np.concatenate((window.y, y))[-size:],
    )


@kernel
def _counted(kind: ByteArray) -> tuple[int, int, int, int, int]:
    """Return how many events each channel has."""
    counts = np.zeros(_CHANNELS, np.int64)
    for one in kind:
        counts[_CHANNEL[one]] += 1
    return counts[0], counts[1], counts[2], counts[3], counts[4]


@kernel
def _chosen(
    t_us: IntArray, kind: ByteArray, code: ByteArray, x: IntArray, y: IntArray, channel: int, count: int
) -> tuple[IntArray, Whats, Pixels, Pixels]:
    times, what = np.empty(count, np.int64), np.empty(count, np.uint8)
    xs, ys = np.empty(count, np.int16), np.empty(count, np.int16)
    place = 0
    for event in range(len(kind)):
        if _CHANNEL[kind[event]] == channel:
            times[place] = t_us[event]
            what[place] = kind[event] * 16 + (code[event] & 15)
            xs[place] = min(max(x[event], -32_768), 32_767)
            ys[place] = min(max(y[event], -32_768), 32_767)
            place += 1
    return times, what, xs, ys


@kernel
def _clicked(t_us: IntArray, what: Whats, x: Pixels, y: Pixels, approach: int) -> tuple[tuple[IntArray, Whats, Pixels, Pixels], int]:
    """Return presses and releases, each with the moves that led there, and the moves since the last of them."""
    times, of = np.empty(len(what), np.int64), np.empty(len(what), np.uint8)
    xs, ys = np.empty(len(what), np.int16), np.empty(len(what), np.int16)
    place = 0
    for event in range(len(what)):
        kind = what[event] >> 4
        if kind == _MOVE:
            approach = min(MAX_APPROACH, approach + 1)
        elif kind in (_DOWN, _UP):
            down = CLICK_DOWN if kind == _DOWN else 0
            times[place], xs[place], ys[place] = t_us[event], x[event], y[event]
            of[place] = approach * 16 + down + (what[event] & CLICK_BUTTON)
            approach = 0
            place += 1
    return (times[:place], of[:place], xs[:place], ys[:place]), approach


@kernel
def _since(t_us: IntArray, last_us: int) -> Ticks:
    """Return the ticks from each event to the next, the first from `last_us` on."""
    ticks = np.empty(len(t_us), np.uint16)
    before = last_us // TICK_US
    for event in range(len(t_us)):
        now = t_us[event] // TICK_US
        ticks[event] = min(max(now - before, 0), PAUSE)
        before = now
    return ticks

"""Countersign for Python games. Never raises into the game, never blocks it.

    import sdk_py
    sdk_py.start("http://127.0.0.1:8700", key="ck_...", game="slots", build="1.4.0", assets="assets/")
    sdk_py.record(sdk_py.KEY_DOWN, key_class)  # or adapters.pygame.watch(event)
    sdk_py.frame()                             # once a frame
    sdk_py.action("bet", amount=5, round="r-17")
    token = sdk_py.token()                     # what the login form carries
    sdk_py.stop()

Until `start`, after `stop`, and with COUNTERSIGN_DISABLED=1, all of it does nothing.
"""

import os
from collections import deque
from pathlib import Path
from time import perf_counter_ns as _now
from typing import Any

from sdk_py.client import EXIT_S, Client
from sdk_py.guard import Guard, log
from sdk_py.losses import Losses
from sdk_py.version import VERSION as __version__
from wire.kinds import (
    BUTTON_LEFT,
    BUTTON_NONE,
    BUTTON_OTHER,
    BUTTON_RIGHT,
    KEY_BACKSPACE,
    KEY_DOWN,
    KEY_ENTER,
    KEY_OTHER,
    KEY_SHIFT,
    KEY_SPACE,
    KEY_UP,
    PAD,
    PAD_DOWN,
    PAD_MOVE,
    PAD_OTHER,
    PAD_UP,
    POINTER_DOWN,
    POINTER_MOVE,
    POINTER_UP,
    TOUCH_DOWN,
    TOUCH_MOVE,
    TOUCH_UP,
    WHEEL,
)

_client: Client | None = None
_guard = Guard(Losses())

# The rings of the client of the moment. Without one, those of nobody, which keep nothing: so `record` has no branch for it.
_events: deque[Any] = deque(maxlen=0)
_frames: deque[Any] = deque(maxlen=0)
_capacity = _frame_capacity = 0


def _nothing() -> None:
    return None


_spill = _spill_frame = _nothing


def start(url: str, *, key: str, game: str, build: str, assets: str | Path | None = None, **further: Any) -> None:
    """Begin to report to the collector at `url`, as this game and build, with the client key of its provider.

    `assets` is the folder whose files are checked; `further` is handed to `Client`. A second start replaces the first.
    """
    with _guard:
        if os.environ.get("COUNTERSIGN_DISABLED", "") not in ("", "0"):
            log.info("disabled by COUNTERSIGN_DISABLED")
            return
        stop(0.0)
        _become(Client(url, key=key, game=game, build=build, assets=assets, **further).start())


def record(kind: int, code: int = 0, x: int = 0, y: int = 0) -> None:
    """Record one input event of now: kind and code of `wire.kinds`, position in pixels of the game's window."""
    _events.append((_now(), kind, code, x, y))
    if len(_events) > _capacity:
        _spill()


def frame() -> None:
    """Record that a frame is drawn now."""
    _frames.append(_now())
    if len(_frames) > _frame_capacity:
        _spill_frame()


def action(name: str, amount: float | None = None, round: str | None = None, **extra: Any) -> None:
    """Tell that something happened in the game: bet, win, round_start, feature_enter, line_update, ..."""
    if _client is not None:
        _client.action(name, amount, round, **extra)


def display(**told: Any) -> None:
    """Tell what the game knows of its display: `gpu`, `driver`, `width`, `height`, `refresh_hz`. The adapters do it by themselves."""
    with _guard:
        if _client is not None:
            _client.display(**told)


def token() -> str:
    """Return what the login form carries, "" while no session is open."""
    return _client.token() if _client is not None else ""


def challenge() -> str | None:
    """Return the id of a challenge that waits for this player."""
    return _client.challenge() if _client is not None else None


def flush(timeout: float = 0.0) -> bool:
    """Send now what was recorded until now; returns whether all of it was acknowledged within `timeout` seconds."""
    return _client.flush(timeout) if _client is not None else True


def stop(timeout: float = EXIT_S) -> None:
    """Send what is left, for `timeout` seconds at most, and end."""
    with _guard:
        client = _client
        _become(None)
        if client is not None:
            client.stop(timeout)


def _become(client: Client | None) -> None:
    global _client, _events, _capacity, _spill, _frames, _frame_capacity, _spill_frame, _now
    if client is None:
        _events, _capacity, _spill = deque(maxlen=0), 0, _nothing
        _frames, _frame_capacity, _spill_frame = deque(maxlen=0), 0, _nothing
    else:
        events, frames = client.sources.input.ring, client.sources.frames.ring
        _now = client.sources.clock.mono_ns
        _events, _capacity, _spill = events.items, events.capacity, events.spill
        _frames, _frame_capacity, _spill_frame = frames.items, frames.capacity, frames.spill
    _client = client


__all__ = [
    "BUTTON_LEFT",
    "BUTTON_NONE",
    "BUTTON_OTHER",
    "BUTTON_RIGHT",
    "KEY_BACKSPACE",
    "KEY_DOWN",
    "KEY_ENTER",
    "KEY_OTHER",
    "KEY_SHIFT",
    "KEY_SPACE",
    "KEY_UP",
    "PAD",
    "PAD_DOWN",
    "PAD_MOVE",
    "PAD_OTHER",
    "PAD_UP",
    "POINTER_DOWN",
    "POINTER_MOVE",
    "POINTER_UP",
    "TOUCH_DOWN",
    "TOUCH_MOVE",
    "TOUCH_UP",
    "WHEEL",
    "Client",
    "__version__",
    "action",
    "challenge",
    "display",
    "flush",
    "frame",
    "record",
    "start",
    "stop",
    "token",
]

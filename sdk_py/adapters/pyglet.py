"""pyglet 2, and arcade, whose windows are pyglet's.

from sdk_py.adapters import pyglet as countersign
countersign.attach(window)  # once the window is there
"""

import weakref
from typing import Any, Final

import sdk_py
from sdk_py.adapters.keys import class_of_character
from sdk_py.guard import Guard
from sdk_py.losses import Losses
from wire import kinds

# Symbols of pyglet.window.key (X11 keysyms), named here so that this file needs no pyglet
_SYMBOLS: Final = {
    0xFF08: kinds.KEY_BACKSPACE,
    0xFF09: 0,  # tab
    0xFF0D: kinds.KEY_ENTER,
    0xFF8D: kinds.KEY_ENTER,  # keypad
    0xFFE1: kinds.KEY_SHIFT,
    0xFFE2: kinds.KEY_SHIFT,
    0xFFE5: 0,  # caps lock
}
# Bits of pyglet.window.mouse
_LEFT, _MIDDLE, _RIGHT = 1, 2, 4
_DRIVERS: Final = {"XlibWindow": "x11", "Win32Window": "windows", "CocoaWindow": "cocoa", "HeadlessWindow": "headless"}
_guard: Final = Guard(Losses())
_watchers: Final["weakref.WeakKeyDictionary[Any, Watcher]"] = weakref.WeakKeyDictionary()
"""pyglet holds handlers weakly; they live as long as their window."""


def attach(window: Any) -> None:
    """Record the input of a window from now on, and tell what its display is. Never raises."""
    with _guard:
        watcher = Watcher(window)
        window.push_handlers(watcher)
        _watchers[window] = watcher
    with _guard:
        _display(window)


class Watcher:
    """Handlers of a window's events, which leave every event to the handlers after them."""

    def __init__(self, window: Any) -> None:
        self._window = weakref.ref(window)

    def on_key_press(self, symbol: int, modifiers: int) -> None:
        """Record a key."""
        sdk_py.record(kinds.KEY_DOWN, _class_of(symbol))

    def on_key_release(self, symbol: int, modifiers: int) -> None:
        """Record a key."""
        sdk_py.record(kinds.KEY_UP, _class_of(symbol))

    def on_mouse_motion(self, x: int, y: int, dx: int, dy: int) -> None:
        """Record the pointer."""
        self._record(kinds.POINTER_MOVE, kinds.BUTTON_NONE, x, y)

    def on_mouse_drag(self, x: int, y: int, dx: int, dy: int, buttons: int, modifiers: int) -> None:
        """Record the pointer, with a button held."""
        self._record(kinds.POINTER_MOVE, _button(buttons), x, y)

    def on_mouse_press(self, x: int, y: int, button: int, modifiers: int) -> None:
        """Record a button."""
        self._record(kinds.POINTER_DOWN, _button(button), x, y)

    def on_mouse_release(self, x: int, y: int, button: int, modifiers: int) -> None:
        """Record a button."""
        self._record(kinds.POINTER_UP, _button(button), x, y)

    def on_mouse_scroll(self, x: int, y: int, scroll_x: float, scroll_y: float) -> None:
        """Record the wheel."""
        self._record(kinds.WHEEL, kinds.BUTTON_OTHER, x, y)

    def _record(self, kind: int, code: int, x: int, y: int) -> None:
        window = self._window()
        height = window.height if window is not None else 0
        sdk_py.record(kind, code, x, height - y)  # pyglet counts from below


def _class_of(symbol: int) -> int:
    if symbol in _SYMBOLS:
        return _SYMBOLS[symbol]
    return class_of_character(chr(symbol)) if 0x20 <= symbol < 0x7F else kinds.KEY_OTHER


def _button(buttons: int) -> int:
    if buttons & _LEFT:
        return kinds.BUTTON_LEFT
    if buttons & _RIGHT:
        return kinds.BUTTON_RIGHT
    return kinds.BUTTON_OTHER if buttons else kinds.BUTTON_NONE


def _display(window: Any) -> None:
    screen = window.screen
    mode = screen.get_mode()
    sdk_py.display(
        gpu=window.context.get_info().get_renderer() or None,
        driver=next((_DRIVERS[kind.__name__] for kind in type(window).__mro__ if kind.__name__ in _DRIVERS), None),
        width=screen.width,
        height=screen.height,
        refresh_hz=float(mode.rate) if mode is not None and mode.rate else None,
    )

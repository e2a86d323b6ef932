"""pygame and pygame-ce, over SDL 2.

from sdk_py.adapters import pygame as countersign
countersign.display()            # once the window is there
for event in pygame.event.get():
    countersign.watch(event)
"""

from collections.abc import Callable
from typing import Any, Final

import pygame

import sdk_py
from sdk_py.adapters.keys import class_of_usage
from sdk_py.guard import Guard
from sdk_py.losses import Losses
from wire import kinds

_BUTTONS: Final = {1: kinds.BUTTON_LEFT, 3: kinds.BUTTON_RIGHT}
_WHEEL_BUTTONS: Final = (4, 5)
"""SDL 1's way to tell the wheel, which pygame still sends beside MOUSEWHEEL."""
_guard: Final = Guard(Losses())


def watch(event: Any) -> None:
    """Record an event of pygame's queue, if it is the player's input. Never raises."""
    handler = _HANDLERS.get(event.type)
    if handler is not None:
        with _guard:
            handler(event)


def display() -> None:
    """Tell what SDL knows of the display. Never raises."""
    with _guard:
        if not pygame.display.get_init():
            return
        sizes = pygame.display.get_desktop_sizes()
        width, height = sizes[0] if sizes else (None, None)
        sdk_py.display(driver=pygame.display.get_driver(), width=width, height=height, refresh_hz=_refresh_hz())


def _refresh_hz() -> float | None:
    rate = getattr(pygame.display, "get_current_refresh_rate", None)  # pygame-ce
    return float(rate()) or None if rate is not None and pygame.display.get_surface() else None


def _key_down(event: Any) -> None:
    sdk_py.record(kinds.KEY_DOWN, class_of_usage(event.scancode))


def _key_up(event: Any) -> None:
    sdk_py.record(kinds.KEY_UP, class_of_usage(event.scancode))


def _motion(event: Any) -> None:
    if not getattr(event, "touch", False):  # SDL makes a mouse out of every finger; the finger comes as itself
        left, middle, right = event.buttons
        held = kinds.BUTTON_LEFT if left else kinds.BUTTON_RIGHT if right else kinds.BUTTON_OTHER if middle else kinds.BUTTON_NONE
        sdk_py.record(kinds.POINTER_MOVE, held, *event.pos)


def _button(kind: int) -> Callable[[Any], None]:
    def record(event: Any) -> None:
        if not getattr(event, "touch", False) and event.button not in _WHEEL_BUTTONS:
            sdk_py.record(kind, _BUTTONS.get(event.button, kinds.BUTTON_OTHER), *event.pos)

    return record


def _wheel(event: Any) -> None:
    if not getattr(event, "touch", False):
        sdk_py.record(kinds.WHEEL, kinds.BUTTON_OTHER, *pygame.mouse.get_pos())


def _finger(kind: int) -> Callable[[Any], None]:
    def record(event: Any) -> None:
        width, height = pygame.display.get_window_size()
        sdk_py.record(kind, kinds.BUTTON_LEFT, int(event.x * width), int(event.y * height))

    return record


def _pad(code: int) -> Callable[[Any], None]:
    def record(event: Any) -> None:
        sdk_py.record(kinds.PAD, code)

    return record


_HANDLERS: Final[dict[int, Callable[[Any], None]]] = {
    pygame.KEYDOWN: _key_down,
    pygame.KEYUP: _key_up,
    pygame.MOUSEMOTION: _motion,
    pygame.MOUSEBUTTONDOWN: _button(kinds.POINTER_DOWN),
    pygame.MOUSEBUTTONUP: _button(kinds.POINTER_UP),
    pygame.MOUSEWHEEL: _wheel,
    pygame.FINGERDOWN: _finger(kinds.TOUCH_DOWN),
    pygame.FINGERMOTION: _finger(kinds.TOUCH_MOVE),
    pygame.FINGERUP: _finger(kinds.TOUCH_UP),
    pygame.JOYBUTTONDOWN: _pad(kinds.PAD_DOWN),
    pygame.JOYBUTTONUP: _pad(kinds.PAD_UP),
    pygame.JOYHATMOTION: _pad(kinds.PAD_MOVE),
    pygame.JOYAXISMOTION: _pad(kinds.PAD_MOVE),
}

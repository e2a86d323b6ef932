"""Codes of input events: what happened, never which key.

Values are part of the contract (SPEC.md) and never change.
"""

from typing import Final

KEY_DOWN: Final = 1
KEY_UP: Final = 2
POINTER_MOVE: Final = 3
POINTER_DOWN: Final = 4
POINTER_UP: Final = 5
WHEEL: Final = 6
TOUCH_DOWN: Final = 7
TOUCH_MOVE: Final = 8
TOUCH_UP: Final = 9
PAD: Final = 10

FIRST_KIND: Final = KEY_DOWN
LAST_KIND: Final = PAD

# Key classes: 0-7 are the finger zones of a touch typist, left little finger to right little finger.
KEY_SPACE: Final = 8
KEY_BACKSPACE: Final = 9
KEY_SHIFT: Final = 10
KEY_ENTER: Final = 11
KEY_OTHER: Final = 12

BUTTON_NONE: Final = 0
BUTTON_LEFT: Final = 1
BUTTON_RIGHT: Final = 2
BUTTON_OTHER: Final = 3

# What a pad did, as far as a client can tell.
PAD_OTHER: Final = 0
PAD_DOWN: Final = 1
PAD_UP: Final = 2
PAD_MOVE: Final = 3
"""A stick, a trigger or the cross: these come as often as the device is asked, whoever holds it."""

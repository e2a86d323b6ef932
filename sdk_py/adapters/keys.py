"""From a key's place on the keyboard to its class: the finger that a touch typist uses for it. Which key it was is not kept.

Places are USB HID usages (HID Usage Tables, keyboard page 0x07): the same place whatever the layout says, and what SDL's scancodes are.
"""

from typing import Final

from wire import kinds

_ENTER, _BACKSPACE, _SPACE, _LEFT_SHIFT, _RIGHT_SHIFT, _KEYPAD_ENTER = 40, 42, 44, 225, 229, 88

# As letters of a US keyboard, left little finger to right little finger
_FINGERS: Final = ("`1qaz", "2wsx", "3edc", "45rtfgvb", "67yuhjnm", "8ik,", "9ol.", "0p;/-='[]\\")
_PUNCTUATION: Final = {"-": 45, "=": 46, "[": 47, "]": 48, "\\": 49, ";": 51, "'": 52, "`": 53, ",": 54, ".": 55, "/": 56}
_TAB, _CAPS_LOCK, _NON_US_HASH, _NON_US_BACKSLASH = 43, 57, 50, 100


def _usage(character: str) -> int:
    if character.isalpha():
        return 4 + ord(character) - ord("a")
    if character.isdigit():
        return 30 + (int(character) - 1) % 10
    return _PUNCTUATION[character]


CLASSES: Final[dict[int, int]] = {
    **{_usage(character): finger for finger, characters in enumerate(_FINGERS) for character in characters},
    _TAB: 0,
    _CAPS_LOCK: 0,
    _NON_US_BACKSLASH: 0,
    _NON_US_HASH: 7,
    _SPACE: kinds.KEY_SPACE,
    _BACKSPACE: kinds.KEY_BACKSPACE,
    _LEFT_SHIFT: kinds.KEY_SHIFT,
    _RIGHT_SHIFT: kinds.KEY_SHIFT,
    _ENTER: kinds.KEY_ENTER,
    _KEYPAD_ENTER: kinds.KEY_ENTER,
}

CHARACTER_CLASSES: Final[dict[str, int]] = {character: finger for finger, characters in enumerate(_FINGERS) for character in characters}


def class_of_usage(usage: int) -> int:
    """Return the class of the key at a place."""
    return CLASSES.get(usage, kinds.KEY_OTHER)


def class_of_character(character: str) -> int:
    """Return the class of the key that types a character on a US keyboard: for frameworks that do not tell the place."""
    if character == " ":
        return kinds.KEY_SPACE
    return CHARACTER_CLASSES.get(character.lower(), kinds.KEY_OTHER)

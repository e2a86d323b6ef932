"""How deeply a body nests, told by its bytes alone, before any parser that could be led down a hole sees it."""

import re
from typing import Final

import numpy as np
from numpy.typing import NDArray

from collector.problems import Problem
from signals.kernel import kernel
from wire import headers, limits

_TEXT: Final = re.compile(rb'"(?:[^"\\]|\\.)*"?', re.DOTALL)
_NOT_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))


def check(plain: bytes, media: str, bound: int = limits.MAX_DEPTH) -> None:
    """Raise Problem `too_deep` if maps and arrays nest deeper than `bound`, `malformed` for a msgpack body that is cut short."""
    deep = _msgpack(plain, bound) if media == headers.MSGPACK else _json(plain, bound)
    if deep:
        raise Problem(400, "too_deep", f"maps and arrays nest deeper than {bound}")


def _json(plain: bytes, bound: int) -> bool:
    level = 0
    for byte in _TEXT.sub(b"", plain).translate(None, _NOT_BRACKETS):
        if byte in b"[{":
            level += 1
            if level > bound:
                return True
        else:
            level -= 1
    return False


def _plan() -> NDArray[np.int64]:
    """For each first byte (https://github.com/msgpack/msgpack/blob/master/spec.md): bytes of length that follow, fixed size, values a unit.

    Values a unit is 0 for what holds none, 1 for an array, 2 for a map; -1 marks the byte that is never used.
    """
    plan = [(0, 0, 0)] * 256
    for low in range(16):
        plan[0x80 + low] = (0, low, 2)
        plan[0x90 + low] = (0, low, 1)
    for low in range(32):
        plan[0xA0 + low] = (0, low, 0)
    for first, size in ((0xC4, 1), (0xC5, 2), (0xC6, 4), (0xD9, 1), (0xDA, 2), (0xDB, 4)):
        plan[first] = (size, 0, 0)
    for first, size in ((0xC7, 1), (0xC8, 2), (0xC9, 4)):
        plan[first] = (size, 1, 0)  # an extension: one byte of type besides its length
    for first, size in ((0xCA, 4), (0xCB, 8), (0xCC, 1), (0xCD, 2), (0xCE, 4), (0xCF, 8), (0xD0, 1), (0xD1, 2), (0xD2, 4), (0xD3, 8)):
        plan[first] = (0, size, 0)
    for power in range(5):
        plan[0xD4 + power] = (0, 1 + 2**power, 0)
    plan[0xDC], plan[0xDD], plan[0xDE], plan[0xDF] = (2, 0, 1), (4, 0, 1), (2, 0, 2), (4, 0, 2)
    plan[0xC1] = (0, 0, -1)
    return np.array(plan)


_PLAN: Final = _plan()
_FITS, _DEEP, _SHORT, _UNUSED = 0, 1, 2, 3


def _msgpack(plain: bytes, bound: int) -> bool:
    found = _walked(np.frombuffer(plain, np.uint8), bound)
    if found == _SHORT:
        raise Problem(400, "malformed", "the body is cut short")
    if found == _UNUSED:
        raise Problem(400, "malformed", "a byte that msgpack never uses")
    return found == _DEEP


@kernel
def _walked(plain: NDArray[np.uint8], bound: int) -> int:
    """Walk over the tokens without building anything: what is left to read at each level is all that is kept."""
    left = np.zeros(bound + 2, np.int64)
    left[0] = 1
    level, at = 0, 0
    while level >= 0:
        if not left[level]:
            level -= 1
            continue
        left[level] -= 1
        if at >= len(plain):
            return _SHORT
        length, size, units = _PLAN[plain[at]]
        at += 1
        number = 0
        for _ in range(length):
            number = number * 256 + (plain[at] if at < len(plain) else 0)
            at += 1
        size += number
        if units > 0:
            if level >= bound:
                return _DEEP
            level += 1
            left[level] = size * units
        elif units:
            return _UNUSED
        else:
            at += size
    return _SHORT if at > len(plain) else _FITS

"""Loops over a window's events, compiled: written plainly, and some ten times faster than the same in array operations of this size.

The machine code is kept beside the source, or in the user's cache folder where that can't be written to, so only the first run after an
install compiles (numba's documentation, "Caching"). Where neither can be written to, every process compiles anew.

Kernels call kernels of other files, and read their constants. numba compiles both into the caller, and would go on using what it kept when
the other file changes ("Caching", limitations); so what is kept bears a digest of them as well.
"""

from collections.abc import Callable
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, TypeVar, cast

import numpy as np
from numba import njit

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """Return `function`, which is compiled when it is first called with arguments of new types."""
    try:
        compiled: Any = njit(cache=True)(function)
    except RuntimeError:  # no folder to keep it in
        return cast("F", njit(function))
    index = compiled._cache._cache_file
    index._source_stamp = _Stamp(index._source_stamp, cast("FunctionType", function))
    return cast("F", compiled)


def kept(compiled: Callable[..., Any]) -> bool:
    """Tell whether machine code of a kernel was kept by an earlier process."""
    folder = compiled.stats.cache_path  # type: ignore[attr-defined]
    return folder is not None and any(Path(folder).glob(f"*{compiled.__name__}-*.nbi"))


class _Stamp:
    """What a kernel is compiled from: its own file, the kernels that it calls, with all that these call, and the constants that it reads.

    It is taken when it is first compared or stored, as kernels may call what is written below them.
    """

    def __init__(self, own: object, function: FunctionType) -> None:
        self._own, self._function = own, function

    @cached_property
    def taken(self) -> tuple[object, str]:
        """Return numba's own stamp, and a digest of what comes from elsewhere."""
        found = sha256()
        names = self._function.__code__.co_names
        for name in names:
            value = self._function.__globals__.get(name)
            read: list[Any] = [getattr(value, member, None) for member in names] if isinstance(value, ModuleType) else [value]
            for one in read:
                if getattr(one, "py_func", self._function) is not self._function:
                    found.update(repr(one._cache._cache_file._source_stamp.taken).encode())
                elif isinstance(one, np.ndarray):
                    found.update(one.tobytes())
                elif isinstance(one, int | float | tuple):
                    found.update(f"{name} {one!r}".encode())
        return self._own, found.hexdigest()

    def __eq__(self, other: object) -> bool:
        return self.taken == other

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[type[tuple[Any, ...]], tuple[tuple[object, str]]]:
        return tuple, (self.taken,)

"""Loops over a window's events, compiled: written plainly, and some ten times faster than the same in array operations of this size.

The machine code is kept beside the source, or in the user's cache folder where that can't be written to, so only the first run after an
install compiles (numba's documentation, "Caching"). Where neither can be written to, every process compiles anew.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

from numba import njit

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """Return `function`, which is compiled when it is first called with arguments of new types."""
    try:
        return cast("F", njit(cache=True)(function))
    except RuntimeError:  # no folder to keep it in
        return cast("F", njit(function))


def kept(compiled: Callable[..., Any]) -> bool:
    """Tell whether machine code of a kernel was kept by an earlier process."""
    folder = compiled.stats.cache_path  # type: ignore[attr-defined]
    return folder is not None and any(Path(folder).glob(f"*{compiled.__name__}-*.nbi"))

"""Whether somebody sits inside this process: tracers, hooks, bent clocks, foreign libraries, altered SDK code."""

import hashlib
import marshal
import sys
import time
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from sdk_py.guard import Guard
from sdk_py.missing import UNSUPPORTED, Missing, Reading, read_all
from wire.limits import MAX_LIST, MAX_TEXT
from wire.schema import IntegrityFacts

PACKAGES: Final = ("sdk_py", "wire")
_ROOT: Final = Path(__file__).parents[2]
CLOCKS: Final = ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns")

# Frameworks that live inside other people's processes, by parts of the names of the libraries that they map
INJECTORS: Final = ("frida", "substrate", "xposed", "lsposed", "faketime", "speedhack", "gameguardian", "scanmem", "cheatengine")
# Finders of the interpreter, of installers, of freezers and of test runners
FINDERS: Final = (
    "_frozen_importlib",
    "zipimport",
    "importlib",
    "__editable__",
    "_distutils_hack",
    "_virtualenv",
    "six",
    "pyimod",
    "_pytest",
)
_DEBUGGERS: Final = {"pydevd": "pydevd", "_pydevd_bundle": "pydevd", "debugpy": "debugpy", "bdb": "bdb", "pdb": "pdb"}


if sys.platform == "win32":

    def traced() -> bool:
        """Return whether a debugger is attached to the process (IsDebuggerPresent)."""
        import ctypes

        return bool(ctypes.windll.kernel32.IsDebuggerPresent())

elif sys.platform == "linux":

    def traced() -> bool:
        """Return whether a tracer is attached to the process (TracerPid of proc_pid_status(5))."""
        for line in Path("/proc/self/status").read_text().splitlines():
            name, _, value = line.partition(":")
            if name == "TracerPid":
                return int(value) != 0
        raise Missing(UNSUPPORTED)

else:

    def traced() -> bool:
        """Raise Missing: there is no way to tell here."""
        raise Missing(UNSUPPORTED)


def trace_hooks() -> tuple[str, ...]:
    """Return the trace, profile and monitoring hooks of the interpreter and of its threads, by name."""
    import threading

    found = {name_of(hook) for hook in (threading.gettrace(), threading.getprofile(), sys.gettrace(), sys.getprofile()) if hook}
    found.update(name_of(frame.f_trace) for frame in _frames() if frame.f_trace is not None)
    monitoring = getattr(sys, "monitoring", None)  # from 3.12 on (PEP 669)
    if monitoring is not None:
        found.update(str(tool) for number in range(6) if (tool := monitoring.get_tool(number)))
    return tuple(sorted(found))


def _frames() -> Iterator[types.FrameType]:
    for top in sys._current_frames().values():
        frame: types.FrameType | None = top
        while frame is not None:
            yield frame
            frame = frame.f_back


def name_of(thing: Any) -> str:
    """Return the dotted name of a function, or of an object's type."""
    named = thing if hasattr(thing, "__qualname__") else type(thing)
    return f"{getattr(named, '__module__', None) or '?'}.{named.__qualname__}"[:MAX_TEXT]


def clocks_patched() -> tuple[str, ...]:
    """Return the clock functions that are no longer the interpreter's own."""
    return tuple(name for name in CLOCKS if not _is_builtin(getattr(time, name, None), name))


def _is_builtin(function: Any, name: str) -> bool:
    return type(function) is types.BuiltinFunctionType and function.__module__ == "time" and function.__name__ == name


def preloaded() -> tuple[str, ...]:
    """Return base names of libraries that the loader was told to preload (ld.so(8), dyld(1)), and of known injectors that are mapped."""
    import os
    import re

    told = " ".join(os.environ.get(name, "") for name in ("LD_PRELOAD", "LD_AUDIT", "DYLD_INSERT_LIBRARIES"))
    found = {os.path.basename(path) for path in re.split(r"[ :]+", told) if path}
    maps = Path("/proc/self/maps")
    if maps.exists():
        mapped = {os.path.basename(line.split(maxsplit=5)[5]) for line in maps.read_text(errors="replace").splitlines() if "/" in line}
        found.update(name for name in mapped if any(part in name.lower() for part in INJECTORS))
    return tuple(sorted(found))


def import_hooks() -> tuple[str, ...]:
    """Return the names of finders on `sys.meta_path` and `sys.path_hooks` that nobody is known to need."""
    return tuple(dict.fromkeys(name for hook in (*sys.meta_path, *sys.path_hooks) if not (name := name_of(hook)).startswith(FINDERS)))


def code_digest() -> bytes:
    """Return the SHA-256 over the SDK's own code: each module's name and source, line ends as LF; in a frozen game, its compiled code.

    The same release gives the same digest in every installation. Raises Missing where neither is at hand.
    """
    return _digest(_sources() or _compiled())


def source_digest(root: Path) -> bytes:
    """Return what `code_digest` returns where the SDK's packages lie in `root` as source. Raises ValueError where they don't."""
    sources = _sources(root)
    if {name.partition("/")[0] for name, _ in sources} != set(PACKAGES):
        raise ValueError(f"{root} does not hold {' and '.join(PACKAGES)} as source")
    return _digest(sources)


def _digest(parts: list[tuple[str, bytes]]) -> bytes:
    digest = hashlib.sha256()
    for name, code in parts:
        digest.update(f"{name}\0{len(code)}\0".encode())
        digest.update(code)
    return digest.digest()


def _sources(root: Path = _ROOT) -> list[tuple[str, bytes]]:
    files = sorted((file.relative_to(root).as_posix(), file) for package in PACKAGES for file in (root / package).rglob("*.py"))
    return [(name, file.read_bytes().replace(b"\r\n", b"\n")) for name, file in files]


def _compiled() -> list[tuple[str, bytes]]:
    names = sorted(name for name in sys.modules if name.partition(".")[0] in PACKAGES)
    loaders = [(name, getattr(sys.modules[name], "__loader__", None)) for name in names]
    codes = [(name, loader.get_code(name)) for name, loader in loaders if loader is not None and hasattr(loader, "get_code")]
    if not codes:
        raise Missing(UNSUPPORTED)
    return [(name, marshal.dumps(code)) for name, code in codes]


READINGS: Final[tuple[Reading, ...]] = (
    ("traced", traced),
    ("trace_hooks", trace_hooks),
    ("clocks_patched", clocks_patched),
    ("preloaded", preloaded),
    ("import_hooks", import_hooks),
)


def debugger(hooks: tuple[str, ...]) -> str | None:
    """Return the Python debugger that has one of the hooks."""
    return next((name for hook in hooks for part, name in _DEBUGGERS.items() if hook.startswith(part)), None)


class Integrity:
    """Reads anew each time; hooks of the game's own thread are noted when it calls in, because other threads cannot see all of them."""

    def __init__(self, guard: Guard, read: Callable[[], IntegrityFacts] | None = None) -> None:
        self._guard = guard
        self._read = read or self._look
        self._seen: frozenset[str] = frozenset()
        self._digest: bytes | None = None
        self._reported: IntegrityFacts | None = None

    def glance(self) -> None:
        """Note the hooks of the calling thread. Costs two look-ups where there are none."""
        for hook in (sys.gettrace(), sys.getprofile()):
            if hook is not None and (name := name_of(hook)) not in self._seen:
                self._seen = self._seen | {name}

    def read(self) -> IntegrityFacts:
        """Return the facts of the moment, and consider them reported."""
        self._reported = self._read()
        return self._reported

    def changed(self) -> IntegrityFacts | None:
        """Return the facts if they are others than those reported last."""
        before = self._reported
        now = self.read()
        return None if now == before else now

    def _look(self) -> IntegrityFacts:
        readings = READINGS if self._digest else (*READINGS, ("code_digest", code_digest))
        values, missing = read_all(readings, self._guard)
        self._digest = values.pop("code_digest", self._digest)
        hooks = tuple(sorted({*values.pop("trace_hooks", ()), *self._seen}))
        values = {name: value[:MAX_LIST] if isinstance(value, tuple) else value for name, value in values.items()}
        return IntegrityFacts(**values, trace_hooks=hooks[:MAX_LIST], debugger=debugger(hooks), code_digest=self._digest, missing=missing)

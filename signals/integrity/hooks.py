"""Does somebody else steer the process? Tracers, debuggers, trace hooks, patched clocks, injected libraries, altered SDK code.

Sources: ptrace(2) and /proc/PID/status TracerPid; Microsoft IsDebuggerPresent; Python's sys.settrace, sys.monitoring (PEP 669) and
sys.meta_path; ld.so(8) on LD_PRELOAD; Gagnon et al., "Software protection through anti-debugging", IEEE S&P 2007. Overlays, allocators
and profilers that players and developers have for honest reasons are known by name and weigh nothing.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from signals.finding import abstain, damped, found
from signals.integrity.process import Process
from signals.types import Evidence, Finding, Reason

NAME: Final = "hooks"

_HONEST_LIBRARIES: Final = re.compile(
    r"gameoverlayrenderer|mangohud|gamemode|jemalloc|tcmalloc|mimalloc|obs_glcapture|obs-vkcapture|vkbasalt|primus|nvidia|libgl|libasan|libtsan|libubsan"
    r"|libstdbuf|steam|discord|reshade|gtk3-nocsd|libeatmydata|fakeroot|libsnoopy|sanitizer|apple|libmalloc",
    re.IGNORECASE,
)
_INJECTORS: Final = re.compile(
    r"faketime|frida|speedhack|speed_hack|cheatengine|cheat-engine|scanmem|gameconqueror|easyhook|detours|minhook|xigncode_bypass|\bgadget\b|substrate"
    r"|\bhook(er|ing)?\b|inject",
    re.IGNORECASE,
)
_HONEST_FINDERS: Final = re.compile(
    r"distutils|editable|conda|pyinstaller|pyifrozen|pyimod|zipimport|six|assertionrewriting|vendorimporter|frozenimporter|builtinimporter|pathfinder"
    r"|cx_freeze|nuitka|py2app|py2exe|briefcase|beeware|chaquopy|_virtualenv|importlib|jaraco|google|sentry|typeguard|beartype",
    re.IGNORECASE,
)
_HONEST_TRACERS: Final = re.compile(
    r"coverage|ctracer|cprofile|profile|pyinstrument|yappi|sys\.monitoring.*profil|scalene|line_profiler", re.IGNORECASE
)

TRACED: Final = 5.0
"""Nats: about one honest session in ten thousand runs under a tracer, and several in a hundred dishonest ones (judged)."""
DEBUGGER: Final = 4.5
CLOCK: Final = 5.5
INJECTOR: Final = 5.5
LIBRARY: Final = 1.0
"""An unknown preloaded library: distributions and drivers have surprising ones."""
TRACE_HOOK: Final = 2.5
FINDER: Final = 0.6
ALTERED_CODE: Final = 4.0
"""Distributors patch, so less than a tracer."""
CLEAN: Final = -0.4


def assess(evidence: Evidence) -> Finding:
    """Return evidence that the process is steered; abstains until it has been reported."""
    process = evidence.history.process
    if not process.reports and not process.code_unknown:
        return abstain("not_reported")
    reasons = damped(_reasons(process), further=0.5)
    if not reasons:
        reasons = (Reason("integrity.clean_process", "Nothing is attached to the process.", CLEAN),)
    readable = 1.0 - min(7, process.unread) / 7.0
    return found(reasons, readable, {"reports": float(process.reports), "traced": float(process.traced), "unread": float(process.unread)})


def _reasons(process: Process) -> Iterator[Reason]:
    if process.traced:
        yield Reason("integrity.tracer", "A tracer or debugger is attached to the process.", TRACED)
    if process.debuggers:
        yield Reason("integrity.debugger", f"A debugger is active ({process.debuggers[0]}).", DEBUGGER)
    if process.clocks_patched:
        yield Reason("integrity.patched_clock", f"Clock functions have been replaced ({', '.join(process.clocks_patched[:3])}).", CLOCK)
    yield from _libraries(process.preloaded)
    if strange := _strange(process.trace_hooks, _HONEST_TRACERS):
        yield Reason("integrity.trace_hook", f"A trace hook is set ({strange[0]}).", TRACE_HOOK)
    if strange := _strange(process.import_hooks, _HONEST_FINDERS):
        yield Reason("integrity.import_hook", f"Unknown import hooks are installed ({strange[0]}).", FINDER)
    if process.code_unknown:
        yield Reason("integrity.altered_code", "The SDK's code is none that was released.", ALTERED_CODE)


def _libraries(names: Iterable[str]) -> Iterator[Reason]:
    strange = _strange(names, _HONEST_LIBRARIES)
    bad = [name for name in strange if _INJECTORS.search(name)]
    if bad:
        yield Reason("integrity.injected_library", f"A library that alters games is loaded ({bad[0]}).", INJECTOR)
    elif strange:
        yield Reason("integrity.unknown_library", f"An unknown library is preloaded ({strange[0]}).", LIBRARY)


def _strange(names: Iterable[str], honest: re.Pattern[str]) -> list[str]:
    return [name for name in names if not honest.search(name)]

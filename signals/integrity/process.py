"""The part of History that says what was seen of the client's own process: everything ever reported, bounded."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from signals.types import Facts

_NAMES: Final = 4
_TEXT: Final = 24


@dataclass(frozen=True, slots=True)
class Process:
    """Counts of reports, and the names that were ever in one."""

    reports: int = 0
    traced: int = 0
    """Reports that said so."""
    unread: int = 0
    """Fields that the newest report could not read."""
    debuggers: tuple[str, ...] = ()
    trace_hooks: tuple[str, ...] = ()
    clocks_patched: tuple[str, ...] = ()
    preloaded: tuple[str, ...] = ()
    import_hooks: tuple[str, ...] = ()
    code_unknown: bool = False
    code_known: bool = False


def learn(process: Process, facts: Facts) -> Process:
    """Return what is known of the process after one batch more."""
    told = facts.integrity
    if told is None and facts.code_known is None:
        return process
    unknown = process.code_unknown or facts.code_known is False
    known = process.code_known or facts.code_known is True
    if told is None:
        return Process(
            process.reports,
            process.traced,
            process.unread,
            process.debuggers,
            process.trace_hooks,
            process.clocks_patched,
            process.preloaded,
            process.import_hooks,
            unknown,
            known,
        )
    return Process(
        reports=process.reports + 1,
        traced=process.traced + (told.traced is True),
        unread=len(told.missing),
        debuggers=_union(process.debuggers, (told.debugger,) if told.debugger else ()),
        trace_hooks=_union(process.trace_hooks, told.trace_hooks),
        clocks_patched=_union(process.clocks_patched, told.clocks_patched),
        preloaded=_union(process.preloaded, told.preloaded),
        import_hooks=_union(process.import_hooks, told.import_hooks),
        code_unknown=unknown,
        code_known=known,
    )


def _union(names: tuple[str, ...], more: Iterable[str]) -> tuple[str, ...]:
    fresh = dict.fromkeys((*names, *(name[:_TEXT].encode("ascii", "replace").decode() for name in more)))
    return tuple(fresh)[:_NAMES] if len(fresh) > len(names) else names

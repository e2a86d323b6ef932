"""The part of History that says how the client's files compare with the build: the sum of all checks, names bounded."""

from dataclasses import dataclass
from typing import Final

from signals.types import Facts

_NAMES: Final = 2
_TEXT: Final = 48


@dataclass(frozen=True, slots=True)
class Files:
    """Checks of assets and probes so far. Each `Facts` brings what its own batch told, so counts add up."""

    checked: int = 0
    """Reports that could be compared with a manifest."""
    unknown_build: int = 0
    matched: int = 0
    altered: int = 0
    altered_names: tuple[str, ...] = ()
    unexpected: int = 0
    missing: int = 0
    done: bool = False
    probes_passed: int = 0
    probes_failed: int = 0
    probes_unanswered: int = 0


def learn(files: Files, facts: Facts) -> Files:
    """Return what is known of the files after one batch more."""
    assets, probes = facts.assets, facts.probes
    if assets is None and probes is None:
        return files
    known = assets is not None and assets.known_build
    altered = assets.altered if assets is not None else ()
    return Files(
        checked=files.checked + known,
        unknown_build=files.unknown_build + (assets is not None and not assets.known_build),
        matched=files.matched + (assets.matched if assets else 0),
        altered=files.altered + len(altered),
        altered_names=tuple(dict.fromkeys((*files.altered_names, *map(_short, altered))))[:_NAMES],
        unexpected=files.unexpected + (len(assets.unexpected) if assets else 0),
        missing=files.missing + (len(assets.missing) if assets else 0),
        done=files.done or (known and assets is not None and assets.done),
        probes_passed=files.probes_passed + (probes.passed if probes else 0),
        probes_failed=files.probes_failed + (probes.failed if probes else 0),
        probes_unanswered=files.probes_unanswered + (probes.unanswered if probes else 0),
    )


def _short(path: str) -> str:
    """Return the end of a path, one byte a character, so that what a hostile client sends stays small in the snapshot."""
    return path[-_TEXT:].encode("ascii", "replace").decode()

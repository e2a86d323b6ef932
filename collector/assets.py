"""A client's assets against its build: reports, probes, and what of both is remembered of a session.

The Ledger is a fold over batches, like History, and is kept with it; everything it needs is in the journal (arrival times included).
"""

import random
from dataclasses import dataclass, replace
from typing import Final

from collector.builds import Build
from collector.secrets import Secrets
from signals.types import AssetCheck, ProbeCheck
from wire.schema import Batch, IntegrityFacts, Probe

ROUND: Final = 2
"""Probes asked at a time."""
ROUND_US: Final = 60_000_000
"""Time to answer, after which the next round is asked and what is still open counts as unanswered."""
MAX_NAMES: Final = 64
"""Paths remembered by name."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """What is remembered of a session's assets and of what was wrong with it."""

    manifest: bytes = b""
    """Fingerprint of the build that `seen` counts in."""
    seen: bytes = b""
    """One bit for each path of the build that was reported."""
    done: bool = False
    round: int = 0
    asked_us: int = 0
    answered: tuple[str, ...] = ()
    """Probes of this round that were answered."""
    violations: tuple[str, ...] = ()
    """Stable names of what was found altered or attached, each once, in order."""
    paths: tuple[str, ...] = ()


def begin(build: Build, integrity: IntegrityFacts, now_us: int) -> Ledger:
    """Return the ledger of a session that opens: the first round is asked in the welcome."""
    return Ledger(build.fingerprint, bytes(-(-len(build.paths) // 8)), asked_us=now_us, violations=_attached(integrity, build))


def code_known(build: Build, integrity: IntegrityFacts | None) -> bool | None:
    """Tell whether the SDK's code is as some manifest of the build says; None where nothing can be compared."""
    if integrity is None or integrity.code_digest is None or not build.code:
        return None
    return integrity.code_digest in build.code


@dataclass(frozen=True, slots=True)
class Checked:
    """The ledger after a batch, and what the batch told for the detectors."""

    ledger: Ledger
    assets: AssetCheck | None
    probes: ProbeCheck | None
    asks: bool
    """A new round of probes begins: the acknowledgement carries it."""


def check(ledger: Ledger, batch: Batch, build: Build, arrived_us: int, session: str, secrets: Secrets) -> Checked:
    """Fold one batch."""
    if (
        batch.assets is None
        and batch.integrity is None
        and not batch.probes
        and (not build.probes or arrived_us < ledger.asked_us + ROUND_US)
    ):
        return Checked(ledger, None, None, False)
    ledger, assets = _report(ledger, batch, build)
    ledger, probes, asks = _answers(ledger, batch, build, arrived_us, session, secrets)
    wrong = [*(("altered_asset",) if assets and assets.altered else ()), *(("missing_asset",) if assets and assets.missing else ())]
    wrong += ["failed_probe"] if probes and probes.failed else []
    wrong += _attached(batch.integrity, build) if batch.integrity else ()
    paths = (*assets.altered, *assets.missing) if assets else ()
    ledger = replace(
        ledger,
        violations=tuple(dict.fromkeys((*ledger.violations, *wrong))),
        paths=tuple(dict.fromkeys((*ledger.paths, *paths)))[:MAX_NAMES],
    )
    return Checked(ledger, assets, probes, asks)


def asked(ledger: Ledger, build: Build, session: str, secrets: Secrets) -> tuple[Probe, ...]:
    """Return the probes of the current round that are still open. They follow from the session and the round, so nothing is stored."""
    return tuple(probe for probe, _ in _asked(ledger, build, session, secrets) if probe.id not in ledger.answered)


def _asked(ledger: Ledger, build: Build, session: str, secrets: Secrets) -> list[tuple[Probe, bytes]]:
    if not build.probes:
        return []
    seed = secrets.key("probes", f"{session}.{ledger.round}", version=1)
    drawn = random.Random(seed).sample(build.probes, min(ROUND, len(build.probes)))
    return [
        (Probe(f"{ledger.round}.{index}", drawn_probe.path, drawn_probe.offset, drawn_probe.length, drawn_probe.salt), drawn_probe.digest)
        for index, drawn_probe in enumerate(drawn)
    ]


def _report(ledger: Ledger, batch: Batch, build: Build) -> tuple[Ledger, AssetCheck | None]:
    report = batch.assets
    if report is None:
        return ledger, None
    if not build.registered:
        return ledger, AssetCheck(known_build=False, done=report.done)
    if ledger.manifest != build.fingerprint:
        # A manifest came or went while the client was reporting: start over, rather than call files missing that were reported.
        ledger = replace(ledger, manifest=build.fingerprint, seen=b"\xff" * -(-len(build.paths) // 8))
    seen, matched = bytearray(ledger.seen), 0
    altered: list[str] = []
    unexpected: list[str] = []
    for file in report.files:
        place = build.position.get(file.path)
        if place is None:
            unexpected.append(file.path)
            continue
        seen[place >> 3] |= 1 << (place & 7)
        if (file.path, file.sha256) in build.digests:
            matched += 1
        else:
            altered.append(file.path)
    finished = report.done and report.error is None
    missing = (
        [path for place, path in enumerate(build.paths) if not seen[place >> 3] >> (place & 7) & 1] if finished and not ledger.done else []
    )
    checked = AssetCheck(True, matched, tuple(altered), tuple(unexpected), tuple(missing), finished)
    return replace(ledger, seen=bytes(seen), done=ledger.done or finished), checked


def _answers(
    ledger: Ledger, batch: Batch, build: Build, arrived_us: int, session: str, secrets: Secrets
) -> tuple[Ledger, ProbeCheck | None, bool]:
    right = {probe.id: digest for probe, digest in _asked(ledger, build, session, secrets)} if build.probes else {}
    answered = list(ledger.answered)
    passed = failed = 0
    for answer in batch.probes:
        if answer.id in right and answer.id not in answered:
            answered.append(answer.id)
            passed += answer.digest == right[answer.id]
            failed += answer.digest != right[answer.id]
    ledger = replace(ledger, answered=tuple(answered))
    asks = bool(right) and arrived_us >= ledger.asked_us + ROUND_US
    unanswered = 0
    if asks:
        unanswered = len(right) - len(answered)
        ledger = replace(ledger, round=ledger.round + 1, asked_us=arrived_us, answered=())
    return ledger, ProbeCheck(passed, failed, unanswered) if passed or failed or unanswered else None, asks


def _attached(integrity: IntegrityFacts, build: Build) -> tuple[str, ...]:
    """Return what is attached to the process or altered in it, by stable names."""
    found = {
        "traced": bool(integrity.traced),
        "debugger": integrity.debugger is not None,
        "trace_hook": bool(integrity.trace_hooks),
        "patched_clock": bool(integrity.clocks_patched),
        "altered_code": code_known(build, integrity) is False,
    }
    return tuple(name for name, is_there in found.items() if is_there)

"""Is this Android an emulator on a desktop? Product strings of the emulators, and processors that phones do not have.

Sources: the build properties that emulators ship (AOSP device/generic/goldfish: ro.hardware goldfish and ranchu; Genymotion and
VirtualBox: vbox86); Vidas and Christin, "Evading Android runtime analysis via sandbox detection", ASIA CCS 2014; Jing et al., "Morpheus:
automatically generating heuristics to detect Android emulators", ACSAC 2014.
"""

import re
from typing import Final

from signals.finding import abstain, damped, found
from signals.types import NOT_APPLICABLE, Evidence, Finding, Reason

NAME: Final = "android"

_EMULATORS: Final = re.compile(
    r"goldfish|ranchu|vbox86|sdk_gphone|google_sdk|emulator|android sdk built for|generic_x86|genymo|bluestacks|\bnox\b|noxplayer|ldplayer"
    r"|\bldmicro|\bmemu\b|microvirt|ttvm|andy os|droid4x|mumu|waydroid|windows subsystem for android|android translator",
    re.IGNORECASE,
)
_CHROME_OS: Final = re.compile(r"cheets|chromeos|\barc\b", re.IGNORECASE)

SURE: Final = 4.6
"""Nats: emulators are how one machine plays many accounts, but also how some people play phone games with a keyboard (judged, near 1 in
100)."""
X86: Final = 1.5


def assess(evidence: Evidence) -> Finding:
    """Return evidence for an emulator; not applicable where the system isn't Android."""
    machine = evidence.history.machine
    if not machine.reported:
        return abstain("not_reported")
    if (machine.os or "").lower() != "android":
        return abstain(NOT_APPLICABLE)
    texts = [text for text in (machine.vendor, machine.product, machine.board, machine.bios, machine.cpu, machine.gpu) if text]
    if not texts and machine.arch is None:
        return abstain("nothing_readable")
    together = " | ".join(texts)
    reasons: list[Reason] = []
    if mark := _EMULATORS.search(together):
        reasons.append(Reason("emulator.android_product", f"The build names an emulator ({mark[0]}).", SURE))
    if re.search(r"x86|amd64|i[36]86", machine.arch or "", re.IGNORECASE) and not _CHROME_OS.search(together):
        reasons.append(Reason("emulator.android_processor", f"Android on {machine.arch}, which hardly any phone is.", X86))
    return found(damped(reasons), min(1.0, (len(texts) + (machine.arch is not None)) / 4.0), {"told": float(len(texts))})

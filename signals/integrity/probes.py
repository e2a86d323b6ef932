"""Can the client still show the bytes that it claims to have?

Source: salted range digests are a challenge-response proof of possession (Juels and Kaliski, "PORs", CCS 2007; Ateniese et al., CCS
2007): an answer can't be prepared beforehand. An unanswered probe is a lost batch or a slow disk until there are many.
"""

from typing import Final

from signals.finding import abstain, found
from signals.types import Evidence, Finding, Reason

NAME: Final = "probes"

FAILED: Final = 4.5
"""Nats for the first wrong answer: a file that changed under the game's feet is the honest way to one (judged, 1 in 1,000)."""
FAILED_AGAIN: Final = 1.0
UNANSWERED: Final = 0.5
"""Nats for each unanswered probe beyond the first."""
MOST_UNANSWERED: Final = 5
PASSED: Final = -0.3


def assess(evidence: Evidence) -> Finding:
    """Return evidence from probes; abstains until one has been answered, failed or run out."""
    files = evidence.history.files
    asked = files.probes_passed + files.probes_failed + files.probes_unanswered
    if not asked:
        return abstain("not_asked")
    reasons: list[Reason] = []
    if files.probes_failed:
        weight = FAILED + FAILED_AGAIN * min(2, files.probes_failed - 1)
        reasons.append(Reason("integrity.failed_probe", f"{files.probes_failed} of {asked} asset probes had the wrong answer.", weight))
    if files.probes_unanswered > 1:
        weight = UNANSWERED * min(MOST_UNANSWERED, files.probes_unanswered - 1)
        reasons.append(
            Reason("integrity.unanswered_probe", f"{files.probes_unanswered} of {asked} asset probes were not answered.", weight)
        )
    if not reasons and files.probes_passed:
        reasons.append(Reason("integrity.passed_probe", "Asset probes were answered rightly.", PASSED))
    return found(reasons, min(1.0, asked / 3.0), {"asked": float(asked), "failed": float(files.probes_failed)})

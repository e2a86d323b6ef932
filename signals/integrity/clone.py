"""Is this device a copy of another? Its counter came twice, or its proof did not verify.

Source: the signature counter of WebAuthn Level 2 (W3C, section 6.1.1): a counter that fails to grow means that two parties hold the same
secret.
"""

from typing import Final

from signals.finding import abstain, found
from signals.types import Evidence, Finding, Reason

NAME: Final = "clone"

CLONED: Final = 5.0
"""Nats for the first time: restored backups and copied disk images are the honest ways to it (judged, 1 device in 1,000)."""
AGAIN: Final = 1.0
FORGED: Final = 4.5
FAMILIAR: Final = -0.4


def assess(evidence: Evidence) -> Finding:
    """Return evidence of a copied or forged identity; abstains on a device's first session."""
    device = evidence.device
    if not device.known:
        return abstain("new_device")
    reasons: list[Reason] = []
    if device.cloned:
        weight = CLONED + AGAIN * min(2, device.cloned - 1)
        reasons.append(
            Reason("integrity.cloned_device", "The device's counter came a second time: somebody holds a copy of its secret.", weight)
        )
    if device.forged:
        reasons.append(Reason("integrity.forged_device", "A proof of this device did not verify.", FORGED))
    if not reasons and device.sessions >= 3:
        reasons.append(Reason("integrity.familiar_device", "The device is known and its counter always grew.", FAMILIAR))
    return found(reasons, min(1.0, device.sessions / 3.0), {"cloned": float(device.cloned), "forged": float(device.forged)})

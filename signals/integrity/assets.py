"""Are the game's files those of its build?

Source: comparison of SHA-256 digests with the provider's manifest, as in The Update Framework (TUF specification 1.0, targets metadata).
The client computes the digests, so a match proves little and a difference much: whoever hides an alteration is caught by the probes.
"""

from typing import Final

from signals.finding import abstain, found
from signals.types import Evidence, Finding, Reason

NAME: Final = "assets"

ALTERED: Final = 5.0
"""Nats for the first altered file: broken disks and private mods make about one honest install in five hundred (judged)."""
EACH_FURTHER: Final = 0.5
UNEXPECTED: Final = 0.4
"""Extra files are mods, screenshots, logs."""
MISSING: Final = 0.8
WHOLE: Final = -0.5
MOST: Final = 3


def assess(evidence: Evidence) -> Finding:
    """Return evidence of altered files; abstains without a report or where the build is unknown."""
    files = evidence.history.files
    if not files.checked:
        return abstain("unknown_build" if files.unknown_build else "not_reported")
    reasons: list[Reason] = []
    if files.altered:
        named = ", ".join(files.altered_names[:2])
        weight = ALTERED + EACH_FURTHER * min(MOST, files.altered - 1)
        reasons.append(Reason("integrity.altered_asset", f"{files.altered} of the game's files are altered ({named}).", weight))
    if files.missing:
        reasons.append(Reason("integrity.missing_asset", f"{files.missing} of the game's files are missing.", MISSING))
    if files.unexpected:
        reasons.append(Reason("integrity.unexpected_asset", f"{files.unexpected} files are in no manifest.", UNEXPECTED))
    if not reasons and files.done:
        reasons.append(Reason("integrity.whole_assets", "Every file of the build is there as it was shipped.", WHOLE))
    features = {"matched": float(files.matched), "altered": float(files.altered), "missing": float(files.missing)}
    return found(reasons, 1.0 if files.done or files.altered else 0.5, features)

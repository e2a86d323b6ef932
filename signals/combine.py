"""From findings to scores to risk. Everything is addition of log-odds, so that the parts always add up to the whole.

A detector's evidence is a log-likelihood ratio in nats; times its weight it adds to its score (naive Bayes with fitted weights, that is
a logistic regression: Good, "Weight of evidence", 1985). Each score's sum goes through its calibration curve, and its reasons are scaled
by the same factor. Abstentions add nothing, lower the confidence and are named.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from signals.catalog import DETECTORS, Detector
from signals.model import Calibration, Model, load_model
from signals.types import NOT_APPLICABLE, Assessment, Evidence, Finding, Reason, Score, ScoreName

__all__ = ["Judged", "assess", "combine", "load_model", "sigmoid"]

Judged = tuple[Detector, Finding]
OnFailure = Callable[[str, Exception], None]

FAILED: Final = "failed"
_PLAIN: Final = Calibration()
_EXPLAINED: Final = "explained_away"
_SCORES: Final = tuple(ScoreName)


def sigmoid(log_odds: float) -> float:
    """Return the probability with these log-odds."""
    if log_odds >= 0.0:
        return 1.0 / (1.0 + math.exp(-log_odds))
    odds = math.exp(log_odds)
    return odds / (1.0 + odds)


def assess(evidence: Evidence, model: Model, on_failure: OnFailure | None = None, detectors: Iterable[Detector] = DETECTORS) -> Assessment:
    """Ask every detector and return the whole. A detector that raises is named `failed` in `missing`, and `on_failure` is told."""
    if model.timing is not None:
        evidence = replace(evidence, timing=model.timing)
    return combine([(detector, _ask(detector, evidence, on_failure)) for detector in detectors], model)


def _ask(detector: Detector, evidence: Evidence, on_failure: OnFailure | None) -> Finding:
    try:
        finding = detector.assess(evidence)
        if finding.evidence is not None and not math.isfinite(finding.evidence):
            raise ValueError(f"{detector.name} found {finding.evidence}")
    except Exception as error:  # whatever it is, the other detectors still speak
        if on_failure is not None:
            on_failure(detector.name, error)
        return Finding(None, abstained=FAILED)
    return finding


def combine(judged: Iterable[Judged], model: Model) -> Assessment:
    """Return scores and risk: `logit(risk) == base + sum of the contributions of all reasons`, whatever the order of the findings."""
    by_score: dict[ScoreName, list[Judged]] = {name: [] for name in _SCORES}
    for one in judged:
        by_score[one[0].score].append(one)
    base = model.base
    scores = {name: _score(found, model, model.scores.get(name, _PLAIN), base) for name, found in by_score.items()}
    total = math.fsum([reason.contribution for score in scores.values() for reason in score.reasons])
    return Assessment(sigmoid(base + total), base, scores, model.version)


def _explained(judged: list[Judged], model: Model) -> list[str]:
    """Return the detectors whose word for honesty means nothing, because another one has found where it comes from."""
    return [
        name
        for detector, finding in judged
        if detector.explains and (finding.evidence or 0.0) * model.weights.get(detector.name, 0.0) > 0.0
        for name in detector.explains
    ]


def _score(judged: list[Judged], model: Model, calibration: Calibration, base: float) -> Score:
    said: list[Reason] = []
    parts: list[float] = []
    missing: list[str] = []
    seen: list[float] = []
    possible: list[float] = []
    weights, explained = model.weights, _explained(judged, model)
    for detector, finding in judged:
        name, evidence, silent = detector.name, finding.evidence, finding.abstained
        if evidence is not None and evidence < 0.0 and name in explained:
            evidence, silent = None, _EXPLAINED
        if silent == NOT_APPLICABLE:
            continue
        weight = weights.get(name, 0.0)
        possible.append(weight)
        if evidence is None:
            missing.append(f"{name}: {silent or 'abstained'}")
            continue
        seen.append(weight * finding.confidence)
        said += finding.reasons
        parts += [reason.contribution * weight for reason in finding.reasons]
    missing.sort()
    if not seen:
        return Score(None, 0.0, (), tuple(missing))
    scale = calibration.scale(math.fsum(parts))
    weighed = [(reason, part * scale) for reason, part in zip(said, parts, strict=True)]
    reasons = [Reason(reason.name, reason.detail, part) for reason, part in weighed if part]
    reasons.sort(key=_weightiest)
    total = math.fsum([reason.contribution for reason in reasons])
    everything = math.fsum(possible)
    confidence = math.fsum(seen) / everything if everything else 0.0
    return Score(sigmoid(base + total), confidence, tuple(reasons), tuple(missing))


def _weightiest(reason: Reason) -> tuple[float, str]:
    return -abs(reason.contribution), reason.name

"""What /metrics tells about decisions."""

from prometheus_client import CollectorRegistry, Counter

from collector.policy.judge import Judgement


class PolicyMetrics:
    """Decisions by what decided them, and rules that failed."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._decisions = Counter("countersign_decisions", "Decisions.", ["verdict", "reason"], registry=registry)
        self._failures = Counter("countersign_rule_failures", "Rules that could not be evaluated.", ["rule"], registry=registry)

    def decided(self, judgement: Judgement) -> None:
        """Count a decision, and the rule that failed, if one did."""
        self._decisions.labels(judgement.verdict.value, judgement.reasons[0]).inc()
        if judgement.failed_rule is not None:
            self._failures.labels(judgement.failed_rule).inc()

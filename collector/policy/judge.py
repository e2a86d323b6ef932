"""From a situation to a verdict: pure, so that it replays."""

from dataclasses import dataclass

from collector.policy.expression import EvaluationError
from collector.policy.rules import ChallengeKind, NotEnrolled, Policy, Rule, Verdict
from collector.policy.situation import Situation, context

RULE_FAILED = "policy.rule_failed"
NOT_ENROLLED = "second_factor.not_enrolled"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a policy says of a situation."""

    verdict: Verdict
    reasons: tuple[str, ...]
    """Codes: why this verdict, the deciding one first."""
    explain: str
    rule: str | None = None
    """The rule that decided; None where the failover did."""
    challenge: ChallengeKind | None = None
    failover: Verdict | None = None
    """The direction taken, where something failed."""
    failed_rule: str | None = None


def judge(policy: Policy, situation: Situation, default_failover: Verdict) -> Judgement:
    """Return what the first rule that holds says; a rule that can't be evaluated leads to the action's failover, not past it."""
    where = context(situation, policy.limits, policy.names)
    for rule in policy.rules:
        try:
            holds = rule.when.holds(where)
        except EvaluationError as error:
            failed = fail(policy, situation.action, default_failover, RULE_FAILED, f"Rule {rule.name!r} could not be evaluated: {error}.")
            return Judgement(
                failed.verdict, failed.reasons, failed.explain, challenge=failed.challenge, failover=failed.failover, failed_rule=rule.name
            )
        if holds:
            return _apply(policy, rule, situation)
    raise AssertionError("a policy's last rule always holds")


def fail(policy: Policy, action: str, default: Verdict, reason: str, explain: str) -> Judgement:
    """Return the verdict in the direction that the operator chose for this action."""
    direction = policy.failover.get(action, default)
    challenge = ChallengeKind.CAPTCHA if direction is Verdict.CHALLENGE else None
    return Judgement(direction, (reason,), explain, challenge=challenge, failover=direction)


def _apply(policy: Policy, rule: Rule, situation: Situation) -> Judgement:
    if rule.challenge is not ChallengeKind.SECOND_FACTOR or situation.subject.second_factor:
        return Judgement(rule.verdict, (rule.reason,), rule.explain, rule.name, rule.challenge)
    if policy.not_enrolled is NotEnrolled.DENY:
        return Judgement(Verdict.DENY, (rule.reason, NOT_ENROLLED), rule.explain, rule.name)
    return Judgement(Verdict.CHALLENGE, (rule.reason, NOT_ENROLLED), rule.explain, rule.name, ChallengeKind.CAPTCHA)

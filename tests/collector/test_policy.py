"""Policy as data: what loads, what is refused and why, and who decides when a rule fails."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.policy.expression import ExpressionError, compile_condition
from collector.policy.judge import judge
from collector.policy.rules import ChallengeKind, PolicyError, Verdict, load, parse
from collector.policy.situation import Presence, Situation, Visitor
from signals.types import Assessment, DeviceMemory, Reason, Score, ScoreName

HEAD = """
name = "test"
[limits]
high = 0.9
[challenges.captcha]
lifetime_s = 300
attempts = 5
[challenges.second_factor]
lifetime_s = 300
attempts = 5
[failover]
withdraw = "deny"
"""
LAST = """
[[rules]]
name = "otherwise"
when = "true"
verdict = "allow"
reason = "risk.low"
explain = "Nothing speaks against it."
"""


def rule(when: str, name: str = "first", verdict: str = "deny", more: str = "") -> str:
    return f"""
[[rules]]
name = "{name}"
when = '''{when}'''
verdict = "{verdict}"
reason = "test.{name}"
explain = "As tested."
{more}
"""


def assessment(risk: float = 0.02, *reasons: Reason, **scores: float | None) -> Assessment:
    held = {name: Score(scores.get(name.value), 0.8 if scores.get(name.value) is not None else 0.0) for name in ScoreName}
    held[ScoreName.INTEGRITY] = Score(scores.get("integrity"), 0.8, reasons)
    return Assessment(risk, -3.9, held, "m1")


def situation(risk: float = 0.02, *reasons: Reason, action: str = "login", enrolled: bool = False, **scores: float | None) -> Situation:
    return Situation(
        action,
        assessment(risk, *reasons, **scores),
        device=DeviceMemory(known=True, sessions=3),
        subject=Visitor(given=True, known=True, second_factor=enrolled),
        session=Presence("ok", 5, 60.0),
    )


def test_the_first_rule_that_holds_decides() -> None:
    policy = parse(HEAD + rule("risk > 0.5", "one") + rule("risk > 0.1", "two") + LAST)
    assert judge(policy, situation(0.3), Verdict.CHALLENGE).rule == "two"


def test_a_named_threshold_is_read_from_the_file() -> None:
    policy = parse(HEAD + rule("risk >= limits.high") + LAST)
    assert [judge(policy, situation(risk), Verdict.ALLOW).verdict for risk in (0.89, 0.9)] == [Verdict.ALLOW, Verdict.DENY]


def test_a_score_that_abstains_takes_the_default_of_the_rule() -> None:
    policy = parse(HEAD + rule("score('timing', 0.0) > 0.5") + LAST)
    assert judge(policy, situation(timing=None), Verdict.DENY).verdict is Verdict.ALLOW
    assert judge(policy, situation(timing=0.6), Verdict.ALLOW).verdict is Verdict.DENY


def test_a_rule_can_ask_how_much_one_reason_weighs() -> None:
    policy = parse(HEAD + rule("against('integrity.assets') >= 4.0") + LAST)
    light, heavy = (Reason("integrity.assets", "", nats) for nats in (3.9, 4.0))
    assert judge(policy, situation(0.5, light), Verdict.ALLOW).verdict is Verdict.ALLOW
    assert judge(policy, situation(0.5, heavy), Verdict.ALLOW).verdict is Verdict.DENY


def test_only_reasons_that_speak_for_a_bot_are_listed_to_rules() -> None:
    policy = parse(HEAD + rule("'network.home' in reasons") + LAST)
    assert judge(policy, situation(0.5, Reason("network.home", "", -1.0)), Verdict.ALLOW).verdict is Verdict.ALLOW


def test_rules_see_the_operators_context() -> None:
    policy = parse(HEAD + rule("has(context.amount) && context.amount > 100") + LAST)
    seen = Situation("withdraw", assessment(), {"amount": 200})
    assert judge(policy, seen, Verdict.ALLOW).verdict is Verdict.DENY
    assert judge(policy, Situation("withdraw", assessment(), {}), Verdict.ALLOW).verdict is Verdict.ALLOW


FRAGILE = HEAD + rule("has(context.amount) && context.amount > 100", "fragile", "allow") + rule("risk > 0.0", "second") + LAST


@pytest.mark.parametrize(("action", "verdict"), [("withdraw", Verdict.DENY), ("login", Verdict.ALLOW)])
def test_a_rule_that_fails_leads_to_the_failover_of_the_action(action: str, verdict: Verdict) -> None:
    failed = judge(parse(FRAGILE), Situation(action, assessment(0.5), {"amount": "much"}), Verdict.ALLOW)
    assert (failed.verdict, failed.failover, failed.failed_rule, failed.reasons) == (verdict, verdict, "fragile", ("policy.rule_failed",))


def test_a_failover_that_challenges_asks_for_a_captcha() -> None:
    failed = judge(parse(FRAGILE), Situation("login", assessment(0.5), {"amount": "much"}), Verdict.CHALLENGE)
    assert (failed.verdict, failed.challenge) == (Verdict.CHALLENGE, ChallengeKind.CAPTCHA)


SECOND = rule("true", "odd", "challenge", 'challenge = "second_factor"')


def test_a_second_factor_is_asked_of_those_who_have_one() -> None:
    assert judge(parse(HEAD + SECOND + LAST), situation(enrolled=True), Verdict.ALLOW).challenge is ChallengeKind.SECOND_FACTOR


def test_who_has_no_second_factor_gets_the_fallback_and_the_reasons_say_so() -> None:
    judged = judge(parse(HEAD + SECOND + LAST), situation(), Verdict.ALLOW)
    assert (judged.challenge, judged.reasons) == (ChallengeKind.CAPTCHA, ("test.odd", "second_factor.not_enrolled"))


def test_the_fallback_for_a_missing_second_factor_may_be_to_deny() -> None:
    judged = judge(parse('not_enrolled = "deny"\n' + HEAD + SECOND + LAST), situation(), Verdict.ALLOW)
    assert (judged.verdict, judged.challenge) == (Verdict.DENY, None)


def test_the_version_follows_the_text() -> None:
    assert parse(HEAD + LAST).version == parse(HEAD + LAST).version != parse(HEAD + LAST + "\n# note").version


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name = 'x'\nrules = !", "line 2, column 9"),
        (HEAD + rule("risk >") + LAST, "rule 'first': when: line 1, column 7: Syntax error"),
        (HEAD + rule("true\n && limits.hihg > 1.0") + LAST, "rule 'first': when: line 2, column 5: there is no 'limits.hihg'"),
        (HEAD + rule("riks > 0.5") + LAST, "rule 'first': when: line 1, column 1: there is no 'riks'"),
        (HEAD + rule("scores.timing > 0.5") + LAST, "rule 'first': when: line 1, column 1: fails where scores abstain"),
        (HEAD + rule("context.amount > 5") + LAST, "there is no key 'amount'"),
        (HEAD + rule("risk") + LAST, "gives float, not a truth value"),
        (HEAD + rule("true", verdict="maybe") + LAST, "rule 'first' (number 1): Invalid enum value 'maybe'"),
        (HEAD + rule("true", verdict="challenge") + LAST, "rule 'first' (number 1): challenge: needed"),
        (HEAD + rule("true") + rule("true") + LAST, "rule 'first' (number 2): name"),
        (HEAD + rule("risk > 0.5"), "rule 'first' (number 1): when: the last must be 'true'"),
        (HEAD.replace("attempts = 5", "attempts = 0") + LAST, "challenges.captcha: lifetime_s must be"),
        (HEAD + LAST + "tpyo = 1", "rule 'otherwise' (number 1): Object contains unknown field `tpyo`"),
    ],
)
def test_a_file_that_can_not_be_used_is_refused_with_the_rule_and_the_position(text: str, said: str) -> None:
    with pytest.raises(PolicyError, match=re.escape(said)):
        parse(text)


@given(st.text(max_size=60))
def test_any_text_compiles_or_is_refused_with_a_position(text: str) -> None:
    try:
        compile_condition(text, {})
    except ExpressionError as error:
        position = (error.line, error.column)
    else:
        position = (1, 1)
    assert min(position) >= 1


def test_every_reason_that_the_default_policy_weighs_is_one_that_a_detector_gives() -> None:
    default = load()
    weighed = {name for held in default.rules for name in re.findall(r"against\('([^']+)'\)", held.when.source)}
    root = Path(__file__).parents[2] / "signals"
    code = "\n".join(path.read_text("utf-8") for path in root.rglob("*.py"))
    given = [re.sub(r"\\{[^}]*\\}", r"\\w+", re.escape(name)) for name in re.findall(r'"([a-z_]+\.[a-z_{}]+)"', code)]
    assert weighed
    assert {name for name in weighed if not any(re.fullmatch(pattern, name) for pattern in given)} == set()


@pytest.mark.parametrize("name", list(ScoreName))
def test_middling_evidence_from_a_single_score_never_denies(name: ScoreName) -> None:
    for value in (0.3, 0.5, 0.7, 0.8):
        judged = judge(load(), situation(value, **{name.value: value}), Verdict.CHALLENGE)
        assert judged.verdict is not Verdict.DENY


@pytest.mark.parametrize(
    ("reason", "rule"),
    [
        ("integrity.altered_asset", "tampered"),
        ("integrity.failed_probe", "tampered"),
        ("integrity.fast_clock", "speed_hack"),
        ("timing.replay", "replay"),
    ],
)
def test_strong_evidence_of_what_no_honest_client_does_is_refused(reason: str, rule: str) -> None:
    judged = judge(load(), situation(0.4, Reason(reason, "", 4.0)), Verdict.ALLOW)
    assert (judged.rule, judged.verdict) == (rule, Verdict.DENY)
    assert judge(load(), situation(0.4, Reason(reason, "", 2.0)), Verdict.ALLOW).verdict is not Verdict.DENY


def test_somebody_honest_is_let_in() -> None:
    calm = situation(0.01, timing=0.01, emulator=0.02, integrity=0.01, network=0.02, drift=0.01)
    assert judge(load(), calm, Verdict.DENY).verdict is Verdict.ALLOW


def test_without_a_session_the_default_policy_asks_for_a_captcha() -> None:
    judged = judge(load(), Situation("login", assessment()), Verdict.ALLOW)
    assert (judged.rule, judged.challenge) == ("no_session", ChallengeKind.CAPTCHA)


def test_a_rule_sees_every_variable_that_it_mentions() -> None:
    where = Situation("login", assessment(0.2, timing=0.4), {"amount": 7}, device=DeviceMemory(sessions=3), session=Presence("ok", 2, 9.0))
    for when in (
        "['timing', 'drift'].exists(name, scores[name] != null && scores[name] > 0.3)",
        "{'so': confidence}.so['timing'] == 0.8 && reasons.size() == 0",
        "has(context.amount) ? context.amount == 7 : place.country == 'XX'",
        "[device].map(one, one.sessions)[0] == 3 && session.batches == 2 && !subject.given",
        "limits.high > risk && action.startsWith('log') && place.kind == 'unknown'",
    ):
        policy = parse(HEAD + rule(when) + LAST)
        assert judge(policy, where, Verdict.ALLOW).rule == "first", when

"""`POST /v1/decisions`: what an operator is told, what is kept of it, and what happens when something is missing or fails."""

import asyncio
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from collector import case, session_token
from collector.decision import DecisionRequest, check
from collector.policy.rules import load, parse
from collector.problems import Problem
from collector.store.tables import challenges, decisions, outbox, sessions, subjects
from signals.model import load_model
from signals.timing.model import dump_model, shipped

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def patient(request: pytest.FixtureRequest) -> None:
    """On a busy machine too a decision has the time that it takes; the one test about time sets its own."""
    if "inside" in request.fixturenames:
        request.getfixturevalue("inside").service.settings.decision_seconds = 30.0


FIELDS = {"id", "verdict", "risk", "scores", "reasons", "challenge", "failover", "policy", "model", "at_us"}
CONTEXT = {"ip": "192.0.2.55", "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "timezone": "UTC"}
USER = "alice@example.org"


async def play(inside: Any, raw_player: Any, key_presses: Any) -> str:
    """Open a session, send a batch and return the token of its login form."""
    player = raw_player(inside.keys["client"])
    headers, body = player.hello()
    player.welcomed((await inside.client.post("/v1/sessions", headers=headers, content=body)).content)
    headers, body = player.next(input=key_presses(60))
    assert (await inside.client.post("/v1/batches", headers=headers, content=body)).status_code == 200
    return str(player.welcome.token)


async def ask(inside: Any, role: str = "operator", **request: Any) -> Any:
    headers = {"authorization": f"Bearer {inside.keys[role]}"}
    return await inside.client.post("/v1/decisions", headers=headers, json={"action": "login", "context": CONTEXT, **request})


def use_policy(inside: Any, text: str) -> None:
    object.__setattr__(inside.service.decider, "policy", parse(text))


POLICY = """
name = "test"
[challenges.captcha]
lifetime_s = 300
attempts = 5
[challenges.second_factor]
lifetime_s = 300
attempts = 5
[failover]
withdraw = "deny"
browse = "allow"
"""
CHALLENGE = """
[[rules]]
name = "always"
when = "true"
verdict = "challenge"
challenge = "captcha"
reason = "test.always"
explain = "As tested."
"""
FRAGILE = """
[[rules]]
name = "fragile"
when = "has(context.amount) && context.amount > 100"
verdict = "deny"
reason = "test.fragile"
explain = "As tested."
""" + CHALLENGE.replace("challenge = ", "# ").replace('"challenge"', '"allow"')


async def test_an_honest_session_is_let_in_with_scores_and_reasons(inside, raw_player, key_presses) -> None:
    answer = await ask(inside, token=await play(inside, raw_player, key_presses), user=USER)
    told = answer.json()
    assert answer.status_code == 200
    assert set(told) == FIELDS
    assert (told["verdict"], told["challenge"], told["failover"]) == ("allow", None, None)
    assert set(told["scores"]) == {"timing", "emulator", "integrity", "network", "drift"}
    assert set(told["scores"]["timing"]) == {"value", "confidence", "reasons", "missing"}
    assert told["policy"] == load().version


async def test_without_a_session_in_force_the_policy_decides_and_the_reasons_say_why(inside, clock) -> None:
    of_another = session_token.issue(inside.service.secrets, "s_gone", clock.now_us, 60)
    tokens = {None: "session.missing", "": "session.missing", "not.a.token": "token.invalid", "x" * 5000: "token.invalid"}
    for token, reason in {**tokens, of_another: "session.unknown"}.items():
        told = (await ask(inside, token=token)).json()
        assert (told["verdict"], told["challenge"]["kind"], told["reasons"][:2]) == ("challenge", "captcha", ["session.absent", reason])


async def test_an_expired_token_is_told_from_an_invalid_one(inside, raw_player, key_presses, clock) -> None:
    token = await play(inside, raw_player, key_presses)
    clock.advance(16 * 60)
    assert "token.expired" in (await ask(inside, token=token)).json()["reasons"]


async def test_a_decision_commits_with_its_challenge_its_event_and_its_subject(inside, raw_player, key_presses) -> None:
    use_policy(inside, POLICY + CHALLENGE)
    told = (await ask(inside, token=await play(inside, raw_player, key_presses), user=USER)).json()
    store, subject = inside.service.store, inside.service.secrets.pseudonym(USER)
    row = await store.one(select(decisions))
    assert (row["id"], row["verdict"], row["subject"]) == (told["id"], "challenge", subject)
    challenge = await store.one(select(challenges))
    assert (challenge["id"], challenge["decision"], challenge["session"]) == (told["challenge"]["id"], told["id"], row["session"])
    assert (await store.one(select(sessions.c.subject)))["subject"] == subject
    events = [msgspec.json.decode(each["body"]) for each in await store.all(select(outbox)) if each["type"] == "decision.made"]
    assert [event["data"]["decision"] for event in events] == [told["id"]]
    assert (await store.one(select(subjects.c.journey)))["journey"] == b""


async def test_nothing_that_is_kept_names_the_user_or_the_address(inside, raw_player, key_presses) -> None:
    await ask(inside, token=await play(inside, raw_player, key_presses), user=USER, request_id="r-1")
    kept = b""
    for table in (decisions, challenges, outbox, subjects, sessions):
        columns = [column for column in table.c if column.name != "address"]
        for row in await inside.service.store.all(select(*columns)):
            kept += b"".join(value if isinstance(value, bytes) else str(value).encode() for value in row.values())
    assert USER.encode() not in kept
    assert CONTEXT["ip"].encode() not in kept


async def test_a_visit_that_is_let_in_is_learned(inside, raw_player, key_presses) -> None:
    token = await play(inside, raw_player, key_presses)
    await ask(inside, token=token, user=USER)
    assert (await inside.service.store.one(select(subjects.c.journey)))["journey"] != b""


async def test_without_an_address_of_the_operators_the_sessions_own_is_judged_and_said(inside, raw_player, key_presses) -> None:
    token = await play(inside, raw_player, key_presses)
    named = (await ask(inside, token=token, context={"ip": "192.0.2.7"}, user="named")).json()
    for context in ({}, {"ip": None}):
        borrowed = (await ask(inside, token=token, context=context, user="borrowed")).json()
        assert ("address.of_session" in named["reasons"], "address.of_session" in borrowed["reasons"]) == (False, True)
    rows = await inside.service.store.all(select(decisions.c.inputs).order_by(decisions.c.at_us, decisions.c.id))
    cases = [case.unpack(row["inputs"])[0] for row in rows]
    assert sorted(one.borrowed for one in cases) == [False, True, True]
    assert len({(one.visit.address, one.visit.prefix) for one in cases}) == 1


async def test_without_any_address_there_is_no_visit(inside) -> None:
    told = (await ask(inside, context={}, user=USER)).json()
    row = await inside.service.store.one(select(decisions.c.inputs))
    assert "address.of_session" not in told["reasons"]
    assert case.unpack(row["inputs"])[0].visit is None


async def test_a_decision_replays_to_the_same_answer(inside, raw_player, key_presses) -> None:
    told = (await ask(inside, token=await play(inside, raw_player, key_presses), user=USER)).json()
    row = await inside.service.store.one(select(decisions.c.inputs))
    again = case.replay(row["inputs"], load(), inside.service.model)
    assert again.judgement.verdict == told["verdict"]
    assert again.assessment.risk == told["risk"]
    assert msgspec.json.decode(msgspec.json.encode(again.assessment.scores)) == told["scores"]


async def test_a_decision_replays_under_another_policy_and_another_model(inside, raw_player, key_presses) -> None:
    await ask(inside, token=await play(inside, raw_player, key_presses), user=USER)
    row = await inside.service.store.one(select(decisions.c.inputs))
    without = replace(load_model(), version="none", weights={})
    again = case.replay(row["inputs"], parse(POLICY + CHALLENGE), without)
    assert (again.judgement.rule, again.assessment.model) == ("always", "none")


async def test_each_engine_decides_learns_and_tells_the_bus(start_in_process, database, tmp_path, clock, raw_player, key_presses) -> None:
    async with start_in_process(tmp_path / "data", clock, database=database, decision_seconds=30.0) as inside:
        token = await play(inside, raw_player, key_presses)
        answers = [await ask(inside, token=token, user=USER, request_id=f"r-{number}") for number in range(2)]
        assert [answer.json()["failover"] for answer in answers] == [None, None]
        row = await inside.service.store.one(select(subjects.c.journey, subjects.c.version))
        assert (row["journey"] != b"", row["version"]) == (True, 1)
        assert (await ask(inside, token=token, user=USER, request_id="r-0")).json() == answers[0].json()
        assert await inside.service.relay.stop(30) == 0


async def test_a_timing_model_of_the_operators_own_judges_and_is_named_in_the_answer(
    start_in_process, tmp_path, clock, raw_player, key_presses
) -> None:
    path = tmp_path / "fitted.json"
    path.write_bytes(dump_model(replace(shipped(), version="own", channels={})))
    async with start_in_process(tmp_path / "data", clock, timing_model=path, decision_seconds=30.0) as inside:
        told = (await ask(inside, token=await play(inside, raw_player, key_presses))).json()
    assert told["model"].startswith(f"{load_model().version}+own-")
    assert "keys: not_fitted" in told["scores"]["timing"]["missing"]


async def test_the_same_request_gets_the_same_answer_again(inside) -> None:
    first = await ask(inside, request_id="r-1", user=USER)
    again = await ask(inside, request_id="r-1", user=USER)
    assert first.json() == again.json()
    assert len(await inside.service.store.all(select(decisions.c.id))) == 1


async def test_the_same_request_sent_twice_at_once_gets_one_answer(inside) -> None:
    answers = await asyncio.gather(*(ask(inside, request_id="r-1", user=USER) for _ in range(6)))
    assert len({answer.json()["id"] for answer in answers}) == 1


async def test_another_request_under_the_same_id_is_refused(inside) -> None:
    await ask(inside, request_id="r-1")
    other = await ask(inside, request_id="r-1", action="withdraw")
    assert (other.status_code, other.json()["code"]) == (409, "request_altered")


async def test_a_request_id_is_each_keys_own(inside) -> None:
    first = await ask(inside, request_id="r-1")
    other = await ask(inside, request_id="r-1", role="admin", action="withdraw")
    assert (first.status_code, other.status_code) == (200, 200)


async def test_decisions_about_one_subject_at_once_are_all_answered(inside) -> None:
    answers = await asyncio.gather(*(ask(inside, user=USER) for _ in range(3)))
    assert [answer.json()["reasons"][0] for answer in answers] == ["session.absent"] * 3


async def test_a_rule_that_fails_takes_the_failover_of_the_action_and_is_counted(inside) -> None:
    use_policy(inside, POLICY + FRAGILE)
    for action, verdict in {"withdraw": "deny", "browse": "allow", "login": "challenge"}.items():
        told = (await ask(inside, action=action, context={"amount": "much"})).json()
        assert (told["verdict"], told["failover"], told["reasons"][0]) == (verdict, verdict, "policy.rule_failed")
    counted = (await inside.client.get("/metrics")).text
    assert 'countersign_rule_failures_total{rule="fragile"} 3.0' in counted


@pytest.mark.parametrize("error", [OperationalError("SELECT 1", {}, Exception("gone")), OSError("gone")])
async def test_a_store_that_is_away_leads_to_the_failover(inside, monkeypatch, error) -> None:
    async def away(*_: Any) -> None:
        raise error

    use_policy(inside, POLICY + CHALLENGE)
    monkeypatch.setattr(inside.service.store, "commit", away)
    told = (await ask(inside, action="withdraw")).json()
    assert (told["verdict"], told["failover"], told["reasons"], told["challenge"]) == ("deny", "deny", ["failover.store"], None)


async def test_evidence_that_comes_too_late_leads_to_the_failover(inside, monkeypatch) -> None:
    async def hang(*_: Any) -> None:
        await asyncio.Event().wait()

    inside.service.settings.decision_seconds = 0.05
    monkeypatch.setattr(inside.service.store, "commit", hang)
    told = (await ask(inside)).json()
    assert (told["verdict"], told["failover"], told["reasons"]) == ("challenge", "challenge", ["failover.timeout"])


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"action": ""}, "$.action"),
        ({"action": "lo gin"}, "$.action"),
        ({"user": ""}, "$.user"),
        ({"user": "x" * 257}, "$.user"),
        ({"request_id": "a b"}, "$.request_id"),
        ({"context": {"a b": 1}}, "$.context"),
        ({"context": {"a": "x" * 513}}, "$.context.a"),
        ({"context": {f"n{number}": number for number in range(33)}}, "$.context"),
    ],
)
def test_what_can_not_be_a_request_is_refused_with_its_path(changes, path) -> None:
    with pytest.raises(Problem) as refused:
        check(DecisionRequest(**{"action": "login", **changes}))
    assert (refused.value.status, refused.value.code, refused.value.extra["path"]) == (422, "invalid", path)


async def test_wrong_types_and_addresses_are_refused_with_their_path(inside) -> None:
    for changes, path in (
        ({"action": 5}, "$.action"),
        ({"context": {"ip": "300.1.1.1"}}, "$.context.ip"),
        ({"context": {"ip": 7}}, "$.context.ip"),
        ({"context": {"a": [1]}}, "$.context[...]"),
    ):
        answer = await ask(inside, **changes)
        assert (answer.status_code, answer.json()["code"], answer.json()["path"]) == (422, "invalid", path)


async def test_only_operators_and_admins_ask_for_decisions(inside) -> None:
    assert {role: (await ask(inside, role=role)).status_code for role in inside.keys} == {
        "client": 403,
        "operator": 200,
        "risk": 403,
        "analyst": 403,
        "admin": 200,
    }

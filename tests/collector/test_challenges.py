"""Challenges through the JSON protocol: answered, bounded, single use, redeemed once, and proved."""

import asyncio
import base64
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import altcha
import msgspec
import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import KeySet
from joserfc.registry import Header
from sqlalchemy import select

from collector.challenge.base import Attempt
from collector.challenge.captcha import Captcha
from collector.challenge.factor import Factor, SealBroken, seal, unseal
from collector.challenge.second_factor import SecondFactor
from collector.policy.rules import parse
from collector.secrets import Secrets
from collector.store.tables import decisions, outbox, subjects

SECRETS = Secrets((b"m" * 32,))
USER = "bob"
POLICY = """
name = "test"
[challenges.captcha]
lifetime_s = 300
attempts = 3
[challenges.second_factor]
lifetime_s = 300
attempts = 5
[[rules]]
name = "captcha"
when = "action == 'captcha'"
verdict = "challenge"
challenge = "captcha"
reason = "test.captcha"
explain = "As tested."
[[rules]]
name = "factor"
when = "true"
verdict = "challenge"
challenge = "second_factor"
reason = "test.factor"
explain = "As tested."
"""


@pytest.fixture
async def desk(inside: Any) -> Any:
    """A collector that challenges everybody: action "captcha" with a captcha, any other with a second factor."""
    policy = parse(POLICY)
    inside.service.settings.decision_seconds = 30.0
    object.__setattr__(inside.service.decider, "policy", policy)
    inside.service.challenges._terms = policy.terms
    return Desk(inside)


class Desk:
    """Calls as the operator and the player make them."""

    def __init__(self, inside: Any) -> None:
        self.inside = inside
        self.store = inside.service.store

    async def decide(self, action: str = "captcha", user: str = USER) -> Any:
        body = {"action": action, "user": user, "context": {"ip": "192.0.2.9"}}
        return (await self.post("/v1/decisions", body, "operator")).json()

    async def post(self, path: str, body: Any, role: str | None = None) -> Any:
        headers = {"authorization": f"Bearer {self.inside.keys[role]}"} if role else {}
        return await self.inside.client.post(path, json=body, headers=headers)

    async def view(self, id: str) -> Any:
        return (await self.inside.client.get(f"/v1/challenges/{id}")).json()

    async def answer(self, id: str, text: str) -> Any:
        return await self.post(f"/v1/challenges/{id}/answer", {"answer": text})

    async def solve(self, id: str) -> Any:
        return await self.answer(id, solved((await self.view(id))["parameters"]))

    async def verify(self, id: str, decision: str) -> Any:
        return await self.post(f"/v1/challenges/{id}/verify", {"decision": decision}, "operator")

    async def enrol(self, user: str = USER, **body: Any) -> pyotp.TOTP:
        answer = await self.post(f"/v1/subjects/{user}/second-factor", body, "operator")
        assert answer.status_code == 201, answer.text
        return pyotp.TOTP(parse_qs(urlsplit(answer.json()["otpauth"]).query)["secret"][0])

    def now_s(self) -> float:
        return self.inside.service.clock.wall_us() / 1e6


def solved(puzzle: Any) -> str:
    challenge = altcha.Challenge.from_dict(puzzle)
    solution = altcha.solve_challenge(challenge)
    assert solution is not None
    return altcha.Payload(challenge, solution).to_base64()


@pytest.mark.anyio
async def test_a_captcha_is_shown_solved_redeemed_once_and_told_to_the_bus(desk) -> None:
    told = await desk.decide()
    id = told["challenge"]["id"]
    assert told["challenge"]["url"].endswith(f"/v1/challenges/{id}/page")
    view = await desk.view(id)
    assert (view["kind"], view["state"], view["attempts_left"]) == ("captcha", "pending", 3)
    passed = (await desk.solve(id)).json()
    assert (passed["passed"], passed["state"]) == (True, "passed")
    assert (await desk.view(id))["parameters"] == {}

    redeemed = (await desk.verify(id, told["id"])).json()
    assert redeemed == {"passed": True, "decision": told["id"], "challenge": id, "proof": passed["proof"]}
    again = await desk.verify(id, told["id"])
    assert (again.status_code, again.json()["code"]) == (409, "challenge_redeemed")

    events = [
        msgspec.json.decode(row["body"])["data"] for row in await desk.store.all(select(outbox)) if row["type"] == "challenge.completed"
    ]
    assert [(event["challenge"], event["passed"], event["attempts"]) for event in events] == [(id, True, 1)]


@pytest.mark.anyio
async def test_of_two_right_answers_at_once_one_passes(desk) -> None:
    id = (await desk.decide())["challenge"]["id"]
    right = solved((await desk.view(id))["parameters"])
    answers = await asyncio.gather(*(desk.answer(id, right) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"challenge_passed"}


@pytest.mark.anyio
async def test_of_two_redemptions_at_once_one_is_told_the_proof(desk) -> None:
    told = await desk.decide()
    await desk.solve(told["challenge"]["id"])
    answers = await asyncio.gather(*(desk.verify(told["challenge"]["id"], told["id"]) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]


@pytest.mark.anyio
async def test_wrong_answers_are_counted_and_the_last_ends_the_challenge(desk) -> None:
    told = await desk.decide()
    id = told["challenge"]["id"]
    answers = [(await desk.answer(id, "bm90IGl0")).json() for _ in range(3)]
    assert [(answer["passed"], answer["attempts_left"], answer["state"]) for answer in answers] == [
        (False, 2, "pending"),
        (False, 1, "pending"),
        (False, 0, "failed"),
    ]
    late = await desk.answer(id, "bm90IGl0")
    assert (late.status_code, late.json()["code"]) == (409, "challenge_failed")
    assert (await desk.verify(id, told["id"])).json()["passed"] is False


@pytest.mark.anyio
async def test_wrong_answers_at_once_are_all_counted(desk) -> None:
    id = (await desk.decide())["challenge"]["id"]
    answers = await asyncio.gather(*(desk.answer(id, "no") for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 409, 409, 409]


@pytest.mark.anyio
async def test_the_answer_to_one_captcha_is_none_to_another(desk) -> None:
    first, second = (await desk.decide())["challenge"]["id"], (await desk.decide())["challenge"]["id"]
    right = solved((await desk.view(first))["parameters"])
    assert (await desk.answer(second, right)).json()["passed"] is False


@pytest.mark.anyio
async def test_a_challenge_expires_and_a_pass_can_not_be_redeemed_much_later(desk, clock) -> None:
    expired, passed = await desk.decide(), await desk.decide()
    await desk.solve(passed["challenge"]["id"])
    clock.advance(301)
    late = await desk.answer(expired["challenge"]["id"], "no")
    assert (late.status_code, late.json()["code"]) == (410, "challenge_expired")
    assert (await desk.view(expired["challenge"]["id"]))["state"] == "expired"
    stale = await desk.verify(passed["challenge"]["id"], passed["id"])
    assert (stale.status_code, stale.json()["code"]) == (410, "proof_expired")


@pytest.mark.anyio
async def test_a_pass_counts_for_its_own_decision_only(desk) -> None:
    told, other = await desk.decide(), await desk.decide()
    await desk.solve(told["challenge"]["id"])
    answer = await desk.verify(told["challenge"]["id"], other["id"])
    assert (answer.status_code, answer.json()["code"]) == (404, "challenge_unknown")
    assert (await desk.verify(told["challenge"]["id"], told["id"])).json()["passed"] is True


@pytest.mark.anyio
async def test_a_proof_is_checked_offline_with_the_published_keys(desk) -> None:
    told = await desk.decide()
    proof = (await desk.solve(told["challenge"]["id"])).json()["proof"]
    keys = KeySet.import_key_set((await desk.inside.client.get("/.well-known/jwks.json")).json())
    with pytest.warns(UserWarning, match="RFC 9864"):
        checked = jws.deserialize_compact(proof, keys, algorithms=["EdDSA"])
    claims, header = json.loads(checked.payload or b""), Header(checked.headers())
    assert (claims["iss"], claims["sub"], claims["challenge"], claims["kind"]) == (
        "countersign",
        told["id"],
        told["challenge"]["id"],
        "captcha",
    )
    assert {"session", "exp", "jti"} <= set(claims)
    assert header["alg"] == "EdDSA"


@pytest.mark.anyio
async def test_a_second_factor_is_asked_for_and_passes_with_the_code_of_the_moment(desk) -> None:
    codes = await desk.enrol()
    told = await desk.decide("login")
    assert told["challenge"]["kind"] == "second_factor"
    assert (await desk.view(told["challenge"]["id"]))["parameters"] == {"digits": 6, "period_s": 30}
    right = codes.at(desk.now_s())
    assert (await desk.answer(told["challenge"]["id"], f"{right[:3]} {right[3:]}")).json()["passed"] is True


@pytest.mark.anyio
async def test_a_code_is_good_once_for_all_challenges_and_one_before_it_never_after(desk) -> None:
    codes = await desk.enrol()
    first, second = await desk.decide("login"), await desk.decide("login")
    now = desk.now_s()
    assert (await desk.answer(first["challenge"]["id"], codes.at(now))).json()["passed"] is True
    assert (await desk.answer(second["challenge"]["id"], codes.at(now))).json()["passed"] is False
    assert (await desk.answer(second["challenge"]["id"], codes.at(now - 30))).json()["passed"] is False
    assert (await desk.answer(second["challenge"]["id"], codes.at(now + 30))).json()["passed"] is True


@pytest.mark.anyio
async def test_the_same_code_for_two_challenges_at_once_passes_one(desk) -> None:
    codes = await desk.enrol()
    ids = [(await desk.decide("login"))["challenge"]["id"] for _ in range(4)]
    answers = await asyncio.gather(*(desk.answer(id, codes.at(desk.now_s())) for id in ids))
    assert sorted(answer.json()["passed"] for answer in answers) == [False, False, False, True]


@pytest.mark.anyio
async def test_guessing_codes_over_many_challenges_is_throttled(desk) -> None:
    await desk.enrol()
    seen = []
    for _ in range(5):
        id = (await desk.decide("login"))["challenge"]["id"]
        seen += [(await desk.answer(id, "000000")).status_code for _ in range(5)]
    assert (seen[:20], seen[-1]) == ([200] * 20, 429)


@pytest.mark.anyio
async def test_who_has_no_second_factor_gets_a_captcha_and_the_reasons_say_so(desk) -> None:
    told = await desk.decide("login")
    assert told["challenge"]["kind"] == "captcha"
    assert told["reasons"][:2] == ["test.factor", "second_factor.not_enrolled"]


@pytest.mark.anyio
async def test_a_second_factor_is_replaced_only_when_asked_and_kept_sealed(desk) -> None:
    codes = await desk.enrol()
    again = await desk.post(f"/v1/subjects/{USER}/second-factor", {}, "operator")
    assert (again.status_code, again.json()["code"]) == (409, "second_factor_enrolled")
    assert (await desk.enrol(replace=True)).secret != codes.secret
    row = await desk.store.one(select(subjects.c.second_factor))
    assert codes.secret.encode() not in row["second_factor"]


@pytest.mark.anyio
async def test_the_visit_of_a_challenge_is_learned_when_it_has_passed(desk) -> None:
    told = await desk.decide()
    assert (await desk.store.one(select(subjects.c.journey)))["journey"] == b""
    await desk.solve(told["challenge"]["id"])
    assert (await desk.store.one(select(subjects.c.journey)))["journey"] != b""
    assert (await desk.store.one(select(decisions.c.id)))["id"] == told["id"]


@pytest.mark.anyio
async def test_a_challenge_that_there_is_not_is_a_problem_everywhere(desk) -> None:
    for answer in (
        await desk.inside.client.get("/v1/challenges/c_none"),
        await desk.answer("c_none", "x"),
        await desk.verify("c_none", "d_none"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "challenge_unknown")


CAPTCHA = Captcha(SECRETS, cost=1, counters=(1, 3))
STATE = CAPTCHA.issue("c_1")


@given(st.text() | st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5).map(json.dumps))
def test_anything_that_is_no_solution_is_a_wrong_answer(text: str) -> None:
    for sent in (text, base64.b64encode(text.encode("utf-8", "surrogatepass")).decode()):
        assert CAPTCHA.mark(Attempt("c_1", STATE, sent, 0)).right is False


@given(
    st.dictionaries(
        st.sampled_from(["challenge", "solution"]),
        st.dictionaries(
            st.sampled_from(["parameters", "signature", "counter", "derivedKey"]),
            st.none() | st.integers() | st.text() | st.dictionaries(st.text(), st.text()),
        ),
    )
)
def test_payloads_of_the_right_shape_but_with_other_contents_are_wrong_answers(payload: Any) -> None:
    sent = base64.b64encode(json.dumps(payload).encode()).decode()
    assert CAPTCHA.mark(Attempt("c_1", STATE, sent, 0)).right is False


def test_a_captcha_made_under_an_older_master_key_is_still_answered() -> None:
    rotated = Captcha(Secrets((b"m" * 32, b"n" * 32)), cost=1, counters=(1, 3))
    right = solved(CAPTCHA.present("c_1", STATE).parameters)
    assert rotated.mark(Attempt("c_1", STATE, right, 0)).right is True


def test_a_captcha_shown_again_is_the_same_one() -> None:
    assert CAPTCHA.present("c_2", STATE) == CAPTCHA.present("c_2", STATE)


def test_whichever_collector_made_the_puzzle_its_solution_is_right() -> None:
    other = Captcha(SECRETS, cost=1, counters=(3, 5))
    for maker, marker in ((CAPTCHA, other), (other, CAPTCHA)):
        right = solved(maker.present("c_1", STATE).parameters)
        assert marker.mark(Attempt("c_1", STATE, right, 0)).right is True
        assert marker.mark(Attempt("c_3", STATE, right, 0)).right is False


def test_a_factor_opens_for_its_subject_and_under_its_keys_only() -> None:
    sealed = seal(SECRETS, "s1", Factor("ABC", 7))
    rotated = Secrets((b"m" * 32, b"n" * 32))
    opened = unseal(rotated, "s1", sealed)
    assert (opened.secret, opened.last_step) == ("ABC", 7)
    for secrets, subject, stored in (
        (SECRETS, "s2", sealed),
        (Secrets((b"x" * 32,)), "s1", sealed),
        (SECRETS, "s1", sealed[:-1]),
        (SECRETS, "s1", b""),
    ):
        with pytest.raises(SealBroken):
            unseal(secrets, subject, stored)


@pytest.mark.parametrize(("drift", "right"), [(-61, False), (-30, True), (0, True), (30, True), (61, False)])
def test_a_phones_clock_may_be_one_step_off(drift: int, right: bool) -> None:
    factor = Factor(pyotp.random_base32())
    now_s = 1_760_000_010
    attempt = Attempt("c", b"", pyotp.TOTP(factor.secret).at(now_s + drift), now_s * 1_000_000, "s1", seal(SECRETS, "s1", factor))
    assert SecondFactor(SECRETS).mark(attempt).right is right


@given(st.text(max_size=12))
def test_what_is_no_code_is_a_wrong_answer(text: str) -> None:
    sealed = seal(SECRETS, "s1", Factor("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"))
    right = pyotp.TOTP("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP").at(1000)
    assert SecondFactor(SECRETS).mark(Attempt("c", b"", text, 1_000_000_000, "s1", sealed)).right is (("".join(text.split())) == right)

"""The operator's half: decisions, verifications, and what happens when there are none to be had."""

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from sdk_py.operator import AsyncOperator, Decision, Operator, OperatorError, Verdict, Verification

ANSWER = {
    "id": "d_1",
    "verdict": "challenge",
    "risk": 0.7,
    "scores": {
        "timing": {
            "value": 0.9,
            "confidence": 0.8,
            "reasons": [{"name": "timing.regular", "detail": "Even.", "contribution": 1.5}],
            "missing": [],
        },
        "network": {"value": None, "confidence": 0.0, "reasons": [], "missing": ["kind: no_database"]},
    },
    "reasons": ["bot_likely"],
    "challenge": {"id": "c_1", "kind": "captcha", "url": "http://127.0.0.1/c_1", "expires_us": 5},
    "failover": None,
    "policy": "p1",
    "model": "m1",
    "at_us": 1,
}


class Service:
    """Answers every request with `status` and `body`; with `hang`, not at all until it is over."""

    def __init__(self) -> None:
        self.status, self.body, self.hang = 200, json.dumps(ANSWER).encode(), False
        self.asked: list[tuple[str, str, Any]] = []
        self.over = threading.Event()
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
                service.asked.append((self.path, self.headers["authorization"], asked))
                if service.hang:
                    service.over.wait(10)
                    self.close_connection = True
                    return
                self.send_response(service.status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(service.body)))
                self.end_headers()
                self.wfile.write(service.body)

            def log_message(self, format: str, *args: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        self.over.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def service() -> Iterator[Service]:
    served = Service()
    yield served
    served.stop()


@pytest.fixture(params=["sync", "async"])
def how(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def decide(how: str, url: str, failover: Verdict = "challenge", timeout: float = 5.0, **told: Any) -> Decision:
    told = {"action": "login", "token": "t", **told}
    if how == "sync":
        with Operator(url, "ok_1", failover, timeout) as operator:
            return operator.decide(**told)

    async def ask() -> Decision:
        async with AsyncOperator(url, "ok_1", failover, timeout) as operator:
            return await operator.decide(**told)

    return asyncio.run(ask())


def verify(how: str, url: str) -> Verification:
    if how == "sync":
        with Operator(url, "ok_1", "allow", 5.0) as operator:
            return operator.verify("c_1", "d_1")

    async def ask() -> Verification:
        async with AsyncOperator(url, "ok_1", "allow", 5.0) as operator:
            return await operator.verify("c_1", "d_1")

    return asyncio.run(ask())


def test_a_decision_comes_back_whole(how: str, service: Service) -> None:
    decision = decide(how, service.url, user="u", context={"ip": "192.0.2.1"}, request_id="r")
    assert decision.verdict == "challenge"
    assert decision.challenge is not None
    assert decision.challenge.kind == "captcha"
    assert decision.scores["timing"].reasons[0].contribution == 1.5
    assert decision.scores["network"].value is None
    assert decision.failover is None
    asked = {"action": "login", "token": "t", "user": "u", "context": {"ip": "192.0.2.1"}, "request_id": "r"}
    assert service.asked == [("/v1/decisions", "Bearer ok_1", asked)]


def test_no_token_is_told_as_none_at_all(how: str, service: Service) -> None:
    decide(how, service.url, token="")
    assert service.asked[0][2] == {"action": "login"}


@pytest.mark.parametrize("failover", ["allow", "challenge", "deny"])
def test_a_hanging_collector_gives_the_failover(how: str, service: Service, failover: Verdict) -> None:
    service.hang = True
    assert decide(how, service.url, failover, timeout=0.2) == Decision(failover, failover="timeout")


def test_a_collector_that_is_down_gives_the_failover(how: str, service: Service) -> None:
    service.stop()
    assert decide(how, service.url, "deny") == Decision("deny", failover="unreachable")


@pytest.mark.parametrize(("status", "why"), [(500, "unavailable"), (503, "unavailable"), (429, "limited"), (302, "unavailable")])
def test_a_collector_that_cannot_answer_now_gives_the_failover(how: str, service: Service, status: int, why: str) -> None:
    service.status = status
    assert decide(how, service.url) == Decision("challenge", failover=why)


@pytest.mark.parametrize("body", [b"", b"nonsense", b"[]", b"{}", b'{"verdict": "perhaps", "id": "d"}'])
def test_an_answer_that_is_none_gives_the_failover(how: str, service: Service, body: bytes) -> None:
    service.body = body
    assert decide(how, service.url, "deny") == Decision("deny", failover="bad_answer")


def test_a_failover_of_the_collectors_own_is_told(how: str, service: Service) -> None:
    service.body = json.dumps({**ANSWER, "failover": "challenge"}).encode()
    assert decide(how, service.url).failover == "collector"


def test_a_request_that_will_never_do_is_an_error_with_its_code(how: str, service: Service) -> None:
    service.status, service.body = 403, b'{"code": "wrong_role", "detail": "that is a client key"}'
    with pytest.raises(OperatorError, match="that is a client key") as caught:
        decide(how, service.url)
    assert (caught.value.status, caught.value.code) == (403, "wrong_role")


def test_a_passed_challenge_brings_its_proof(how: str, service: Service) -> None:
    service.body = b'{"passed": true, "decision": "d_1", "challenge": "c_1", "proof": "jwt"}'
    assert verify(how, service.url) == Verification(True, "d_1", "c_1", "jwt")
    assert service.asked == [("/v1/challenges/c_1/verify", "Bearer ok_1", {"decision": "d_1"})]


def test_a_pass_for_another_decision_is_none(how: str, service: Service) -> None:
    service.body = b'{"passed": true, "decision": "d_2", "challenge": "c_1", "proof": "jwt"}'
    assert not verify(how, service.url).passed


def test_what_cannot_be_verified_is_not_passed_even_where_the_failover_is_to_allow(how: str, service: Service) -> None:
    service.status = 500
    assert verify(how, service.url) == Verification(False, "d_1", "c_1", failover="unavailable")


def test_a_failover_that_is_no_verdict_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="failover is one of"):
        Operator("http://127.0.0.1:1", "ok_1", failover="maybe")  # type: ignore[arg-type]

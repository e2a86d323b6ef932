"""The operator's half: ask for a decision when somebody logs in, and whether a challenge was passed.

    operator = Operator("https://collector.example", key="ok_...", failover="challenge", timeout=1.0)
    decision = operator.decide(action="login", token=form["token"], user=user.id, context={"ip": request.ip})
    if decision.verdict == "challenge": ...  # show decision.challenge.url, then:
    operator.verify(decision.challenge.id, decision.id).passed

A proof that comes back with a passed challenge is a JWT that can also be checked offline, with any JOSE library, against the keys
at `/.well-known/jwks.json`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import quote

from sdk_py.decision import (
    UNREADABLE,
    VERDICTS,
    Challenge,
    Decision,
    Reason,
    Score,
    Verdict,
    Verification,
    read_decision,
    read_verification,
)
from sdk_py.version import VERSION
from wire.schema import Scalar

if TYPE_CHECKING:
    import httpx

_PASSING: Final = frozenset({408, 425, 429})
"""Statuses below 500 that say "not now": they are no bug of the operator's."""


class OperatorError(Exception):
    """The collector does not take the request as it is. `code` is the problem's: unknown_key, wrong_role, invalid, ..."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class _Call:
    path: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True, repr=False)
class _Settings:
    """What both kinds of operator have in common: everything but the waiting."""

    url: str
    key: str
    failover: Verdict
    timeout: float

    def __post_init__(self) -> None:
        if self.failover not in VERDICTS:
            raise ValueError(f"failover is one of {', '.join(VERDICTS)}, not {self.failover!r}")

    def client_settings(self) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {self.key}", "user-agent": f"countersign-operator-py/{VERSION}"}
        return {"base_url": self.url.rstrip("/"), "headers": headers, "timeout": self.timeout}


def _decide(action: str, token: str | None, user: str | None, context: Mapping[str, Scalar] | None, request_id: str | None) -> _Call:
    told = {"token": token or None, "user": user, "context": dict(context or {}), "request_id": request_id}
    return _Call("/v1/decisions", {"action": action, **{name: value for name, value in told.items() if value}})


def _verify(challenge: str, decision: str) -> _Call:
    return _Call(f"/v1/challenges/{quote(challenge, safe='')}/verify", {"decision": decision})


def _unavailable(response: "httpx.Response") -> str | None:
    """Return why this is no answer to go by, None where it is one. Raises OperatorError for a request that will never do."""
    status = response.status_code
    if 200 <= status < 300:
        return None
    if status >= 500 or status in _PASSING or status < 400:
        return "limited" if status == 429 else "unavailable"
    try:
        problem = response.json()
    except ValueError:
        problem = None
    if not isinstance(problem, dict):
        problem = {}
    raise OperatorError(status, str(problem.get("code", "refused")), str(problem.get("detail", "no reason given")))


def _why(error: Exception) -> str:
    import httpx

    return "timeout" if isinstance(error, TimeoutError | httpx.TimeoutException) else "unreachable"


class Operator:
    """Asks from ordinary code. One instance serves many threads. httpx is loaded with the first instance."""

    def __init__(self, url: str, key: str, failover: Verdict = "challenge", timeout: float = 1.0) -> None:
        import httpx

        self._settings = _Settings(url, key, failover, timeout)
        self._client = httpx.Client(**self._settings.client_settings())

    def decide(
        self,
        *,
        action: str,
        token: str | None,
        user: str | None = None,
        context: Mapping[str, Scalar] | None = None,
        request_id: str | None = None,
    ) -> Decision:
        """Return what to do about `user` who asks for `action` with the session `token` of the login form.

        `context` carries what the operator sees: ip, user_agent, timezone, language, and scalars that its policy knows. With the same
        `request_id` the same request gets the same answer. No answer within `timeout` seconds gives `failover`. Raises OperatorError.
        """
        body, why = self._ask(_decide(action, token, user, context, request_id))
        try:
            return Decision(self._settings.failover, failover=why) if why else read_decision(body)
        except UNREADABLE:
            return Decision(self._settings.failover, failover="bad_answer")

    def verify(self, challenge: str, decision: str) -> Verification:
        """Return whether the challenge was passed, for this decision. It can be said once. Raises OperatorError."""
        body, why = self._ask(_verify(challenge, decision))
        try:
            return Verification(False, decision, challenge, failover=why) if why else read_verification(body, challenge, decision)
        except UNREADABLE:
            return Verification(False, decision, challenge, failover="bad_answer")

    def close(self) -> None:
        """Let go of connections."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _ask(self, call: _Call) -> tuple[bytes, str | None]:
        import httpx

        try:
            response = self._client.post(call.path, json=call.body)
        except (httpx.HTTPError, OSError) as error:
            return b"", _why(error)
        return response.content, _unavailable(response)


class AsyncOperator:
    """Asks from coroutines of one event loop, otherwise as `Operator`."""

    def __init__(self, url: str, key: str, failover: Verdict = "challenge", timeout: float = 1.0) -> None:
        import httpx

        self._settings = _Settings(url, key, failover, timeout)
        self._client = httpx.AsyncClient(**self._settings.client_settings())

    async def decide(
        self,
        *,
        action: str,
        token: str | None,
        user: str | None = None,
        context: Mapping[str, Scalar] | None = None,
        request_id: str | None = None,
    ) -> Decision:
        """Return what to do; see `Operator.decide`."""
        body, why = await self._ask(_decide(action, token, user, context, request_id))
        try:
            return Decision(self._settings.failover, failover=why) if why else read_decision(body)
        except UNREADABLE:
            return Decision(self._settings.failover, failover="bad_answer")

    async def verify(self, challenge: str, decision: str) -> Verification:
        """Return whether the challenge was passed; see `Operator.verify`."""
        body, why = await self._ask(_verify(challenge, decision))
        try:
            return Verification(False, decision, challenge, failover=why) if why else read_verification(body, challenge, decision)
        except UNREADABLE:
            return Verification(False, decision, challenge, failover="bad_answer")

    async def aclose(self) -> None:
        """Let go of connections."""
        await self._client.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.aclose()

    async def _ask(self, call: _Call) -> tuple[bytes, str | None]:
        import asyncio

        import httpx

        try:
            async with asyncio.timeout(self._settings.timeout):
                response = await self._client.post(call.path, json=call.body)
        except (httpx.HTTPError, OSError) as error:
            return b"", _why(error)
        return response.content, _unavailable(response)


__all__ = [
    "AsyncOperator",
    "Challenge",
    "Decision",
    "Operator",
    "OperatorError",
    "Reason",
    "Score",
    "Verdict",
    "Verification",
]

"""The operator's half of the demo: ask for a decision, and put a step-up to the player."""

from dataclasses import dataclass
from typing import Any

import altcha
import httpx
import pyotp

from collector.demo.cast import Actor
from collector.demo.stage import Stage
from sdk_py.operator import Decision, Operator
from zoo.machines import LAPTOP


@dataclass(frozen=True, slots=True)
class Login:
    """How one login ended."""

    decision: Decision
    challenge: dict[str, Any] | None
    """{"kind", "passed"} of the step-up, None where there was none."""


class Desk:
    """Asks the collector about each player who wants to log in."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._operator = Operator(stage.url, stage.keys["operator"], timeout=5.0)
        self._http = httpx.Client(base_url=stage.url, timeout=10.0)
        self._factors: dict[str, str] = {}

    def enrol(self, user: str) -> None:
        """Give a user a second factor, as the operator's account page would."""
        key = {"authorization": f"Bearer {self._stage.keys['operator']}"}
        answer = self._http.post(f"/v1/subjects/{user}/second-factor", json={"account": user}, headers=key)
        self._factors[user] = answer.raise_for_status().json()["otpauth"]

    def login(self, actor: Actor, address: str) -> Login:
        """Decide on a login, and let the player answer the challenge if there is one."""
        user = actor.player.name
        context = {"ip": address, "timezone": LAPTOP.timezone or ""}
        decision = self._operator.decide(action="login", token=actor.token, user=user, context=context)
        if decision.challenge is None:
            return Login(decision, None)
        self._answer(decision.challenge.id, user, honestly=actor.player.solves)
        passed = self._operator.verify(decision.challenge.id, decision=decision.id).passed
        return Login(decision, {"kind": decision.challenge.kind, "passed": passed})

    def close(self) -> None:
        """Hang up."""
        self._operator.close()
        self._http.close()

    def _answer(self, challenge: str, user: str, *, honestly: bool) -> None:
        asked = self._http.get(f"/v1/challenges/{challenge}").raise_for_status().json()
        self._http.post(f"/v1/challenges/{challenge}/answer", json={"answer": self._solve(asked, user) if honestly else "000000"})

    def _solve(self, asked: dict[str, Any], user: str) -> str:
        if asked["kind"] == "second_factor":
            factor = pyotp.parse_uri(self._factors[user])
            assert isinstance(factor, pyotp.TOTP)
            return factor.now()
        puzzle = altcha.Challenge.from_dict(asked["parameters"])
        solution = altcha.solve_challenge(puzzle)
        assert solution is not None
        return altcha.Payload(puzzle, solution).to_base64()

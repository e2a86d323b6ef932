"""A captcha that asks nothing of people: proof of work (https://altcha.org, PoW v2).

The client looks for the one counter whose PBKDF2 key (RFC 8018) starts with a given prefix. The counter is chosen when the challenge is
made, so the work has an upper bound that an old phone can bear, and checking the answer costs one HMAC.
"""

import json
import secrets as randomness
from dataclasses import dataclass
from typing import Any, Final

import altcha

from collector.challenge.base import Attempt, Marked, Presentation
from collector.policy.rules import ChallengeKind
from collector.secrets import Secrets

ALGORITHM: Final = "PBKDF2/SHA-256"


@dataclass(frozen=True, slots=True)
class Captcha:
    """Implements `Challenge`. `cost` is iterations of one derivation, `counters` the range in which the answer lies."""

    secrets: Secrets
    cost: int = 1000
    counters: tuple[int, int] = (200, 1000)
    kind: ChallengeKind = ChallengeKind.CAPTCHA

    def issue(self, challenge: str) -> bytes:
        version = self.secrets.version
        low, high = self.counters
        made = altcha.create_challenge(
            ALGORITHM,
            self.cost,
            counter=low + randomness.randbelow(high - low),
            hmac_secret=self._sign_key(challenge, version),
            hmac_key_secret=self._answer_key(challenge, version),
        )
        return json.dumps({"key": version, "challenge": made.to_dict()}).encode()

    def present(self, state: bytes) -> Presentation:
        puzzle: dict[str, Any] = json.loads(state)["challenge"]
        return Presentation("Checking that you are not a robot. This takes a moment, and you need not do anything.", puzzle)

    def mark(self, attempt: Attempt) -> Marked:
        version = json.loads(attempt.state)["key"]
        result = altcha.verify_solution(
            attempt.answer,
            self._sign_key(attempt.challenge, version),
            hmac_key_secret=self._answer_key(attempt.challenge, version),
        )
        return Marked(result.verified)

    def _sign_key(self, challenge: str, version: int) -> bytes:
        # one key for each challenge: a puzzle made for another one carries no valid signature here
        return self.secrets.key("captcha", challenge, version)

    def _answer_key(self, challenge: str, version: int) -> bytes:
        return self.secrets.key("captcha-answer", challenge, version)

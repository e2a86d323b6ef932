"""A captcha that asks nothing of people: proof of work (https://altcha.org, PoW v2).

The client looks for the one counter whose PBKDF2 key (RFC 8018) starts with a given prefix. The counter is chosen with the puzzle, so the
work has an upper bound that an old phone can bear, and checking the answer costs one HMAC.

A puzzle is made when the challenge is first shown: most are decided on in the middle of a login, and some are never looked at. It is signed
with its challenge's own key, so a solution counts for that challenge alone, whichever collector made the puzzle; that it counts once
is the ledger's business.
"""

import json
import secrets as randomness
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import altcha

from collector.challenge.base import Attempt, Marked, Presentation
from collector.policy.rules import ChallengeKind
from collector.secrets import Secrets

ALGORITHM: Final = "PBKDF2/SHA-256"
SHOWN: Final = 1024
"""Puzzles that are kept, so that a page loaded again gets the same one and costs nothing."""


@dataclass(frozen=True, slots=True)
class Captcha:
    """Implements `Challenge`. `cost` is iterations of one derivation, `counters` the range in which the answer lies."""

    secrets: Secrets
    cost: int = 1000
    counters: tuple[int, int] = (200, 1000)
    kind: ChallengeKind = ChallengeKind.CAPTCHA

    def issue(self, challenge: str) -> bytes:
        return json.dumps({"key": self.secrets.version}).encode()

    def present(self, challenge: str, state: bytes) -> Presentation:
        puzzle = _puzzle(self, challenge, json.loads(state)["key"])
        return Presentation("Checking that you are not a robot. This takes a moment, and you need not do anything.", puzzle)

    def mark(self, attempt: Attempt) -> Marked:
        version = json.loads(attempt.state)["key"]
        result = altcha.verify_solution(
            attempt.answer,
            self._sign_key(attempt.challenge, version),
            hmac_key_secret=self._answer_key(attempt.challenge, version),
        )
        return Marked(result.verified)

    def puzzle(self, challenge: str, version: int) -> dict[str, Any]:
        """Return a new puzzle under the keys that this version of the master key makes for this challenge."""
        low, high = self.counters
        made = altcha.create_challenge(
            ALGORITHM,
            self.cost,
            counter=low + randomness.randbelow(high - low),
            hmac_secret=self._sign_key(challenge, version),
            hmac_key_secret=self._answer_key(challenge, version),
        )
        return made.to_dict()

    def _sign_key(self, challenge: str, version: int) -> bytes:
        # one key for each challenge: a puzzle made for another one carries no valid signature here
        return self.secrets.key("captcha", challenge, version)

    def _answer_key(self, challenge: str, version: int) -> bytes:
        return self.secrets.key("captcha-answer", challenge, version)


@lru_cache(SHOWN)
def _puzzle(captcha: Captcha, challenge: str, version: int) -> dict[str, Any]:
    return captcha.puzzle(challenge, version)

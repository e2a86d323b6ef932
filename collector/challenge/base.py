"""What a kind of challenge has to be able to do. Pure: the ledger keeps states, counts attempts and expires."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from collector.policy.rules import ChallengeKind


@dataclass(frozen=True, slots=True)
class Presentation:
    """What a player is shown: a plain sentence, and what the client needs to answer."""

    prompt: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One answer to one challenge."""

    challenge: str
    state: bytes
    answer: str
    now_us: int
    subject: str | None = None
    factor: bytes | None = None
    """The subject's sealed second factor."""


@dataclass(frozen=True, slots=True)
class Marked:
    """Whether the answer was right, and the subject's second factor as it is afterwards, where that changed."""

    right: bool
    factor: bytes | None = None


class Challenge(Protocol):
    """One kind."""

    @property
    def kind(self) -> ChallengeKind:
        """Which one it is."""

    def issue(self, challenge: str) -> bytes:
        """Return the state of a new challenge with this id. Called with every decision that challenges: work can wait until it is shown."""

    def present(self, challenge: str, state: bytes) -> Presentation:
        """Return what to show."""

    def mark(self, attempt: Attempt) -> Marked:
        """Tell whether an answer is right. Anything that is no answer at all is a wrong one."""

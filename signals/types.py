"""The nouns of scoring: Facts come in, History remembers, a Finding is one detector's word, an Assessment is the whole.

`learn(history, facts) -> History` folds what a batch told into what is remembered of a session; `assess(evidence) -> Finding`
reads only what is remembered. So batches may be cut anywhere: the same events leave the same History, hence the same scores.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from geo.place import Place
from signals.visit import Visit
from wire.schema import Action, ClockPair, DeviceFacts, IntegrityFacts

if TYPE_CHECKING:
    from signals.history import History
    from signals.timing.model import TimingModel

IntArray = NDArray[np.int64]
ByteArray = NDArray[np.uint8]

NOT_APPLICABLE: Final = "not_applicable"
"""Why a detector abstains where there is nothing of its kind to look at (touch on a desktop): it lowers no confidence."""


class ScoreName(StrEnum):
    """The five scores, in the order in which they are shown."""

    TIMING = "timing"
    EMULATOR = "emulator"
    INTEGRITY = "integrity"
    NETWORK = "network"
    DRIFT = "drift"


def _no_ints() -> IntArray:
    return np.empty(0, np.int64)


def _no_bytes() -> ByteArray:
    return np.empty(0, np.uint8)


@dataclass(frozen=True, slots=True)
class AssetCheck:
    """How the digests that a client reported compare with the manifests of its build."""

    known_build: bool
    matched: int = 0
    altered: tuple[str, ...] = ()
    """Paths whose digest is in no manifest of the build."""
    unexpected: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    """Paths of the manifest that the client does not have; known once the report is done."""
    done: bool = False


@dataclass(frozen=True, slots=True)
class ProbeCheck:
    """How the answers to asset probes compare with what they had to be."""

    passed: int = 0
    failed: int = 0
    unanswered: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """What one batch (or the hello) told, decoded and enriched. Arrays of input events have shape (n,), those of frames (m,)."""

    arrived_us: int
    """Server wall clock, µs."""
    clock: ClockPair | None = None
    t_us: IntArray = field(default_factory=_no_ints)
    """Client monotonic µs of each input event, never falling."""
    kind: ByteArray = field(default_factory=_no_bytes)
    code: ByteArray = field(default_factory=_no_bytes)
    x: IntArray = field(default_factory=_no_ints)
    y: IntArray = field(default_factory=_no_ints)
    frames_us: IntArray = field(default_factory=_no_ints)
    """Client monotonic µs of each frame."""
    actions: tuple[Action, ...] = ()
    device: DeviceFacts | None = None
    integrity: IntegrityFacts | None = None
    code_known: bool | None = None
    """The SDK's code digest is one of a released SDK; None when it can't be told."""
    assets: AssetCheck | None = None
    probes: ProbeCheck | None = None
    address: str | None = None
    """Canonical text of the address that the batch came from, a key to compare by, never shown."""
    place: Place | None = None
    prefix: str | None = None
    """The address's neighbourhood (/24 or /48), a key like `address`; without it the address stands for itself."""
    company: bool = False
    """The address is in a company network that the operator knows."""
    place_offset_min: int | None = None
    """Minutes east of UTC where the address is, on arrival."""
    ja4: str | None = None
    """TLS fingerprint of the connection, as a trusted proxy names it."""
    lost: Mapping[str, int] = field(default_factory=dict)
    replays: tuple["ReplayMatch", ...] = ()
    """Remembered recordings that this batch's stretches of input are near to, each stretch once."""


class Reason(msgspec.Struct, frozen=True, gc=False):
    """One part of a finding: a stable dotted name, a plain sentence, and its contribution in log-odds (nats).

    Dozens are made for every batch, and a frozen dataclass takes ten times as long to make.
    """

    name: str
    detail: str
    contribution: float


class Finding(msgspec.Struct, frozen=True):
    """One detector's word. `evidence` is a log-likelihood ratio in nats (bot against honest), None when it abstains.

    The contributions of the reasons add up to the evidence. `confidence` in 0..1 says how much there was to look at.
    """

    evidence: float | None
    confidence: float = 0.0
    reasons: tuple[Reason, ...] = ()
    abstained: str | None = None
    """Why there is no evidence: too_few_events, not_reported, no_database, ..."""
    features: Mapping[str, float] = {}
    """What was measured, for people who look closer: bits, counts, ratios."""


class Score(msgspec.Struct, frozen=True):
    """One of the five, 0 (honest) to 1 (bot), or None where every detector of it abstained."""

    value: float | None
    confidence: float
    reasons: tuple[Reason, ...] = ()
    missing: tuple[str, ...] = ()
    """Detectors that abstained, `name: why`."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """Risk and what it is made of: `logit(risk) == base + sum of all contributions`, to rounding."""

    risk: float
    base: float
    """Log-odds at the stated base rate, before any evidence."""
    scores: Mapping[ScoreName, Score]
    model: str
    """Version of the model that weighed."""

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """All reasons, the weightiest first."""
        found = (reason for score in self.scores.values() for reason in score.reasons)
        return tuple(sorted(found, key=lambda reason: -abs(reason.contribution)))


@dataclass(frozen=True, slots=True)
class DeviceMemory:
    """What is remembered of a device across its sessions."""

    known: bool = False
    sessions: int = 0
    cloned: int = 0
    """How often its counter came a second time: somebody holds a copy."""
    forged: int = 0
    """How often its proof did not verify."""
    journey: bytes = b""
    """Where it has been, whoever played: opaque, read and written by `signals.drift.journey`."""


@dataclass(frozen=True, slots=True)
class ReplayMatch:
    """A remembered sketch that is near a recent stretch of this session's input."""

    distance: float
    same_device: bool
    same_subject: bool
    age_s: float
    stretches: int = 1
    """How many stretches matched the same recording."""
    source: str = ""
    """Which recording: the session it was made in."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the rest of the world says about the address of the moment. Counts are of the last 24 hours, decayed."""

    subjects_on_address: float = 0.0
    devices_on_address: float = 0.0
    subjects_on_prefix: float = 0.0
    asn_bad: float = 0.0
    """Labelled fraud on this ASN, decayed count."""
    asn_good: float = 0.0
    common: Mapping[str, float] = field(default_factory=dict)
    """How often each feature value of the current visit comes among everybody's visits, by `signals.drift.features.Step.key`;
    empty where nobody counted."""
    everybody: float = 0.0
    """Decayed count of everybody's visits."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything a detector may look at."""

    history: "History"
    device: DeviceMemory = field(default_factory=DeviceMemory)
    replays: tuple[ReplayMatch, ...] = ()
    surroundings: Surroundings = field(default_factory=Surroundings)
    subject: "SubjectMemory | None" = None
    """Only at a decision, when the operator has said who it is."""
    visit: Visit | None = None
    """Only at a decision: the visit that asks to be let in. It is not yet part of any journey."""
    speed_limit_kmh: float = 900.0
    """Faster than this nobody travels."""
    timing: "TimingModel | None" = None
    """The fitted timing model in force, None for the one that is shipped."""


@dataclass(frozen=True, slots=True)
class SubjectMemory:
    """What is remembered of a subject (a keyed pseudonym): an opaque journey that `signals.drift.journey` reads and writes."""

    journey: bytes = b""

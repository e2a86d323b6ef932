"""What is remembered of a session, as a value: a fold over its hello and its batches, the newest of which may still wait to be folded.

Of a batch, what has to be said at once is looked at when it comes: assets, answers to probes, what is attached to the process (the
Ledger). Its input waits, and several batches are folded into the History together when somebody asks for it, as the price of a fold is
its calls and not its events. Waiting costs nothing that a crash could take: the journal has every batch.
"""

from dataclasses import dataclass, field
from typing import Final

import msgspec

from collector import assets
from collector.assets import Checked, Ledger
from collector.builds import Build
from collector.origins import Origin
from signals import facts
from signals.facts import Circumstances
from signals.history import EMPTY, History, dump, learn, load
from signals.types import AssetCheck, Facts, ProbeCheck
from wire.schema import Batch, Hello

PENDING: Final = 8
"""Batches that may wait."""
PENDING_BYTES: Final = 64 * 1024
"""What they may weigh; a batch of five seconds of play has some five thousand."""
_EVENT: Final = 10
_ACTION: Final = 512
_ATTRIBUTE: Final = 1024
_FILE: Final = 512
"""Bytes of each at most, texts in full length."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A batch that was taken in, with what was found on its arrival."""

    batch: Batch
    arrived_us: int
    address: str | None
    assets: AssetCheck | None = None
    probes: ProbeCheck | None = None
    code_known: bool | None = None

    @property
    def weight(self) -> int:
        """About how many bytes it takes while it waits."""
        batch = self.batch
        texts = _ACTION * len(batch.actions) + sum(_ATTRIBUTE * len(action.extra) for action in batch.actions)
        files = _FILE * len(batch.assets.files) if batch.assets else 0
        return _EVENT * len(batch.input.kind) + len(batch.frames) + texts + files

    def told(self, origin: Origin) -> Facts:
        """Return what it told; `origin` is what its address was on arrival."""
        return facts.of_batch(self.batch, circumstances(origin, self.arrived_us, self.assets, self.probes, self.code_known))


@dataclass(frozen=True, slots=True)
class Memory:
    """A session's ledger, up to its last batch, and its history, which lacks the batches that wait."""

    history: History = EMPTY
    ledger: Ledger = field(default_factory=Ledger)
    pending: tuple[Taken, ...] = ()
    """The oldest first."""

    @property
    def full(self) -> bool:
        """No more may wait: what does is to be folded."""
        return len(self.pending) >= PENDING or sum(one.weight for one in self.pending) > PENDING_BYTES

    def plus(self, batch: Batch, build: Build, checked: Checked, arrived_us: int, address: str | None) -> "Memory":
        """Return the memory with a batch more, which waits."""
        taken = Taken(batch, arrived_us, address, checked.assets, checked.probes, assets.code_known(build, batch.integrity))
        return Memory(self.history, checked.ledger, (*self.pending, taken))


def begun(hello: Hello, build: Build, origin: Origin, at_us: int) -> Memory:
    """Return what is remembered after the hello."""
    unknown = None if build.registered else AssetCheck(known_build=False)
    around = circumstances(origin, at_us, unknown, None, assets.code_known(build, hello.integrity))
    return Memory(learn(EMPTY, facts.of_hello(hello, around)), assets.begin(build, hello.integrity, at_us))


def circumstances(
    origin: Origin, at_us: int, checked: AssetCheck | None, probed: ProbeCheck | None, code_known: bool | None
) -> Circumstances:
    """Return what the collector adds to a hello or a batch."""
    return Circumstances(
        arrived_us=at_us,
        address=origin.address,
        place=origin.place,
        prefix=origin.prefix,
        company=origin.company,
        place_offset_min=origin.place_offset_min,
        assets=checked,
        probes=probed,
        code_known=code_known,
    )


def frozen(memory: Memory) -> bytes:
    """Return a memory as a snapshot holds it. Nothing may wait in it."""
    assert not memory.pending
    return msgspec.msgpack.encode((dump(memory.history), memory.ledger))


def thawed(stored: bytes) -> Memory:
    """Return the memory that `frozen` wrote. Raises StaleHistory or msgspec.MsgspecError where it can't be had."""
    history, ledger = _snapshot.decode(stored)
    return Memory(load(history), ledger)


_snapshot: Final = msgspec.msgpack.Decoder(tuple[bytes, Ledger])

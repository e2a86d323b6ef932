"""What one batch will tell, before it is sealed for a session."""

from dataclasses import dataclass, field, replace

from wire.columns import Event, encode, encode_times
from wire.limits import VERSION
from wire.schema import Action, AssetReport, Batch, ClockPair, DeviceFacts, IntegrityFacts, ProbeAnswer


@dataclass(frozen=True, slots=True)
class Parcel:
    """Events and frames in time order, and all that goes with them."""

    clock: ClockPair
    events: tuple[Event, ...] = ()
    frames: tuple[int, ...] = ()
    actions: tuple[Action, ...] = ()
    facts: DeviceFacts | None = None
    integrity: IntegrityFacts | None = None
    assets: AssetReport | None = None
    probes: tuple[ProbeAnswer, ...] = ()
    lost: dict[str, int] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to tell but the time."""
        return self == Parcel(self.clock)

    @property
    def count(self) -> int:
        """Things inside that would be lost with it."""
        return len(self.events) + len(self.frames) + len(self.actions)

    def batch(self, session: str, seq: int, prev: bytes) -> Batch:
        """Return the body of the batch."""
        firsts = [*(event[0] for event in self.events[:1]), *self.frames[:1]]
        t0_us = min(firsts, default=self.clock.mono_us)
        return Batch(
            v=VERSION,
            session=session,
            seq=seq,
            prev=prev,
            clock=self.clock,
            t0_us=t0_us,
            input=encode(self.events, t0_us),
            frames=encode_times(self.frames, t0_us),
            actions=self.actions,
            facts=self.facts,
            integrity=self.integrity,
            assets=self.assets,
            probes=self.probes,
            lost=self.lost,
        )

    def halves(self) -> "tuple[Parcel, Parcel] | None":
        """Return two parcels that tell the same one after the other, or None where it can't be cut further."""
        files = self.assets.files if self.assets else ()
        cuts = [len(part) // 2 for part in (self.events, self.frames, self.actions, files, self.probes)]
        if not any(cuts):
            return None
        events, frames, actions, listed, probes = cuts
        first = replace(
            self,
            events=self.events[:events],
            frames=self.frames[:frames],
            actions=self.actions[:actions],
            assets=AssetReport(files[:listed]) if listed else None,
            probes=self.probes[:probes],
        )
        second = Parcel(
            self.clock,
            events=self.events[events:],
            frames=self.frames[frames:],
            actions=self.actions[actions:],
            assets=replace(self.assets, files=files[listed:]) if self.assets else None,
            probes=self.probes[probes:],
        )
        return first, second

    def for_another_session(self) -> "Parcel":
        """Return what a new session has not heard: its hello tells the facts, and the manifest begins anew."""
        return replace(self, facts=None, integrity=None, assets=None, probes=())

"""One batch's way through the collector, top to bottom. Stages do not call one another: each takes values and gives values back."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select

from collector import assets, edge, journal, publishing, session_token, sketches
from collector.builds import Builds
from collector.bus import outbox
from collector.clock import Clock
from collector.edge import Sent
from collector.memory import Memory
from collector.metrics import Metrics
from collector.problems import Problem
from collector.secrets import Secrets
from collector.sessions import Live, Sessions
from collector.settings import Settings
from collector.store.base import Conflict, Store
from collector.store.tables import batches
from signals.combine import assess
from signals.model import Model
from signals.types import Assessment, Evidence
from wire import sign
from wire.schema import Ack, Batch, Probe

TRIES: Final = 3
"""How often a batch is taken up again after it lost the race against another collector."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A batch as it came: nothing of it is believed yet."""

    session: str
    signature: str
    sent: Sent
    address: str


@dataclass(slots=True)
class Pipeline:
    """Takes batches in."""

    settings: Settings
    clock: Clock
    secrets: Secrets
    store: Store
    builds: Builds
    sessions: Sessions
    model: Model
    metrics: Metrics
    wake: Callable[[], None]
    """Tells the relay that the outbox has something new."""

    async def ingest(self, arrival: Arrival) -> Ack:
        """Return the acknowledgement of a batch: what it acknowledges is durable. Raises Problem, and then nothing of it was taken in."""
        for _ in range(TRIES):
            try:
                async with self.sessions.hold(arrival.session) as live:
                    return await self._take(live, arrival)
            except Conflict:
                continue  # another collector was faster: the session is read anew
        raise Problem(503, "busy", "other collectors keep taking batches of this session", retry_after_s=1.0)

    async def _take(self, live: Live, arrival: Arrival) -> Ack:
        now_us = self.clock.wall_us()
        batch = edge.open_batch(arrival.sent, arrival.session, live.session.signing, arrival.signature)
        digest = sign.digest(arrival.sent.body)
        if await self._seen(live, batch, digest):
            return await self._ack(live, batch.seq, now_us, asks=True, duplicate=True)

        memory, asks = await self.sessions.remember(live, batch, now_us, arrival.address)
        due = publishing.due(live, batch, memory, now_us, self.settings.score_seconds)
        keep = batch.seq % self.settings.snapshot_every == 0
        fold = due or keep or memory.full
        memory, stretches = await self.sessions.fold(live, memory) if fold else (memory, ())
        assessment = self.assess(live, memory) if due else None
        outgoing = publishing.outgoing(live, memory, assessment, batch.seq, now_us)

        await self.store.commit(
            journal.batch(live, batch.seq, digest, arrival.sent, arrival.address, now_us),
            *([journal.folded(live, batch.seq)] if fold else ()),
            *([journal.score(live, batch.seq, assessment, now_us)] if assessment else ()),
            *([outbox.append(outgoing, now_us)] if outgoing else ()),
            *([journal.snapshot(live, batch.seq, memory)] if keep else ()),
            *sketches.writes(live.session.player, stretches, now_us),
        )

        live.memory, live.seq, live.digest = memory, batch.seq, digest
        live.folded = batch.seq if fold else live.folded
        live.snapshot_seq = batch.seq if keep else live.snapshot_seq
        live.scored_us = now_us if assessment else live.scored_us
        if outgoing:
            self.wake()
        return await self._ack(live, batch.seq, now_us, asks=asks)

    def assess(self, live: Live, memory: Memory) -> Assessment:
        """Return the scores of a session, out of what is remembered of it."""
        evidence = Evidence(memory.history, live.device, speed_limit_kmh=self.settings.speed_limit_kmh)
        return assess(evidence, self.model, self.metrics.detector_failed)

    async def _seen(self, live: Live, batch: Batch, digest: bytes) -> bool:
        """Tell whether the batch is one that was taken already. Raises Problem unless it is that or the next one of the chain."""
        if batch.seq == live.seq + 1 and batch.prev == live.digest:
            return False
        if batch.seq >= live.seq and digest != live.digest and await self.sessions.catch_up(live):
            return await self._seen(live, batch, digest)  # it did not fit what this collector knew; another one has gone on since
        if batch.seq > live.seq + 1:
            raise Problem(409, "batch_gap", f"the next batch is number {live.seq + 1}", expected=live.seq + 1)
        if batch.seq > live.seq:
            raise Problem(409, "chain_broken", "the batch names another digest than that of the batch before it", expected=batch.seq)
        before = live.digest
        if batch.seq < live.seq:
            query = select(batches.c.digest).where(batches.c.session == batch.session, batches.c.seq == batch.seq)
            row = await self.store.one(query)
            before = row["digest"] if row is not None else b""
        if digest != before:
            raise Problem(409, "batch_altered", f"number {batch.seq} was taken with another content", expected=live.seq + 1)
        return True

    async def _ack(self, live: Live, seq: int, now_us: int, *, asks: bool, duplicate: bool = False) -> Ack:
        session = live.session
        probes: tuple[Probe, ...] = ()
        if asks:
            build = await self.builds.get(session.game, session.build)
            probes = assets.asked(live.memory.ledger, build, session.id, self.secrets)
        token, life_s = None, self.settings.token_minutes * 60
        if live.token_until_us - now_us < life_s * 500_000:
            token = session_token.issue(self.secrets, session.id, now_us, life_s)
            live.token_until_us = now_us + int(life_s * 1_000_000)
        return Ack(seq, now_us, self.settings.interval_ms, duplicate, token, None, probes)

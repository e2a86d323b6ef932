"""How a session opens: who the device is, which build it says it plays, and what it is given to go on with."""

from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import insert, select, update

from collector import assets, bounds, session_token
from collector.builds import Build, Builds
from collector.clock import Clock
from collector.memory import begun
from collector.origins import origin_of
from collector.places import Places
from collector.problems import Problem
from collector.secrets import Secrets, new_id
from collector.sessions import Live, Session, Sessions, remembered, valid_id
from collector.settings import Settings
from collector.store.base import Conflict, Store, Write
from collector.store.tables import devices, sessions
from wire import limits, sign
from wire.schema import DeviceProof, Hello, IssuedDevice, Welcome

_SESSION: Final = insert(sessions)
_DEVICE: Final = insert(devices)
TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class Recognised:
    """Which device it is, as it will be stored, and how to store it."""

    row: dict[str, Any]
    write: Write
    issued: IssuedDevice | None = None


@dataclass(slots=True)
class Opening:
    """Opens sessions."""

    settings: Settings
    clock: Clock
    secrets: Secrets
    store: Store
    builds: Builds
    sessions: Sessions
    places: Places

    async def welcome(self, hello: Hello, address: str) -> Welcome:
        """Return what the client needs to go on. The session is durable when this returns. Raises Problem."""
        bounds.check_hello(hello)
        build = await self.builds.get(hello.game, hello.build)
        if build.game_registered and not build.registered and self.settings.unknown_build == "reject":
            raise Problem(422, "unknown_build", "this build is not registered here, and its game has others that are", path="$.build")
        now_us = self.clock.wall_us()
        session = new_id("s")
        opened = {
            "id": session,
            "game": hello.game,
            "build": hello.build,
            "key_version": self.secrets.version,
            "address": address or None,
            "hello": msgspec.msgpack.encode(hello),
            "created_us": now_us,
        }
        device = await self._open(opened, hello, now_us)
        key = self.secrets.key("session", session)
        live = Live(
            Session(session, device.row["id"], hello.game, hello.build, sign.derive(key, sign.BATCH), now_us),
            begun(hello, build, origin_of(address, now_us, self.places, self.secrets), now_us),
            remembered(device.row),
        )
        self.sessions.put(live)
        return self._answer(live, key, device, build, now_us)

    async def _open(self, opened: dict[str, Any], hello: Hello, now_us: int) -> Recognised:
        """Store the session together with what its hello changes about the device: a counter counts once, whoever says it."""
        for _ in range(TRIES):
            device = await self._recognise(hello.device, hello.nonce, now_us)
            try:
                await self.store.commit(device.write, Write(_SESSION, [{**opened, "device": device.row["id"]}]))
            except Conflict:
                continue
            return device
        raise Problem(503, "busy", "this device keeps saying hello elsewhere", retry_after_s=1.0)

    async def _recognise(self, proof: DeviceProof | None, nonce: bytes, now_us: int) -> Recognised:
        if proof is None or not valid_id(proof.id):
            return self._issue(now_us)
        row = await self.store.one(select(devices).where(devices.c.id == proof.id))
        if row is None:
            return self._issue(now_us)
        secret = self.secrets.key("device", proof.id, row["secret_version"])
        if not sign.verify(secret, sign.DEVICE, sign.device_message(proof.id, proof.counter, nonce), proof.mac):
            # It weighs on who tried, not on the device whose id was used: its owner has nothing to do with it.
            return self._issue(now_us, forged=1)
        cloned = row["cloned"] + (proof.counter <= row["counter"])
        after = {"counter": max(proof.counter, row["counter"]), "sessions": row["sessions"] + 1, "cloned": cloned, "seen_us": now_us}
        unchanged = (devices.c.counter == row["counter"]) & (devices.c.sessions == row["sessions"])
        return Recognised({**row, **after}, Write(update(devices).where(devices.c.id == proof.id, unchanged).values(after), expect=1))

    def _issue(self, now_us: int, forged: int = 0) -> Recognised:
        row: dict[str, Any] = {
            "id": new_id("d"),
            "secret_version": self.secrets.version,
            "counter": 0,
            "sessions": 1,
            "cloned": 0,
            "forged": forged,
            "created_us": now_us,
            "seen_us": now_us,
        }
        return Recognised(row, Write(_DEVICE, [row]), IssuedDevice(row["id"], self.secrets.key("device", row["id"])))

    def _answer(self, live: Live, key: bytes, device: Recognised, build: Build, now_us: int) -> Welcome:
        life_s = self.settings.token_minutes * 60
        live.token_until_us = now_us + int(life_s * 1_000_000)
        session = live.session
        return Welcome(
            v=limits.VERSION,
            session=session.id,
            token=session_token.issue(self.secrets, session.id, now_us, life_s),
            key=key,
            server_us=now_us,
            interval_ms=self.settings.interval_ms,
            max_events=limits.MAX_EVENTS,
            device=device.issued,
            probes=assets.asked(live.memory.ledger, build, session.id, self.secrets),
        )

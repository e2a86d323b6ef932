"""API keys: one role each, shown once, kept as a digest, revocable.

A key is 192 random bits, so a plain SHA-256 keeps it: there is nothing to guess that a slow hash would slow down.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import RowMapping, insert, select, update

from collector.clock import Clock
from collector.problems import Problem
from collector.roles import Role
from collector.secrets import new_id
from collector.store.base import Conflict, Store, Write
from collector.store.tables import api_keys

PREFIX: Final = {Role.CLIENT: "ck", Role.OPERATOR: "ok", Role.RISK: "rk", Role.ANALYST: "an", Role.ADMIN: "ad"}
CACHED: Final = 4096
CACHE_US: Final = 10_000_000
"""A key that another collector revoked is refused after this at the latest."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key that was recognised."""

    id: str
    role: Role


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made: the only time that its text exists."""

    id: str
    role: Role
    text: str


class Keys:
    """Makes, recognises and revokes API keys."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._known: dict[bytes, tuple[Key, int]] = {}

    async def create(self, role: Role, label: str = "") -> NewKey:
        """Make a key."""
        new = NewKey(new_id("k"), role, f"{PREFIX[role]}_{secrets.token_urlsafe(24)}")
        row = {
            "id": new.id,
            "role": role.value,
            "digest": _digest(new.text),
            "label": label[:128],
            "created_us": self._clock.wall_us(),
        }
        await self._store.commit(Write(insert(api_keys), [row]))
        return new

    async def recognise(self, text: str) -> Key:
        """Return whose key `text` is. Raises Problem `unknown_key`."""
        digest, now = _digest(text), self._clock.mono_us()
        known = self._known.get(digest)
        if known is not None and known[1] > now:
            return known[0]
        row = await self._store.one(
            select(api_keys.c.id, api_keys.c.role).where(api_keys.c.digest == digest, api_keys.c.revoked_us.is_(None))
        )
        if row is None:
            self._known.pop(digest, None)
            raise Problem(401, "unknown_key", "this API key is not known here, or was revoked")
        if len(self._known) >= CACHED:
            self._known.clear()
        key = Key(row["id"], Role(row["role"]))
        self._known[digest] = key, now + CACHE_US
        return key

    async def revoke(self, key: str) -> None:
        """Revoke the key with this id. Raises Problem `unknown_key` if there is none in force."""
        revoked = update(api_keys).where(api_keys.c.id == key, api_keys.c.revoked_us.is_(None)).values(revoked_us=self._clock.wall_us())
        try:
            await self._store.commit(Write(revoked, expect=1))
        except Conflict:
            raise Problem(404, "unknown_key", f"there is no key {key} in force") from None
        self._known.clear()

    async def list(self) -> Sequence[RowMapping]:
        """Return id, role, label, created_us and revoked_us of every key, oldest first."""
        columns = (api_keys.c.id, api_keys.c.role, api_keys.c.label, api_keys.c.created_us, api_keys.c.revoked_us)
        return await self._store.all(select(*columns).order_by(api_keys.c.created_us, api_keys.c.id))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()

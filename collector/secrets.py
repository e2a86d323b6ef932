"""The collector's master keys, and everything derived from them. Derived secrets are never stored.

Keys rotate: the newest makes, all verify. A session's or device's row names the version that made its secret.
"""

import contextlib
import hmac
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from wire.sign import derive

FILE: Final = "master.keys"
_SIZE: Final = 32


@dataclass(frozen=True, slots=True, repr=False)
class Secrets:
    """Master keys of 32 bytes, oldest first. `repr` shows none of them."""

    masters: tuple[bytes, ...]

    @property
    def version(self) -> int:
        """Version of the newest key, from 1."""
        return len(self.masters)

    def key(self, purpose: str, name: str = "", version: int | None = None) -> bytes:
        """Return the 32-byte secret of one thing (`name`) for one purpose."""
        master = self.masters[(version or self.version) - 1]
        return derive(_of_purpose(master, purpose), name.encode())

    def pseudonym(self, user: str) -> str:
        """Return the keyed pseudonym of an operator's user id: 32 hex digits. Always under the first master, to stay the same."""
        return hmac.digest(self.key("pseudonym", version=1), user.encode(), "sha256").hex()[:32]


@lru_cache(256)  # a purpose is asked for again and again, and there are few of them
def _of_purpose(master: bytes, purpose: str) -> bytes:
    return derive(master, f"countersign.{purpose}.v1".encode())


def new_id(prefix: str) -> str:
    """Return an unguessable id, such as `s_4fzJ...` (120 bits)."""
    return f"{prefix}_{secrets.token_urlsafe(15)}"


class BadKeys(ValueError):
    """The master keys can't be read. Says where they should be; never what they are."""


def load(folder: Path, configured: Sequence[str] = ()) -> Secrets:
    """Return the configured master keys, else those below `folder`, made there at the first start. Raises BadKeys."""
    if configured:
        return _parse(configured, "the setting master_keys")
    path = folder / FILE
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with contextlib.suppress(FileExistsError):
        _create(path)
    return _parse(path.read_text().split(), str(path))


def _create(path: Path) -> None:
    """Make the file whole or not at all, and never over one that is there: everything signed so far hangs on it."""
    if path.exists():
        raise FileExistsError(path)
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(_SIZE) + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(fresh, path)
    finally:
        fresh.unlink()


def _parse(lines: Sequence[str], where: str) -> Secrets:
    try:
        masters = tuple(bytes.fromhex(line) for line in lines)
    except ValueError:
        masters = ()
    if not masters or any(len(master) != _SIZE for master in masters):
        raise BadKeys(f"{where} has to hold master keys: one or more lines of {2 * _SIZE} hex digits")
    return Secrets(masters)

"""The collector's master keys, and everything derived from them. Derived secrets are never stored.

Keys rotate: the newest makes, all verify. A session's or device's row names the version that made its secret.
"""

import hmac
import secrets
from dataclasses import dataclass

from wire.sign import derive


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
        return derive(derive(master, f"countersign.{purpose}.v1".encode()), name.encode())

    def pseudonym(self, user: str) -> str:
        """Return the keyed pseudonym of an operator's user id: 32 hex digits. Always under the first master, to stay the same."""
        return hmac.digest(self.key("pseudonym", version=1), user.encode(), "sha256").hex()[:32]


def new_id(prefix: str) -> str:
    """Return an unguessable id, such as `s_4fzJ...` (120 bits)."""
    return f"{prefix}_{secrets.token_urlsafe(15)}"

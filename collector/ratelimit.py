"""How often one key, one session and one address may call. Limits are texts such as `600/minute`, as the `limits` library reads them.

Counters live in this process: with n collectors behind a balancer the limits are n times as wide. Another storage of `limits`
(Redis, Memcached) can take the place of `Counters` where they have to be exact.
"""

import time
from collections.abc import Callable
from typing import Final

from limits import parse
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter

from collector.problems import Problem

MAX_COUNTERS: Final = 100_000


class Counters(Storage):
    """Counts in a bounded dictionary, expired as they are met.

    The storage that comes with the library starts a thread every ten milliseconds that walks through all keys.
    """

    STORAGE_SCHEME = ("countersign",)  # type: ignore[assignment]

    def __init__(self, now: Callable[[], float] = time.time, bound: int = MAX_COUNTERS) -> None:
        super().__init__()
        self._now = now
        self._bound = bound
        self._counts: dict[str, tuple[int, float]] = {}

    @property
    def base_exceptions(self) -> type[Exception]:
        return ValueError

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        now = self._now()
        count, expires = self._counts.get(key, (0, 0.0))
        if expires <= now:
            # Reinserted at the end, so that the front of the dictionary holds what was opened first.
            self._counts.pop(key, None)
            if len(self._counts) >= self._bound:
                self._make_room(now)
            count, expires = 0, now + expiry
        self._counts[key] = (count + amount, expires)
        return count + amount

    def _make_room(self, now: float) -> None:
        live = [(key, value) for key, value in self._counts.items() if value[1] > now]
        # A tenth at a time, so that a full dictionary is not walked for every newcomer.
        self._counts = dict(live[max(0, len(live) - self._bound * 9 // 10) :])

    def get(self, key: str) -> int:
        count, expires = self._counts.get(key, (0, 0.0))
        return count if expires > self._now() else 0

    def get_expiry(self, key: str) -> float:
        return self._counts.get(key, (0, self._now()))[1]

    def check(self) -> bool:
        return True

    def reset(self) -> int:
        gone = len(self._counts)
        self._counts.clear()
        return gone

    def clear(self, key: str) -> None:
        self._counts.pop(key, None)


class Limiter:
    """The limits in force. An empty text switches one off."""

    def __init__(self, *, key: str, session: str, address: str, storage: Storage | None = None) -> None:
        self._limits = {name: parse(text) for name, text in (("key", key), ("session", session), ("address", address)) if text}
        self._limiter = FixedWindowRateLimiter(storage or Counters())

    def hit(self, what: str, who: str) -> None:
        """Count one call of `who`, a "key", "session" or "address". Raises Problem `rate_limited` past the limit."""
        item = self._limits.get(what)
        if item is None or self._limiter.hit(item, what, who):
            return
        wait = self._limiter.get_window_stats(item, what, who).reset_time - time.time()
        raise Problem(
            429, "rate_limited", f"more than {item.amount} calls of this {what} in {item.get_expiry()} s", retry_after_s=max(1.0, wait)
        )

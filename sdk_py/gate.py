"""What lets a process fork safely: the SDK's threads hold a gate while they work, and a fork waits for it.

A child inherits locks as they are at the fork, without the threads that would release them: those of the interpreter's imports, of OpenSSL
(whose hashes `hashlib` and `hmac` use), and the SDK's own. At a closed gate the SDK's threads are inside none of them.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

FORK_WAITS_S: Final = 0.5
"""The most that a fork is held up. Work at the gate takes milliseconds."""


class Gate:
    """Held by one thread at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._forking: int | None = None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Work: no fork happens meanwhile."""
        lock = self._lock
        with lock:
            yield

    @contextmanager
    def left(self) -> Iterator[None]:
        """Wait for something outside, such as the network, in the middle of `held`: forks may happen."""
        self._lock.release()
        try:
            yield
        finally:
            self._lock.acquire()

    def before_fork(self) -> None:
        """Close the gate for a fork by this thread; after `FORK_WAITS_S` it happens all the same."""
        if self._lock.acquire(timeout=FORK_WAITS_S):
            self._forking = threading.get_ident()

    def after_fork_in_parent(self) -> None:
        """Open it again."""
        if self._forking == threading.get_ident():
            self._forking = None
            self._lock.release()

    def after_fork_in_child(self) -> None:
        """Open it for the threads of the child."""
        self._lock, self._forking = threading.Lock(), None

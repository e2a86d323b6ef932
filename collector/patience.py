"""How long bodies are waited for. One sweep for all of them, because a timer for each request costs as much as reading its body."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from collector.problems import Problem


class Patience:
    """Ends waits that last longer than `seconds`, by a quarter of it at most."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._since: dict[asyncio.Task[object], float] = {}
        self._late: set[asyncio.Task[object]] = set()

    @contextmanager
    def wait(self) -> Iterator[None]:
        """Raise Problem `too_slow` from inside once it has lasted too long."""
        task = asyncio.current_task()
        assert task is not None
        self._since[task] = asyncio.get_running_loop().time()
        try:
            yield
        except asyncio.CancelledError:
            if task not in self._late:
                raise
            task.uncancel()
            raise Problem(408, "too_slow", f"the body took longer than {self.seconds} s") from None
        finally:
            del self._since[task]
            self._late.discard(task)

    async def sweep(self) -> None:
        """End the waits that have lasted too long; to be called four times in `seconds`."""
        before = asyncio.get_running_loop().time() - self.seconds
        for task in [task for task, since in self._since.items() if since <= before and task not in self._late]:
            self._late.add(task)
            task.cancel()

"""The default bus: one event a line in a local file (https://github.com/ndjson/ndjson-spec), on disk before publish returns."""

import asyncio
import contextlib
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

from collector.bus.base import BusError, Event

MAX_BYTES: Final = 64 * 1024 * 1024
KEEP: Final = 8
_CHUNK: Final = 64 * 1024
_P = ParamSpec("_P")
_T = TypeVar("_T")


class NdjsonBus:
    """Appends to `path`. Past `max_bytes` the file becomes `path.1`, that `path.2`, and so on; the oldest of `keep` old files goes."""

    max_event_bytes = 1024 * 1024

    def __init__(self, path: Path, max_bytes: int = MAX_BYTES, keep: int = KEEP) -> None:
        self.path = path
        self._max_bytes = max_bytes
        self._keep = keep
        self._file: int | None = None
        # one thread does all work on the file, in order: a publish whose caller was cancelled is over before the file is closed
        self._thread = ThreadPoolExecutor(1, "ndjson")

    async def start(self) -> None:
        """Open the file and mend it; a folder that can't be written is told by `healthy`, and tried again at every publish."""
        with contextlib.suppress(OSError):
            await self._do(self._opened)

    async def publish(self, events: Sequence[Event]) -> None:
        lines = b"".join(event.body + b"\n" for event in events)
        try:
            await self._do(self._append, lines)
        except OSError as error:
            raise BusError(f"can't write {self.path}: {error.strerror or error}") from error

    async def healthy(self) -> bool:
        return await self._do(self._writable)

    async def close(self) -> None:
        await self._do(self._release)
        self._thread.shutdown()

    async def _do(self, work: Callable[_P, _T], *args: _P.args, **options: _P.kwargs) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, partial(work, *args, **options))

    def _append(self, lines: bytes) -> None:
        file = self._opened()
        before = os.fstat(file).st_size
        if before and before + len(lines) > self._max_bytes:
            self._rotate()
            file = self._opened()
            before = os.fstat(file).st_size
        try:
            rest = memoryview(lines)
            while rest:
                rest = rest[os.write(file, rest) :]
            os.fsync(file)
        except OSError:
            # take back the half that was written, so that the next attempt does not begin in the middle of a line
            with contextlib.suppress(OSError):
                os.ftruncate(file, before)
            self._release()
            raise

    def _opened(self) -> int:
        """Return the open file, opened anew where somebody moved it away."""
        if self._file is not None and not _same(self._file, self.path):
            self._release()
        if self._file is None:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
            try:
                _mend(file)
                _sync_folder(self.path.parent)
            except OSError:
                os.close(file)
                raise
            self._file = file
        return self._file

    def _rotate(self) -> None:
        self._release()
        for number in range(self._keep, 0, -1):
            older = numbered(self.path, number - 1)
            if older.exists():
                os.replace(older, numbered(self.path, number))

    def _release(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _writable(self) -> bool:
        if self.path.exists():
            return os.access(self.path, os.W_OK)
        folder = next(folder for folder in self.path.parents if folder.exists())
        return os.access(folder, os.W_OK | os.X_OK)


def numbered(path: Path, number: int) -> Path:
    """Return the name of the file itself (0) or of an older one."""
    return path.with_name(f"{path.name}.{number}") if number else path


def _mend(file: int) -> None:
    """Cut off what a crash left of a last line: it was never acknowledged to the relay, which sends it again."""
    end = os.fstat(file).st_size
    while end:
        start = max(0, end - _CHUNK)
        os.lseek(file, start, os.SEEK_SET)
        newline = os.read(file, end - start).rfind(b"\n")
        if newline >= 0:
            end = start + newline + 1
            break
        end = start
    if end != os.fstat(file).st_size:
        os.ftruncate(file, end)
        os.fsync(file)


def _same(file: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except FileNotFoundError:
        return False


def _sync_folder(folder: Path) -> None:
    """Make a new file's name durable, where the platform knows how."""
    if hasattr(os, "O_DIRECTORY"):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

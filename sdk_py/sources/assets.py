"""Digests of the game's files, made by a thread of their own at a gentle pace, and answers to the collector's probes."""

import hashlib
import os
import threading
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sdk_py.digests import DigestCache
from sdk_py.gate import Gate
from sdk_py.guard import Guard
from sdk_py.missing import ABSENT, DENIED, FAILED
from sdk_py.text import clean_text
from wire.limits import MAX_ASSETS, MAX_PROBE_LENGTH, MAX_PROBES, MAX_TEXT
from wire.schema import AssetDigest, AssetReport, Probe, ProbeAnswer

CHUNK: Final = 1 << 18
MAX_FILES: Final = 20_000
SHARE: Final = 0.2
"""Of one core, the most that hashing takes."""


class Assets:
    """`take` gives the manifest in parts, as it becomes known; `rewind` gives it from the start again, to a new session."""

    def __init__(self, root: Path | None, data: Path, guard: Guard, gate: Gate) -> None:
        self._root = root
        self._guard = guard
        self._gate = gate
        self._cache = DigestCache(data, root) if root else None
        self._known: list[AssetDigest] = []
        self._error: str | None = None
        self._complete = False
        self._told = 0
        self._told_done = root is None
        self._asked: deque[Probe] = deque(maxlen=4 * MAX_PROBES)
        self._answers: deque[ProbeAnswer] = deque(maxlen=4 * MAX_PROBES)
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to hash, unless that is under way. Without a folder there is nothing to do."""
        if self._root is not None and self._thread is None:
            self._thread = threading.Thread(target=self._work, name="countersign-assets", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the thread soon."""
        self._stopping.set()
        self._wake.set()

    def forked(self) -> None:
        """Forget the thread that stayed in the parent."""
        self._wake, self._stopping, self._thread = threading.Event(), threading.Event(), None
        self.rewind()

    def rewind(self) -> None:
        """Tell the whole manifest again; a new session has not heard it, and asks probes of its own."""
        self._told = 0
        self._told_done = self._root is None
        self._asked.clear()
        self._answers.clear()

    def ask(self, probes: tuple[Probe, ...]) -> None:
        """Take up questions of the collector."""
        if self._root is None:
            self._answers.extend(answer(None, probe) for probe in probes)
        else:
            self._asked.extend(probes)
            self._wake.set()

    def take(self) -> tuple[AssetReport | None, tuple[ProbeAnswer, ...]]:
        """Return what there is to tell now."""
        answers = tuple(self._answers.popleft() for _ in range(min(len(self._answers), MAX_PROBES)))
        if self._told_done:
            return None, answers
        complete = self._complete
        files = tuple(self._known[self._told : self._told + MAX_ASSETS])
        self._told += len(files)
        done = complete and self._told == len(self._known)
        self._told_done = done
        report = AssetReport(files, done, self._error if done else None)
        return (report if files or done else None), answers

    def _work(self) -> None:
        with self._guard:
            if not self._complete:
                self._known.clear()
                self._scan()
            while not self._stopping.is_set():
                self._answer_all()
                self._wake.wait()
                self._wake.clear()

    def _scan(self) -> None:
        assert self._root is not None
        assert self._cache is not None
        try:
            for path, file in self._files(self._root):
                self._answer_all()
                digest = self._digest(path, file)
                if digest is None:
                    return
                self._known.append(digest)
            self._cache.save()
        except OSError as error:
            self._error = DENIED if isinstance(error, PermissionError) else FAILED
        self._complete = True

    def _files(self, root: Path) -> Iterator[tuple[str, Path]]:
        """Yield path and file of everything below the folder that can be told; links are not followed."""
        if not root.is_dir():
            self._error = ABSENT
        count = 0
        for folder, folders, names in os.walk(root):
            folders.sort()
            for name in sorted(names):
                file = Path(folder, name)
                path = file.relative_to(root).as_posix()
                if file.is_symlink() or not file.is_file():
                    continue
                count += 1
                if count > MAX_FILES:
                    self._error = "too_many"
                    return
                if len(path) > MAX_TEXT or clean_text(path) != path:
                    self._error = "unspeakable_name"
                    continue
                yield path, file

    def _digest(self, path: str, file: Path) -> AssetDigest | None:
        assert self._cache is not None
        status = file.stat()
        digest = self._cache.find(path, status.st_size, status.st_mtime_ns)
        if digest is None:
            digest = self._hash(file)
            if digest is None:
                return None
            self._cache.put(path, status.st_size, status.st_mtime_ns, digest)
        return AssetDigest(path, status.st_size, digest)

    def _hash(self, file: Path) -> bytes | None:
        """Return the digest, or None when there was no time to finish."""
        with self._gate.held():
            digest = hashlib.sha256()
        with file.open("rb") as stream:
            while not self._stopping.is_set():
                begun = time.monotonic()
                with self._gate.held():
                    chunk = stream.read(CHUNK)
                    if not chunk:
                        return digest.digest()
                    digest.update(chunk)
                self._stopping.wait((time.monotonic() - begun) * (1 / SHARE - 1))
        return None

    def _answer_all(self) -> None:
        while self._asked:
            with self._gate.held():
                self._answers.append(answer(self._root, self._asked.popleft()))


def answer(root: Path | None, probe: Probe) -> ProbeAnswer:
    """Return the digest that a probe asks for. Paths that leave the folder, and ranges beyond the limit, are refused as `denied`."""
    if root is None:
        return ProbeAnswer(probe.id, error="missing")
    if not 0 <= probe.length <= MAX_PROBE_LENGTH or probe.offset < 0:
        return ProbeAnswer(probe.id, error=DENIED)
    try:
        folder = root.resolve()
        file = (folder / probe.path).resolve()
        if not file.is_relative_to(folder):
            return ProbeAnswer(probe.id, error=DENIED)
        with file.open("rb") as stream:
            stream.seek(probe.offset)
            content = stream.read(probe.length)
    except FileNotFoundError:
        return ProbeAnswer(probe.id, error="missing")
    except PermissionError:
        return ProbeAnswer(probe.id, error=DENIED)
    except (OSError, ValueError):
        return ProbeAnswer(probe.id, error=FAILED)
    if len(content) < probe.length:
        return ProbeAnswer(probe.id, error="short")
    return ProbeAnswer(probe.id, digest=hashlib.sha256(probe.salt + content).digest())

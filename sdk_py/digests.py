"""Digests of files that were hashed before, by size and time of change.

Somebody who alters a file can alter this cache too, or the file's time: that is what the collector's salted probes are for.
"""

import hashlib
import json
from pathlib import Path

from sdk_py.folders import write_private
from wire.sign import DIGEST_SIZE


class DigestCache:
    """One file per assets folder. What is damaged counts as empty."""

    def __init__(self, data: Path, root: Path) -> None:
        name = hashlib.sha256(str(root.absolute()).encode()).hexdigest()[:16]
        self._path = data / f"assets-{name}.json"
        self._before: dict[str, list[object]] | None = None
        self._now: dict[str, list[object]] = {}

    def find(self, path: str, size: int, mtime_ns: int) -> bytes | None:
        """Return the digest of an unchanged file."""
        if self._before is None:
            self._before = self._load()
        entry = self._before.get(path)
        if not isinstance(entry, list) or len(entry) != 3 or entry[:2] != [size, mtime_ns]:
            return None
        try:
            digest = bytes.fromhex(str(entry[2]))
        except ValueError:
            return None
        if len(digest) != DIGEST_SIZE:
            return None
        self._now[path] = entry
        return digest

    def put(self, path: str, size: int, mtime_ns: int, digest: bytes) -> None:
        """Remember a digest."""
        self._now[path] = [size, mtime_ns, digest.hex()]

    def save(self) -> None:
        """Write what this run has seen, if that is other than what was there. A folder that can't be written is no error."""
        if self._now == self._before:
            return
        try:
            write_private(self._path, json.dumps(self._now).encode())
        except OSError:
            return

    def _load(self) -> dict[str, list[object]]:
        try:
            kept = json.loads(self._path.read_bytes())
        except (OSError, ValueError):
            return {}
        return kept if isinstance(kept, dict) else {}

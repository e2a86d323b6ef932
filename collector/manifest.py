"""The manifest of a build: what its files have to be, and questions about them whose answers are worked out beforehand."""

import hashlib
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from collector.builds import Manifest, ManifestFile, ManifestProbe

PROBES: Final = 256
"""Probes of one manifest, spread over its files by size. Each client is asked a few of them."""
PROBE_BYTES: Final = 64 * 1024
_SALT: Final = 16
_CHUNK: Final = 1 << 20


def lock(folder: Path, probes: int = PROBES, code: tuple[bytes, ...] = ()) -> Manifest:
    """Return the manifest of everything below `folder`, with digests of the SDK's `code`. Raises OSError, ValueError where no file is."""
    files = tuple(_file(folder, path) for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())
    if not files:
        raise ValueError(f"{folder} has no files")
    return Manifest(files, tuple(_probes(folder, files, probes)), code)


def _file(folder: Path, path: Path) -> ManifestFile:
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return ManifestFile(path.relative_to(folder).as_posix(), size, digest.digest())


def _probes(folder: Path, files: tuple[ManifestFile, ...], count: int) -> Iterator[ManifestProbe]:
    """Yield at least one probe for each file that has content, as far as `count` goes, the rest where the bytes are."""
    chance = secrets.SystemRandom()
    filled = [file for file in files if file.size]
    if not filled:
        return
    spread = chance.choices(filled, weights=[file.size for file in filled], k=max(0, count - len(filled)))
    for file in [*filled, *spread][:count]:
        length = min(PROBE_BYTES, file.size)
        offset = chance.randrange(file.size - length + 1)
        salt = secrets.token_bytes(_SALT)
        with (folder / file.path).open("rb") as stream:
            stream.seek(offset)
            digest = hashlib.sha256(salt + stream.read(length)).digest()
        yield ManifestProbe(file.path, offset, length, salt, digest)

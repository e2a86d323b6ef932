"""One MMDB file, opened, checked and kept: whatever happens to the file afterwards, what was opened goes on answering."""

import mmap
import random
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import IO, Any

import maxminddb

from geo.errors import DatabaseError
from geo.records import BrokenRecord, check_metadata, check_records
from geo.schemas import Record, Schema, recognise
from geo.tree import BrokenTree, Leaves, Tree

BROKEN = (
    maxminddb.InvalidDatabaseError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    MemoryError,
    SystemError,
)
"""What reading a damaged record can raise: from the reader, or because the record is not what its schema says."""

_METADATA = b"\xab\xcd\xefMaxMind.com"
_METADATA_ROOM = 128 * 1024
_PROBES = 256
_DESCRIPTORS = Path("/dev/fd")


@dataclass(frozen=True, slots=True)
class Signature:
    """What tells that a file is another one now."""

    device: int
    inode: int
    size: int
    modified_ns: int

    @classmethod
    def of(cls, path: Path) -> "Signature":
        """Return the signature of the file at `path`; raises OSError."""
        found = path.stat()
        return cls(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


@dataclass(frozen=True, slots=True, eq=False)
class Database:
    """An open file. `built` is Unix time in seconds. There is no close: the last one who holds it lets the map go."""

    path: Path
    signature: Signature
    type: str
    built: int
    ip_version: int
    schema: Schema
    reader: maxminddb.Reader
    tree: Tree
    private: bool
    """Served from a copy that nobody else can write to."""

    @property
    def name(self) -> str:
        """What `Place.sources` calls it."""
        return self.path.stem

    def answers(self, version: int) -> bool:
        """Whether there can be records of IPv4 or IPv6 addresses (`version` 4 or 6) in it."""
        return self.tree.has_ipv4 if version == 4 else self.ip_version == 6

    def leaves(self, version: int) -> Leaves:
        """Return all IPv4 or IPv6 networks of the file; raises `DatabaseError` where the tree is broken."""
        try:
            return self.tree.ipv4() if version == 4 else self.tree.ipv6()
        except (BrokenTree, MemoryError) as error:
            raise DatabaseError("database_broken", self.path, f"damaged: {error}") from None


def open_database(path: Path) -> Database:
    """Return the file at `path`, opened and checked whole; raises `DatabaseError` and says why."""
    try:
        before = Signature.of(path)
        if before.size == 0:
            raise DatabaseError("database_empty", path, "the file is empty")
        with path.open("rb") as source, _copy(source) as served:
            if Signature.of(path) != before:
                raise DatabaseError("database_changing", path, "written to while it was read; try again when it is complete")
            return _open(path, before, served, private=served is not source)
    except FileNotFoundError:
        raise DatabaseError("database_missing", path, "there is no such file; `countersign geo fetch` brings free ones") from None
    except OSError as error:
        raise DatabaseError("database_unreadable", path, error.strerror or str(error)) from None


@contextmanager
def _copy(source: IO[bytes]) -> Iterator[IO[bytes]]:
    """A file that is overwritten in place, not replaced, would change under its map, or end the process where it got shorter.

    So a copy without a name is mapped, on systems that can open such a one. Windows refuses to truncate a mapped file.
    """
    if not _DESCRIPTORS.exists():
        yield source
        return
    with ExitStack() as stack:
        try:
            copy = stack.enter_context(tempfile.TemporaryFile())
            shutil.copyfileobj(source, copy, 1 << 20)
            copy.flush()
        except OSError:
            # no room for a copy: better served from the file itself than not at all
            source.seek(0)
            yield source
            return
        yield copy


def _open(path: Path, signature: Signature, served: IO[bytes], *, private: bool) -> Database:
    data = mmap.mmap(served.fileno(), 0, access=mmap.ACCESS_READ)
    about = data.rfind(_METADATA, max(0, len(data) - _METADATA_ROOM))
    if about < 0:
        raise DatabaseError("database_foreign", path, "not an MMDB file, or one that was cut short: it has no metadata at its end")
    try:
        check_metadata(data, about + len(_METADATA))
        reader = maxminddb.open_database(str(_DESCRIPTORS / str(served.fileno())) if private else str(path))
        metadata = reader.metadata()
        if metadata.ip_version not in (4, 6):
            raise DatabaseError("database_ip_version", path, f"made for IP version {metadata.ip_version}, neither 4 nor 6")
        kind, built = str(metadata.database_type), int(metadata.build_epoch)
        tree = Tree(data, node_count=metadata.node_count, record_size=metadata.record_size, ip_version=metadata.ip_version)
        check_records(data, tree, about)
        samples = _samples(reader, tree)
        if not samples:
            raise DatabaseError("database_empty", path, "there is no network in it")
        schema = recognise(kind, samples)
        if schema is None:
            raise DatabaseError(
                "database_unknown", path, f"no field of its records ({_fields(samples)}) is known here; its type is {kind[:60]!r}"
            )
        for record in samples:
            for read in (schema.locate, schema.network):
                if read is not None:
                    read(record)
    except (BrokenTree, BrokenRecord, *BROKEN) as error:
        raise DatabaseError("database_broken", path, f"damaged: {error}") from None
    return Database(path, signature, kind, built, metadata.ip_version, schema, reader, tree, private)


def _samples(reader: maxminddb.Reader, tree: Tree) -> list[Record]:
    """Walk down the tree at random, the same way each time for the same file, and read what is there."""
    found: list[Record] = []
    dice = random.Random(_PROBES)
    for _ in range(_PROBES):
        number = tree.descend(dice)
        if number is None:
            continue
        record: Any = reader.get(IPv4Address(number) if number < 1 << 32 else IPv6Address(number))
        if not isinstance(record, dict):
            raise TypeError(f"a record is a {type(record).__name__}, not a map")
        found.append(record)
    return found


def _fields(samples: list[Record]) -> str:
    return ", ".join(sorted({str(name) for record in samples for name in record}))[:120]

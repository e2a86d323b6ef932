"""From ranges in CSV to an MMDB file with ip-location-db's flat fields.

Rows are read one at a time and not kept; what grows is the tree, by some hundred bytes for each node. A later row wins over an earlier one
where they overlap, so nested networks go from wide to narrow.
"""

import csv
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path
from typing import Any

from mmdb_writer import MMDBWriter, SearchTreeLeaf, SearchTreeNode

from geo.database import open_database

_COUNTRY = ("country_code",)
_ASN = ("autonomous_system_number", "autonomous_system_organization")
_CITY = ("country_code", "state1", "state2", "city", "postcode", "latitude", "longitude", "timezone")
_SHAPES = {len(fields): fields for fields in (_COUNTRY, _ASN, _CITY)}
_INTEGERS = frozenset(("autonomous_system_number", "accuracy_radius"))
_NUMBERS = frozenset(("latitude", "longitude"))
_NETWORK = frozenset(("network", "cidr", "range"))
_FIRST = frozenset(("ip_range_start", "start_ip", "start", "first"))
_LAST = frozenset(("ip_range_end", "end_ip", "end", "last"))
_EVERY = 20_000


class BuildError(ValueError):
    """A row that can't be used. `code` is stable: build_empty, build_columns, build_address, build_range, build_value, build_encoding."""

    def __init__(self, code: str, path: Path, line: int, detail: str) -> None:
        super().__init__(f"{path.name}, line {line}: {detail}")
        self.code = code
        self.path = path
        self.line = line


@dataclass(frozen=True, slots=True)
class Columns:
    """What the columns of a file hold: the addresses first (one network, or first and last), then the named fields."""

    addresses: int
    fields: tuple[str, ...]


def build(
    tables: Iterable[Path],
    out: Path,
    *,
    database_type: str = "countersign",
    built: int | None = None,
    progress: Callable[[str, int], None] | None = None,
) -> int:
    """Write the rows of all `tables` into `out` and return how many there were.

    `built` is Unix time in seconds, by default now; `progress` is told the table and the rows so far. The file is checked, then takes the
    place of an older one at once. Raises `BuildError`, `DatabaseError` or OSError, and then leaves an older one alone.
    """
    tree = _Tree()
    rows = 0
    for table in tables:
        for first, last, record in read(table):
            tree.add(first, last, record)
            rows += 1
            if progress is not None and rows % _EVERY == 0:
                progress(table.name, rows)
    draft = out.with_name(f".{out.name}.{os.getpid()}.draft")
    try:
        _Writer(tree.root, database_type, int(time.time()) if built is None else built).to_db_file(str(draft))
        open_database(draft)
        settle(draft, out)
    finally:
        draft.unlink(missing_ok=True)
    return rows


def settle(draft: Path, out: Path) -> None:
    """Put `draft` durably in the place of `out`, in the same folder: whoever looks finds the old file or the new one."""
    with draft.open("rb+") as file:
        os.fsync(file.fileno())
    draft.replace(out)
    if hasattr(os, "O_DIRECTORY"):
        folder = os.open(out.parent, os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def read(path: Path) -> Iterator[tuple[IPv4Address | IPv6Address, IPv4Address | IPv6Address, dict[str, Any]]]:
    """Yield first address, last address and fields of each row of a CSV file of ranges.

    Without a header the fields follow from how many there are, as in ip-location-db: a country, or AS number and organisation, or
    country, state1, state2, city, postcode, latitude, longitude, timezone. A header names the address columns `network`, or `start_ip` and
    `end_ip` (or as ip-location-db does), and then the fields.
    """
    columns: Columns | None = None
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file, strict=True)
        while True:
            try:
                row = next(rows, None)
            except (csv.Error, UnicodeDecodeError) as error:
                raise BuildError("build_encoding", path, rows.line_num + 1, f"not CSV in UTF-8: {error}") from None
            if row is None:
                break
            if not row or row[0].startswith("#"):
                continue
            if columns is None:
                header = not _looks_like_address(row[0])
                columns = _named(path, rows.line_num, row) if header else _counted(path, rows.line_num, row)
                if header:
                    continue
            if len(row) != columns.addresses + len(columns.fields):
                wanted = columns.addresses + len(columns.fields)
                raise BuildError("build_columns", path, rows.line_num, f"{len(row)} columns, where the rows before have {wanted}")
            try:
                first, last = _addresses(row[: columns.addresses])
            except ValueError as error:
                raise BuildError("build_address", path, rows.line_num, str(error)) from None
            if first.version != last.version or int(first) > int(last):
                raise BuildError("build_range", path, rows.line_num, f"{first} to {last} is no range")
            yield first, last, _record(path, rows.line_num, columns.fields, row[columns.addresses :])
    if columns is None:
        raise BuildError("build_empty", path, 1, "there is no row in it")


def _looks_like_address(text: str) -> bool:
    try:
        ip_network(text.strip(), strict=False)
    except ValueError:
        return False
    return True


def _named(path: Path, line: int, row: Sequence[str]) -> Columns:
    names = [name.strip().lower() for name in row]
    if names and names[0] in _NETWORK:
        return Columns(1, tuple(names[1:]))
    if len(names) > 1 and names[0] in _FIRST and names[1] in _LAST:
        return Columns(2, tuple(names[2:]))
    raise BuildError("build_columns", path, line, f"{row[0]!r} is neither an address nor a header (network, or start_ip and end_ip)")


def _counted(path: Path, line: int, row: Sequence[str]) -> Columns:
    addresses = 2 if len(row) > 1 and _looks_like_address(row[1]) and not row[1].strip().isdecimal() else 1
    fields = _SHAPES.get(len(row) - addresses)
    if fields is None:
        raise BuildError("build_columns", path, line, f"{len(row)} columns without a header: expected a country, an ASN or a city table")
    return Columns(addresses, fields)


def _addresses(cells: Sequence[str]) -> tuple[IPv4Address | IPv6Address, IPv4Address | IPv6Address]:
    if len(cells) == 2:
        return ip_address(cells[0].strip()), ip_address(cells[1].strip())
    network = ip_network(cells[0].strip())
    return network[0], network[-1]


def _record(path: Path, line: int, fields: Sequence[str], cells: Sequence[str]) -> dict[str, Any]:
    record: dict[str, Any] = {}
    for name, cell in zip(fields, cells, strict=True):
        try:
            record[name] = int(cell) if name in _INTEGERS else float(cell) if name in _NUMBERS else cell
        except ValueError:
            if cell:
                raise BuildError("build_value", path, line, f"{cell!r} is no {name}") from None
    return record


class _Tree:
    """The writer's own tree, filled the short way: its `insert_network` takes a hundred times as long for each range."""

    def __init__(self) -> None:
        self.root = SearchTreeNode()
        self._ipv4 = self.root
        for _ in range(96):
            # IPv4 lives below ::/96
            self._ipv4.left = SearchTreeNode()
            self._ipv4 = self._ipv4.left
        self._leaves: dict[tuple[tuple[str, Any], ...], SearchTreeLeaf] = {}

    def add(self, first: IPv4Address | IPv6Address, last: IPv4Address | IPv6Address, record: dict[str, Any]) -> None:
        key = tuple(record.items())
        leaf = self._leaves.get(key)
        if leaf is None:
            leaf = self._leaves[key] = SearchTreeLeaf(record)
        root, width = (self._ipv4, 32) if first.version == 4 else (self.root, 128)
        start, end = int(first), int(last)
        while start <= end:
            # the widest network that begins at start and does not pass end; half of everything is the widest that a node can hold
            free = min((start & -start).bit_length() - 1 if start else width - 1, (end - start + 1).bit_length() - 1)
            _insert(root, start >> free, width - free, leaf)
            start += 1 << free


def _insert(node: SearchTreeNode, prefix: int, length: int, leaf: SearchTreeLeaf) -> None:
    """Put `leaf` where the `length` bits of `prefix` lead."""
    for shift in range(length - 1, 0, -1):
        right = prefix >> shift & 1
        child = node.right if right else node.left
        if child.__class__ is not SearchTreeNode:
            # nothing there yet, or a wider network whose record stays around this one
            child = SearchTreeNode(child, child)
            if right:
                node.right = child
            else:
                node.left = child
        node = child
    if prefix & 1:
        node.right = leaf
    else:
        node.left = leaf


class _Writer(MMDBWriter):
    def __init__(self, root: SearchTreeNode, database_type: str, built: int) -> None:
        super().__init__(ip_version=6, database_type=database_type, languages=["en"], description="", ipv4_compatible=True, int_type="u32")
        self.tree = root
        self._built = built

    def _build_meta(self) -> dict[str, Any]:
        return {**super()._build_meta(), "build_epoch": self._built}

"""Everything that does not say where but whose and what kind, out of all files and ranges, laid into one table per IP version.

Each file divides the address space; the table divides it where any of them does, and knows for each part what they say together. So a
lookup costs one search however many files there are, and nothing is decoded or weighed while somebody waits.
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Address, IPv6Address
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geo.database import BROKEN, Database
from geo.errors import DatabaseError
from geo.kinds import RESERVED, SILENT, Claim
from geo.organisations import claim_of
from geo.place import Kind
from geo.ranges import Range, origins, reserved
from geo.schemas import Network
from geo.tree import Leaves

Keys = NDArray[Any]
"""Addresses in rising order: numbers of IPv4, 16 bytes (which numpy orders as their numbers are) of IPv6."""
Index = NDArray[np.int64]

Said = tuple[int | None, str | None, int, int, Kind, str | None, tuple[str, ...], int | None]
"""What the files say of one part of the address space: asn, org, the place of the file that said these in the order of precedence, rank
of the best claim, its kind and provider, sources, and when the oldest of them was built. A plain tuple: one is opened at each lookup."""

NOBODY = 1 << 30


@dataclass(frozen=True, slots=True)
class Part:
    """One division of the address space: from `keys[i]` on `values[which[i]]` holds; `values[0]` is None."""

    keys: Keys
    which: Index
    values: Sequence[tuple[Network, Database | None] | None]


class Layer:
    """What one file says of networks. Reads every network and every distinct record; raises `DatabaseError` where one is broken."""

    __slots__ = ("database", "parts")

    def __init__(self, database: Database) -> None:
        self.database = database
        known: dict[int, Network] = {}
        self.parts = {version: _of_database(database, version, known) for version in (4, 6) if database.answers(version)}


class Tables:
    """The tables of both IP versions, for `lookup` to search."""

    __slots__ = ("first4", "low4", "said4", "said6", "starts6", "which4", "which6")

    def __init__(self, layers: Sequence[tuple[int, Layer]], *, anonymiser: bool, ranges: bool) -> None:
        """Each layer comes with the place of its file in the order of precedence. `ranges`: iporigin's are wanted."""
        self.first4: array[int]
        """Where the rows of each /16 begin."""
        self.low4: array[int]
        """Last 16 bits of the address that each row begins at; each /16 has a row at 0."""
        self.which4: array[int]
        """What holds from each row on, as an index of `said4`."""
        self.said4: list[Said]
        self.starts6: list[int]
        self.which6: array[int]
        self.said6: list[Said]
        order = {id(layer.database): number for number, layer in layers}
        for version in (4, 6):
            parts = [layer.parts[version] for _, layer in layers if version in layer.parts]
            if ranges:
                parts.append(_published(version, anonymiser=anonymiser))
            parts.append(_special(version))
            keys, which, said = _together(parts, order, anonymiser=anonymiser, cuts=_cuts(version))
            if version == 4:
                self.first4 = array("I", np.searchsorted(keys, np.arange(65537) << 16).astype(np.uint32).tobytes())
                self.low4 = array("H", (keys & 0xFFFF).astype(np.uint16).tobytes())
                self.which4, self.said4 = array("I", which.astype(np.uint32).tobytes()), said
            else:
                pairs = np.frombuffer(keys.tobytes(), ">u8").reshape(-1, 2).tolist()
                self.starts6 = [high << 64 | low for high, low in pairs]
                self.which6, self.said6 = array("I", which.astype(np.uint32).tobytes()), said

    def ipv6(self, number: int) -> int:
        """Return the index in `said6` of what is said of the IPv6 address."""
        return self.which6[bisect_right(self.starts6, number) - 1]


def tables_of(layers: Sequence[tuple[int, Layer]], anonymiser: bool, ranges: bool) -> Tables:
    """Return the tables of these layers; those of none are made once."""
    return Tables(layers, anonymiser=anonymiser, ranges=ranges) if layers else _bare(anonymiser, ranges)


@cache
def _bare(anonymiser: bool, ranges: bool) -> Tables:
    return Tables((), anonymiser=anonymiser, ranges=ranges)


def _keys(numbers: Sequence[int], version: int) -> Keys:
    if version == 4:
        return np.array(numbers, np.int64)
    return np.frombuffer(b"".join(number.to_bytes(16, "big") for number in numbers), "S16")


@cache
def _cuts(version: int) -> Keys:
    """Where a table has a row whatever is said there: each /16 is searched by itself."""
    return _keys(range(0, 1 << 32, 1 << 16) if version == 4 else (0,), version)


@cache
def _published(version: int, *, anonymiser: bool) -> Part:
    return _of_ranges(origins(version, anonymiser=anonymiser), version)


@cache
def _special(version: int) -> Part:
    return _of_ranges(reserved(version), version)


def _of_ranges(ranges: Iterable[Range], version: int) -> Part:
    """Lay disjoint ranges in rising order out as a division."""
    values: list[tuple[Network, Database | None] | None] = [None]
    numbers: dict[Claim, int] = {}
    starts, which = [0], [0]
    for found in ranges:
        if found.claim not in numbers:
            numbers[found.claim] = len(values)
            values.append((Network(None, None, found.claim), None))
        if starts[-1] == found.first:
            starts.pop()
            which.pop()
        starts += (found.first, found.last + 1)
        which += (numbers[found.claim], 0)
    if starts[-1] >> (32 if version == 4 else 128):
        starts.pop()
        which.pop()
    return Part(_keys(starts, version), np.array(which), values)


def _of_database(database: Database, version: int, known: dict[int, Network]) -> Part:
    """Lay a file out. `known` keeps what each record says from one IP version to the other."""
    leaves = database.leaves(version)
    records, first, which = np.unique(leaves.record, return_index=True, return_inverse=True)
    values: list[tuple[Network, Database | None] | None] = [None]
    places: dict[Network, int] = {}
    place = np.zeros(len(records), np.int64)
    for number, (record, row) in enumerate(zip(records.tolist(), first.tolist(), strict=True)):
        if record:
            network = known.get(record)
            if network is None:
                network = known[record] = _read(database, leaves, row, version)
            if network not in places:
                places[network] = len(values)
                values.append((network, database))
            place[number] = places[network]
    return Part(_keys_of(leaves, version), place[which], values)


def _read(database: Database, leaves: Leaves, row: int, version: int) -> Network:
    low = int(leaves.low[row])
    address = IPv4Address(low) if version == 4 else IPv6Address(int(leaves.high[row]) << 64 | low)
    try:
        record = database.reader.get(address)
        return database.schema.network(record)  # type: ignore[misc,arg-type]  # only files that have one come here; what is no map fails
    except BROKEN as error:
        raise DatabaseError("database_broken", database.path, f"damaged at {address}: {error}") from None


def _keys_of(leaves: Leaves, version: int) -> Keys:
    if version == 4:
        return leaves.low.astype(np.int64)
    pairs = np.empty((len(leaves.low), 2), ">u8")
    pairs[:, 0], pairs[:, 1] = leaves.high, leaves.low
    return np.frombuffer(pairs.tobytes(), "S16")


def _together(parts: Sequence[Part], order: dict[int, int], *, anonymiser: bool, cuts: Keys) -> tuple[Keys, Index, list[Said]]:
    """Divide wherever one of the parts does, and say once what each combination of them comes to: where, which, and what."""
    keys = np.unique(np.concatenate([cuts, *(part.keys for part in parts)]))
    code = np.zeros(len(keys), np.int64)
    rows: list[tuple[int, ...]] = [()]
    for part in parts:
        here = part.which[np.searchsorted(part.keys, keys, "right") - 1]
        pairs, code = np.unique(code * len(part.values) + here, return_inverse=True)
        rows = [(*rows[pair // len(part.values)], pair % len(part.values)) for pair in pairs.tolist()]
    words = [_said([part.values[at] for part, at in zip(parts, row, strict=True)], order, anonymiser=anonymiser) for row in rows]
    joined = np.ones(len(keys), bool)
    joined[1:] = code[1:] != code[:-1]
    joined |= np.isin(keys, cuts)
    return keys[joined], code[joined], words


def _said(found: Iterable[tuple[Network, Database | None] | None], order: dict[int, int], *, anonymiser: bool) -> Said:
    asn, org, asn_from, best, built = None, None, NOBODY, SILENT, None
    sources: list[str] = []
    for item in found:
        if item is None:
            continue
        network, database = item
        if network.claim.rank < best.rank:
            best = network.claim
        if database is None:
            if best is not RESERVED:
                sources.append("iporigin")
            continue
        if asn is None and org is None and (network.asn is not None or network.org is not None):
            asn, org, asn_from = network.asn, network.org, order[id(database)]
        sources.append(database.name)
        built = database.built if built is None else min(built, database.built)
    guess = claim_of(asn, org, anonymiser=anonymiser)
    return asn, org, asn_from, *(guess if guess.rank < best.rank else best), tuple(sources), built

"""From an address to a `Place`, out of whichever files there are, which may be exchanged while they serve.

Precedence. *Where*: the files with cities before those with countries only, else in the order given; the first that has an answer gives it,
later ones fill in what it leaves open if they agree on the country. *Whose* (asn, org): the first file in the order given that says.
*What kind*: the best claim of all, see `geo.kinds`.
"""

import threading
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from socket import AF_INET, AF_INET6, inet_pton
from struct import Struct
from typing import Any

from geo.addresses import ipv4_inside, parse
from geo.compiled import Bytes, follow
from geo.database import BROKEN, Database, Signature, open_database
from geo.errors import DatabaseError
from geo.networks import Layer, Said, Tables, tables_of
from geo.organisations import claim_of
from geo.place import Kind, Place
from geo.schemas import Located, Network, Record

_halves = Struct(">HH").unpack
_quarters = Struct(">qq").unpack
_KEPT = 32_768
"""Places that are kept for each IP version, some 16 MB at most; past it all are put together anew."""
_TABLE_NODES = 8_000_000
"""A file with a larger search tree is asked at each lookup, and not laid into the tables."""
_become = object.__dict__["__class__"].__set__
"""Assigning to `__class__` does the same in four times the time."""
_NOWHERE: Located = (None, None, None, None, None, None, None)


class _Draft:
    """A `Place` in the making. A frozen dataclass takes ten times as long to fill as this, whose slots are laid out the same."""

    __slots__ = Place.__slots__


_Tree = tuple[Bytes, int, int, int]
"""The search tree of a file that is asked: its bytes, bits of a record, nodes, and where it begins for this IP version."""
_Source = tuple[Callable[[Any], Any], Callable[[Record], Located] | None, Callable[[Record], Network] | None, tuple[str], int, int]
"""A file that is asked at each lookup (all that have locations, and those too large for the tables): how it is asked, how its records are
read, its name, when it was built, its place in the order of precedence. A plain tuple, because it is opened at each lookup."""


@dataclass(frozen=True, slots=True, eq=False)
class _Loaded:
    """A file, and what of it goes into the tables (None where it is asked at each lookup)."""

    database: Database
    layer: Layer | None


def _load(path: Path) -> _Loaded:
    database = open_database(path)
    asked = database.schema.locate is not None or database.tree.node_count > _TABLE_NODES
    return _Loaded(database, None if asked else Layer(database))


class _Files:
    """Everything that one set of files needs to answer. Never changed: an exchange makes another."""

    __slots__ = ("anonymiser", "laid", "loaded", "places4", "places6", "sources4", "sources6", "tables", "trees4", "trees6")

    def __init__(self, loaded: Sequence[_Loaded], before: "_Files | None" = None) -> None:
        self.loaded = tuple(loaded)
        self.anonymiser = any(item.database.schema.anonymiser for item in loaded)
        asked = [(order, item.database) for order, item in enumerate(loaded) if item.layer is None]
        asked.sort(key=lambda item: _closeness(item[1]))
        self.sources4 = tuple(_source(order, database) for order, database in asked if database.answers(4))
        self.sources6 = tuple(_source(order, database) for order, database in asked if database.answers(6))
        self.trees4 = tuple(_tree(database, 4) for _, database in asked if database.answers(4))
        self.trees6 = tuple(_tree(database, 6) for _, database in asked if database.answers(6))
        # by what the tables say and where the records are: many networks share both, and putting a place together costs more than both
        # searches. They go with the files: others begin with none.
        self.places4: dict[int, Place] = {}
        self.places6: dict[int, Place] = {}
        layers = [(order, item.layer) for order, item in enumerate(loaded) if item.layer is not None]
        self.laid = (layers, self.anonymiser, bool(loaded))
        # the tables take most of the time, and a new file with locations changes nothing in them
        self.tables: Tables = before.tables if before is not None and before.laid == self.laid else tables_of(*self.laid)


def _closeness(database: Database) -> int:
    if database.schema.locate is None:
        return 2
    return 0 if database.schema.city_level else 1


def _source(order: int, database: Database) -> _Source:
    schema = database.schema
    return database.reader.get, schema.locate, schema.network, (database.name,), database.built, order


def _tree(database: Database, version: int) -> _Tree:
    tree = database.tree
    found = tree.rows, tree.record_size, tree.node_count, tree.ipv4_root if version == 4 else 0
    # compiles it where that was never done, while nobody waits for a place
    follow(*found, 0, 32)
    return found


class Lookup:
    """What is known of addresses, from the MMDB files at `paths`, or where none are named from all in `folder`, by name.

    Without any file every place is unknown (or reserved). Raises `DatabaseError` where a file can't be served, unless `tolerant`: then it
    is left out, `refused` says why, and `refresh` takes it in once it is mended. Threads may share it.
    """

    def __init__(self, paths: Iterable[Path | str] = (), *, folder: Path | None = None, tolerant: bool = False) -> None:
        self._paths = tuple(map(Path, paths))
        self._folder = folder
        self._exchange = threading.Lock()
        self._refused: dict[Path, tuple[Signature | None, DatabaseError]] = {}
        self._files = _Files(())
        if (refused := self._renew(insist=True)) and not tolerant:
            raise refused[0]

    @property
    def databases(self) -> tuple[Database, ...]:
        """The files that answer at the moment, in order of precedence."""
        return tuple(item.database for item in self._files.loaded)

    @property
    def refused(self) -> tuple[DatabaseError, ...]:
        """Why files that are named, or lie in the folder, can't be served as they are now. An older one of that name may still answer."""
        return tuple(error for _, error in tuple(self._refused.values()))

    def place(self, address: str | IPv4Address | IPv6Address) -> Place:
        """Return what is known of `address`; raises `AddressError` (a ValueError with a `code`) where it is none."""
        files = self._files
        tables = files.tables
        found: Any = address
        try:
            # text is read by the system: an ipaddress object costs more than the whole lookup
            if ":" in found:
                packed = inet_pton(AF_INET6, found)
                inside = ipv4_inside(int.from_bytes(packed, "big"))
                if inside is None:
                    return _place6(files, found, packed)
                high, low, found = inside >> 16, inside & 0xFFFF, IPv4Address(inside)
            else:
                high, low = _halves(inet_pton(AF_INET, found))
        except (OSError, TypeError, ValueError):
            found = parse(found)
            if found.version == 6:
                return _place6(files, found, found.packed)
            high, low = _halves(found.packed)
        # the search of the table stands here: a call would cost as much as it does
        first = tables.first4
        key = which = tables.which4[bisect_right(tables.low4, low, first[high], first[high + 1]) - 1]
        bits = high << 16 | low
        for rows, record_size, node_count, root in files.trees4:
            key = key << 32 | follow(rows, record_size, node_count, root, bits, 32)
        kept = files.places4
        place = kept.get(key)
        if place is None:
            place = _place(files.sources4, found, tables.said4[which], files.anonymiser)
            _keep(kept, key, place)
        return place

    def refresh(self) -> tuple[DatabaseError, ...]:
        """Exchange the files that are others now, and return why some were refused.

        A refused file leaves the old one in service, and is tried again when it changes. Costs a `stat` of each file where nothing changed.
        Takes seconds where something did: call it from a thread. What is being looked up meanwhile is answered from the old files.
        """
        with self._exchange:
            return self._renew(insist=False)

    def reload(self, paths: Iterable[Path | str] | None = None) -> None:
        """Exchange the files that are others now, or (all or nothing) those in service for the ones at `paths`.

        Raises `DatabaseError` for the first file that is refused: the old one stays, and so it does for a file that is gone.
        """
        with self._exchange:
            if paths is not None:
                wanted = tuple(map(Path, paths))
                self._files = _Files([_load(path) for path in wanted])
                self._paths, self._folder, self._refused = wanted, None, {}
            elif refused := self._renew(insist=True):
                raise refused[0]

    def close(self) -> None:
        """Let go of the files; from then on every place is unknown. What is being looked up meanwhile is still answered."""
        with self._exchange:
            self._paths, self._folder = (), None
            self._files, self._refused = _Files(()), {}

    def _wanted(self) -> tuple[Path, ...]:
        if self._paths or self._folder is None or not self._folder.is_dir():
            return self._paths
        # a name that begins with a dot is a file that is still being written
        return tuple(path for path in sorted(self._folder.glob("*.mmdb")) if not path.name.startswith("."))

    def _renew(self, *, insist: bool) -> tuple[DatabaseError, ...]:
        """Load what is another file now; a file that was refused as it is is tried again only if `insist`."""
        old = {item.database.path: item for item in self._files.loaded}
        new: list[_Loaded] = []
        refused: list[DatabaseError] = []
        standing: dict[Path, tuple[Signature | None, DatabaseError]] = {}
        for path in self._wanted():
            kept, signature = old.get(path), _signature(path)
            before = self._refused.get(path)
            if kept is not None and kept.database.signature == signature:
                pass
            elif before is not None and before[0] == signature and not insist:
                standing[path] = before
            else:
                try:
                    kept = _load(path)
                except DatabaseError as error:
                    refused.append(error)
                    standing[path] = (signature, error)
            if kept is not None:
                new.append(kept)
        # what is no longer wanted is no longer refused; one assignment, since others read it
        self._refused = standing
        if [id(item) for item in new] != [id(item) for item in self._files.loaded]:
            self._files = _Files(new, self._files)
        return tuple(refused)


def _signature(path: Path) -> Signature | None:
    try:
        return Signature.of(path)
    except OSError:
        return None


def _place6(files: _Files, address: str | IPv6Address, packed: bytes) -> Place:
    key = which = files.tables.ipv6(int.from_bytes(packed, "big"))
    high, low = _quarters(packed)
    for rows, record_size, node_count, root in files.trees6:
        key = key << 32 | follow(rows, record_size, node_count, follow(rows, record_size, node_count, root, high, 64), low, 64)
    place = files.places6.get(key)
    if place is None:
        place = _place(files.sources6, address, files.tables.said6[which], files.anonymiser)
        _keep(files.places6, key, place)
    return place


def _keep(kept: dict[int, Place], key: int, place: Place) -> None:
    if len(kept) >= _KEPT:
        # cheaper than to know which was asked for last, and as good where a few thousand are asked for again and again
        kept.clear()
    kept[key] = place


def _place(asked: Sequence[_Source], address: str | IPv4Address | IPv6Address, said: Said, anonymiser: bool) -> Place:
    """Put together what the tables said of `address` with what the files that are asked say."""
    asn, org, asn_from, rank, kind, provider, sources, built = said
    where = None
    country = region = city = lat = lon = accuracy = timezone = None
    for get, locate, network, name, file_built, order in asked:
        if where is not None and network is None and None not in where:
            continue
        try:
            record = get(address)
            if record is None:
                continue
            if locate is not None:
                here = locate(record)
                where = here if where is None else _filled(where, here)
                country, region, city, lat, lon, accuracy, timezone = where
            if network is not None:
                found = network(record)
                claims = [(rank, kind, provider), found.claim]
                if order < asn_from and (found.asn is not None or found.org is not None):
                    asn, org, asn_from = found.asn, found.org, order
                    claims.append(claim_of(asn, org, anonymiser=anonymiser))
                rank, kind, provider = min(claims, key=_rank)
        except BROKEN:
            # a damaged spot that the checks did not meet: this file does not know, the others may
            continue
        sources = name + sources
        if built is None or file_built < built:
            built = file_built
    draft: Any = _Draft()
    draft.country = country
    draft.region = region
    draft.city = city
    draft.lat = lat
    draft.lon = lon
    draft.accuracy_km = accuracy
    draft.timezone = timezone
    draft.asn = asn
    draft.org = org
    draft.kind = kind
    draft.provider = provider
    draft.sources = sources
    draft.built = built
    _become(draft, Place)
    return draft  # type: ignore[no-any-return]  # by now it is one


def _rank(claim: tuple[int, Kind, str | None]) -> int:
    return claim[0]


def _filled(where: Located, more: Located) -> Located:
    """Return `where` with what it leaves open taken from `more`, if both mean the same country; coordinates and names only as a whole."""
    country, region, city, lat, lon, accuracy, timezone = where
    if country is not None and more[0] != country:
        return where
    if region is None and city is None:
        region, city = more[1], more[2]
    if lat is None:
        lat, lon, accuracy = more[3], more[4], more[5]
    return country or more[0], region, city, lat, lon, accuracy, timezone or more[6]

"""What the rest of the world says about a visit: who else came through its address lately, how its network's clients turned out, and how
common its features are. Kept in the store for all collectors, as counts that fade.

Every write starts with the row that counts all visits, so that two collectors queue for it instead of locking one another's rows crosswise.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, RowMapping, Select, bindparam, delete, func, select, text

from collector.store.base import Read, Store, Write
from collector.store.tables import counts, presence
from geo.place import Place
from signals.drift.features import LEVELS, keys
from signals.drift.journey import DAY_US, weight
from signals.types import Surroundings
from signals.visit import Visit

EVERYBODY: Final = "everybody"
FORGOTTEN: Final = 0.02
"""A count that has faded to this many visits is dropped."""
MOST: Final = 10_000
"""Nobody counts further on one address."""

# Both engines know this spelling of an upsert; SQLAlchemy's differ by dialect.
_COUNT: Final = text(
    "INSERT INTO counts (key, weight) VALUES (:key, :weight) ON CONFLICT (key) DO UPDATE SET weight = counts.weight + excluded.weight"
)
_PRESENT: Final = text(
    "INSERT INTO presence (key, who, seen_us) VALUES (:key, :who, :seen_us)"
    " ON CONFLICT (key, who) DO UPDATE SET seen_us = excluded.seen_us WHERE presence.seen_us < excluded.seen_us"
)
# As many keys as one visit can ask about, of its features with the two roots of their paths, everybody and its network's labels: one
# statement for all visits, where a list as long as what is asked would be expanded anew each time.
_WANTED: Final = tuple(f"key{number}" for number in range(len(LEVELS) + 5))
_COMMON: Final = select(counts.c.key, counts.c.weight).where(counts.c.key.in_([bindparam(name) for name in _WANTED]))
_LEAVE: Final = delete(presence).where(presence.c.who == bindparam("somebody"))


def _counting() -> Select[Any]:
    """Return the query for how many subjects and devices were on one address since some time."""
    there = select(presence.c.who).where(presence.c.key == bindparam("on"), presence.c.seen_us > bindparam("since")).limit(MOST).subquery()
    first = func.substr(there.c.who, 1, 2)
    return select(first.label("what"), func.count().label("number")).group_by(first)


_CROWD: Final = _counting()


@dataclass(frozen=True, slots=True)
class Around:
    """Reads what the store knows about visits."""

    store: Store

    async def of(self, visit: Visit) -> Surroundings:
        """Return the surroundings of a visit, as they are before it is counted."""
        return told(visit, await self.store.many(*asked(visit)))


def asked(visit: Visit) -> list[Read]:
    """Return the queries whose rows `told` reads: common features, and who was on the address and in its prefix."""
    wanted = [EVERYBODY, *(key.hex() for key in keys(visit)), *_labels(visit.place)]
    padded = wanted + [""] * (len(_WANTED) - len(wanted))
    common = Read(_COMMON, dict(zip(_WANTED, padded, strict=True)))
    since = visit.at_us - DAY_US
    return [common, *(Read(_CROWD, {"on": key, "since": since}) for key in (visit.address, visit.prefix) if key is not None)]


def told(visit: Visit, rows: Sequence[Sequence[RowMapping]]) -> Surroundings:
    """Return the surroundings of a visit from the rows of the queries of `asked`."""
    now = weight(visit.at_us)
    found = {row["key"]: row["weight"] / now for row in rows[0]}
    crowds = iter(rows[1:])
    here = _crowd(next(crowds)) if visit.address is not None else {}
    near = _crowd(next(crowds)) if visit.prefix is not None else {}
    bad, good = (found.get(key, 0.0) for key in _labels(visit.place) or ("", ""))
    crowd = (here.get("s:", 0.0), here.get("d:", 0.0), near.get("s:", 0.0))
    return Surroundings(*crowd, bad, good, common=found, everybody=found.get(EVERYBODY, 0.0))


def _crowd(rows: Sequence[RowMapping]) -> dict[str, float]:
    return {row["what"]: float(row["number"]) for row in rows}


def count(visit: Visit, subject: str | None) -> list[Write]:
    """Return the writes that count a visit among everybody's. Count what was let in, as journeys do."""
    now = weight(visit.at_us)
    rows = [{"key": key, "weight": now} for key in (EVERYBODY, *sorted(key.hex() for key in keys(visit)))]
    return [Write(_COUNT, rows), *present(visit, subject)]


def present(visit: Visit, subject: str | None) -> list[Write]:
    """Return the write that remembers who was on the address; whoever asks counts here, let in or not."""
    people = [f"s:{subject}"] if subject else []
    devices = [f"d:{visit.device}"] if visit.device else []
    rows: list[Mapping[str, Any]] = [
        {"key": key, "who": who, "seen_us": visit.at_us}
        for key, crowd in ((visit.address, people + devices), (visit.prefix, people))
        if key
        for who in crowd
    ]
    return [Write(_PRESENT, rows)] if rows else []


def labelled(place: Place | None, fraud: bool, at_us: int) -> list[Write]:
    """Return the write that adds one label to the reputation of a place's network; none where the network is unknown."""
    bad, good = _labels(place) or ("", "")
    return [Write(_COUNT, [{"key": bad if fraud else good, "weight": weight(at_us)}])] if bad else []


def forget(subject: str) -> Write:
    """Return the write that forgets where a subject was. What is left are counts, which are of nobody."""
    return Write(_LEAVE, [{"somebody": f"s:{subject}"}])


def faded(now_us: int) -> ColumnElement[bool]:
    """Return the condition for counts that are worth nothing any more, for the collector's retention."""
    return counts.c.weight < FORGOTTEN * weight(now_us)


def _labels(place: Place | None) -> tuple[str, ...]:
    """Return the keys of a network's two counts."""
    return (f"asn:{place.asn}:bad", f"asn:{place.asn}:good") if place is not None and place.asn is not None else ()

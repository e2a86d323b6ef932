"""What is remembered of where a person (or a device) has been: counts that fade, a few places, a short trail. Bounded and stored as bytes.

Fading is forward decay (Cormode et al., "Forward Decay: A Practical Time Decay Model for Streaming Systems", ICDE 2009): a visit
weighs 2^(time / half-life) when it is added, and only when read is it divided by today's weight. So adding commutes, and nothing has to
be rewritten as time goes by.
"""

from functools import lru_cache
from typing import Final

import msgspec

from geo.travel import Fix
from signals.drift.features import COUNTRY, NETWORK, PREFIX, Key, digest, steps
from signals.visit import Visit
from signals.whereabouts import located, together

VERSION: Final = 1
HALF_LIFE_DAYS: Final = 60.0
"""After this long a visit counts half."""
MAX_TALLIES: Final = 96
MAX_SPOTS: Final = 12
MAX_TRAIL: Final = 24
MAX_STORED: Final = 8 * 1024
"""No journey is longer than this as stored, in bytes."""
DAY_US: Final = 86_400_000_000
HOURS: Final = 24

_START_US: Final = 1_577_836_800_000_000
_SPAN: Final = 1000.0


class BadJourney(ValueError):
    """The stored bytes are no journey of this version; the message says why."""


class Tally(msgspec.Struct, frozen=True, array_like=True):
    """How often a key was seen, how many new keys came below it (both faded), and when it came first."""

    weight: float = 0.0
    fresh: float = 0.0
    first_us: int = 0


class Spot(msgspec.Struct, frozen=True, array_like=True):
    """A place that a person keeps coming back to."""

    lat: float
    lon: float
    radius_km: float
    weight: float
    first_us: int

    @property
    def fix(self) -> Fix:
        """Its circle."""
        return Fix(self.lat, self.lon, self.radius_km)


class Stop(msgspec.Struct, frozen=True, array_like=True):
    """One recent visit. Country, network and prefix are keys of steps, address, device and round digests of their own; empty where unknown.

    lat is None where the address does not tell where a person is.
    """

    at_us: int
    country: bytes = b""
    network: bytes = b""
    prefix: bytes = b""
    address: bytes = b""
    device: bytes = b""
    round: bytes = b""
    kind: str = ""
    """`geo.place.Kind`, or company."""
    lat: float | None = None
    lon: float | None = None
    radius_km: float = 0.0

    @property
    def fix(self) -> Fix | None:
        """Where the person was, if that can be said."""
        return None if self.lat is None or self.lon is None else Fix(self.lat, self.lon, self.radius_km)


class Journey(msgspec.Struct, frozen=True, array_like=True):
    """All that is remembered; the empty one is where everybody begins."""

    version: int = VERSION
    visits: float = 0.0
    tallies: dict[Key, Tally] = {}
    hours: tuple[float, ...] = (0.0,) * HOURS
    """Faded count of visits by hour of the day, UTC."""
    spots: tuple[Spot, ...] = ()
    trail: tuple[Stop, ...] = ()
    """Newest last."""


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Journey)


def load(journey: bytes) -> Journey:
    """Return the journey in these bytes, the empty one for no bytes. Raises BadJourney."""
    return _loaded(journey) if journey else Journey()


@lru_cache(8)  # the detectors of one decision read the same journey
def _loaded(journey: bytes) -> Journey:
    if len(journey) > MAX_STORED:
        raise BadJourney(f"a journey has at most {MAX_STORED} bytes, this one {len(journey)}")
    try:
        loaded = _decoder.decode(journey)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadJourney(f"not a journey: {error}") from error
    if loaded.version != VERSION:
        raise BadJourney(f"a journey of version {loaded.version}, not {VERSION}")
    if len(loaded.hours) != HOURS:
        raise BadJourney(f"not a journey: {len(loaded.hours)} hours")
    return loaded


def dump(journey: Journey) -> bytes:
    """Return the journey as bytes, at most MAX_STORED."""
    return _encoder.encode(journey)


def learn_journey(journey: bytes, visit: Visit) -> bytes:
    """Return the journey with one visit more in it. Learn only visits that were let in. Raises BadJourney."""
    return dump(add(load(journey), visit))


def weight(at_us: int) -> float:
    """Return what a visit at that time weighs: twice as much for every half-life."""
    halves = (at_us - _START_US) / DAY_US / HALF_LIFE_DAYS
    return float(2.0 ** min(_SPAN, max(-_SPAN, halves)))


def add(journey: Journey, visit: Visit) -> Journey:
    """Return the journey with one visit more."""
    now = weight(visit.at_us)
    hours = list(journey.hours)
    hours[hour(visit.at_us)] += now
    return Journey(
        VERSION,
        journey.visits + now,
        _tallied(journey.tallies, visit, now),
        tuple(hours),
        _settled(journey.spots, visit, now),
        tuple(sorted((*journey.trail, stop(visit)), key=_order)[-MAX_TRAIL:]),
    )


def hour(at_us: int) -> int:
    """Return the hour of the day, UTC."""
    return at_us % DAY_US * HOURS // DAY_US


def stop(visit: Visit) -> Stop:
    """Return a visit as the trail keeps it."""
    known = {step.level: step.key for step in steps(visit) if step.known}
    where = located(visit.place, visit.company)
    return Stop(
        visit.at_us,
        known.get(COUNTRY, b""),
        known.get(NETWORK, b""),
        known.get(PREFIX, b""),
        _key("address", visit.address),
        _key("device", visit.device),
        _key("round", visit.round),
        "company" if visit.company else visit.place.kind.value if visit.place else "",
        where.lat if where else None,
        where.lon if where else None,
        where.radius_km if where else 0.0,
    )


def _order(past: Stop) -> tuple[int, bytes]:
    """Oldest first; those of the same time in an order that does not depend on which came first."""
    return past.at_us, _encoder.encode(past)


def _key(what: str, value: str | None) -> bytes:
    return b"" if value is None else digest(what, value)


def _tallied(tallies: dict[Key, Tally], visit: Visit, now: float) -> dict[Key, Tally]:
    """Every step's key gains `now`, and so does `fresh` of its parent where the key is new."""
    path = steps(visit)
    kept = dict(tallies)
    roots = {step.parent for step in path} - {step.key for step in path}
    for key in roots:
        kept[key] = _gained(kept.get(key), now, visit.at_us)
    for step in path:
        before = kept.get(step.key)
        if before is None:
            parent = kept[step.parent]
            kept[step.parent] = Tally(parent.weight, parent.fresh + now, parent.first_us)
        kept[step.key] = _gained(before, now, visit.at_us)
    if len(kept) > MAX_TALLIES:
        spare = roots | {step.key for step in path}
        losers = sorted((tally.weight, -tally.first_us, key) for key, tally in kept.items() if key not in spare)
        for _, _, key in losers[: len(kept) - MAX_TALLIES]:
            del kept[key]
    return dict(sorted(kept.items()))


def _gained(tally: Tally | None, now: float, at_us: int) -> Tally:
    return Tally(now, 0.0, at_us) if tally is None else Tally(tally.weight + now, tally.fresh, min(tally.first_us, at_us))


def _settled(spots: tuple[Spot, ...], visit: Visit, now: float) -> tuple[Spot, ...]:
    where = located(visit.place, visit.company)
    if where is None:
        return spots
    kept = list(spots)
    for index, spot in enumerate(kept):
        if together(where, spot.fix):
            kept[index] = Spot(spot.lat, spot.lon, spot.radius_km, spot.weight + now, min(spot.first_us, visit.at_us))
            break
    else:
        kept.append(Spot(where.lat, where.lon, where.radius_km, now, visit.at_us))
        if len(kept) > MAX_SPOTS:
            kept.remove(min(kept[:-1], key=lambda spot: (spot.weight, spot.first_us)))
    return tuple(kept)

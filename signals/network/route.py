"""The part of History that says through which addresses a session came, in order, and what was played meanwhile."""

from hashlib import blake2b
from typing import Final

import msgspec
from msgspec.structs import replace

from geo.place import Place
from geo.travel import Fix
from signals.types import Facts
from signals.whereabouts import located
from wire.schema import DeviceFacts

MAX_STOPS: Final = 8
MAX_HANDSHAKES: Final = 4
COMPANY: Final = "company"


class Stay(msgspec.Struct, frozen=True):
    """A stretch of the session on one address. Keys are digests; lat is None where the address does not say where the person is."""

    address: bytes
    prefix: bytes
    first_us: int
    last_us: int
    """Arrival of the first and last batch, server µs."""
    country: str = ""
    asn: int = 0
    kind: str = ""
    lat: float | None = None
    lon: float | None = None
    radius_km: float = 0.0

    @property
    def fix(self) -> Fix | None:
        """Where the person was, if that can be said."""
        return None if self.lat is None or self.lon is None else Fix(self.lat, self.lon, self.radius_km)


class Route(msgspec.Struct, frozen=True):
    """The newest stays, and the place of the moment in full."""

    stops: tuple[Stay, ...] = ()
    switches: int = 0
    """How often the address changed."""
    place: Place | None = None
    company: bool = False
    place_offset_min: int | None = None
    handshakes: tuple[str, ...] = ()
    """Different TLS fingerprints, JA4."""
    machine: bytes = b""
    """Digest of the hardware that the client named last."""
    round: bytes = b""
    """The round that is being played, and with what and from where it began."""
    round_machine: bytes = b""
    round_prefix: bytes = b""
    swaps: int = 0
    """Rounds in which both the machine and the address range changed."""


def learn(route: Route, facts: Facts) -> Route:
    """Return the route with one batch (or hello) more in it."""
    if facts.address is not None:
        route = _arrived(route, facts, facts.address)
    if facts.device is not None:
        route = replace(route, machine=_machine(facts.device))
    if facts.ja4 and facts.ja4 not in route.handshakes:
        route = replace(route, handshakes=(*route.handshakes, facts.ja4[:64])[-MAX_HANDSHAKES:])
    return _played(route, facts)


def _arrived(route: Route, facts: Facts, address: str) -> Route:
    here = _key("address", address)
    stops = route.stops
    switches = route.switches
    if stops and stops[-1].address == here:
        stops = (*stops[:-1], replace(stops[-1], last_us=max(stops[-1].last_us, facts.arrived_us)))
    else:
        switches += bool(stops)
        stops = (*stops, _stay(here, facts, address))[-MAX_STOPS:]
    return replace(route, stops=stops, switches=switches, place=facts.place, company=facts.company, place_offset_min=facts.place_offset_min)


def _stay(here: bytes, facts: Facts, address: str) -> Stay:
    place = facts.place
    where = located(place, facts.company)
    return Stay(
        here,
        _key("prefix", facts.prefix or address),
        facts.arrived_us,
        facts.arrived_us,
        (place.country or "") if place else "",
        (place.asn or 0) if place else 0,
        COMPANY if facts.company else place.kind.value if place else "",
        where.lat if where else None,
        where.lon if where else None,
        where.radius_km if where else 0.0,
    )


def _played(route: Route, facts: Facts) -> Route:
    """Follow the rounds: each begins with the machine and the address of its first action."""
    prefix = route.stops[-1].prefix if route.stops else b""
    for action in facts.actions:
        if action.round is None:
            continue
        now = _key("round", action.round)
        if now != route.round:
            route = replace(route, round=now, round_machine=route.machine, round_prefix=prefix)
        elif prefix != route.round_prefix and route.machine != route.round_machine:
            route = replace(route, round_machine=route.machine, round_prefix=prefix, swaps=route.swaps + 1)
    return route


def _machine(device: DeviceFacts) -> bytes:
    parts = (device.os, device.arch, device.cpu, device.cores, device.vendor, device.product, device.board, device.gpu, device.mac_prefixes)
    return _key("machine", repr(parts))


def _key(what: str, value: str) -> bytes:
    return blake2b(f"{what}\x1f{value}".encode(), digest_size=8).digest()

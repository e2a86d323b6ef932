"""Where a request comes from, as detectors see it: the address as keyed pseudonyms, its place, and the time of day there."""

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from ipaddress import ip_network
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from collector import address as addresses
from collector.places import Places
from collector.secrets import Secrets
from geo.place import Place

PREFIXES: Final = {4: 24, 6: 48}
"""Bits of an address that its neighbours share."""
_HOUR_US: Final = 3_600_000_000


@dataclass(frozen=True, slots=True)
class Origin:
    """One address. All None for what is no address, such as the name of a socket."""

    address: str | None = None
    prefix: str | None = None
    """The same for all of a /24 or /48."""
    place: Place | None = None
    company: bool = False
    """In a company network that the settings name."""
    place_offset_min: int | None = None
    """Minutes east of UTC there."""


def origin_of(address: str | None, at_us: int, places: Places, secrets: Secrets) -> Origin:
    """Return the origin that an address is at that time."""
    named = _named(secrets, address) if address else None
    if named is None:
        return Origin()
    canonical, here, near = named
    place = places.of(canonical)
    zone = place.timezone if place is not None else None
    return Origin(here, near, place, places.company(canonical), offset_min(zone, at_us) if zone else None)


def offset_min(zone: str, at_us: int) -> int | None:
    """Return how many minutes east of UTC an IANA time zone is at that time, to the hour; None for one that there is not."""
    return _offset_min(zone, at_us // _HOUR_US)


@lru_cache(4096)
def _offset_min(zone: str, hours: int) -> int | None:
    try:
        found = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
    offset = datetime.fromtimestamp(hours * 3600, UTC).astimezone(found).utcoffset()
    return None if offset is None else round(offset.total_seconds() / 60)


@lru_cache(4096)
def _named(secrets: Secrets, address: str) -> tuple[str, str, str] | None:
    """Return an address in its canonical form, and the pseudonyms of itself and of its neighbourhood."""
    found = addresses.parse(address)
    if found is None:
        return None
    # always under the first master, like those of subjects, so that a journey recognises an address after a rotation
    key = secrets.key("address", version=1)
    canonical = str(found)
    neighbours = str(ip_network((found, PREFIXES[found.version]), strict=False))
    here, near = (hmac.digest(key, name.encode(), "sha256").hex()[:16] for name in (canonical, neighbours))
    return canonical, here, near

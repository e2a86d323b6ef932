"""What is known about an address: one `Place`, whichever databases it came from."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The kind of network that an address is in."""

    RESIDENTIAL = "residential"
    CELLULAR = "cellular"
    BUSINESS = "business"
    HOSTING = "hosting"
    VPN = "vpn"
    RESIDENTIAL_PROXY = "residential_proxy"
    PUBLIC_PROXY = "public_proxy"
    TOR = "tor"
    RELAY = "relay"
    """A privacy relay such as iCloud Private Relay: it hides the address, not the country, and is not a VPN."""
    CDN = "cdn"
    CRAWLER = "crawler"
    SATELLITE = "satellite"
    RESERVED = "reserved"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Place:
    """Everything that is known about one address. `None` means that no configured file says.

    lat and lon in degrees, accuracy_km as a radius in km, built as the Unix time in seconds of the oldest file that answered.
    """

    country: str | None = None
    region: str | None = None
    city: str | None = None
    lat: float | None = None
    lon: float | None = None
    accuracy_km: float | None = None
    timezone: str | None = None
    asn: int | None = None
    org: str | None = None
    kind: Kind = Kind.UNKNOWN
    provider: str | None = None
    sources: tuple[str, ...] = ()
    built: int | None = None

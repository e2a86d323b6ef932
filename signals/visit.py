"""One visit of a subject or a device: when, from where, with what. What the network and drift detectors judge and journeys remember."""

from dataclasses import dataclass

from geo.place import Place


@dataclass(frozen=True, slots=True)
class Visit:
    """Keys (address, prefix, device, round) are compared and hashed, never shown; the collector passes keyed pseudonyms of addresses."""

    at_us: int
    """Server wall clock, µs."""
    address: str | None = None
    prefix: str | None = None
    """The address's neighbourhood: its /24 or /48."""
    place: Place | None = None
    company: bool = False
    """The address is in a company network that the operator knows: many people, and not where it seems."""
    device: str | None = None
    os: str | None = None
    """Family that the browser claims: Windows, macOS, Linux, Android, iOS, ChromeOS."""
    browser: str | None = None
    """Family, without its version, which changes every few weeks by itself."""
    client_os: str | None = None
    """Family that the game client read off its machine."""
    language: str | None = None
    """As `de-DE`."""
    offset_min: int | None = None
    """Minutes east of UTC on the client's clock."""
    place_offset_min: int | None = None
    """Minutes east of UTC where the address is, at that time."""
    ja4: str | None = None
    """TLS fingerprint that a trusted proxy took."""
    round: str | None = None
    """Round of the game that was being played."""

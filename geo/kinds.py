"""What kind of network an address is in, out of what each source claims: the claim of the best rank wins.

Ranks, from what is known best to what is guessed: an anonymiser that was seen (Tor, proxies), a privacy relay, a VPN, infrastructure that
says so itself (CDN, crawler), hosting, the line that a connection-type file names, and last what the name of the organisation suggests.
A relay ranks before a VPN because anonymiser files call the exits of relays VPN or hosting, and a relay hides an address, not a country.

Field names and values: MaxMind's documents of Anonymous-IP, Anonymous-Plus, Connection-Type and Enterprise; IPinfo's samples of its
privacy, ASN, carrier and plus files.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from geo.place import Kind


class Claim(NamedTuple):
    """One source's word. The lower rank wins; `provider` is who runs the network, where the source says."""

    rank: int
    kind: Kind
    provider: str | None = None


RESERVED = Claim(0, Kind.RESERVED)
SILENT = Claim(99, Kind.UNKNOWN)

RANKS = {
    Kind.TOR: 1,
    Kind.RESIDENTIAL_PROXY: 2,
    Kind.PUBLIC_PROXY: 3,
    Kind.RELAY: 4,
    Kind.VPN: 5,
    Kind.CDN: 6,
    Kind.CRAWLER: 6,
    Kind.HOSTING: 7,
}
_ANONYMOUS = 8
"""Anonymous in some way that is not named; said of hosting too, so it ranks below it."""
_LINE = 9
HOSTING_BY_NAME = 10
_CORPORATE = 11
BY_NAME = 12

_FLAGS = {
    Kind.TOR: ("is_tor_exit_node", "tor", "is_tor"),
    Kind.RESIDENTIAL_PROXY: ("is_residential_proxy", "residential_proxy", "is_res_proxy"),
    Kind.PUBLIC_PROXY: ("is_public_proxy", "proxy", "is_proxy"),
    Kind.RELAY: ("relay", "is_relay"),
    Kind.VPN: ("is_anonymous_vpn", "vpn", "is_vpn"),
    Kind.HOSTING: ("is_hosting_provider", "hosting", "is_hosting"),
}
ANONYMISER_FIELDS = frozenset(name for names in _FLAGS.values() for name in names) | {"is_anonymous"}

_PROVIDER_FIELDS = ("provider_name", "service", "privacy_name")
_RELAYS = re.compile(r"\brelay\b|\bwarp\b", re.IGNORECASE)

_USER_TYPES = {
    "business": Kind.BUSINESS,
    "cafe": Kind.BUSINESS,
    "cellular": Kind.CELLULAR,
    "college": Kind.BUSINESS,
    "consumer_privacy_network": Kind.RELAY,
    "content_delivery_network": Kind.CDN,
    "government": Kind.BUSINESS,
    "hosting": Kind.HOSTING,
    "library": Kind.BUSINESS,
    "military": Kind.BUSINESS,
    "residential": Kind.RESIDENTIAL,
    "school": Kind.BUSINESS,
    "search_engine_spider": Kind.CRAWLER,
    "traveler": Kind.BUSINESS,
}
_CONNECTIONS = {
    "cable/dsl": Claim(_LINE, Kind.RESIDENTIAL),
    "dialup": Claim(_LINE, Kind.RESIDENTIAL),
    "cellular": Claim(_LINE, Kind.CELLULAR),
    "satellite": Claim(_LINE, Kind.SATELLITE),
    "corporate": Claim(_CORPORATE, Kind.BUSINESS),
}
_AS_TYPES = {
    "hosting": Claim(RANKS[Kind.HOSTING], Kind.HOSTING),
    "business": Claim(_CORPORATE, Kind.BUSINESS),
    "education": Claim(_CORPORATE, Kind.BUSINESS),
    "government": Claim(_CORPORATE, Kind.BUSINESS),
    "isp": Claim(BY_NAME, Kind.RESIDENTIAL),
}
_CLAIMS = {
    **{name: Claim(RANKS[kind], kind) for kind, names in _FLAGS.items() for name in names},
    "is_anonymous": Claim(_ANONYMOUS, Kind.VPN),
    "is_anonymous_proxy": Claim(RANKS[Kind.PUBLIC_PROXY], Kind.PUBLIC_PROXY),
    "is_satellite_provider": Claim(_LINE, Kind.SATELLITE),
    "is_satellite": Claim(_LINE, Kind.SATELLITE),
    "is_mobile": Claim(_LINE, Kind.CELLULAR),
    "mcc": Claim(_LINE, Kind.CELLULAR),
    "mobile_country_code": Claim(_CORPORATE, Kind.CELLULAR),
}
"""What it means that a field is there and true."""
_WORDS_OF = {
    "user_type": {word: Claim(RANKS.get(kind, _LINE), kind) for word, kind in _USER_TYPES.items()},
    "connection_type": _CONNECTIONS,
    "as_type": _AS_TYPES,
    "type": _AS_TYPES,
}
"""What the words in a field mean."""


def of_record(facts: Mapping[str, Any]) -> Claim:
    """Return the best claim of one record's network fields (MaxMind's `traits`, or a flat record)."""
    best = SILENT
    for name, value in facts.items():
        claim = _CLAIMS.get(name)
        if claim is None:
            words = _WORDS_OF.get(name)
            claim = words.get(value.lower()) if words is not None and isinstance(value, str) else None
        elif not _yes(value):
            continue
        if claim is not None and claim.rank < best.rank:
            best = claim
    if best.rank > _ANONYMOUS:
        return best
    provider = _provider(facts)
    if best.kind is Kind.VPN and provider is not None and _RELAYS.search(provider):
        return Claim(RANKS[Kind.RELAY], Kind.RELAY, provider)
    return best._replace(provider=provider)


def of_range(kind: str, provider: str, *, anonymiser: bool) -> Claim:
    """Return the claim of one of iporigin's ranges.

    With an anonymiser file configured the ranges say only what such files do not: relays, CDNs and crawlers.
    """
    found = Kind.RELAY if provider == "Apple Private Relay" else _RANGE_KINDS.get(kind, Kind.UNKNOWN)
    if found is Kind.UNKNOWN or (anonymiser and found in (Kind.HOSTING, Kind.VPN, Kind.TOR)):
        return SILENT
    return Claim(RANKS[found], found, provider)


_RANGE_KINDS = {"hosting": Kind.HOSTING, "vpn": Kind.VPN, "tor": Kind.TOR, "cdn": Kind.CDN, "bot": Kind.CRAWLER}


def _provider(facts: Mapping[str, Any]) -> str | None:
    found = next((value for name in _PROVIDER_FIELDS if (value := facts.get(name))), None)
    return found if isinstance(found, str) else None


def _yes(value: object) -> bool:
    """IPinfo writes its flags as "true" and "", MaxMind as booleans; a mobile country code is yes too."""
    return value is True or (isinstance(value, str) and value.lower() not in ("", "false", "0", "no"))

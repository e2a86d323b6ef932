"""Ranges that come with the package: IANA's special-purpose addresses; iporigin's hosting, VPN, Tor, relay, CDN and crawler ranges."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_network

from geo.kinds import RESERVED, SILENT, Claim, of_range

# IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890), what is not globally reachable; multicast; and class E.
_RESERVED = (
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24"),
    *("192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
    *("::/128", "::1/128", "64:ff9b:1::/48", "100::/64", "2001:2::/48", "2001:db8::/32", "2001:10::/28", "3fff::/20", "5f00::/16"),
    *("fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8"),
)


@dataclass(frozen=True, slots=True)
class Range:
    """Addresses `first` to `last`, both inclusive, as numbers, of which somebody claims something."""

    first: int
    last: int
    claim: Claim


def reserved(version: int) -> list[Range]:
    """Return the special-purpose ranges of IPv4 or IPv6 (`version` 4 or 6) in rising order, disjoint."""
    networks = sorted(network for text in _RESERVED if (network := ip_network(text)).version == version)
    return [Range(int(network[0]), int(network[-1]), RESERVED) for network in networks]


@cache
def _origins() -> "dict[int, list[tuple[int, int, str, str]]]":
    # iporigin answers for one address at a time; its table is read here once, through the module that loads it
    from iporigin._data import dataset

    data = dataset()  # type: ignore[no-untyped-call]  # it publishes types, but not of this
    return {
        4: _rows(data.v4_starts, data.v4_ends, data.v4_labels, data.labels),
        6: _rows(data.v6_starts, data.v6_ends, data.v6_labels, data.labels),
    }


def _rows(starts: "list[int]", ends: "list[int]", labels: "list[int]", names: "list[tuple[str, str]]") -> "list[tuple[int, int, str, str]]":
    return [(first, last, *names[label]) for first, last, label in zip(starts, ends, labels, strict=True)]


def origins(version: int, *, anonymiser: bool) -> Iterator[Range]:
    """Yield iporigin's ranges that say something beside the configured files, in rising order, disjoint."""
    for first, last, provider, kind in _origins()[version]:
        claim = of_range(kind, provider, anonymiser=anonymiser)
        if claim is not SILENT:
            yield Range(first, last, claim)

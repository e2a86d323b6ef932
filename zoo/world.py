"""A small synthetic world for synthetic logins: real cities, made-up networks, and a look-up that errs as real ones do.

Networks have numbers for private use (RFC 6996) and addresses from 10.0.0.0/8, so nothing here is anybody's. What is taken from
publications, and what is assumed:

- location records err: most lie near, some hundreds of km off, some name only the country (Poese et al., "IP Geolocation Databases:
  Unreliable?", CCR 2011; Gharaibeh et al., "A Look at Router Geolocation in Public and Commercial Databases", IMC 2017);
- carriers have few gateways, most hide everybody behind shared addresses (Xu et al., "Cellular Data Network Infrastructure
  Characterization", SIGMETRICS 2011; Richter et al., "A Multi-perspective Analysis of Carrier-Grade NAT Deployment", IMC 2016);
- how many networks a country has, and how often a file mistakes a network's kind, is assumed.
"""

import math
from dataclasses import dataclass
from random import Random
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class City:
    """Where people live. lat and lon in degrees."""

    name: str
    country: str
    lat: float
    lon: float
    timezone: str
    share: float
    """Of its country's people."""


@dataclass(frozen=True, slots=True)
class Network:
    """One autonomous system, as the world knows it (`kind`) and as the look-up does (`listed`)."""

    asn: int
    org: str
    kind: str
    listed: str
    share: float


@dataclass(frozen=True, slots=True)
class Access:
    """An address and what the look-up says of it."""

    ip: str
    place: dict[str, Any]


_CITIES: Final[tuple[tuple[str, str, float, float, str, float], ...]] = (
    ("Berlin", "DE", 52.52, 13.40, "Europe/Berlin", 0.35),
    ("Munich", "DE", 48.14, 11.58, "Europe/Berlin", 0.25),
    ("Cologne", "DE", 50.94, 6.96, "Europe/Berlin", 0.25),
    ("Hamburg", "DE", 53.55, 9.99, "Europe/Berlin", 0.15),
    ("London", "GB", 51.51, -0.13, "Europe/London", 0.6),
    ("Manchester", "GB", 53.48, -2.24, "Europe/London", 0.25),
    ("Glasgow", "GB", 55.86, -4.25, "Europe/London", 0.15),
    ("Paris", "FR", 48.86, 2.35, "Europe/Paris", 0.6),
    ("Lyon", "FR", 45.76, 4.84, "Europe/Paris", 0.2),
    ("Toulouse", "FR", 43.60, 1.44, "Europe/Paris", 0.2),
    ("Madrid", "ES", 40.42, -3.70, "Europe/Madrid", 0.6),
    ("Barcelona", "ES", 41.39, 2.17, "Europe/Madrid", 0.4),
    ("Milan", "IT", 45.46, 9.19, "Europe/Rome", 0.5),
    ("Rome", "IT", 41.90, 12.50, "Europe/Rome", 0.5),
    ("Oslo", "NO", 59.91, 10.75, "Europe/Oslo", 0.7),
    ("Bergen", "NO", 60.39, 5.32, "Europe/Oslo", 0.3),
    ("New York", "US", 40.71, -74.01, "America/New_York", 0.35),
    ("Chicago", "US", 41.88, -87.63, "America/Chicago", 0.2),
    ("Dallas", "US", 32.78, -96.80, "America/Chicago", 0.2),
    ("Los Angeles", "US", 34.05, -118.24, "America/Los_Angeles", 0.25),
    ("Toronto", "CA", 43.65, -79.38, "America/Toronto", 0.6),
    ("Vancouver", "CA", 49.28, -123.12, "America/Vancouver", 0.4),
    ("Sao Paulo", "BR", -23.55, -46.63, "America/Sao_Paulo", 0.7),
    ("Recife", "BR", -8.05, -34.88, "America/Recife", 0.3),
    ("Mumbai", "IN", 19.08, 72.88, "Asia/Kolkata", 0.4),
    ("Delhi", "IN", 28.61, 77.21, "Asia/Kolkata", 0.4),
    ("Bengaluru", "IN", 12.97, 77.59, "Asia/Kolkata", 0.2),
    ("Tokyo", "JP", 35.68, 139.69, "Asia/Tokyo", 0.6),
    ("Osaka", "JP", 34.69, 135.50, "Asia/Tokyo", 0.4),
    ("Sydney", "AU", -33.87, 151.21, "Australia/Sydney", 0.6),
    ("Perth", "AU", -31.95, 115.86, "Australia/Perth", 0.4),
)
CITIES: Final = tuple(City(*row) for row in _CITIES)
COUNTRIES: Final = {
    "DE": 0.2,
    "GB": 0.16,
    "US": 0.2,
    "FR": 0.08,
    "ES": 0.07,
    "IT": 0.07,
    "NO": 0.06,
    "CA": 0.05,
    "BR": 0.04,
    "IN": 0.03,
    "JP": 0.02,
    "AU": 0.02,
}
"""Where the operator's players are; assumed, an operator with most of them in Europe and North America."""

_FIRST_ASN: Final = 4_200_000_000
_KINDS: Final = (
    "residential",
    "residential",
    "residential",
    "residential",
    "cellular",
    "cellular",
    "cellular",
    "hosting",
    "hosting",
    "vpn",
    "vpn",
    "business",
)
_SHARES: Final = (0.45, 0.3, 0.15, 0.1, 0.45, 0.35, 0.2, 0.5, 0.5, 0.5, 0.5, 1.0)
_MISTAKEN: Final = {
    "residential": (("residential", 0.75), ("unknown", 0.25)),
    "cellular": (("cellular", 0.85), ("residential", 0.1), ("unknown", 0.05)),
    "hosting": (("hosting", 0.9), ("unknown", 0.1)),
    "vpn": (("vpn", 0.7), ("hosting", 0.2), ("unknown", 0.1)),
    "business": (("business", 0.6), ("unknown", 0.4)),
    "relay": (("relay", 0.9), ("cdn", 0.1)),
}
PREFIXES: Final = 24
"""/24 ranges that one network has in one city."""


class World:
    """Networks of each country and the records of their addresses; the same seed gives the same world."""

    def __init__(self, seed: int) -> None:
        self._random = Random(f"world {seed}")
        self._pools: dict[tuple[int, str], list[int]] = {}
        self._next_prefix = 0
        self._records: dict[tuple[int, int], dict[str, Any]] = {}
        self.networks: dict[str, tuple[Network, ...]] = {
            country: self._networks_of(country, index) for index, country in enumerate(COUNTRIES)
        }
        self.relays = tuple(self._network(_FIRST_ASN + 9000 + number, f"Relay {number}", "relay", 0.5) for number in range(2))

    def city(self, random: Random, country: str | None = None) -> City:
        """Return a city, of one country or of any."""
        country = country or random.choices(list(COUNTRIES), list(COUNTRIES.values()))[0]
        cities = [city for city in CITIES if city.country == country]
        return random.choices(cities, [city.share for city in cities])[0]

    def network(self, random: Random, country: str, kind: str) -> Network:
        """Return a network of a kind, the large ones more often."""
        there = [network for network in self.networks[country] if network.kind == kind]
        return random.choices(there, [network.share for network in there])[0]

    def gateways(self, network: Network, country: str) -> list[City]:
        """Return the cities where a carrier's traffic surfaces: at most three, the same for ever."""
        cities = [city for city in CITIES if city.country == country]
        return Random(f"gateways {network.asn}").sample(cities, min(3, len(cities)))

    def prefix(self, random: Random, network: Network, city: City) -> int:
        """Return one of the network's ranges in that city."""
        pool = self._pools.get((network.asn, city.name))
        if pool is None:
            pool = list(range(self._next_prefix, self._next_prefix + PREFIXES))
            self._next_prefix += PREFIXES
            self._pools[network.asn, city.name] = pool
        return random.choice(pool)

    def access(self, random: Random, network: Network, city: City, prefix: int | None = None, host: int | None = None) -> Access:
        """Return an address of a network in a city, with its record."""
        prefix = self.prefix(random, network, city) if prefix is None else prefix
        host = random.randrange(1, 255) if host is None else host
        return Access(f"10.{prefix >> 8}.{prefix & 255}.{host}", self._record(network, city, prefix))

    def _record(self, network: Network, city: City, prefix: int) -> dict[str, Any]:
        """Return what the look-up says of a range: always the same, and not always right."""
        key = (network.asn, prefix)
        record = self._records.get(key)
        if record is None:
            random = Random(f"record {network.asn} {prefix}")
            place = {"country": city.country, "timezone": city.timezone, "asn": network.asn, "org": network.org, "kind": network.listed}
            draw = random.random()
            if draw < 0.78:
                place |= {"city": city.name, "accuracy_km": random.choice((5, 10, 20, 50)), **_beside(random, city, 15.0)}
            elif draw < 0.93:
                place |= {"city": city.name, "accuracy_km": random.choice((50, 100, 200)), **_beside(random, city, 200.0)}
            else:
                capital = next(other for other in CITIES if other.country == city.country)
                place |= {"accuracy_km": 1000, "lat": capital.lat, "lon": capital.lon}
            record = self._records[key] = place
        return record

    def _networks_of(self, country: str, index: int) -> tuple[Network, ...]:
        first = _FIRST_ASN + 100 * index
        return tuple(
            self._network(first + number, f"{country} {kind} {number}", kind, share)
            for number, (kind, share) in enumerate(zip(_KINDS, _SHARES, strict=True))
        )

    def _network(self, asn: int, org: str, kind: str, share: float) -> Network:
        listed, chances = zip(*_MISTAKEN[kind], strict=True)
        return Network(asn, org, kind, self._random.choices(listed, chances)[0], share)


def _beside(random: Random, city: City, km: float) -> dict[str, float]:
    """Return a point within about `km` of a city."""
    away, angle = km * random.random(), random.random() * math.tau
    lat = city.lat + away * math.cos(angle) / 111.2
    return {"lat": round(lat, 3), "lon": round(city.lon + away * math.sin(angle) / (111.2 * math.cos(math.radians(lat))), 3)}

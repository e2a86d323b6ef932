"""What `Lookup` says of an address is what MaxMind's own reader says."""

import os
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_network
from pathlib import Path
from typing import Any

import geofiles
import geoip2.database
import geoip2.errors
import maxminddb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.lookup import Lookup
from geo.place import Place

METHODS = {
    "City": "city",
    "Country": "country",
    "Enterprise": "enterprise",
    "ASN": "asn",
    "ISP": "isp",
    "Connection-Type": "connection_type",
    "Anonymous-IP": "anonymous_ip",
    "Anonymous-Plus": "anonymous_plus",
    "Domain": "domain",
}
NOTHING = (None,) * 9


def method(reader: geoip2.database.Reader) -> str | None:
    kind = reader.metadata().database_type
    return next((name for part, name in METHODS.items() if part in kind), None)


def theirs(reader: geoip2.database.Reader, name: str, address: str) -> tuple[Any, ...]:
    try:
        found: Any = getattr(reader, name)(address)
    except geoip2.errors.AddressNotFoundError:
        return NOTHING
    if name in ("asn", "isp"):
        fallback = None if name == "asn" else found.organization or found.isp
        return (*NOTHING[:7], found.autonomous_system_number, found.autonomous_system_organization or fallback)
    if name in ("connection_type", "anonymous_ip", "anonymous_plus", "domain"):
        return NOTHING
    city = name != "country"
    return (
        found.country.iso_code,
        found.subdivisions.most_specific.name if city else None,
        found.city.name if city else None,
        found.location.latitude if city else None,
        found.location.longitude if city else None,
        found.location.accuracy_radius if city else None,
        found.location.time_zone if city else None,
        *((found.traits.autonomous_system_number, found.traits.autonomous_system_organization) if name == "enterprise" else (None, None)),
    )


def ours(place: Place) -> tuple[Any, ...]:
    return (place.country, place.region, place.city, place.lat, place.lon, place.accuracy_km, place.timezone, place.asn, place.org)


def addresses_of(path: Path) -> Iterator[str]:
    """The first and last address of every network in a file, those that stand for IPv4 in IPv6 aside."""
    with maxminddb.open_database(path) as reader:
        for network, _ in reader:
            if network.version == 6 and (network.subnet_of(ip_network("2002::/16")) or network.subnet_of(ip_network("2001::/32"))):
                continue
            yield str(network[0])
            yield str(network[-1])


@pytest.fixture(scope="module", params=list(geofiles.TYPES))
def file(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return geofiles.write_types(tmp_path_factory.mktemp("types"), [request.param])[0]


def test_every_network_of_every_known_type_says_what_geoip2_says(file: Path) -> None:
    lookup = Lookup([file])
    with geoip2.database.Reader(file) as reader:
        name = method(reader)
        assert name is not None
        for address in addresses_of(file):
            assert ours(lookup.place(address)) == theirs(reader, name, address), address


EDGES = [int(edge) for network in geofiles.CITY | geofiles.ASN for edge in (ip_network(network)[0], ip_network(network)[-1])]
near_v4 = st.one_of(
    st.integers(0, 2**32 - 1), *(st.integers(max(edge - 300, 0), min(edge + 300, 2**32 - 1)) for edge in EDGES if edge < 2**32)
)
near_v6 = st.one_of(
    st.integers(0x2000 << 112, (0x4000 << 112) - 1), *(st.integers(edge - 300, edge + 300) for edge in EDGES if edge >= 2**32)
)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lookup, geoip2.database.Reader, geoip2.database.Reader]]:
    city, asn = geofiles.write_types(tmp_path_factory.mktemp("pair"), ["GeoIP2-City", "GeoLite2-ASN"])
    with geoip2.database.Reader(city) as cities, geoip2.database.Reader(asn) as asns:
        yield Lookup([city, asn]), cities, asns


@given(number=near_v4)
def test_any_ipv4_address_says_what_geoip2_says_of_city_and_asn(
    pair: tuple[Lookup, geoip2.database.Reader, geoip2.database.Reader], number: int
) -> None:
    lookup, cities, asns = pair
    address = str(IPv4Address(number))
    assert ours(lookup.place(address)) == (*theirs(cities, "city", address)[:7], *theirs(asns, "asn", address)[7:])


@given(number=near_v6)
def test_any_ipv6_address_says_what_geoip2_says_of_city_and_asn(
    pair: tuple[Lookup, geoip2.database.Reader, geoip2.database.Reader], number: int
) -> None:
    lookup, cities, asns = pair
    address = str(IPv6Address(number))
    if number >> 112 == 0x2002 or number >> 96 == 0x2001_0000:
        return
    assert ours(lookup.place(address)) == (*theirs(cities, "city", address)[:7], *theirs(asns, "asn", address)[7:])


@given(number=st.one_of(near_v4, near_v6))
def test_text_and_objects_of_the_same_address_are_in_the_same_place(
    pair: tuple[Lookup, geoip2.database.Reader, geoip2.database.Reader], number: int
) -> None:
    address = IPv4Address(number) if number < 2**32 else IPv6Address(number)
    assert pair[0].place(address) == pair[0].place(str(address))


@pytest.mark.slow
def test_a_given_file_says_what_geoip2_says() -> None:
    given_path = os.environ.get("COUNTERSIGN_TEST_MMDB")
    if not given_path:
        pytest.skip("COUNTERSIGN_TEST_MMDB names no MMDB file, or folder of them, to compare with geoip2")
    path = Path(given_path)
    for file in sorted(path.glob("*.mmdb")) if path.is_dir() else [path]:
        with geoip2.database.Reader(file) as reader:
            name = method(reader)
            if name is None:
                continue
            lookup = Lookup([file])
            for address in addresses_of(file):
                assert ours(lookup.place(address)) == theirs(reader, name, address), (file.name, address)

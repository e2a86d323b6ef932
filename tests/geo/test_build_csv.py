"""From CSV to MMDB: what goes in comes out, and what can't go in is named with its line."""

from ipaddress import IPv4Address, ip_address
from pathlib import Path

import maxminddb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.build import BuildError, build
from geo.lookup import Lookup


def made(tmp_path: Path, text: str) -> Lookup:
    table = tmp_path / "table.csv"
    table.write_text(text, encoding="utf-8")
    build([table], tmp_path / "out.mmdb", built=1_700_000_000)
    return Lookup([tmp_path / "out.mmdb"])


def test_ranges_with_as_numbers_become_a_database(tmp_path: Path) -> None:
    lookup = made(
        tmp_path, '1.0.0.0,1.0.0.255,13335,"Cloudflare, Inc."\n2001:200::,2001:200:1b9:ffff:ffff:ffff:ffff:ffff,2500,WIDE Project\n'
    )
    place = lookup.place("1.0.0.77")
    assert (place.asn, place.org, place.built) == (13335, "Cloudflare, Inc.", 1_700_000_000)
    assert lookup.place("2001:200:1b9::1").asn == 2500
    assert lookup.place("2001:200:1ba::1").asn is None
    assert lookup.place("1.0.1.0").asn is None


def test_networks_with_countries_become_a_database(tmp_path: Path) -> None:
    lookup = made(tmp_path, "2.125.160.0/24,GB\n2001:218::/32,JP\n")
    assert [lookup.place(address).country for address in ("2.125.160.255", "2001:218::1", "2.125.161.0")] == ["GB", "JP", None]


def test_the_city_fields_of_ip_location_db_become_a_database(tmp_path: Path) -> None:
    place = made(tmp_path, "2.125.160.0,2.125.160.255,GB,England,Berkshire,Boxford,RG20,51.75,-1.25,Europe/London\n").place("2.125.160.9")
    assert (place.country, place.region, place.city, place.lat, place.lon, place.timezone) == (
        "GB",
        "England",
        "Boxford",
        51.75,
        -1.25,
        "Europe/London",
    )


def test_a_header_names_the_fields(tmp_path: Path) -> None:
    place = made(tmp_path, "network,country_code,accuracy_radius,latitude,longitude\n2.125.160.0/24,GB,20,51.75,-1.25\n").place(
        "2.125.160.1"
    )
    assert (place.country, place.accuracy_km, place.lat) == ("GB", 20, 51.75)


def test_a_narrower_network_that_follows_stays_inside_the_wider(tmp_path: Path) -> None:
    lookup = made(tmp_path, "2.0.0.0/8,FR\n2.125.160.0/24,GB\n")
    assert [lookup.place(address).country for address in ("2.125.159.255", "2.125.160.0", "2.125.161.0")] == ["FR", "GB", "FR"]


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("", "build_empty", 1),
        ("1.0.0.0,1.0.0.255,13335,Cloudflare\n1.0.1.0,1.0.1.x,1,X\n", "build_address", 2),
        ("1.0.0.0,1.0.0.255,13335,Cloudflare\n1.0.1.0,1.0.0.0,1,X\n", "build_range", 2),
        ("1.0.0.0,2001::,13335,Cloudflare\n", "build_range", 1),
        ("1.0.0.0,1.0.0.255,13335,Cloudflare\n1.0.1.0,1.0.1.255,1\n", "build_columns", 2),
        ("1.0.0.0,1.0.0.255,1,2,3,4,5\n", "build_columns", 1),
        ("1.0.0.0,1.0.0.255,AS13335,Cloudflare\n", "build_value", 1),
        ("colour,taste\n1.0.0.0/24,GB\n", "build_columns", 1),
        ("1.0.0.1/24,GB\n", "build_address", 1),
        ('1.0.0.0/24,"GB\n', "build_encoding", 2),
    ],
)
def test_a_row_that_can_not_be_used_is_named_with_its_line(tmp_path: Path, text: str, code: str, line: int) -> None:
    table, out = tmp_path / "table.csv", tmp_path / "out.mmdb"
    table.write_text(text)
    out.write_bytes(b"the old one")
    with pytest.raises(BuildError) as caught:
        build([table], out)
    assert (caught.value.code, caught.value.line) == (code, line)
    assert f"table.csv, line {line}" in str(caught.value)
    assert out.read_bytes() == b"the old one"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.mmdb", "table.csv"]


def test_bytes_that_are_no_text_are_named_with_their_line(tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    table.write_bytes(b"1.0.0.0/24,GB\n\xff\xfe,FR\n")
    with pytest.raises(BuildError) as caught:
        build([table], tmp_path / "out.mmdb")
    assert caught.value.code == "build_encoding"


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_every_address_of_a_range_and_none_beside_it_is_found(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    first = data.draw(st.integers(1, 2**32 - 2))
    last = data.draw(st.integers(first, min(first + 100_000, 2**32 - 2)))
    folder = tmp_path_factory.mktemp("range")
    (folder / "table.csv").write_text(f"{IPv4Address(first)},{IPv4Address(last)},GB\n")
    build([folder / "table.csv"], folder / "out.mmdb")
    with maxminddb.open_database(folder / "out.mmdb") as reader:
        for number in (first, last, (first + last) // 2):
            assert reader.get(str(ip_address(number))) == {"country_code": "GB"}
        for number in (first - 1, last + 1):
            assert reader.get(str(ip_address(number))) is None

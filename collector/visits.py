"""A login as the detectors see it: what the operator says of it, with addresses as keyed pseudonyms and browsers as families."""

from collections.abc import Mapping
from functools import lru_cache

import user_agents

from collector import address as addresses
from collector.origins import offset_min, origin_of
from collector.places import Places
from collector.problems import Problem
from collector.secrets import Secrets
from signals.visit import Visit
from wire.schema import Scalar

_FAMILIES = {"Mac OS X": "macOS", "Chrome OS": "ChromeOS", "Ubuntu": "Linux", "Fedora": "Linux", "Debian": "Linux"}


def visit_of(
    context: Mapping[str, Scalar], device: str | None, now_us: int, places: Places, secrets: Secrets, fallback: str | None = None
) -> Visit | None:
    """Return the visit that a decision's context describes, from the `fallback` address where it names none.

    None where there is no address at all. Raises Problem `invalid` for one in the context that is none.
    """
    given = context.get("ip")
    ip = fallback if given is None else given
    found = addresses.parse(ip) if isinstance(ip, str) else None
    if found is None:
        if given is None:
            return None  # none is known, or the session came through a socket of this machine, which has a name
        raise Problem(422, "invalid", "this is no IP address", path="$.context.ip")
    origin = origin_of(str(found), now_us, places, secrets)
    os, browser = _families(_text(context, "user_agent"))
    zone = _text(context, "timezone")
    language = _text(context, "language")
    return Visit(
        at_us=now_us,
        address=origin.address,
        prefix=origin.prefix,
        place=origin.place,
        company=origin.company,
        device=device,
        os=os,
        browser=browser,
        language=language or None,
        offset_min=offset_min(zone, now_us) if zone else None,
        place_offset_min=origin.place_offset_min,
        ja4=_text(context, "ja4") or None,
        round=_text(context, "round") or None,
    )


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

"""The hosted challenge page: one HTML file, its own script and style, nothing from elsewhere.

Everything about the challenge comes from its JSON, so the page is the same for all. The content policy lets it run its own files and
call its own origin, and nothing else. It returns to, posts its result to and may be framed by the origins of the settings only.
"""

import html
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Final

from starlette.responses import Response

from collector.problems import Problem

PARTS: Final = {
    "challenge.js": "text/javascript",
    "solver.js": "text/javascript",
    "challenge.css": "text/css",
}
ORIGIN: Final = re.compile(r"https?://[a-z0-9.-]+(:[0-9]{1,5})?")
_RETURN: Final = re.compile(rf"({ORIGIN.pattern})(/[!#-;=?-\[\]_a-z~]*)?", re.IGNORECASE)
_LOOPBACK: Final = re.compile(r"https?://(127\.0\.0\.1|localhost)(:[0-9]{1,5})?")
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; worker-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors {ancestors}"
)
_HEADERS: Final = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}


def page(back: str | None, origins: Sequence[str], *, local: bool = False) -> Response:
    """Return the page. Raises Problem `return_not_allowed` where `back`, the URL to return to, is of no origin in `origins`.

    `local`: the collector serves this machine only, as while trying things out; with no origins set, pages may return to this machine.
    """
    allowed = [origin for origin in (each.lower().rstrip("/") for each in origins) if ORIGIN.fullmatch(origin)]
    if local and not allowed and back is not None:
        found = _RETURN.fullmatch(back)
        allowed = [found[1].lower()] if found is not None and _LOOPBACK.fullmatch(found[1].lower()) else []
    if back is not None and not _may_return(back, allowed):
        raise Problem(400, "return_not_allowed", "this page may not return there: see the setting return_origins")
    text = _read("challenge.html").replace("{origins}", html.escape(" ".join(allowed)))
    policy = _POLICY.format(ancestors=" ".join(allowed) or "'none'")
    return Response(text, headers={**_HEADERS, "content-security-policy": policy, "cache-control": "no-store"}, media_type="text/html")


def is_local(url: str) -> bool:
    """Tell whether a URL, such as the collector's public one, leads to the machine of whoever opens it."""
    return _LOOPBACK.fullmatch(url.lower().rstrip("/")) is not None


def part(name: str) -> Response:
    """Return a file that the page uses. Raises Problem `not_found`."""
    media = PARTS.get(name)
    if media is None:
        raise Problem(404, "not_found", "the page has no such part")
    return Response(_read(name), headers={**_HEADERS, "cache-control": "public, max-age=300"}, media_type=media)


def _may_return(back: str, allowed: Sequence[str]) -> bool:
    # stricter than any URL parser, so that no two of them can read it differently
    found = _RETURN.fullmatch(back)
    return found is not None and len(back) <= 2000 and found[1].lower() in allowed


@cache
def _read(name: str) -> str:
    return files("collector.pages").joinpath(name).read_text("utf-8")

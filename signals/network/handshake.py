"""Does the TLS handshake, as a trusted proxy fingerprints it, fit what the client says it is?

JA4 (FoxIO, "JA4+ Network Fingerprinting", technical details of JA4): `t13d1516h2_..._...` is the transport (t TCP, q QUIC), the
highest version offered, d or i for a server name or none, two digits each of ciphers and extensions, the first ALPN value; then two
digests. Every current browser offers TLS 1.3 and HTTP/2.
"""

import re
from typing import Final

from signals.finding import abstain, found
from signals.types import Evidence, Finding, Reason

NAME: Final = "handshake"

_JA4: Final = re.compile(
    r"^(?P<transport>[tqd])(?P<version>[0-9ds]{2})(?P<name>[di])[0-9]{4}(?P<alpn>[0-9a-zA-Z]{2})_[0-9a-f]{12}_[0-9a-f]{12}$"
)
BROWSERS: Final = ("Chrome", "Firefox", "Safari", "Edge", "Opera", "Samsung Internet")
FREE: Final = 2
"""Handshakes in one session: a second connection may differ (QUIC, resumption)."""


def assess(evidence: Evidence) -> Finding:
    """Return what the handshakes say. Abstains where no proxy names one, or what it names is no JA4."""
    visit, route = evidence.visit, evidence.history.route
    named = (visit.ja4 if visit else None) or (route.handshakes[-1] if route.handshakes else None)
    parts = _JA4.match(named) if named else None
    if parts is None:
        return abstain("not_reported")
    browser = visit.browser if visit else None
    claims = browser is not None and any(name in browser for name in BROWSERS)
    old = parts["version"] != "13"
    plain = parts["alpn"] not in ("h2", "h3")
    reasons = (
        Reason("network.handshake_version", f"Claims to be {browser} but offers no TLS 1.3.", 1.0 if claims and old else 0.0),
        Reason("network.handshake_protocol", f"Claims to be {browser} but offers no HTTP/2.", 1.2 if claims and plain else 0.0),
        Reason(
            "network.handshakes",
            f"{len(route.handshakes)} different TLS stacks in one session.",
            0.7 * max(0, len(route.handshakes) - FREE),
        ),
    )
    return found(reasons, 1.0 if claims else 0.5)

"""Whose address a request came from. What a header claims counts only when a proxy that the settings trust has added it."""

import re
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

_FOR = re.compile(r'(?:^|[;,])\s*for=(?:"([^"]*)"|([^;,\s]*))', re.IGNORECASE)


class Addresses:
    """Finds the caller's address behind the trusted networks."""

    def __init__(self, trusted: Iterable[str]) -> None:
        self._trusted: tuple[IPv4Network | IPv6Network, ...] = tuple(ip_network(text, strict=False) for text in trusted)

    def of(self, peer: str, headers: Sequence[tuple[bytes, bytes]]) -> str:
        """Return the canonical text of the nearest address that is not a trusted proxy, and `peer` where there is nothing to trust.

        The headers (`Forwarded`, RFC 7239, else `X-Forwarded-For`) are read from the right, the end that the nearest proxy wrote;
        reading stops at the first hop that is not trusted or that can't be read.
        """
        if not self._trusted:
            return peer
        found = parse(peer)
        if found is None:
            return peer
        for hop in reversed(_hops(headers)):
            if not any(found in network for network in self._trusted):
                break
            before = parse(hop)
            if before is None:
                break
            found = before
        return str(found)


def parse(text: str) -> IPv4Address | IPv6Address | None:
    """Return the address in `text`, which may carry a port, brackets or a scope; None for anything else (`unknown`, `_hidden`)."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def _hops(headers: Sequence[tuple[bytes, bytes]]) -> list[str]:
    forwarded = ",".join(value.decode("latin-1") for name, value in headers if name == b"forwarded")
    if forwarded:
        return [quoted or plain for quoted, plain in _FOR.findall(forwarded)]
    listed = ",".join(value.decode("latin-1") for name, value in headers if name == b"x-forwarded-for")
    return [hop for hop in listed.split(",") if hop.strip()]

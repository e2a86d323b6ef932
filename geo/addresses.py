"""Addresses as text, made into the number that databases know: what wraps an IPv4 address in an IPv6 one is taken off.

Sources: RFC 4291 2.5.5.2 (v4-mapped), RFC 3056 (6to4), RFC 4380 4 (Teredo), RFC 6052 2.1 (NAT64 well-known prefix).
"""

from ipaddress import IPv4Address, IPv6Address, ip_address

_MAPPED = 0xFFFF
_NAT64 = 0x0064_FF9B_0000_0000_0000_0000
_TEREDO = 0x2001_0000
_SIX_TO_FOUR = 0x2002
_LOW = 0xFFFF_FFFF

_LONGEST = 45
"""Characters of the longest text of an IPv6 address (one that ends in a dotted quad)."""


class AddressError(ValueError):
    """The text is no address. `code` is stable.

    address_empty, address_has_port, address_has_scope, address_in_brackets, address_malformed.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


def parse(address: object) -> IPv4Address | IPv6Address:
    """Return the address that `address` (text, or an ipaddress object) names, unwrapped.

    Nothing is guessed: blanks, brackets, ports, scope ids, leading zeros and networks raise `AddressError`. Whoever takes addresses out
    of a header or a socket takes off what belongs to the header or the socket.
    """
    if isinstance(address, str):
        return unwrap(_read(address))
    if isinstance(address, IPv4Address | IPv6Address):
        return unwrap(address)
    raise AddressError("address_malformed", f"an address is text or an ipaddress object, not {type(address).__name__}")


def unwrap(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address inside a v4-mapped, 6to4, Teredo (the client's) or NAT64 address, any other as it is."""
    if isinstance(address, IPv4Address):
        return address
    if address.scope_id is not None:
        raise AddressError("address_has_scope", "take the scope id (what follows %) off the address")
    inside = ipv4_inside(int(address))
    return address if inside is None else IPv4Address(inside)


def ipv4_inside(number: int) -> int | None:
    """Return the IPv4 address, as a number, that the IPv6 address `number` wraps, None if it wraps none."""
    high = number >> 96
    if high >> 16 == _SIX_TO_FOUR:
        return number >> 80 & _LOW
    if high == _TEREDO:
        return ~number & _LOW
    if high == 0 or high == _NAT64 >> 64:
        prefix = number >> 32
        if prefix in (_MAPPED, _NAT64):
            return number & _LOW
    return None


def _read(text: str) -> IPv4Address | IPv6Address:
    try:
        return ip_address(text)
    except ValueError:
        raise _complaint(text) from None


def _complaint(text: str) -> AddressError:
    shown = ascii(text if len(text) <= _LONGEST else text[:_LONGEST] + "...")
    bare = text.strip()
    if not bare:
        return AddressError("address_empty", "the address is empty")
    if bare.startswith("["):
        return AddressError("address_in_brackets", f"take the brackets (and the port) off {shown}")
    host, colon, port = bare.rpartition(":")
    if colon and port.isdecimal() and host.count(".") == 3 and ":" not in host:
        return AddressError("address_has_port", f"take the port off {shown}")
    return AddressError("address_malformed", f"{shown} is neither an IPv4 nor an IPv6 address")

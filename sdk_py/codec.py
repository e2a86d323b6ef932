"""Bodies as they are sent: msgpack, deflated where that is worth it."""

import zlib
from typing import Any, Final, TypeVar

import msgpack

from wire import headers
from wire.plain import from_plain, to_plain

T = TypeVar("T")

WORTH_IT: Final = 200
"""Bytes below which compression is not tried."""
LEVEL: Final = 6


def pack(value: Any) -> bytes:
    """Return a dataclass of the contract as msgpack, without the fields that equal their default."""
    packed: bytes = msgpack.packb(to_plain(value))
    return packed


def unpack(kind: type[T], body: bytes) -> T:
    """Return the dataclass that `body` holds. Raises ValueError where it holds something else."""
    try:
        plain = msgpack.unpackb(body)
    except (ValueError, msgpack.UnpackException) as error:
        raise ValueError(f"no msgpack: {error}") from None
    return from_plain(kind, plain)


def squeeze(body: bytes) -> tuple[bytes, dict[str, str]]:
    """Return the body as it is to be sent, and the headers that say how."""
    described = {"content-type": headers.MSGPACK, "accept": headers.MSGPACK}
    if len(body) > WORTH_IT:
        small = zlib.compress(body, LEVEL)
        if len(small) < len(body):
            return small, {**described, "content-encoding": headers.DEFLATE}
    return body, described

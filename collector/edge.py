"""From bytes that anybody may have sent to a checked value, or a Problem that says what was wrong.

In this order, and nothing before its turn: signature over the body as sent, decompression within a bound, nesting within a bound, types
(msgspec, straight into wire's dataclasses), then the counts and ranges that types can't say.
"""

import binascii
import hmac
import zlib
from collections.abc import Hashable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, TypeVar, cast

import msgspec

from collector import depth
from collector.bounds import check_batch
from collector.problems import Problem
from wire import headers, limits
from wire.schema import Batch

T = TypeVar("T")
MEDIA: Final = frozenset({headers.JSON, headers.MSGPACK})
ENCODINGS: Final = frozenset({"", headers.DEFLATE})


@dataclass(frozen=True, slots=True)
class Sent:
    """A body as it came, with what its headers say of it."""

    body: bytes
    media: str = headers.JSON
    encoding: str = ""
    """`deflate` or nothing."""


def open_batch(sent: Sent, session: str, signing: bytes, signature: str) -> Batch:
    """Return the batch that `session` signed with its key, of which `signing` is `sign.derive(key, sign.BATCH)`."""
    verify(sent.body, signing, signature)
    batch = decode(sent, Batch)
    if batch.session != session:
        raise Problem(422, "invalid", "the batch names another session than the header", path="$.session")
    check_batch(batch)
    return batch


def reopen_batch(body: bytes, encoding: str) -> Batch:
    """Return a batch out of the journal, where only accepted ones are. `encoding` is as `journal_encoding` gave it."""
    media, _, content = encoding.partition("+")
    return decode(Sent(body, f"application/{media}", content), Batch)


def journal_encoding(sent: Sent) -> str:
    """Return how the body is to be read back, such as `msgpack+deflate`."""
    media = sent.media.removeprefix("application/")
    return f"{media}+{sent.encoding}" if sent.encoding else media


def verify(body: bytes, signing: bytes, signature: str) -> None:
    """Raise Problem `missing_signature` or `bad_signature` unless `signature` is the session's, in hex, over the body as sent."""
    if not signature:
        raise Problem(401, "missing_signature", f"a batch carries {headers.SIGNATURE}: the hex of its HMAC")
    try:
        raw = binascii.unhexlify(signature)
    except ValueError:
        raw = b""
    if not hmac.compare_digest(hmac.digest(signing, body, "sha256"), raw):
        raise Problem(401, "bad_signature", "the signature is not that of this session over this body")


def decode(sent: Sent, expected: type[T]) -> T:
    """Return the body as an `expected`. Raises Problem, with the `path` of what has the wrong type."""
    plain = inflate(sent)
    decoder = _decoder(sent.media, cast("Hashable", expected))
    try:
        depth.check(plain, sent.media)
        value: T = decoder.decode(plain)
    except msgspec.ValidationError as error:
        _refuse_version(plain, sent.media)
        detail, _, path = str(error).partition(" - at `")
        raise Problem(422, "invalid", detail, path=path.rstrip("`") or "$") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, OverflowError, ValueError) as error:
        raise Problem(400, "malformed", f"the body is not {sent.media}: {_brief(error)}") from None
    return value


def inflate(sent: Sent) -> bytes:
    """Return the plain body, at most `limits.MAX_PLAIN` bytes of it, however much a bomb would unpack to."""
    if not sent.encoding:
        return sent.body
    unpacker = zlib.decompressobj()
    try:
        plain = unpacker.decompress(sent.body, limits.MAX_PLAIN)
    except zlib.error:
        raise Problem(400, "bad_compression", "the body is not in the zlib format") from None
    if unpacker.unconsumed_tail:
        raise Problem(413, "too_large", f"the body unpacks to more than {limits.MAX_PLAIN} bytes")
    if not unpacker.eof:
        raise Problem(400, "bad_compression", "the compressed body is cut short")
    if unpacker.unused_data:
        raise Problem(400, "bad_compression", "something follows the compressed body")
    return plain


class _Versioned(msgspec.Struct):
    v: int


def _refuse_version(plain: bytes, media: str) -> None:
    """Raise Problem `unknown_version` if that is why the types did not fit."""
    try:
        versioned = _decoder(media, _Versioned).decode(plain)
    except (msgspec.DecodeError, RecursionError):
        return
    if versioned.v != limits.VERSION:
        raise Problem(422, "unknown_version", f"this collector speaks version {limits.VERSION}, not {str(versioned.v)[:20]}")


@cache
def _decoder(media: str, expected: Any) -> "msgspec.json.Decoder[Any] | msgspec.msgpack.Decoder[Any]":
    return msgspec.msgpack.Decoder(expected) if media == headers.MSGPACK else msgspec.json.Decoder(expected)


def _brief(error: Exception) -> str:
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)[:200]

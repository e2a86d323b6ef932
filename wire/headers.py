"""Names of the HTTP headers and media types of the contract."""

from typing import Final

SESSION: Final = "countersign-session"
SIGNATURE: Final = "countersign-signature"
"""Hex of `sign.sign(session key, sign.BATCH, body as sent)`."""
MSGPACK: Final = "application/msgpack"
JSON: Final = "application/json"
PROBLEM: Final = "application/problem+json"
DEFLATE: Final = "deflate"
"""Content-Encoding of compressed bodies: the zlib format of RFC 1950."""

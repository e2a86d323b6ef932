"""`GET /.well-known/jwks.json`: the keys that proofs are checked with, offline (RFC 7517)."""

from typing import Final

import msgspec
from starlette.responses import Response

from collector.operation import Call, Operation

MEDIA: Final = "application/jwk-set+json"
_CACHE: Final = {"cache-control": "public, max-age=300"}


async def jwks(call: Call) -> Response:
    """Return the public keys, those that no longer sign included."""
    return Response(msgspec.json.encode(call.service.proofs.jwks()), headers=_CACHE, media_type=MEDIA)


operations: Final = (Operation("GET", "/.well-known/jwks.json", "Public keys of proofs", jwks, media_type=MEDIA, limited=False),)

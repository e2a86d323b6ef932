"""The token that a login form carries: which session this is, signed and expiring (RFC 7519, HS256 with a key of its own purpose).

Only the collector reads it, so a shared key is enough. The key's version travels as `kid`: the newest signs, all verify.
"""

from functools import lru_cache
from typing import Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from joserfc.jws import JWSRegistry

from collector.problems import Problem
from collector.secrets import Secrets

ISSUER: Final = "countersign"
MAX_LENGTH: Final = 1024
_REGISTRY: Final = JWSRegistry(algorithms=["HS256"])


def issue(secrets: Secrets, session: str, now_us: int, life_s: float) -> str:
    """Return a token for `session` that is good for `life_s` seconds."""
    now_s = now_us // 1_000_000
    claims = {"iss": ISSUER, "sub": session, "iat": now_s, "exp": now_s + round(life_s)}
    return jwt.encode({"alg": "HS256", "kid": str(secrets.version)}, claims, _key(secrets, secrets.version))


def verify(secrets: Secrets, token: str, now_us: int) -> str:
    """Return the session that `token` names. Raises Problem `token_invalid` or `token_expired`."""
    invalid = Problem(401, "token_invalid", "the session token was not made by this collector")
    if len(token) > MAX_LENGTH:
        raise invalid
    try:
        found = jwt.decode(token, lambda part: _key(secrets, _version(part.headers().get("kid"), secrets)), registry=_REGISTRY)
        issuer, session, expires = found.claims["iss"], found.claims["sub"], found.claims["exp"]
    except (JoseError, ValueError, KeyError, TypeError, RecursionError):
        raise invalid from None
    if issuer != ISSUER or not isinstance(session, str) or not isinstance(expires, int):
        raise invalid
    if expires * 1_000_000 <= now_us:
        raise Problem(401, "token_expired", "the session token has expired: the client gets a fresh one with its next batch")
    return session


def _version(kid: object, secrets: Secrets) -> int:
    version = int(str(kid))
    if not 1 <= version <= secrets.version:
        raise ValueError(kid)
    return version


@lru_cache(64)  # making a key out of its bytes costs more than verifying with it
def _key(secrets: Secrets, version: int) -> OctKey:
    return OctKey.import_key(secrets.key("session-token", version=version))

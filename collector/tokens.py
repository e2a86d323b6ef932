"""Proofs that a challenge was passed: a JWS (RFC 7515) signed with Ed25519, checkable by anybody who has the JWKS (RFC 7517).

The signing keys come from the master keys, one each: the newest signs, all are published, so rotation needs no ceremony. `alg` is
`EdDSA` (RFC 8037), which verifiers in every language know; RFC 9864 prefers `Ed25519` because `EdDSA` leaves the curve open, and
here the key closes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwa import EdDSAAlgorithm
from joserfc.jwk import KeySet, OKPKey
from joserfc.jws import JWSRegistry

from collector.secrets import Secrets

ISSUER: Final = "countersign"
MAX_LENGTH: Final = 2048
_ALGORITHM: Final = "EdDSA"


class InvalidProof(Exception):
    """Not a proof that this collector signed, or no longer in force."""


@dataclass(frozen=True, slots=True)
class Proof:
    """That the challenge of a decision was passed, within a session, until `expires_us`."""

    decision: str
    challenge: str
    kind: str
    session: str | None
    passed_us: int
    expires_us: int

    @property
    def id(self) -> str:
        """The `jti`: a challenge is passed once, so it names its proof."""
        return f"p_{self.challenge}"


class ProofKeys:
    """Signs and verifies proofs."""

    def __init__(self, secrets: Secrets) -> None:
        keys = [_key(secrets.key("proof", version=version)) for version in range(1, secrets.version + 1)]
        self._newest = keys[-1]
        self._all = KeySet(list(keys))

    def sign(self, proof: Proof) -> str:
        """Return the proof in compact form."""
        claims = {
            "iss": ISSUER,
            "sub": proof.decision,
            "challenge": proof.challenge,
            "kind": proof.kind,
            "session": proof.session,
            "iat": proof.passed_us // 1_000_000,
            "exp": proof.expires_us // 1_000_000,
            "jti": proof.id,
        }
        return jwt.encode({"alg": _ALGORITHM, "kid": self._newest.kid}, claims, self._newest, registry=_REGISTRY)

    def verify(self, text: str, now_us: int) -> Proof:
        """Return what a compact proof says. Raises InvalidProof."""
        if len(text) > MAX_LENGTH:
            raise InvalidProof("too long")
        try:
            claims = jwt.decode(text, self._all, registry=_REGISTRY).claims
            proof = Proof(
                decision=claims["sub"],
                challenge=claims["challenge"],
                kind=claims["kind"],
                session=claims["session"],
                passed_us=claims["iat"] * 1_000_000,
                expires_us=claims["exp"] * 1_000_000,
            )
        except (JoseError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise InvalidProof(type(error).__name__) from None
        if claims["iss"] != ISSUER or proof.expires_us <= now_us:
            raise InvalidProof("expired")
        return proof

    def jwks(self) -> Mapping[str, Any]:
        """Return the public keys as a JWK set."""
        return self._all.as_dict(private=False)


class _EdDSA(EdDSAAlgorithm):
    security_warning = None  # type: ignore[assignment]  # the key pins the curve, see above


class _Registry(JWSRegistry):
    algorithms: ClassVar = {_ALGORITHM: _EdDSA()}  # type: ignore[misc]  # the base class declares it without ClassVar


_REGISTRY: Final = _Registry(algorithms=[_ALGORITHM])


def _key(seed: bytes) -> OKPKey:
    key = OKPKey.import_key(Ed25519PrivateKey.from_private_bytes(seed), {"use": "sig", "alg": _ALGORITHM})
    key.ensure_kid()
    return key

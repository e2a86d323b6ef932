"""A subject's second factor at rest: sealed with AES-256-GCM under a key of its own, bound to the subject.

Layout: key version (1 byte), nonce (12 bytes), ciphertext of the last used time step (8 bytes, big-endian) and the secret.
"""

import os
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from collector.secrets import Secrets

_NONCE: Final = 12
_STEP: Final = 8


class SealBroken(ValueError):
    """What is stored was not sealed for this subject with a key of this collector."""


@dataclass(frozen=True, slots=True, repr=False)
class Factor:
    """A TOTP secret in base32, and the time step of the last code that was accepted (0 for none yet)."""

    secret: str
    last_step: int = 0


def seal(secrets: Secrets, subject: str, factor: Factor) -> bytes:
    """Return the factor sealed."""
    nonce = os.urandom(_NONCE)
    plain = factor.last_step.to_bytes(_STEP, "big") + factor.secret.encode()
    cipher = AESGCM(secrets.key("second-factor", subject, secrets.version))
    return bytes((secrets.version,)) + nonce + cipher.encrypt(nonce, plain, subject.encode())


def unseal(secrets: Secrets, subject: str, sealed: bytes) -> Factor:
    """Return the factor that was sealed for this subject. Raises SealBroken."""
    version, nonce = sealed[0] if sealed else 0, sealed[1 : 1 + _NONCE]
    if not 1 <= version <= secrets.version:
        raise SealBroken("sealed with a key that is not here")
    cipher = AESGCM(secrets.key("second-factor", subject, version))
    try:
        plain = cipher.decrypt(nonce, sealed[1 + _NONCE :], subject.encode())
    except (InvalidTag, ValueError):
        raise SealBroken("does not open") from None
    return Factor(plain[_STEP:].decode(), int.from_bytes(plain[:_STEP], "big"))

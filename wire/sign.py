"""Session keys, signatures and the chain of batches (RFC 2104 HMAC with SHA-256, RFC 5869-style key separation).

Every purpose has its own key derived from the parent, so that a signature made for one can never be used for another.
"""

import hashlib
import hmac
from typing import Final

BATCH: Final = b"countersign.batch.v1"
DEVICE: Final = b"countersign.device.v1"

DIGEST_SIZE: Final = 32
FIRST_PREV: Final = bytes(DIGEST_SIZE)
"""What the first batch of a session names as the digest before it."""


def derive(key: bytes, purpose: bytes) -> bytes:
    """Return the 32-byte key for one purpose."""
    return hmac.digest(key, purpose, "sha256")


def sign(key: bytes, purpose: bytes, message: bytes) -> bytes:
    """Return the 32-byte signature of `message` for one purpose."""
    return hmac.digest(derive(key, purpose), message, "sha256")


def verify(key: bytes, purpose: bytes, message: bytes, signature: bytes) -> bool:
    """Tell in constant time whether `signature` is that of `message` for this purpose."""
    return hmac.compare_digest(sign(key, purpose, message), signature)


def digest(body: bytes) -> bytes:
    """Return the digest by which the next batch names this one: SHA-256 of the body as sent."""
    return hashlib.sha256(body).digest()


def device_message(device: str, counter: int, nonce: bytes) -> bytes:
    """Return what a device signs in its hello: a fixed-width counter and nonce, then the id, so nothing can shift."""
    return counter.to_bytes(8, "big") + len(nonce).to_bytes(1, "big") + nonce + device.encode()

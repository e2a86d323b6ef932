"""The device's identity: issued at first contact, kept by the user, proved with an ever-growing counter in every hello."""

import base64
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from sdk_py.folders import write_private
from sdk_py.lock import locked
from wire import sign
from wire.schema import DeviceProof, IssuedDevice


@dataclass(frozen=True, slots=True, repr=False)
class _Kept:
    id: str
    secret: bytes
    counter: int


class Identity:
    """One file per collector, so that no collector learns what another one issued."""

    def __init__(self, folder: Path, url: str) -> None:
        name = hashlib.sha256(url.rstrip("/").lower().encode()).hexdigest()[:16]
        self._path = folder / f"device-{name}.json"
        self._lock = folder / f"device-{name}.lock"

    def prove(self, nonce: bytes) -> DeviceProof | None:
        """Count one more hello, durably, and return its proof; None where no device is known yet.

        The counter is stored before it is told: told twice, it would look like a copied device. Raises OSError (TimeoutError among them).
        """
        if not self._path.exists():
            return None
        with locked(self._lock):
            kept = self._read()
            if kept is None:
                return None
            counter = kept.counter + 1
            self._write(_Kept(kept.id, kept.secret, counter))
        mac = sign.sign(kept.secret, sign.DEVICE, sign.device_message(kept.id, counter, nonce))
        return DeviceProof(kept.id, counter, mac)

    def keep(self, issued: IssuedDevice) -> None:
        """Remember a new identity. Raises OSError."""
        with locked(self._lock):
            self._write(_Kept(issued.id, issued.secret, 0))

    def _read(self) -> _Kept | None:
        try:
            kept = json.loads(self._path.read_bytes())
            return _Kept(str(kept["id"]), base64.b64decode(kept["secret"]), int(kept["counter"]))
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError):  # damaged: the collector issues another
            return None

    def _write(self, kept: _Kept) -> None:
        content = {"id": kept.id, "secret": base64.b64encode(kept.secret).decode(), "counter": kept.counter}
        write_private(self._path, json.dumps(content).encode())

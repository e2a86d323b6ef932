"""An open session: it numbers, chains and signs batches (SPEC.md, Batches)."""

from dataclasses import dataclass

from sdk_py.codec import pack, squeeze
from sdk_py.parcel import Parcel
from wire import headers, sign
from wire.schema import Welcome


@dataclass(frozen=True, slots=True)
class Sealed:
    """A batch as it is sent, and sent again, to the byte."""

    parcel: Parcel
    seq: int
    body: bytes
    headers: dict[str, str]
    plain_size: int


class Session:
    """State of the chain between two acknowledgements."""

    def __init__(self, welcome: Welcome) -> None:
        self.id = welcome.session
        self._key = welcome.key
        self.acknowledged = 0
        self._prev = sign.FIRST_PREV

    def seal(self, parcel: Parcel) -> Sealed:
        """Return the next batch."""
        seq = self.acknowledged + 1
        plain = pack(parcel.batch(self.id, seq, self._prev))
        body, described = squeeze(plain)
        signature = sign.sign(self._key, sign.BATCH, body).hex()
        return Sealed(parcel, seq, body, {**described, headers.SESSION: self.id, headers.SIGNATURE: signature}, len(plain))

    def advance(self, sealed: Sealed) -> None:
        """Take a batch as acknowledged: the next one names it."""
        self.acknowledged = sealed.seq
        self._prev = sign.digest(sealed.body)

"""A second factor: the code that an authenticator app shows (TOTP, RFC 6238, six digits, 30 s, SHA-1 as the apps have it).

One step of drift is accepted on either side (RFC 6238, 5.2), and a step that was used is never accepted again, nor one before it.
"""

import re
from dataclasses import dataclass, replace
from typing import Final

import pyotp

from collector.challenge.base import Attempt, Marked, Presentation
from collector.challenge.factor import Factor, seal, unseal
from collector.policy.rules import ChallengeKind
from collector.secrets import Secrets

DIGITS: Final = 6
STEP_S: Final = 30
DRIFT: Final = 1
"""Steps that a phone's clock may be off."""
_CODE: Final = re.compile(rf"[0-9]{{{DIGITS}}}")


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """Implements `Challenge`."""

    secrets: Secrets
    kind: ChallengeKind = ChallengeKind.SECOND_FACTOR

    def issue(self, challenge: str) -> bytes:
        return b""

    def present(self, challenge: str, state: bytes) -> Presentation:
        return Presentation("Enter the code that your authenticator app shows.", {"digits": DIGITS, "period_s": STEP_S})

    def mark(self, attempt: Attempt) -> Marked:
        code = "".join(attempt.answer.split())
        if attempt.subject is None or attempt.factor is None or not _CODE.fullmatch(code):
            return Marked(False)
        factor = unseal(self.secrets, attempt.subject, attempt.factor)
        try:
            step = pyotp.TOTP(factor.secret).verify_and_get_timecode(code, for_time=attempt.now_us / 1e6, valid_window=DRIFT)
        except pyotp.OTPVerificationError:
            return Marked(False)
        if step <= factor.last_step:
            return Marked(False)
        return Marked(True, seal(self.secrets, attempt.subject, replace(factor, last_step=step)))


def enrol(secrets: Secrets, subject: str, account: str, issuer: str) -> tuple[bytes, str]:
    """Return a new factor, sealed, and the otpauth URI that an authenticator app reads. The URI is not kept."""
    factor = Factor(pyotp.random_base32())
    return seal(secrets, subject, factor), pyotp.TOTP(factor.secret).provisioning_uri(name=account, issuer_name=issuer)

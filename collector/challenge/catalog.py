"""Every kind of challenge there is. A further one (WebAuthn, Turnstile, hCaptcha) is a `ChallengeKind`, a file, and a line here."""

from collections.abc import Mapping

from collector.challenge.base import Challenge
from collector.challenge.captcha import Captcha
from collector.challenge.second_factor import SecondFactor
from collector.policy.rules import ChallengeKind
from collector.secrets import Secrets


def kinds(secrets: Secrets) -> Mapping[ChallengeKind, Challenge]:
    """Return each kind by its name."""
    return {kind.kind: kind for kind in (Captcha(secrets), SecondFactor(secrets))}

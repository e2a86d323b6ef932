"""What of a visit is compared with a person's habits, as paths from the general to the particular.

Freeman et al. ("Who Are You? A Statistical Approach to Measuring User Authenticity", NDSS 2016) score a login by the product over its
features of p(value) / p(value | user), with each feature backing off to a coarser one where the value was never seen: address to network
to country, browser to operating system. Wiefling et al. use the same model for risk-based authentication ("What's in Score for Website
Users", FC 2021; "Pump Up Password Security!", ACM TOPS 2022). Here each path is such a chain: a step is judged given the step before.
"""

from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Final

from signals.visit import Visit

Key = bytes
"""Eight bytes that stand for a value and all that is before it on its path."""


@dataclass(frozen=True, slots=True)
class Level:
    """How one feature behaves, whoever the person is.

    fresh: how readily people show a new value, in visits (concentration of the prior): small means that a new value is rare.
    copied: the share of attackers who come with the very value of their victim.
    base: how common a value is that nobody counted.
    """

    name: str
    fresh: float
    copied: float
    base: float


COUNTRY: Final = Level("country", 0.15, 0.5, 0.02)
NETWORK: Final = Level("network", 0.5, 0.15, 0.05)
PREFIX: Final = Level("prefix", 1.0, 0.03, 0.01)
ADDRESS: Final = Level("address", 2.0, 0.5, 1 / 256)
OS: Final = Level("os", 0.3, 0.4, 0.2)
BROWSER: Final = Level("browser", 0.3, 0.5, 0.3)
DEVICE: Final = Level("device", 0.4, 0.02, 1e-6)

LEVELS: Final = (COUNTRY, NETWORK, PREFIX, ADDRESS, OS, BROWSER, DEVICE)
UNKNOWN: Final = "?"


@dataclass(frozen=True, slots=True)
class Step:
    """One value on a path. `parent` is the key of the step before; `known` is False where the value could not be told."""

    level: Level
    key: Key
    parent: Key
    known: bool


@lru_cache(16)  # the detectors of one decision ask for the same visit
def steps(visit: Visit) -> tuple[Step, ...]:
    """Return the steps of both paths, where from and with what, each ending at the last value that is known."""
    place = visit.place
    country = place.country if place else None
    asn = str(place.asn) if place and place.asn is not None else None
    return (
        *_path("where", ((COUNTRY, country), (NETWORK, asn), (PREFIX, visit.prefix), (ADDRESS, visit.address))),
        *_path("what", ((OS, visit.os or visit.client_os), (BROWSER, visit.browser), (DEVICE, visit.device))),
    )


def keys(visit: Visit) -> tuple[Key, ...]:
    """Return every key that the likelihood of this visit asks about, parents included."""
    return tuple(dict.fromkeys(key for step in steps(visit) for key in (step.parent, step.key)))


def digest(*parts: str) -> Key:
    """Return eight bytes that stand for these texts."""
    return blake2b("\x1f".join(parts).encode(), digest_size=8).digest()


def _path(root: str, values: tuple[tuple[Level, str | None], ...]) -> list[Step]:
    while values and values[-1][1] is None:
        values = values[:-1]
    texts = [root]
    parent = digest(root)
    path: list[Step] = []
    for level, value in values:
        texts.append(UNKNOWN if value is None else f"={value}")
        key = digest(*texts)
        path.append(Step(level, key, parent, value is not None))
        parent = key
    return path

"""Does the client's clock run as the server's does? Speed hacks, clocks that were set, frozen and coarse clocks.

Sources: Kohno, Broido and Claffy, "Remote physical device fingerprinting", IEEE S&P 2005 (clock skews of computers stay below 500 ppm);
RFC 5905 (how far time servers slew a clock); Cheat Engine's "speedhack", which scales what the clock functions of a process return.
"""

from typing import Final

from signals.finding import abstain, found
from signals.integrity.clock import CERTAIN, FEW, LEAD, Clocks
from signals.integrity.clock_speed import BENT
from signals.types import Evidence, Finding, Reason

NAME: Final = "clocks"

FULL: Final = 0.01
"""Beyond BENT, the deviation at which the evidence is whole."""
FAST: Final = 6.5
"""Nats: less than what the readings say (bench/clocks.py); the rest is for links nobody thought of."""
SLOW: Final = 5.0
"""A server whose queue grows makes every client look slow."""
DISAGREE: Final = 5.5
"""The two clocks of one client part by over 1 %: no network explains that, and time servers slew by 0.05 % at most (RFC 5905)."""
DISAGREES: Final = 0.01
EARLIER_US: Final = 20_000_000
EARLIER: Final = 0.7
SET: Final = 0.7
MOST_SET: Final = 3
BACKWARDS: Final = 2.5
COARSE: Final = 0.4
COARSE_SHARE: Final = 0.9
FROZEN: Final = 2.0
FROZEN_SHARE: Final = 0.5
ENOUGH_STAMPS: Final = 200
STEADY: Final = -0.4
SURE: Final = 4.0
"""Nats for the one or the other from which the confidence is full."""


def assess(evidence: Evidence) -> Finding:
    """Return evidence of a bent clock; abstains before half a dozen pairs of readings 8 s apart, unless something else shows."""
    clocks = evidence.history.clocks
    reasons = [*_speed(clocks), *_set(clocks), *_stamps(clocks)]
    features = {
        "speed": clocks.speed,
        "lead": clocks.lead,
        "pairs": float(clocks.pairs),
        "wall_speed": clocks.wall_speed,
        "bent_s": clocks.bent_us / 1e6,
    }
    if not reasons and clocks.pairs < FEW:
        return abstain("too_few_readings", features)
    confidence = min(1.0, clocks.pairs / 30.0) * min(1.0, abs(clocks.lead) / SURE)
    if not reasons and clocks.lead < 0.0 and confidence >= 0.5:
        reasons = [Reason("integrity.steady_clock", "The client's clock runs as the server's does.", STEADY)]
    return found(reasons, max(confidence, 0.3 if reasons else 0.0), features)


def _speed(clocks: Clocks) -> list[Reason]:
    if clocks.pairs < FEW:
        return []
    reasons = []
    off = abs(clocks.speed - 1.0)
    share = max(0.0, min(1.0, (off - BENT) / FULL, (clocks.lead - LEAD) / (CERTAIN - LEAD)))
    if share > 0.0:
        most = FAST if clocks.speed > 1.0 else SLOW
        how = "fast" if clocks.speed > 1.0 else "slow"
        detail = f"The client's clock runs {how}: ×{clocks.speed:.3f} against the server's."
        reasons.append(Reason(f"integrity.{how}_clock", detail, most * share))
    elif clocks.bent_us >= EARLIER_US:
        detail = f"The client's clock was bent for {clocks.bent_us / 1e6:.0f} s."
        reasons.append(Reason("integrity.bent_clock", detail, SLOW * EARLIER))
    if abs(clocks.wall_speed - 1.0) > DISAGREES:
        detail = f"The client's own clocks disagree: ×{1.0 / max(clocks.wall_speed, 1e-3):.3f}."
        left = max(0.0, DISAGREE - sum(reason.contribution for reason in reasons))
        reasons.append(Reason("integrity.clocks_disagree", detail, max(left, 0.5)))
    return reasons


def _set(clocks: Clocks) -> list[Reason]:
    reasons = []
    if times := clocks.set_forward + clocks.set_back:
        reasons.append(Reason("integrity.clock_set", f"The wall clock was set {times} times during play.", SET * min(MOST_SET, times)))
    if clocks.backwards:
        reasons.append(Reason("integrity.clock_backwards", "The monotonic clock went back.", BACKWARDS))
    return reasons


def _stamps(clocks: Clocks) -> list[Reason]:
    if clocks.stamps < ENOUGH_STAMPS:
        return []
    if clocks.repeated / clocks.stamps > FROZEN_SHARE:
        return [Reason("integrity.frozen_clock", "Frames keep the same time: the clock stands still.", FROZEN)]
    if clocks.coarse / clocks.stamps > COARSE_SHARE:
        return [Reason("integrity.coarse_clock", "The clock moves in hundredths of a second.", COARSE)]
    return []

"""Do frames come as a real screen and a real scheduler make them come?

Sources: measured: frame intervals of vsynced and of sleeping game loops vary by tens to hundreds of µs on every desktop system, because
the kernel wakes a thread when it can (Linux timers(7), "timer slack" of 50 µs; Microsoft, "High-resolution timers"). Emulated clocks and
made-up frames don't. Pacing tells of the machine and not of the player, so only what no machine does weighs much.
"""

from typing import Final

from signals.emulator.frames import Block
from signals.finding import abstain, found
from signals.types import Evidence, Finding, Reason

NAME: Final = "pacing"

ENOUGH: Final = 240
"""Intervals: four seconds at 60 Hz."""
COARSE: Final = 0.5
"""Share of frames on a whole millisecond from which the clock is too coarse to tell (0.001 by chance)."""
FIXED_SHARE: Final = 0.995
EVEN_SHARE: Final = 0.95
"""A loop that spins on the clock reaches 0.93 at one microsecond and 0.98 at three (measured, Linux): interruptions keep it below
FIXED_SHARE."""
FIXED: Final = 3.5
EVEN: Final = 1.0
ABSURD_US: Final = 250.0
ABSURD: Final = 1.0
CRAWLING_US: Final = 250_000.0
CRAWLING: Final = 1.0
STALL: Final = 0.5
"""Nats for each stall beyond the first, where events carry times of their own loading does this to honest players."""
MOST_STALLS: Final = 4
ALIVE: Final = -0.3


def assess(evidence: Evidence) -> Finding:
    """Return evidence from the pacing of frames; abstains below `ENOUGH` frames, or where the clock is too coarse to tell."""
    frames = evidence.history.frames
    recent = frames.recent
    if recent.count < ENOUGH:
        return abstain("too_few_frames", {"frames": float(recent.count)})
    same, mean_us = recent.same / recent.count, recent.total_us / recent.count
    coarse = recent.on_grid / recent.count >= COARSE
    features = {
        "frames": float(recent.count),
        "same": same,
        "interval_us": mean_us,
        "stalls": float(frames.stalls),
        "coarse": float(coarse),
    }
    reasons = [] if coarse else _evenness(same, recent)
    if mean_us < ABSURD_US:
        reasons.append(Reason("emulator.absurd_rate", f"Frames come {1e6 / max(mean_us, 1.0):.0f} times a second.", ABSURD))
    elif mean_us > CRAWLING_US:
        reasons.append(Reason("emulator.crawling_rate", f"Frames come {1e6 / mean_us:.1f} times a second.", CRAWLING))
    if frames.stalls > 1:
        weight = STALL * min(MOST_STALLS, frames.stalls - 1)
        reasons.append(Reason("emulator.stalled_frames", f"Input went on {frames.stalls} times while no frame was drawn.", weight))
    if coarse and not reasons:
        return abstain("coarse_clock", features)
    if not reasons:
        reasons.append(Reason("emulator.live_pacing", "Frames come as a real screen makes them come.", ALIVE))
    return found(reasons, 0.5 if coarse else min(1.0, recent.count / 1000.0), features)


def _evenness(same: float, recent: Block) -> list[Reason]:
    if same >= FIXED_SHARE:
        return [Reason("emulator.fixed_frames", f"{same:.0%} of {recent.count} frame intervals are the same to the microsecond.", FIXED)]
    if same >= EVEN_SHARE:
        return [Reason("emulator.even_frames", f"{same:.0%} of {recent.count} frame intervals are the same to the microsecond.", EVEN)]
    return []

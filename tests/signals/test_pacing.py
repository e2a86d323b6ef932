"""Frames as a screen makes them, and as nobody's screen does: pacing."""

import numpy as np
import pytest

from signals.emulator import pacing
from signals.emulator.frames import GAP_US, Frames, learn
from signals.history import EMPTY, History
from signals.types import Evidence, Facts, Finding

RNG_SEED = 7


def judged(frames_us: np.ndarray, inputs_us: np.ndarray | None = None) -> Finding:
    inputs = np.empty(0, np.int64) if inputs_us is None else inputs_us.astype(np.int64)
    facts = Facts(arrived_us=0, t_us=inputs, kind=np.full(len(inputs), 3, np.uint8), frames_us=frames_us.astype(np.int64))
    return pacing.assess(Evidence(History(frames=learn(Frames(), facts))))


def screen(frames: int = 1000, jitter_us: float = 80.0, every_us: float = 16_667.0) -> np.ndarray:
    rng = np.random.default_rng(RNG_SEED)
    return 5_000_003 + np.rint(np.cumsum(every_us + rng.normal(0.0, jitter_us, frames)))


def names(finding: Finding) -> list[str]:
    return [reason.name for reason in finding.reasons]


@pytest.mark.parametrize("jitter_us", [20.0, 80.0, 1500.0])
def test_a_real_screen_is_calming(jitter_us) -> None:
    assert names(judged(screen(jitter_us=jitter_us))) == ["emulator.live_pacing"]


@pytest.mark.parametrize("every_us", [16_666.667, 16_667.0, 6_944.444])
def test_frames_that_are_the_same_to_the_microsecond_are_made_up(every_us) -> None:
    finding = judged(screen(jitter_us=0.0, every_us=every_us))
    assert names(finding) == ["emulator.fixed_frames"]
    assert finding.evidence == pacing.FIXED


def test_a_loop_that_spins_on_the_clock_is_no_more_than_odd() -> None:
    rng = np.random.default_rng(RNG_SEED)
    intervals = 4_000 + rng.choice([0, 0, 0, 0, 1], 2000) + (rng.random(2000) < 0.008) * rng.integers(3, 300, 2000)
    finding = judged(5_000_003 + np.cumsum(intervals))
    assert finding.evidence is not None
    assert finding.evidence <= pacing.EVEN


def test_a_coarse_clock_can_not_tell() -> None:
    assert judged(np.rint(screen() / 1000.0) * 1000.0).abstained == "coarse_clock"


def test_few_frames_are_too_few() -> None:
    assert judged(screen(100)).abstained == "too_few_frames"


def test_a_hitch_in_loading_is_no_stall() -> None:
    frames = screen()
    frames[500:] += 3 * GAP_US
    assert "emulator.stalled_frames" not in names(judged(frames, frames[480:520]))


def test_input_that_goes_on_while_nothing_is_drawn_is_told() -> None:
    frames = screen()
    for at in (200, 400, 600, 800):
        frames[at:] += 3 * GAP_US
    inputs = np.arange(frames[0], frames[-1], 50_000.0)
    assert "emulator.stalled_frames" in names(judged(frames, inputs))


def test_stalls_are_the_same_however_batches_were_cut() -> None:
    frames = screen(300).astype(np.int64)
    frames[150:] += 3 * GAP_US
    inputs = np.arange(frames[0], frames[-1], 40_000)
    whole = learn(Frames(), Facts(arrived_us=0, t_us=inputs, frames_us=frames))
    assert whole.stalls == 1
    for edge in range(int(frames[0]), int(frames[-1]), 250_000):
        at, frame = np.searchsorted(inputs, edge), np.searchsorted(frames, edge)
        first = learn(Frames(), Facts(arrived_us=0, t_us=inputs[:at], frames_us=frames[:frame]))
        assert learn(first, Facts(arrived_us=0, t_us=inputs[at:], frames_us=frames[frame:])) == whole


def test_a_thousand_frames_a_second_are_more_than_a_screen_shows() -> None:
    assert "emulator.absurd_rate" in names(judged(screen(every_us=100.0, jitter_us=20.0)))


def test_no_frames_at_all_are_no_evidence() -> None:
    assert pacing.assess(Evidence(EMPTY)).evidence is None

"""How often synthetic people are called scripts, and scripts found, by how they react, act in rounds, press a pad and count frames.

`python bench/reactions.py [--sessions 1000] [--seed 1]` prints one line per player of zoo/reactions.py: name, share of sessions with
evidence of 1, 2 and 3 nats or more from the four detectors together, how much they had to look at (mean of the largest confidence), goal.
Then what the four cost on a session that has something for them, against `numpy.fft.rfft` of 4,096 points in the same run.
"""

import argparse
import time
from functools import partial

import numpy as np

from signals.history import EMPTY, learn
from signals.timing import actions, frame_lock, marks, pad, reaction
from signals.types import Evidence, Facts
from zoo import reactions
from zoo.reactions import HONEST, SCRIPTS, Player, Scene

DETECTORS = (reaction, actions, pad, frame_lock)
NOT_CLAIMED = frozenset({"uniform_delay", "turbo"})
"""What these do is too near to what honest people, or their accessories, do."""


def seen(scene: Scene) -> Evidence:
    """Return what the collector knows at the end of a session."""
    t_us, kind, code = scene.input()
    nowhere = np.zeros(len(t_us), np.int64)
    told = Facts(0, t_us=t_us, kind=kind, code=code, x=nowhere, y=nowhere, frames_us=scene.frames, actions=scene.actions())
    return Evidence(learn(EMPTY, told))


def evidence(player: Player, sessions: int, seed: int) -> tuple[np.ndarray, float]:
    """Return the nats of every session, and the mean of the largest confidence."""
    rng = np.random.default_rng(seed)
    nats, sure = [], []
    for _ in range(sessions):
        findings = [detector.assess(known) for known in [seen(player(rng))] for detector in DETECTORS]
        nats.append(sum(finding.evidence or 0.0 for finding in findings))
        sure.append(max(finding.confidence for finding in findings))
    return np.array(nats), float(np.mean(sure))


def main() -> None:
    """Print every figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print(f"{'name':28} {'>= 1 nat':>8} {'>= 2':>8} {'>= 3':>8}  looked at  goal")
    for name, player in {**HONEST, **SCRIPTS}.items():
        nats, sure = evidence(player, options.sessions, options.seed)
        shares = [float((nats >= level).mean()) for level in (1.0, 2.0, 3.0)]
        goal = "<= 0.01" if name in HONEST else "not claimed" if name in NOT_CLAIMED else ">= 0.9"
        kind = "honest" if name in HONEST else "script"
        print(f"{kind} {name:21} " + " ".join(f"{share:8.3f}" for share in shares) + f"  {sure:9.2f}  {goal}")
    _cost()


def _cost() -> None:
    rng = np.random.default_rng(1)
    wave = rng.normal(size=4096)
    reference = _median(lambda: np.fft.rfft(wave))
    known = seen(reactions.reactor(rng))
    empty = Evidence(EMPTY)
    for detector in DETECTORS:
        full, nothing = (_median(partial(detector.assess, evidence)) for evidence in (known, empty))
        print(
            f"{detector.NAME}  {full / reference:.2f} x rfft(4096) of {reference:.0f} us, {nothing / reference:.2f} where there is nothing"
        )
    t_us, kind, code = reactions.tapper(rng).input()
    batch = Facts(0, t_us=t_us, kind=kind, code=code)
    print(f"marks.learn  {_median(lambda: marks.learn(known.history.marks, batch)) / reference:.2f} x rfft(4096)")


def _median(run: object, times: int = 400) -> float:
    taken = []
    for _ in range(times):
        start = time.thread_time_ns()
        run()  # type: ignore[operator]
        taken.append(time.thread_time_ns() - start)
    return float(np.median(taken[times // 10 :])) / 1e3


if __name__ == "__main__":
    main()

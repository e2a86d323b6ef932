"""A History is the same whether each batch is folded when it comes or several are folded together, whatever clients send."""

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from signals.history import EMPTY, History, dump, learn
from signals.replay.tail import fresh_of_each, fresh_sketches
from signals.types import AssetCheck, Facts, ProbeCheck, ReplayMatch
from wire.schema import Action, ClockPair, DeviceFacts, IntegrityFacts

T0_US = 1_760_000_000_000_000


def typed(seed: int, count: int, start_us: int) -> dict[str, object]:
    rng = np.random.default_rng(seed)
    return {
        "t_us": start_us + np.cumsum(rng.integers(0, 120_000, count)),
        "kind": rng.integers(1, 11, count).astype(np.uint8),
        "code": rng.integers(0, 13, count).astype(np.uint8),
        "x": rng.integers(-100, 3000, count),
        "y": rng.integers(-100, 2000, count),
    }


@st.composite
def batches(draw: st.DrawFn) -> list[Facts]:
    """Batches as they come: through changing addresses, with or without news, and of clients whose clocks go anywhere."""
    told, mono_us, arrived_us = [], 1_000_000, T0_US
    for _ in range(draw(st.integers(1, 7))):
        seed, start_us = draw(st.integers(0, 1000)), max(0, mono_us + draw(st.sampled_from((0, 0, 0, -3_000_000, 40_000_000))))
        frames = np.cumsum(np.random.default_rng(seed).choice([0, 16_667, 1_200_000], draw(st.integers(0, 40)), p=[0.05, 0.85, 0.1]))
        told.append(
            Facts(
                arrived_us,
                clock=ClockPair(start_us, T0_US + start_us) if draw(st.booleans()) else None,
                frames_us=start_us + frames,
                actions=tuple(Action(start_us + number, "bet", round=draw(st.sampled_from(("a", "b")))) for number in range(seed % 3)),
                device=draw(st.sampled_from((None, None, DeviceFacts(os="Linux"), DeviceFacts(os="Windows")))),
                integrity=draw(st.sampled_from((None, None, IntegrityFacts(traced=True)))),
                assets=draw(st.sampled_from((None, AssetCheck(True, 3, ("a.png",))))),
                probes=draw(st.sampled_from((None, ProbeCheck(1, 1, 0)))),
                address=draw(st.sampled_from((None, "here", "there"))),
                prefix=draw(st.sampled_from(("near", "far"))),
                replays=tuple(
                    ReplayMatch(0.01 * number, False, bool(number % 2), 1.0, source=f"s_{number}")
                    for number in draw(st.lists(st.integers(0, 9), max_size=4))
                ),
                **typed(seed, draw(st.sampled_from((0, 1, 40, 300))), start_us),  # type: ignore[arg-type]
            )
        )
        mono_us, arrived_us = mono_us + 5_000_000, arrived_us + draw(st.integers(0, 9_000_000))
    return told


def one_by_one(told: list[Facts]) -> History:
    history = EMPTY
    for facts in told:
        history = learn(history, facts)
    return history


@settings(max_examples=80, deadline=None)
@given(batches(), st.lists(st.integers(0, 7), max_size=3))
def test_however_late_batches_are_folded_the_same_is_remembered(told, folds) -> None:
    late = EMPTY
    for start, end in pairwise(sorted({0, *(min(fold, len(told)) for fold in folds), len(told)})):
        late = learn(late, *told[start:end])
    assert dump(late) == dump(one_by_one(told))


@settings(max_examples=60, deadline=None)
@given(batches())
def test_sketches_go_to_the_batch_that_completes_them(told) -> None:
    history, found = EMPTY, []
    for facts in told:
        found.append(fresh_sketches(history.replay, facts))
        history = learn(history, facts)
    assert fresh_of_each(EMPTY.replay, told) == found


def test_a_long_session_has_sketches_to_tell_apart() -> None:
    told = [Facts(T0_US, **typed(seed, 300, 40_000_000 * seed)) for seed in range(6)]  # type: ignore[arg-type]
    assert sum(map(bool, fresh_of_each(EMPTY.replay, told))) > 3

"""The compiled loops over presses give what plain array arithmetic gives."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from signals.timing import content, entropy, following, holds, memory, quantise, residual, rhythm, spread, steadiness
from signals.timing.additive import Curves, basis
from signals.timing.windows import PAUSE, Timing, Window, learn
from signals.types import Facts
from wire import kinds

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

some_intervals = st.builds(
    lambda seed, count, grid, spread_of: (
        np.maximum(np.random.default_rng(seed).lognormal(7.0, spread_of, count), 0).astype(np.int64) // grid * grid
    ),
    st.integers(0, 2**32 - 1),
    st.integers(rhythm.MIN_INTERVALS, 511),
    st.sampled_from([1, 80, 167, 1090]),
    st.sampled_from([0.0, 0.05, 0.6, 2.0]),
)
DRAG = 5_000
"""Ticks from which on a press is a drag."""
alike = settings(max_examples=40, deadline=None)


def binned(intervals: Ints) -> Ints:
    return quantise.bins(intervals, np.sort(intervals))


def lag(scores: Floats, by: int) -> float:
    return float(scores[by:] @ scores[:-by] / (scores @ scores) * len(scores) ** 0.5)


@alike
@given(some_intervals)
def test_rank_bins_are_those_of_two_searches(intervals: Ints) -> None:
    ordered = np.sort(intervals)
    edges = ordered[len(ordered) * np.arange(1, quantise.BINS) // quantise.BINS]
    both = np.searchsorted(edges, intervals, "left") + np.searchsorted(edges, intervals, "right")
    assert binned(intervals).tolist() == (both >> 1).tolist()


@alike
@given(some_intervals)
def test_spread_is_that_of_quantiles_without_pauses(intervals: Ints) -> None:
    ordered = np.sort(np.minimum(intervals, PAUSE))
    known = ordered[ordered < PAUSE]
    levels = (0.02, 0.10, 0.25, 0.50, 0.75, 0.90, 0.98)
    logs = np.log(known[[int((len(known) - 1) * level + 0.5) for level in levels]] + 1.0)
    _, low, first, middle, third, high, _ = logs
    even = third - first <= 0.02
    shape = [np.nan] * 3 if even else [(high + low - 2 * middle) / (high - low), (third + first - 2 * middle) / (third - first)]
    expected = [*np.diff(logs)[::-1], *(shape if even else [*shape, (third - first) / (high - low)])]
    assert spread.features(ordered) == pytest.approx(expected, nan_ok=True)


@alike
@given(some_intervals)
def test_swing_is_that_of_sliding_sums(intervals: Ints) -> None:
    def swing(values: Ints) -> float:
        ordered = np.sort(values)
        n = len(ordered)
        return float(np.log((ordered[n - 1 - n // 10] - ordered[n // 10]) / (ordered[n // 2] + 1.0) + 0.002))

    stretches = np.convolve(intervals, np.ones(8, np.int64), "valid")
    assert steadiness.features(intervals, np.sort(intervals)) == pytest.approx([swing(intervals), swing(stretches)])


@alike
@given(some_intervals)
def test_entropy_is_that_of_counted_patterns(intervals: Ints) -> None:
    def bits(patterns: list[tuple[int, ...]]) -> float:
        counts = np.array(list(Counter(patterns).values())) / len(patterns)
        return float(-(counts * np.log2(counts)).sum())

    def conditional(symbols: list[int], length: int) -> tuple[float, float]:
        long = list(zip(*(symbols[at:] for at in range(length)), strict=False))
        short = [pattern[:-1] for pattern in long]
        first = bits([(symbol,) for symbol in symbols[: len(long)]])
        once = sum(count == 1 for count in Counter(long).values()) / len(long)
        return first, bits(long) - bits(short) + once * first

    symbols = binned(intervals).tolist()
    first, pairs = conditional(symbols, 2)
    _, triples = conditional([symbol >> 1 for symbol in symbols], 3)
    assert entropy.features(binned(intervals)) == pytest.approx([first, pairs, triples], abs=1e-9)


@alike
@given(some_intervals)
def test_memory_is_that_of_centred_ranks(intervals: Ints) -> None:
    ranks = binned(intervals).astype(np.float64)
    if np.ptp(ranks) == 0.0:
        assert not memory.features(binned(intervals)).any()
        return
    scores = (ranks - ranks.mean()) / ((quantise.BINS**2 - 1) / 12.0) ** 0.5
    blocks = scores[: len(scores) // 8 * 8].reshape(-1, 8).sum(axis=1)
    long = np.log((blocks @ blocks + 1.0) / (scores @ scores + 1.0))
    assert memory.features(binned(intervals)) == pytest.approx([*(lag(scores, by) for by in (1, 2, 3, 5)), long], abs=1e-9)


@alike
@given(some_intervals, st.integers(0, 1000))
def test_residual_memory_is_that_of_what_least_squares_leave(intervals: Ints, seed: int) -> None:
    lean = np.random.default_rng(seed).normal(size=len(intervals))
    ranks = binned(intervals).astype(np.float64)
    if np.ptp(ranks) == 0.0:
        assert not residual.features(binned(intervals), lean).any()
        return
    slope, height = np.polyfit(lean, ranks, 1)
    left = ranks - slope * lean - height
    slow = sum(lag(left, by) for by in range(3, 11)) / 8**0.5
    assert residual.features(binned(intervals), lean) == pytest.approx([lag(left, 1), lag(left, 2), slow], abs=1e-7)


def tables(seed: int) -> content.Tables:
    rng = np.random.default_rng(seed)
    made = [rng.normal(size=(rows, quantise.BINS)) for rows in (content.PAIRS,) * 3 + (quantise.BINS,) * 2]
    return content.Tables(*(table - table.mean(axis=1, keepdims=True) for table in made))


def said(codes: Ints, known: content.Tables) -> tuple[Floats, Floats]:
    """What the pairs around tell of each interval's bin, and what all three pairs tell."""
    pairs = codes[:-1] * content.CLASSES + codes[1:]
    around = np.zeros((len(pairs), quantise.BINS))
    around[1:] += known.before[pairs[:-1]]
    around[:-1] += known.after[pairs[1:]]
    return around, around + known.reached[pairs]


def against_orders(told: Floats, bins: Ints) -> tuple[float, float]:
    """Excess over, and variance over, all orders of the bins (Hoeffding 1951)."""
    every = told[:, bins]
    centred = every - every.mean(axis=0) - every.mean(axis=1, keepdims=True) + every.mean()
    return float(np.trace(every) - every.mean() * len(bins)), float((centred**2).sum() / (len(bins) - 1))


@alike
@given(some_intervals, st.integers(1, 13), st.integers(0, 1000))
def test_content_is_held_against_all_other_orders(intervals: Ints, classes: int, seed: int) -> None:
    known = tables(seed)
    bins, codes = binned(intervals), np.random.default_rng(seed).integers(0, classes, len(intervals) + 1)
    around, whole = said(codes, known)
    told = content.around(codes, known.before, known.after)
    assert told == pytest.approx(around)
    assert content.within(codes, told, known.reached) == pytest.approx(whole)
    over, variance = against_orders(whole, bins)
    expected = [np.nan, np.nan, np.nan]
    if variance > 0.02 * len(bins):
        expected[:2] = min(over / variance**0.5, content.SURE), min((over - variance / 2.0) / len(bins) ** 0.5, 0.0)
    pairs = codes[:-1] * content.CLASSES + codes[1:]
    groups = [np.flatnonzero(pairs == pair) for pair in np.unique(pairs)]
    over, variance = np.sum([against_orders(around[rows], bins[rows]) for rows in groups if len(rows) > 1] or [(0.0, 0.0)], axis=0)
    if variance > 0.02 * len(bins):
        expected[2] = min(over / variance**0.5, content.SURE)
    assert content.features(codes, bins, around, whole) == pytest.approx(expected, nan_ok=True, abs=1e-7)


@alike
@given(some_intervals, st.integers(0, 1000))
def test_order_is_centred_on_independent_pairs(intervals: Ints, seed: int) -> None:
    known, bins = tables(seed), binned(intervals)
    share = np.bincount(bins, minlength=quantise.BINS) / len(bins)
    found, variance = 0.0, 0.0
    for table, by in ((known.previous, 1), (known.second, 2)):
        mean = share @ table @ share
        left = table - (table @ share)[:, None] - (share @ table)[None, :] + mean
        found += float(table[bins[:-by], bins[by:]].sum() - mean * (len(bins) - by))
        variance += float(share @ left**2 @ share)
    expected = min(found / (variance * len(bins) + 1.0) ** 0.5, content.SURE)
    assert following.features(bins, known.previous, known.second) == pytest.approx([expected], abs=1e-9)


def events(seed: int, count: int, lowest: int, highest: int) -> Facts:
    rng = np.random.default_rng(seed)
    return Facts(
        0,
        t_us=np.cumsum(rng.integers(60_000, 700_000, count)),
        kind=rng.integers(lowest, highest + 1, count).astype(np.uint8),
        code=rng.integers(0, 4, count).astype(np.uint8),
        x=rng.integers(0, 900, count),
        y=rng.integers(0, 900, count),
    )


@alike
@given(st.integers(0, 10_000), st.integers(30, 300))
def test_holds_are_those_of_presses_whose_release_comes_next(seed: int, count: int) -> None:
    window = learn(Timing(), events(seed, count, kinds.KEY_DOWN, kinds.KEY_UP)).keys
    presses = rhythm.keys(window)
    rows = list(zip(presses.since.tolist(), presses.down.tolist(), presses.raw_code.tolist(), strict=True))
    downs = [after for before, after in pairwise(rows) if before[1]]
    held = [after[0] for before, after in pairwise(rows) if before[1] and not after[1] and after[2] == before[2]]
    held = [hold for hold in held if hold <= DRAG]
    flights = [
        (min(up[0], 10_000), min(then[0], 10_000))
        for before, up, then in zip(rows, rows[1:], rows[2:], strict=False)
        if before[1] and not up[1] and up[2] == before[2] and up[0] <= DRAG
    ]
    found = holds.features(presses.since, presses.down, presses.raw_code)
    if len(held) < holds.MIN_HOLDS:
        assert np.isnan(found).all()
        return
    ordered, n = np.log(np.sort(held) + 1.0), len(held)
    low, middle, high = ordered[n // 10], ordered[n // 2], ordered[n - 1 - n // 10]
    rolled = sum(down for _, down, _ in downs) / len(downs)
    along = np.corrcoef(np.array(flights).T)[0, 1] * len(flights) ** 0.5
    assert found == pytest.approx([rolled, middle, high - middle, middle - low, along], abs=1e-7)


@alike
@given(st.integers(0, 10_000), st.integers(30, 200))
def test_clicks_are_classed_by_button_and_distance(seed: int, count: int) -> None:
    window: Window = learn(Timing(), events(seed, count, kinds.POINTER_DOWN, kinds.POINTER_UP)).clicks
    presses = rhythm.clicks(window)
    down = np.flatnonzero(window.what & 4)
    way = np.hypot(np.diff(window.x[down].astype(float)), np.diff(window.y[down].astype(float)))
    reach = np.concatenate(([0], np.searchsorted([1, 12, 60, 180, 450], way, side="right")))
    assert presses.codes.tolist() == (reach * 2 + ((window.what[down] & 3) > 1)).tolist()
    assert presses.intervals.tolist() == np.diff(np.cumsum(window.since.astype(np.int64))[down]).tolist()


@alike
@given(st.integers(0, 10_000))
def test_curves_add_up_as_their_basis_does(seed: int) -> None:
    rng = np.random.default_rng(seed)
    knots = np.cumsum(rng.uniform(0.05, 1.0, (6, 9)), axis=1)
    values, features = rng.normal(size=(6, 9)), rng.uniform(-1.0, 7.0, 6)
    features[seed % 6] = np.nan
    curves = Curves(0, knots, values, 0.0, {"*": np.array([[0.0, 0.0], [1.0, 1.0]])})
    plain = (basis(features[None, :], knots).reshape(6, 9) * values).sum(axis=1)
    assert curves.contributions(features) == pytest.approx(plain)

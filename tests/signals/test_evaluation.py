"""What a report card counts: shares with their limits, replays, clocks, groups of people, goals and floors."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signals.evaluation.card import Card, Fresh
from signals.evaluation.clocks import CIRCUMSTANCES, EVEN, NETWORKS, PLAIN, evaluate_clocks, evidence, session
from signals.evaluation.floors import fallen, tolerance
from signals.evaluation.goals import goals
from signals.evaluation.replay import CASES, REMEMBERED, Case, crossed, false_alarms, recall, remember
from signals.evaluation.scored import PACES, Scored, abstained, note
from signals.figures import figures, rate
from signals.replay.tail import KEYS
from signals.traces import BOT, HUMAN, Trace
from wire import kinds

RNG = np.random.default_rng


def typed(at: int, subject: str, intervals_us: np.ndarray, label: str = HUMAN, family: str = HUMAN) -> Trace:
    t_us = np.concatenate(([0], np.cumsum(intervals_us))).astype(np.int64)
    nothing = np.zeros(len(t_us), np.int64)
    key_down = np.full(len(t_us), kinds.KEY_DOWN, np.uint8)
    return Trace(str(at), "made", label, family, subject, "desktop", t_us, key_down, nothing.astype(np.uint8), nothing, nothing)


def rhythm(seed: int, n: int = 300) -> np.ndarray:
    rng = RNG(seed)
    return 1000.0 * (np.exp(rng.normal(4.9, 0.5, n)) + (rng.random(n) < 0.1) * np.exp(rng.normal(6.3, 0.9, n)))


def test_none_in_three_thousand_is_known_to_be_less_than_one_in_a_thousand() -> None:
    assert rate(0, 3000).high == pytest.approx(1e-3, rel=0.01)


@settings(deadline=None)
@given(st.integers(0, 400), st.integers(1, 400))
def test_a_share_lies_between_its_limits(hits: int, more: int) -> None:
    found = rate(hits, hits + more)
    assert found.low <= found.share <= found.high <= 1.0


def test_a_replay_is_found_and_noise_alone_is_not() -> None:
    memory = remember([typed(at, f"person {at}", rhythm(at)) for at in range(4)], KEYS)
    found, replays = recall(memory, Case("as it was"), RNG(0), most=40)
    assert (found, replays) == (40, 40)
    drowned, _ = recall(memory, Case("drowned", noise_ms=5000.0), RNG(99), most=40)
    assert drowned == 0


def test_long_pieces_are_found_and_short_ones_escape() -> None:
    memory = remember([typed(at, f"person {at}", rhythm(at)) for at in range(4)], KEYS)
    long, short = (recall(memory, case, RNG(0), most=30)[0] for case in (Case("", pieces=(90, 90)), Case("", pieces=(3, 5))))
    assert long > 25
    assert short == 0


def test_ones_own_other_session_is_no_stranger() -> None:
    same = rhythm(1)
    people = [typed(0, "a", same), typed(1, "a", same), typed(2, "b", rhythm(2))]
    fresh = false_alarms(remember(people, KEYS))
    assert (fresh.people, fresh.recordings, fresh.apart) == (2, 3, 9)
    assert fresh.strangers.hits == 0
    assert fresh.own.share == pytest.approx(2 / 3, abs=0.01)
    assert fresh.macros.hits > 0


def test_somebody_elses_recording_is_a_strangers() -> None:
    fresh = false_alarms(remember([typed(0, "a", rhythm(1)), typed(1, "b", rhythm(1))], KEYS))
    assert fresh.strangers.share > 0.9
    assert fresh.own.hits == 0


def test_pairs_of_strangers_are_counted_and_more_that_is_remembered_is_extrapolated() -> None:
    memory = remember([typed(at, f"person {at}", rhythm(at, 4000)) for at in range(6)], KEYS)
    fresh = crossed(memory, false_alarms(memory))
    each = Counter(one.player.subject for one in memory.library)
    assert fresh.pairs == len(memory.library) ** 2 - sum(size**2 for size in each.values())
    assert fresh.nearest < 0.0
    assert [size for size, _ in fresh.expected] == list(REMEMBERED)
    assert all(0.0 < chance < 0.01 for _, chance in fresh.expected)
    assert "extrapolated" in goals(Card(fresh={"keys": fresh}))[0].counted


def test_a_few_pairs_are_not_extrapolated() -> None:
    memory = remember([typed(at, f"person {at}", rhythm(at)) for at in range(2)], KEYS)
    fresh = crossed(memory, false_alarms(memory))
    assert fresh.pairs > 0
    assert fresh.expected == ()


@pytest.mark.parametrize("network", NETWORKS)
def test_batches_arrive_after_they_are_sent_and_in_order(network: str) -> None:
    for circumstances in CIRCUMSTANCES:
        arrived = session(RNG(3), NETWORKS[network], 1.0, circumstances)[:, 1].tolist()
        assert arrived == sorted(arrived)


@pytest.mark.parametrize("network", EVEN)
def test_a_simulated_hack_is_found_where_the_network_only_jitters(network: str) -> None:
    assert evidence(session(RNG(1), NETWORKS[network], 1.05, PLAIN)) >= 3.0
    assert evidence(session(RNG(1), NETWORKS[network], 1.0, PLAIN)) <= 0.0


@pytest.mark.parametrize("network", ["retries", "outage"])
def test_a_wall_clock_that_is_set_on_a_bad_link_is_no_alarm(network: str) -> None:
    wall_set = next(one for one in CIRCUMSTANCES if one.wall_set)
    assert max(evidence(session(RNG(seed), NETWORKS[network], 1.0, wall_set)) for seed in range(60)) < 3.0


def test_the_even_networks_are_counted_together() -> None:
    card = Card()
    evaluate_clocks(card, RNG(0), 45, 2)
    assert card.clocks["x1.05, even networks"].of == 2 * len(EVEN)
    assert card.honest_clocks["all"].of == 45
    assert sum(card.honest_clocks[name].of for name in NETWORKS) == 45


def test_bent_clocks_are_counted_as_called_and_at_what_honest_ones_hardly_reach() -> None:
    card = Card()
    evaluate_clocks(card, RNG(0), 45, 2)
    cases = [goal.case for goal in goals(card) if "speed hack" in goal.case]
    assert ["as called" in case for case in cases] == [True, False]
    assert ["1 false alarm in 10,000" in case for case in cases] == [False, True]


def test_people_are_parted_into_thirds_by_their_pace() -> None:
    kept = [Scored(typed(at, f"person {at}", np.full(100, 1000.0 * (at + 1))), float(at)) for at in range(6)]
    kept.append(Scored(typed(9, "person 0", rhythm(0), BOT, "shuffle"), 20.0))
    card = Card()
    note(card, "keys", kept, {})
    assert [card.subjects[f"keys/{pace}"].of for pace in PACES] == [2, 2, 2]
    assert card.groups["keys/made/desktop"].people == 6


def test_what_is_not_judged_is_an_abstention() -> None:
    traces = [typed(at, "a", rhythm(at)) for at in range(3)]
    assert [one.evidence for one in abstained(traces, traces[:2])] == [-np.inf]


def test_goals_of_the_replays_are_those_of_the_cases() -> None:
    card = Card(replays={f"keys/{case.name}": rate(1, 2) for case in CASES})
    assert {goal.goal for goal in goals(card)} <= {case.goal for case in CASES}
    assert not any(goal.met for goal in goals(card))


def test_the_worst_family_stands_for_a_goal() -> None:
    good, bad = figures(RNG(0).normal(-4.0, 1.0, 500), RNG(1).normal(4.0, 1.0, 500)), figures(np.zeros(10), np.zeros(10))
    found = goals(Card(left_out={"pointer/a": good, "pointer/b": bad}))
    assert [(goal.figure, goal.met) for goal in found] == [(0.0, False)]
    assert "worst: b" in found[0].counted


def full() -> Card:
    row = figures(RNG(0).normal(-3.0, 1.0, 200), RNG(1).normal(3.0, 1.0, 200))
    return Card(
        families={"keys/all": row},
        replays={"keys/as it was": rate(500, 500)},
        fresh={"keys": Fresh(7, 90, 4000, 400, rate(0, 9000), rate(0, 9000), rate(0, 9000))},
        clocks={"x1.05": rate(500, 500)},
        honest_clocks={"all": rate(0, 5000)},
    )


def test_a_card_has_not_fallen_below_itself_nor_by_what_chance_does() -> None:
    assert fallen(full(), full()) == []
    assert fallen(replace(full(), replays={"keys/as it was": rate(497, 500)}), full()) == []


@pytest.mark.parametrize(
    ("worse", "said"),
    [
        (replace(full(), families={"keys/all": replace(full().families["keys/all"], auc=0.9)}), "AUC"),
        (replace(full(), families={"keys/all": replace(full().families["keys/all"], tpr_1=0.8)}), "found at 1 %"),
        (replace(full(), families={"keys/all": replace(full().families["keys/all"], calibration_error=0.3)}), "calibration"),
        (replace(full(), replays={"keys/as it was": rate(450, 500)}), "as it was"),
        (replace(full(), clocks={}), "not measured"),
        (replace(full(), honest_clocks={"all": rate(100, 5000)}), "false alarms"),
        (replace(full(), fresh={}), "not measured"),
    ],
)
def test_a_figure_that_fell_is_named(worse: Card, said: str) -> None:
    assert [said in sentence for sentence in fallen(worse, full())] == [True]


def test_tolerance_shrinks_with_what_was_counted() -> None:
    assert tolerance(0.9, 100, 100) > 2.5 * tolerance(0.9, 1000, 1000)


def test_a_metronome_on_one_key_counts_among_the_simple_bots() -> None:
    good, bad = figures(RNG(0).normal(-4.0, 1.0, 500), RNG(1).normal(4.0, 1.0, 500)), figures(np.zeros(10), np.zeros(10))
    found = goals(Card(families={"keys/constant": good, "keys/constant_one_key": bad, "keys/random_delay": bad}))
    assert [goal.counted.partition(";")[0] for goal in found] == ["worst: constant_one_key"] * 2

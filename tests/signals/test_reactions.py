"""What the player does after what the game shows, in rounds, at a pad and by frames: reaction, actions, pad, frame_lock.

All sessions are synthetic and seeded. What the players of zoo/reactions.py are was in mind when the limits were chosen; those further down
were not: other distributions, other games, other rates.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signals.history import EMPTY, History, dump, learn, load
from signals.timing import actions, frame_lock, pad, reaction
from signals.timing.marks import PRESSES, REPEATED, TOLD
from signals.types import NOT_APPLICABLE, Evidence, Facts, Finding
from wire import kinds
from wire.schema import Action
from zoo.reactions import HONEST, SCRIPTS, Rng, Scene, ex_gaussian, frames, polled, us

DETECTORS = (reaction, actions, pad, frame_lock)
SESSIONS = 100


def told(scene: Scene) -> Facts:
    t_us, kind, code = scene.input()
    nowhere = np.zeros(len(t_us), np.int64)
    return Facts(0, t_us=t_us, kind=kind, code=code, x=nowhere, y=nowhere, frames_us=scene.frames, actions=scene.actions())


def seen(scene: Scene) -> Evidence:
    return Evidence(learn(EMPTY, told(scene)))


def nats(player: Callable[[Rng], Scene], sessions: int = SESSIONS, seed: int = 7) -> np.ndarray:
    rng = np.random.default_rng(seed)
    evidence = (seen(player(rng)) for _ in range(sessions))
    return np.array([sum(detector.assess(one).evidence or 0.0 for detector in DETECTORS) for one in evidence])


@pytest.mark.parametrize("name", sorted(HONEST))
def test_honest_players_are_not_called_scripts(name: str) -> None:
    found = nats(HONEST[name])
    assert (found >= 1.0).mean() <= 0.03
    assert (found >= 2.0).mean() <= 0.01


@pytest.mark.parametrize("name", sorted(SCRIPTS.keys() - {"uniform_delay", "turbo"}))
def test_scripts_are_found(name: str) -> None:
    assert (nats(SCRIPTS[name]) >= 1.0).mean() >= 0.85


def test_a_turbo_button_is_told_and_no_alarm() -> None:
    found = nats(SCRIPTS["turbo"])
    assert found.max() <= pad.MOST_TURBO * 1.25


# players that the limits were not chosen on


def after(shown: np.ndarray, pressed: np.ndarray, name: str = "line_update", **more: Any) -> Scene:
    return Scene(us(pressed), tuple((int(at * 1e6), name, None) for at in shown), **more)


def weibull_reactor(rng: Rng) -> Scene:
    """Weibull reactions after a shift, to lines that come in bursts."""
    shown = 3.0 + np.cumsum(np.where(rng.random(60) < 0.3, rng.uniform(0.3, 0.6, 60), rng.exponential(6.0, 60)))
    delay = 0.16 + rng.uniform(0.06, 0.4) * rng.weibull(rng.uniform(1.2, 2.2), 60)
    return after(shown, shown + delay)


def fast_young_gamer(rng: Rng) -> Scene:
    """Simple reactions of 170 ms that spread by little, with as many false starts as anybody has shown."""
    shown = 3.0 + np.cumsum(rng.uniform(1.0, 4.0, 50))
    delay = np.where(rng.random(50) < 0.06, rng.uniform(0.0, 0.1, 50), rng.gamma(40.0, 0.17 / 40.0, 50))
    return after(shown, shown + delay)


def slow_screen(rng: Rng) -> Scene:
    """Reactions in a game of 20 frames a second, where press and line are both on that grid."""
    drawn = frames(rng, 200.0, 20.0)
    shown = polled(3.0 + np.cumsum(rng.uniform(2.0, 6.0, 40)), drawn)
    return after(shown, polled(shown + ex_gaussian(rng, 40), drawn), frames=us(drawn))


def busy_hands(rng: Rng) -> Scene:
    """Type all the time, in bursts, while lines change."""
    shown = 3.0 + np.cumsum(rng.exponential(2.0, 60) + 0.1)
    typed = np.cumsum(np.where(rng.random(900) < 0.06, rng.exponential(2.0, 900), rng.gamma(4.0, 0.04, 900)))
    return Scene(us(typed), after(shown, typed).told, kind=kinds.KEY_DOWN)


def long_rounds(rng: Rng) -> Scene:
    """Bets in rounds of 12 seconds: answered by gamma reactions, on a phone."""
    pressed = 3.0 + np.cumsum(12.0 + rng.gamma(9.0, 0.03, 40))
    return after(pressed, pressed, "bet", kind=kinds.TOUCH_DOWN)


def late_teller(rng: Rng) -> Scene:
    """A game that tells of its own round 80 ms after the picture of it."""
    shown = 3.0 + np.cumsum(rng.uniform(2.0, 5.0, 40))
    return after(shown + 0.08, shown + np.maximum(0.15, ex_gaussian(rng, 40)), "feature_enter")


@pytest.mark.parametrize("player", [weibull_reactor, fast_young_gamer, slow_screen, busy_hands, long_rounds, late_teller])
def test_honest_players_of_other_kinds_are_not_called_scripts(player: Callable[[Rng], Scene]) -> None:
    assert (nats(player) >= 2.0).mean() <= 0.01


def instant(rng: Rng) -> Scene:
    """Press 5 to 15 ms after half of the lines."""
    shown = 3.0 + np.cumsum(rng.gamma(2.0, 2.0, 60) + 0.2)
    mine = shown[rng.random(60) < 0.5]
    return after(shown, mine + rng.uniform(0.005, 0.015, len(mine)))


def nearly_human(rng: Rng) -> Scene:
    """Press 70 to 95 ms after three lines in four."""
    shown = 3.0 + np.cumsum(rng.gamma(2.0, 2.0, 60) + 0.2)
    mine = shown[rng.random(60) < 0.75]
    return after(shown, mine + rng.uniform(0.07, 0.095, len(mine)))


def feature_hook(rng: Rng) -> Scene:
    """Answer every feature after 1.2 s, to within 3 %."""
    shown = 3.0 + np.cumsum(rng.uniform(3.0, 20.0, 36))
    return after(shown, shown + rng.normal(1.2, 0.036, 36), "feature_enter")


def slow_loop(rng: Rng) -> Scene:
    """Bet every 25 seconds."""
    pressed = 3.0 + 25.0 * np.arange(40) + rng.exponential(0.001, 40)
    return after(pressed, pressed, "bet", kind=kinds.KEY_DOWN)


def fast_screen(rng: Rng) -> Scene:
    """Press on every 14th of frames that come very unevenly."""
    drawn = frames(rng, 30.0, 90.0, 0.4)
    return Scene(us(drawn[::14] + 0.0005), frames=us(drawn), kind=kinds.TOUCH_DOWN)


@pytest.mark.parametrize("player", [instant, nearly_human, feature_hook, slow_loop, fast_screen])
def test_scripts_of_other_kinds_are_found(player: Callable[[Rng], Scene]) -> None:
    assert (nats(player) >= 1.0).mean() >= 0.9


# who did it


def bets(auto: bool | None) -> Scene:
    shown = 3.0 + np.cumsum(np.random.default_rng(1).uniform(2.0, 5.0, 30))
    actions = [(int(at * 1e6), "line_update", None) for at in shown] + [(int(at * 1e6) + 30_000, "bet", auto) for at in shown]
    return Scene(us(np.array([1.0])), tuple(sorted(actions)))


@pytest.mark.parametrize("auto", [None, True])
def test_what_no_input_led_to_and_what_the_game_calls_its_own_is_not_the_players(auto: bool | None) -> None:
    assert reaction.assess(seen(bets(auto))).abstained == "too_few_events"


def test_what_the_game_says_was_pressed_for_is_the_players_also_without_input() -> None:
    assert reaction.assess(seen(bets(False))).evidence == pytest.approx(reaction.MOST_FAST)


def test_auto_play_that_a_press_begins_is_not_held_against_the_player() -> None:
    scene = bets(True)
    with_presses = Scene(us(np.arange(1.0, 120.0, 1.37)), scene.told)
    assert not actions.assess(seen(with_presses)).evidence


def test_pressing_until_the_game_takes_the_bet_is_no_rhythm_of_bets() -> None:
    pressed = 3.0 + 0.4 * np.arange(90)
    taken = Scene(us(pressed), tuple((int(at * 1e6), "bet", None) for at in pressed[::4]))
    assert actions.assess(seen(taken)).abstained == "pressed_on"


# what is told, and what is not


def names(finding: Finding) -> list[str]:
    return [reason.name for reason in finding.reasons]


@pytest.mark.parametrize(
    ("detector", "player", "reason"),
    [
        (reaction, "sniper", "reaction.too_fast"),
        (reaction, "constant_delay", "reaction.too_even"),
        (actions, "looper", "actions.clockwork"),
        (pad, "pad_macro", "pad.clockwork"),
        (frame_lock, "frame_counter", "frame_lock.counted"),
    ],
)
def test_a_script_is_called_by_what_it_does(detector: object, player: str, reason: str) -> None:
    finding = detector.assess(seen(SCRIPTS[player](np.random.default_rng(5))))  # type: ignore[attr-defined]
    assert reason in names(finding)


def test_reactions_report_how_many_they_are_how_long_and_how_spread() -> None:
    finding = reaction.assess(seen(SCRIPTS["constant_delay"](np.random.default_rng(5))))
    assert finding.features.keys() >= {"reactions", "median_ms", "spread", "early", "chance"}
    assert 190.0 <= finding.features["median_ms"] <= 920.0


def test_a_pad_that_does_not_tell_presses_from_sticks_is_not_judged() -> None:
    t_us = np.arange(80) * 8_000
    facts = Facts(0, t_us=t_us, kind=np.full(80, kinds.PAD, np.uint8), code=np.zeros(80, np.uint8), x=t_us * 0, y=t_us * 0)
    assert pad.assess(Evidence(learn(EMPTY, facts))).abstained == "not_told"


def test_a_key_that_the_keyboard_repeats_is_no_hand_and_no_script() -> None:
    drawn = np.arange(400) * 16_667
    t_us = drawn[::10] + 500
    facts = Facts(
        0,
        t_us=t_us,
        kind=np.full(40, kinds.KEY_DOWN, np.uint8),
        code=np.full(40, kinds.KEY_SPACE, np.uint8),
        x=t_us * 0,
        y=t_us * 0,
        frames_us=drawn,
    )
    history = learn(EMPTY, facts)
    assert (history.marks.how[1:] & REPEATED).all()
    assert frame_lock.assess(Evidence(history)).abstained == "too_few_events"


@pytest.mark.parametrize("detector", DETECTORS)
def test_a_session_without_any_of_it_is_no_case(detector: object) -> None:
    typed = Scene(us(np.cumsum(np.full(50, 0.2))), kind=kinds.POINTER_DOWN)
    assert detector.assess(seen(typed)).abstained == NOT_APPLICABLE  # type: ignore[attr-defined]


# what is remembered


def parts(whole: Facts, input_at: list[int], told_at: list[int]) -> History:
    """Learn in pieces, input and actions cut at places of their own: they need not travel together."""
    history = EMPTY
    inputs = pairwise([0, *input_at, len(whole.t_us)])
    acts = list(pairwise([0, *told_at, len(whole.actions)]))
    for number, (start, end) in enumerate(inputs):
        cut = slice(start, end)
        first, last = acts[number]
        facts = Facts(0, t_us=whole.t_us[cut], kind=whole.kind[cut], code=whole.code[cut], x=whole.x[cut], y=whole.y[cut])
        history = learn(history, facts, Facts(0, actions=whole.actions[first:last]))
    return history


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1000), st.lists(st.integers(0, 300), min_size=3, max_size=3), st.lists(st.integers(0, 200), min_size=3, max_size=3))
def test_any_cut_of_input_and_of_actions_leaves_the_same_marks(seed: int, input_at: list[int], told_at: list[int]) -> None:
    rng = np.random.default_rng(seed)
    t_us = np.cumsum(np.rint(rng.lognormal(10.0, 2.0, 300))).astype(np.int64)
    said = np.rint(np.cumsum(rng.normal(1e5, 3e5, 200))).astype(np.int64) + 10_000_000
    whole = Facts(
        0,
        t_us=t_us,
        kind=rng.integers(1, 11, 300).astype(np.uint8),
        code=rng.integers(0, 4, 300).astype(np.uint8),
        x=t_us * 0,
        y=t_us * 0,
        actions=tuple(Action(int(at), rng.choice(("bet", "line_update", "win"))) for at in said),
    )
    assert dump(parts(whole, sorted(input_at), sorted(told_at))) == dump(parts(whole, [300, 300, 300], [200, 200, 200]))


def test_the_last_presses_and_actions_are_kept_and_come_back_from_a_snapshot() -> None:
    history = learn(EMPTY, told(HONEST["masher"](np.random.default_rng(3))))
    again = load(dump(history)).marks
    assert (len(again.presses), len(again.told)) == (PRESSES, min(TOLD, len(history.marks.told)))
    assert again.presses.tolist() == history.marks.presses.tolist()

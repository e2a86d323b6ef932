"""Players who react to what a game shows, act in rounds, hold a pad or count frames; honest ones and scripts. All of them are synthetic.

Each draws its own habits from wide ranges and returns a Scene, one whole session. People's reactions are ex-Gaussian (Hohle 1965; Luce
1986) with the spread that Wagenmakers and Brown (2007) report; their rhythms spread by 3 % and more (Wing and Kristofferson 1973). What
scripts do is what click loops, `sleep(uniform(a, b))` and hooks on a game's messages do.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from wire import kinds
from wire.schema import Action

Rng = np.random.Generator
Seconds = NDArray[np.float64]
_JITTER_S: Final = 0.0005
"""By which an operating system wakes a sleeping script too late."""
_NO_FRAMES: Final = np.empty(0, np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """One session, in µs of the client's clock: presses, what the game told (time, name, `auto` or None), frames, releases of a pad."""

    presses: NDArray[np.int64]
    told: tuple[tuple[int, str, bool | None], ...] = ()
    frames: NDArray[np.int64] = field(default_factory=lambda: _NO_FRAMES)
    kind: int = kinds.POINTER_DOWN
    releases: NDArray[np.int64] = field(default_factory=lambda: _NO_FRAMES)

    def input(self) -> tuple[NDArray[np.int64], NDArray[np.uint8], NDArray[np.uint8]]:
        """Return time, kind and code of every input event, in order."""
        down, up = (kinds.PAD_DOWN, kinds.PAD_UP) if self.kind == kinds.PAD else (kinds.BUTTON_LEFT, kinds.BUTTON_LEFT)
        released = self.kind if self.kind == kinds.PAD else self.kind + 1
        t_us = np.concatenate((self.presses, self.releases))
        order = np.argsort(t_us, kind="stable")
        kind = np.repeat(np.array([self.kind, released], np.uint8), (len(self.presses), len(self.releases)))
        code = np.repeat(np.array([down, up], np.uint8), (len(self.presses), len(self.releases)))
        return t_us[order], kind[order], code[order]

    def actions(self) -> tuple[Action, ...]:
        """Return what the game told."""
        return tuple(Action(t_us, name, extra={} if auto is None else {"auto": auto}) for t_us, name, auto in self.told)


Player = Callable[[Rng], Scene]

# what happens


def lines(rng: Rng, count: int) -> Seconds:
    """Return when prices change: any time, as the world has it."""
    return 5.0 + np.cumsum(rng.uniform(0.4, 1.5) + rng.exponential(rng.uniform(1.0, 8.0), count))


def frames(rng: Rng, until_s: float, rate_hz: float = 60.0, uneven: float = 0.0) -> Seconds:
    """Return when frames are drawn, the last two minutes of them. `uneven` is the share by which their intervals vary."""
    count = int(min(until_s, 120.0) * rate_hz)
    waits = np.maximum(0.2, 1.0 + uneven * rng.normal(0.0, 1.0, count)) / rate_hz + rng.normal(0.0, 80e-6, count)
    return until_s - np.cumsum(waits)[::-1]


def polled(at: Seconds, drawn: Seconds) -> Seconds:
    """Return when a game that looks at its input once a frame sees it, as far as its frames are known."""
    place = np.searchsorted(drawn, at)
    known = (place > 0) & (place < len(drawn))
    return np.where(known, drawn[np.minimum(place, len(drawn) - 1)] + 0.0002, at)


def us(at: Seconds) -> NDArray[np.int64]:
    """Return whole µs, sorted."""
    return np.sort(np.rint(at * 1e6).astype(np.int64))


def ex_gaussian(rng: Rng, count: int) -> Seconds:
    """Return one person's reactions in seconds: a Gaussian part and an exponential one."""
    mean = rng.uniform(0.19, 0.6)
    spread = mean * rng.uniform(0.09, 0.2)
    return np.maximum(0.12, rng.normal(mean, spread, count) + rng.exponential(rng.uniform(0.04, 0.35), count))


def _after_lines(rng: Rng, react: Callable[[Rng, int], Seconds], answered: float, count: int = 40) -> Scene:
    """Return a session that answers a share of lines, half of them in a game that looks at its input once a frame."""
    shown = lines(rng, count)
    mine = rng.random(count) < answered
    pressed = shown[mine] + react(rng, int(mine.sum()))
    drawn = frames(rng, float(shown[-1]) + 5.0)
    if rng.random() < 0.5:
        pressed = polled(pressed, drawn)
    told = [(int(at * 1e6), "line_update", None) for at in shown] + [(int(at * 1e6) + 300, "bet", None) for at in pressed]
    return Scene(us(pressed), tuple(sorted(told)), us(drawn) if rng.random() < 0.7 else _NO_FRAMES)


# honest


def reactor(rng: Rng) -> Scene:
    """Bet on some of the lines, as fast as this person reacts, too early now and then."""

    def react(rng: Rng, count: int) -> Seconds:
        return np.where(rng.random(count) < 0.02, rng.uniform(0.0, 0.1, count), ex_gaussian(rng, count))

    return _after_lines(rng, react, rng.uniform(0.4, 1.0))


def drummer(rng: Rng) -> Scene:
    """Press in a rhythm of one's own, whatever is shown: many presses are close to a line by chance."""
    shown = lines(rng, 40)
    period = rng.uniform(0.12, 0.9)
    pressed = 5.0 + np.cumsum(period * np.maximum(0.3, rng.normal(1.0, rng.uniform(0.04, 0.2), int(float(shown[-1]) / period))))
    return Scene(us(pressed), tuple((int(at * 1e6), "line_update", None) for at in shown))


def impatient(rng: Rng) -> Scene:
    """Tap through the rounds: the tap begins the next one, over the network, and the tapping goes on."""
    period = rng.uniform(0.13, 0.35)
    taps = 5.0 + np.cumsum(period * np.maximum(0.3, rng.normal(1.0, rng.uniform(0.04, 0.15), 400)))
    every, trip = int(rng.integers(2, 12)), rng.uniform(0.02, 0.3)
    begun = taps[::every] + trip + rng.exponential(rng.uniform(0.001, 0.03), len(taps[::every]))
    told = [(int(at * 1e6), "round_start", None) for at in begun] + [(int(at * 1e6), "bet", None) for at in taps[::every]]
    return Scene(us(taps), tuple(sorted(told)), us(frames(rng, float(taps[-1]))))


def counted_down(rng: Rng) -> Scene:
    """Press at the moment when a counted-down round begins: before it as often as after it."""
    shown = 5.0 + np.cumsum(rng.uniform(4.0, 9.0, 40))
    pressed = shown + rng.normal(rng.uniform(-0.02, 0.02), rng.uniform(0.03, 0.08), 40)
    return Scene(us(pressed), tuple((int(at * 1e6), "round_start", None) for at in shown))


def _rounds(rng: Rng, wait: Callable[[Rng, int], Seconds], count: int = 60) -> Scene:
    """Return rounds of one length: a press bets, and the next one comes a wait after the round has ended."""
    length = rng.uniform(1.0, 5.0)
    pressed = 5.0 + np.cumsum(length + wait(rng, count))
    drawn = frames(rng, float(pressed[-1]) + 1.0)
    if rng.random() < 0.5:
        pressed = polled(pressed, drawn)
    trip = rng.uniform(0.0, 0.2)
    told = [(int((at + trip) * 1e6), name, None) for at in pressed for name in ("bet", "round_start")]
    told += [(int((at + trip + length * 0.8) * 1e6), "win", None) for at in pressed]
    return Scene(us(pressed), tuple(sorted(told)), us(drawn))


def spinner(rng: Rng) -> Scene:
    """Spin again as soon as the reels stand, round after round of one length: the most even that play gets."""
    return _rounds(rng, ex_gaussian)


def masher(rng: Rng) -> Scene:
    """Press all the time; the game takes a bet whenever the last round is over, which is always equally long."""
    period, length = rng.uniform(0.1, 0.25), rng.uniform(1.5, 4.0)
    pressed = 5.0 + np.cumsum(period * np.maximum(0.3, rng.normal(1.0, 0.08, 900)))
    bets, free = [], 0.0
    for at in pressed:
        if at >= free:
            bets.append(float(at))
            free = at + length
    return Scene(us(pressed), tuple((int(at * 1e6), "bet", None) for at in bets))


def auto_spin(rng: Rng) -> Scene:
    """Start the game's own auto-play and watch: bets as even as a clock, right after each line, marked by some games only."""
    length, auto = rng.uniform(1.0, 4.0), None if rng.random() < 0.5 else True
    shown = 5.0 + length * np.arange(60)
    pressed = np.sort(rng.uniform(0.0, float(shown[-1]), int(rng.integers(1, 12))))
    told = [(int(at * 1e6), "line_update", None) for at in shown] + [(int(at * 1e6) + 20_000, "bet", auto) for at in shown]
    return Scene(us(pressed), tuple(sorted(told)))


def _pressed(rng: Rng, spread: float, kind: int, count: int = 90) -> Scene:
    period = rng.uniform(0.13, 0.6)
    pressed = 5.0 + np.cumsum(period * np.maximum(0.3, rng.normal(1.0, spread, count)))
    held = np.minimum(period * 0.6, 0.09 * np.exp(rng.normal(0.0, rng.uniform(0.1, 0.3), count)))
    drawn = frames(rng, float(pressed[-1]) + 0.05, rng.choice((30.0, 60.0, 144.0)), float(rng.choice((0.0, 0.1, 0.3))))
    down, up = (polled(pressed, drawn), polled(pressed + held, drawn)) if rng.random() < 0.5 else (pressed, pressed + held)
    return Scene(us(down), frames=us(drawn), kind=kind, releases=us(up))


def thumb(rng: Rng) -> Scene:
    """Press one button of a pad as evenly as people can, or less."""
    return _pressed(rng, rng.uniform(0.04, 0.3), kinds.PAD)


def tapper(rng: Rng) -> Scene:
    """Tap as evenly as people can, or less, while frames come evenly or not."""
    return _pressed(rng, rng.uniform(0.04, 0.3), kinds.POINTER_DOWN)


# scripts


def sniper(rng: Rng) -> Scene:
    """Bet 20 to 60 ms after the line changes: it reads the game's messages, not the screen."""
    return _after_lines(rng, lambda rng, count: rng.uniform(0.02, 0.06, count), rng.uniform(0.4, 1.0))


def constant_delay(rng: Rng) -> Scene:
    """Bet always the same time after the line changes, to hide behind a person's mean."""
    delay = rng.uniform(0.2, 0.9)
    return _after_lines(rng, lambda rng, count: delay + rng.exponential(_JITTER_S, count), rng.uniform(0.5, 1.0))


def narrow_delay(rng: Rng) -> Scene:
    """Bet a Gaussian time after the line changes that varies by 2 to 4 %."""
    delay = rng.uniform(0.3, 0.9)
    return _after_lines(rng, lambda rng, count: rng.normal(delay, delay * rng.uniform(0.02, 0.04), count), rng.uniform(0.6, 1.0))


def uniform_delay(rng: Rng) -> Scene:
    """Bet after `sleep(uniform(a, b))`."""
    low = rng.uniform(0.15, 0.5)
    high = low * rng.uniform(1.8, 3.0)
    return _after_lines(rng, lambda rng, count: rng.uniform(low, high, count), rng.uniform(0.7, 1.0))


def looper(rng: Rng) -> Scene:
    """Press, sleep the same time, press."""
    wait = rng.uniform(0.3, 2.0)
    return _rounds(rng, lambda rng, count: wait + rng.exponential(_JITTER_S, count))


def cycler(rng: Rng) -> Scene:
    """Go through two to four fixed waits in turn."""
    waits = rng.uniform(0.3, 3.0, int(rng.integers(2, 5)))
    return _rounds(rng, lambda rng, count: waits[np.arange(count) % len(waits)] + rng.exponential(_JITTER_S, count))


def pad_macro(rng: Rng) -> Scene:
    """Press a pad's button at equal intervals, and hold it equally long, slower than turbo buttons do."""
    period, count = rng.uniform(0.4, 1.5), 48
    pressed = 5.0 + period * np.arange(count) + rng.exponential(_JITTER_S, count)
    return Scene(us(pressed), frames=us(frames(rng, float(pressed[-1]))), kind=kinds.PAD, releases=us(pressed + 0.05))


def turbo(rng: Rng) -> Scene:
    """Hold a turbo button: an accessory, not a script."""
    pressed = 5.0 + np.arange(48) / rng.uniform(6.0, 25.0)
    return Scene(us(pressed), kind=kinds.PAD, releases=us(pressed + 0.02))


def frame_counter(rng: Rng) -> Scene:
    """Press on every k-th frame that the game draws."""
    every, rate = int(rng.integers(9, 24)), float(rng.choice((60.0, 60.0, 75.0)))
    drawn = frames(rng, 65.0, rate, float(rng.choice((0.0, 0.1, 0.3))))
    return Scene(us(drawn[::every] + 0.001), frames=us(drawn))


HONEST: Final[dict[str, Player]] = {
    player.__name__: player for player in (reactor, drummer, impatient, counted_down, spinner, masher, auto_spin, thumb, tapper)
}
SCRIPTS: Final[dict[str, Player]] = {
    player.__name__: player
    for player in (sniper, constant_delay, narrow_delay, uniform_delay, looper, cycler, pad_macro, turbo, frame_counter)
}

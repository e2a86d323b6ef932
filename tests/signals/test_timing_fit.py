"""A fit repeats, never mixes subjects, and its file reads back as it was written."""

import numpy as np
import pytest

from collector.imitation import families
from signals.fitting.curves import Effort, subject_folds
from signals.fitting.pointer import MIN_PEOPLE, fit_pointer
from signals.fitting.press_samples import Draw, draw
from signals.fitting.presses import fit_presses
from signals.regress import additive, place_knots
from signals.samples import balanced
from signals.timing.additive import Curves, basis, nats
from signals.timing.model import BadTimingModel, TimingModel, dump_model, parse_model, shipped
from signals.traces import HUMAN, Trace
from wire import kinds

LINE = np.array([[0.0, 0.0], [1.0, 1.0]])


def typist(at: int, presses: int = 420) -> Trace:
    rng = np.random.default_rng(at)
    code = rng.integers(0, 9, presses).astype(np.uint8)
    latency = 90_000 + 12_000 * np.abs(np.diff(code.astype(np.int64), prepend=0)) + 90_000 * (code == 8)
    t_us = np.cumsum(latency * rng.lognormal(0.0, 0.25, presses)).astype(np.int64)
    nothing = np.zeros(presses, np.int64)
    return Trace(
        f"{at}", "made", HUMAN, HUMAN, f"typist {at}", "desktop", t_us, np.full(presses, kinds.KEY_DOWN, np.uint8), code, nothing, nothing
    )


def mover(at: int, moves: int, wait_us: int = 16_700) -> Trace:
    rng = np.random.default_rng(at)
    x, y = np.rint(np.cumsum(np.cumsum(rng.normal(0.0, 1.0, (2, moves)), axis=1), axis=1)).astype(np.int64)
    nothing = np.zeros(moves, np.uint8)
    kind = np.full(moves, kinds.POINTER_MOVE, np.uint8)
    return Trace(f"m{at}", "made", HUMAN, HUMAN, f"mover {at}", "desktop", np.arange(moves) * wait_us, kind, nothing, x, y)


@pytest.fixture(scope="module")
def people() -> list[Trace]:
    return [typist(at) for at in range(8)]


@pytest.mark.slow
def test_the_same_traces_and_seed_give_the_same_bytes(people: list[Trace]) -> None:
    effort = Effort(per_subject=2, bots=2, sizes=(70, 140))
    fits = [fit_presses("keys", people, families(), np.random.default_rng(3), effort) for _ in range(2)]
    one, other = (dump_model(TimingModel("v", "2026-01-01", channels={"keys": fit})) for fit in fits)
    assert one == other


def test_every_subject_has_one_fold(people: list[Trace]) -> None:
    folds = subject_folds(people, np.random.default_rng(0), 4)
    assert sorted(folds.values()) == [0, 0, 1, 1, 2, 2, 3, 3]


@pytest.mark.parametrize("many", [MIN_PEOPLE - 1, pytest.param(MIN_PEOPLE, marks=pytest.mark.slow)])
def test_movement_is_fitted_once_enough_people_moved(many: int) -> None:
    rng = np.random.default_rng(1)
    people = [mover(at, 400) for at in range(many)]
    fitted = fit_pointer(people, [], families(), rng, Effort(per_subject=1, sizes=(24, 44)))
    assert (fitted is not None) == (many == MIN_PEOPLE)


def test_people_whom_nobody_could_see_moving_are_not_enough() -> None:
    people = [mover(at, 400, 109_000) for at in range(MIN_PEOPLE)]
    assert fit_pointer(people, [], families(), np.random.default_rng(1), Effort(per_subject=1, sizes=(24, 44))) is None


def test_windows_are_of_the_length_that_was_asked_and_bots_follow_the_person_they_imitate(people: list[Trace]) -> None:
    drawn = draw(people, "keys", families()["keys"], Draw((100, 100), 2, bots=1, plain=True), np.random.default_rng(0))
    assert {int((trace.kind == kinds.KEY_DOWN).sum()) for trace in drawn} == {101}
    assert [trace.label for trace in drawn[:2]] == ["human", "bot"]
    assert drawn[0].subject == drawn[1].subject


def test_people_and_bots_weigh_the_same_however_many_there_are(people: list[Trace]) -> None:
    drawn = draw(people, "keys", families()["keys"], Draw((60, 90), 4, bots=3), np.random.default_rng(0))
    weights = balanced(drawn)
    human = np.array([trace.label == HUMAN for trace in drawn])
    assert weights[human].sum() == pytest.approx(weights[~human].sum())


def test_curves_find_a_hump_that_no_straight_line_could() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(2000, 1))
    bot = np.abs(features[:, 0]) < 0.5
    knots = place_knots(features, np.ones(2000))
    values, bias = additive(basis(features, knots), bot, np.ones(2000), knots.shape)
    curves = Curves(0, knots, values, bias, {"*": LINE})
    middle, outside = (float(curves.contributions(np.array([x]))[0]) for x in (0.0, 2.0))
    assert middle - outside > 3.0


def test_scoring_adds_up_what_the_fit_added_up() -> None:
    rng = np.random.default_rng(1)
    features = rng.normal(size=(50, 3))
    features[::7, 1] = np.nan
    knots = place_knots(features, np.ones(50))
    values = rng.normal(size=knots.shape)
    curves = Curves(0, knots, values, 0.3, {"*": LINE})
    scored = np.array([curves.contributions(row).sum() for row in features])
    assert scored == pytest.approx(basis(features, knots) @ values.ravel())


def test_an_unknown_device_is_never_judged_harder_than_the_known_ones_together() -> None:
    for channel in shipped().channels.values():
        for curves in channel.curves:
            unknown = nats(curves.calibration["*"], 0.0)
            assert unknown <= max(nats(points, 0.0) for points in curves.calibration.values())


def test_the_shipped_model_reads_back_and_says_where_it_comes_from() -> None:
    model = shipped()
    assert dump_model(parse_model(dump_model(model))) == dump_model(model)
    assert model.data
    assert set(model.versions) == {"numpy", "scipy"}
    assert set(model.channels) == {"keys", "clicks", "pointer"}


def test_a_broken_model_says_so() -> None:
    with pytest.raises(BadTimingModel):
        parse_model(b'{"version": 1}')

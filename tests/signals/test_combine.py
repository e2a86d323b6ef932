"""Findings become scores and risk: the parts add up, in any order, and nothing that is missing counts."""

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signals.catalog import DETECTORS, Detector
from signals.combine import assess, combine, sigmoid
from signals.history import EMPTY
from signals.model import DEFAULT, BadModel, Calibration, Model, load_model
from signals.types import NOT_APPLICABLE, Evidence, Finding, Reason, ScoreName

MODEL = load_model()
NAMES = tuple(MODEL.weights)


def says(finding: Finding, name: str = "keys", score: ScoreName = ScoreName.TIMING) -> Detector:
    return Detector(name, score, lambda _: finding)


def finding(*contributions: float, confidence: float = 1.0) -> Finding:
    reasons = tuple(Reason(f"a.reason_{place}", "Because.", value) for place, value in enumerate(contributions))
    return Finding(math.fsum(contributions), confidence, reasons)


nats = st.floats(-8, 8, allow_subnormal=False)
findings = st.one_of(
    st.builds(Finding, st.none(), abstained=st.sampled_from(["too_few_events", NOT_APPLICABLE])),
    st.lists(nats, max_size=4).map(lambda values: finding(*values)),
)
judgements = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(list(ScoreName)), findings), max_size=12).map(
    lambda rows: [(says(found, name, score), found) for name, score, found in rows]
)
models = st.builds(
    Model,
    st.just("test"),
    st.floats(0.001, 0.5),
    st.fixed_dictionaries({name: st.floats(0, 3) for name in NAMES}),
    st.just(MODEL.scores),
)


@given(judgements, models)
def test_the_contributions_of_all_reasons_add_up_to_the_risk(judged, model) -> None:
    assessment = combine(judged, model)
    total = math.fsum(reason.contribution for reason in assessment.reasons)
    assert assessment.risk == sigmoid(assessment.base + total)
    if 1e-6 < assessment.risk < 1 - 1e-6:
        assert math.log(assessment.risk / (1 - assessment.risk)) == pytest.approx(assessment.base + total, abs=1e-8)


@given(judgements, models)
def test_the_reasons_of_a_score_add_up_to_its_value(judged, model) -> None:
    for score in combine(judged, model).scores.values():
        if score.value is not None:
            assert score.value == sigmoid(model.base + math.fsum(reason.contribution for reason in score.reasons))


@given(judgements, models, st.randoms())
def test_the_order_of_findings_changes_nothing(judged, model, random) -> None:
    shuffled = list(judged)
    random.shuffle(shuffled)
    one, other = combine(judged, model), combine(shuffled, model)
    assert one.risk == other.risk
    assert {name: score.value for name, score in one.scores.items()} == {name: score.value for name, score in other.scores.items()}


@given(judgements, models, st.sampled_from(NAMES), st.floats(0, 2))
def test_more_weight_on_a_detector_that_speaks_for_a_bot_never_lowers_the_risk(judged, model, name, more) -> None:
    for_a_bot = [(detector, found) for detector, found in judged if detector.name != name or (found.evidence or 0.0) >= 0.0]
    heavier = replace(model, weights={**model.weights, name: model.weights[name] + more})
    assert combine(for_a_bot, heavier).risk >= combine(for_a_bot, model).risk - 1e-12


@given(judgements, st.floats(0.001, 0.5))
def test_without_weights_the_risk_is_the_base_rate(judged, base_rate) -> None:
    model = replace(MODEL, base_rate=base_rate, weights=dict.fromkeys(NAMES, 0.0))
    assert combine(judged, model).risk == pytest.approx(base_rate)


@given(st.lists(nats, min_size=1, max_size=4))
def test_no_score_adds_more_than_the_end_of_its_curve(values) -> None:
    curve = MODEL.scores[ScoreName.TIMING].curve
    score = combine([(says(found), found) for found in [finding(*values)] * 3], MODEL).scores[ScoreName.TIMING]
    assert curve[0][1] - 1e-9 <= math.fsum(reason.contribution for reason in score.reasons) <= curve[-1][1] + 1e-9


@given(st.floats(-40, 40, allow_subnormal=False))
def test_a_curve_bends_the_sum_and_keeps_its_sign(raw) -> None:
    calibration = Calibration(((-2.0, -1.0), (0.0, 0.0), (4.0, 4.0), (12.0, 6.0)))
    bent = raw * calibration.scale(raw)
    assert -1.0 - 1e-9 <= bent <= 6.0 + 1e-9
    assert bent * raw >= 0.0


def test_an_abstention_adds_nothing_lowers_the_confidence_and_is_named() -> None:
    spoke = finding(1.0)
    silent = Finding(None, abstained="too_few_events")
    alone = combine([(says(spoke), spoke)], MODEL).scores[ScoreName.TIMING]
    both = combine([(says(spoke), spoke), (says(silent, "clicks"), silent)], MODEL).scores[ScoreName.TIMING]
    assert both.value == alone.value
    assert both.confidence < alone.confidence
    assert both.missing == ("clicks: too_few_events",)


def test_what_does_not_apply_is_not_missing() -> None:
    spoke, silent = finding(1.0), Finding(None, abstained=NOT_APPLICABLE)
    score = combine([(says(spoke), spoke), (says(silent, "touch"), silent)], MODEL).scores[ScoreName.TIMING]
    assert score.missing == ()
    assert score.confidence == 1.0


def test_a_score_of_which_every_detector_abstains_has_no_value() -> None:
    silent = Finding(None, abstained="not_reported")
    assert combine([(says(silent), silent)], MODEL).scores[ScoreName.TIMING].value is None


def broken(_evidence: Evidence) -> Finding:
    raise RuntimeError("boom")


def test_a_detector_that_raises_is_told_of_and_named_and_the_others_still_speak() -> None:
    told: list[str] = []
    detectors = (Detector("clicks", ScoreName.TIMING, broken), says(finding(2.0)))
    assessment = assess(Evidence(EMPTY), MODEL, lambda name, error: told.append(f"{name}: {error}"), detectors)
    assert told == ["clicks: boom"]
    assert assessment.scores[ScoreName.TIMING].missing == ("clicks: failed",)
    assert assessment.risk > MODEL.base_rate


def test_evidence_that_is_no_number_is_a_failure() -> None:
    told: list[str] = []
    nothing = says(Finding(math.nan, 1.0, (Reason("a.reason", "Because.", math.nan),)))
    assessment = assess(Evidence(EMPTY), MODEL, lambda name, _: told.append(name), [nothing])
    assert told == ["keys"]
    assert assessment.risk == pytest.approx(MODEL.base_rate)


def test_the_whole_catalog_on_nothing_gives_the_base_rate_and_names_all_that_is_missing() -> None:
    assessment = assess(Evidence(EMPTY), MODEL)
    assert assessment.risk == pytest.approx(MODEL.base_rate)
    assert assessment.model == MODEL.version
    assert all(score.value is None for score in assessment.scores.values())
    assert all(score.missing for score in assessment.scores.values())


def changed(tmp_path: Path, **changes: object) -> Path:
    path = tmp_path / "model.json"
    path.write_text(json.dumps({**json.loads(DEFAULT.read_text()), **changes}))
    return path


@pytest.mark.parametrize(
    ("changes", "says_so"),
    [
        ({"base_rate": 1.5}, "base_rate"),
        ({"weights": {"keys": -1.0}}, "keys"),
        ({"weights": {"keys": "much"}}, "weights"),
        ({"scores": {"timing": {"curve": [[-1.0, -1.0], [1.0, 1.0]]}}}, "pass through"),
        ({"scores": {"timing": {"curve": [[0.0, 0.0], [1.0, 1.0], [2.0, 0.5]]}}}, "rise"),
        ({"scores": {"luck": {"curve": [[0.0, 0.0]]}}}, "luck"),
    ],
)
def test_a_model_that_can_not_be_used_says_why(tmp_path, changes, says_so) -> None:
    with pytest.raises(BadModel, match=says_so):
        load_model(changed(tmp_path, **changes))


def test_a_model_file_that_is_cut_short_says_so(tmp_path) -> None:
    path = tmp_path / "model.json"
    path.write_bytes(DEFAULT.read_bytes()[:100])
    with pytest.raises(BadModel):
        load_model(path)


def test_a_replay_explains_the_rhythm_of_the_person_who_was_recorded() -> None:
    rows = {detector.name: detector for detector in DETECTORS}
    human = Finding(-8.0, 1.0, (Reason("keys.content", "as people type", -8.0),))
    played = Finding(6.0, 1.0, (Reason("timing.replay", "played before", 6.0),))
    model = load_model(None)
    alone = combine([(rows["replay"], played)], model)
    both = combine([(rows["keys"], human), (rows["replay"], played)], model)
    assert both.risk == alone.risk
    assert "keys: explained_away" in both.scores[ScoreName.TIMING].missing

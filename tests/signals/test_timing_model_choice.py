"""Which timing model judges: the one that ships, or one that the risk model carries."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from signals.combine import assess
from signals.history import EMPTY, learn
from signals.model import BadModel, load_model
from signals.timing.model import DEFAULT, dump_model, shipped
from signals.types import Evidence, Facts, ScoreName
from wire import kinds

SILENT = replace(shipped(), version="silent", channels={})


def metronome() -> Evidence:
    """Return the evidence of 160 key presses, all 120 ms apart."""
    count = 320
    facts = Facts(
        arrived_us=0,
        t_us=np.arange(count, dtype=np.int64) * 60_000,
        kind=np.resize(np.array([kinds.KEY_DOWN, kinds.KEY_UP], np.uint8), count),
        code=np.repeat(np.arange(count // 2, dtype=np.uint8) % 8, 2),
        x=np.zeros(count, np.int64),
        y=np.zeros(count, np.int64),
    )
    return Evidence(learn(EMPTY, facts))


def written(tmp_path: Path, text: bytes) -> Path:
    path = tmp_path / "timing.json"
    path.write_bytes(text)
    return path


def test_without_a_timing_model_of_its_own_the_shipped_one_judges(tmp_path: Path) -> None:
    evidence = metronome()
    by_default = assess(evidence, load_model())
    same = assess(evidence, load_model(None, written(tmp_path, DEFAULT.read_bytes())))
    assert by_default.scores == same.scores
    assert by_default.scores[ScoreName.TIMING].value is not None


def test_the_timing_model_that_is_named_judges_and_nothing_else_changes(tmp_path: Path) -> None:
    evidence = metronome()
    usual = assess(evidence, load_model())
    silent = assess(evidence, load_model(None, written(tmp_path, dump_model(SILENT))))
    assert "keys: not_fitted" in silent.scores[ScoreName.TIMING].missing
    assert {name: score for name, score in silent.scores.items() if name is not ScoreName.TIMING} == {
        name: score for name, score in usual.scores.items() if name is not ScoreName.TIMING
    }


def test_the_version_names_both_models_and_tells_two_fits_apart(tmp_path: Path) -> None:
    one = load_model(None, written(tmp_path, dump_model(SILENT))).version
    other = load_model(None, written(tmp_path, dump_model(replace(SILENT, date="2027-01-01")))).version
    assert one.startswith(f"{load_model().version}+silent-")
    assert one != other


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"version": 1}'])
def test_a_file_that_is_no_timing_model_is_refused_by_name(tmp_path: Path, text: bytes) -> None:
    with pytest.raises(BadModel, match=r"timing\.json"):
        load_model(None, written(tmp_path, text))


def altered(channel: str, **changed: object) -> bytes:
    """Return the shipped model with something else in one channel."""
    model = shipped()
    return dump_model(replace(model, channels={**model.channels, channel: replace(model.channels[channel], **changed)}))


@pytest.mark.parametrize("channel", ["keys", "pointer"])
def test_a_model_of_other_features_is_refused_and_not_misread(tmp_path: Path, channel: str) -> None:
    names = shipped().channels[channel].names
    with pytest.raises(BadModel, match=f"{channel} was fitted on other features"):
        load_model(None, written(tmp_path, altered(channel, names=(*names[1:], names[0]))))


@pytest.mark.parametrize("part", ["knots", "values"])
def test_curves_that_lack_a_feature_are_refused(tmp_path: Path, part: str) -> None:
    curves = shipped().channels["clicks"].curves[0]
    short = replace(curves, **{part: getattr(curves, part)[:-1]})
    with pytest.raises(BadModel, match="clicks has curves that are not whole"):
        load_model(None, written(tmp_path, altered("clicks", curves=(short,))))


@pytest.mark.parametrize("table", ["reached", "second"])
def test_tables_of_another_shape_are_refused(tmp_path: Path, table: str) -> None:
    tables = shipped().channels["keys"].tables
    assert tables is not None
    with pytest.raises(BadModel, match="keys has tables of another shape"):
        load_model(None, written(tmp_path, altered("keys", tables=replace(tables, **{table: getattr(tables, table)[1:]}))))


def test_curves_that_say_nothing_of_unknown_devices_are_refused(tmp_path: Path) -> None:
    curves = shipped().channels["pointer"].curves[0]
    with pytest.raises(BadModel, match="pointer has curves that are not whole"):
        load_model(None, written(tmp_path, altered("pointer", curves=(replace(curves, calibration={}),))))


def test_a_channel_that_nobody_measures_is_refused(tmp_path: Path) -> None:
    model = replace(shipped(), channels={"nose": shipped().channels["pointer"]})
    with pytest.raises(BadModel, match="nose is no channel"):
        load_model(None, written(tmp_path, dump_model(model)))

"""`countersign fit` and `countersign evaluate`: what they say to files that are no traces, and how a card reads."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from collector.cli import main
from collector.reportcard import Origin, as_json, as_markdown, as_text, quick_of
from collector.roc_picture import draw
from signals.evaluation.card import Card, Fresh, Pooled
from signals.evaluation.floors import fallen
from signals.figures import figures, rate

ORIGIN = Origin("2026-01-01", 1, 2, {"a.jsonl": "00"})


@pytest.mark.parametrize("command", ["fit", "evaluate"])
def test_a_file_that_is_no_trace_is_named(tmp_path: Path, command: str) -> None:
    (tmp_path / "a.jsonl").write_text("{}\n")
    said = CliRunner().invoke(main, [command, str(tmp_path / "a.jsonl")])
    assert said.exit_code == 2
    assert "a.jsonl:1" in said.output


@pytest.fixture
def card() -> Card:
    rng = np.random.default_rng(0)
    people, bots = rng.normal(-3.0, 1.0, 200), rng.normal(3.0, 1.0, 300)
    return Card(
        families={name: figures(people, bots) for name in ("keys/all", "keys/constant", "keys/shuffle")},
        left_out={"keys/shuffle": figures(people, bots)},
        devices={"keys/a": 0.012, "keys/c": 0.127},
        devices_found={"keys/a": rate(90, 100)},
        groups={"keys/b": figures(people, bots)},
        subjects={"keys/b": rate(2, 200)},
        lengths={"keys/100": (25.0, 0.9)},
        replays={"keys/100 intervals, 30 ms": rate(3000, 3000)},
        fresh={"keys": Fresh(7, 90, 4000, 400, rate(0, 36000), rate(12, 36000), rate(0, 36000))},
        clocks={"x1.05, even networks": rate(990, 1000)},
        honest_clocks={"all": rate(0, 36000)},
        pooled={"keys": Pooled(people, bots)},
    )


def test_text_markdown_and_json_say_the_same(card: Card) -> None:
    rate = f"{card.families['keys/all'].auc:.4f}"
    assert rate in as_text(card)
    assert rate in as_markdown(card, "card.svg", ORIGIN)
    assert json.loads(as_json(card, ORIGIN))["card"]["families"]["keys/all"]["auc"] == pytest.approx(float(rate), abs=1e-4)


def test_json_leaves_nothing_out_but_the_evidence_behind_the_picture(card: Card) -> None:
    document = json.loads(as_json(card, ORIGIN))
    tables = {name for name in Card.__dataclass_fields__ if name != "pooled"}
    assert set(document["card"]) == tables
    assert all(document["card"][name] for name in tables)
    assert document["origin"]["data"] == {"a.jsonl": "00"}


def test_goals_come_first_and_shortfalls_are_bold(card: Card) -> None:
    page = as_markdown(card, "card.svg", ORIGIN)
    assert page.index("## Goals") < page.index("## By family")
    rows = {line.split("|")[1].strip(): line for line in page.splitlines() if line.startswith(("| keys: ", "| speed"))}
    short = {name for name, line in rows.items() if "**no**" in line}
    assert "keys: device left out of the fit, false alarms at a nominal 1 %" in short
    assert "**0.1270**" in rows["keys: device left out of the fit, false alarms at a nominal 1 %"]
    assert "keys: constant, uniform, gaussian, exponential, 100 intervals: AUC" not in short


def test_a_quick_card_reads_back_and_has_not_fallen_below_itself(card: Card) -> None:
    quick = quick_of(as_json(card, ORIGIN, card))
    assert quick.replays.keys() == card.replays.keys()
    assert fallen(card, quick) == []


def test_the_picture_is_well_formed_and_names_its_channels(card: Card) -> None:
    from xml.etree import ElementTree

    root = ElementTree.fromstring(draw(card.pooled))
    assert root.tag.endswith("svg")
    assert any(text.text == "keys" for text in root.iter() if text.tag.endswith("text"))

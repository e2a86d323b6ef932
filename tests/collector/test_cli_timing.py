"""`countersign fit` and `countersign evaluate`: what they say to files that are no traces, and how a card reads."""

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from collector.cli import main
from collector.reportcard import as_json, as_markdown, as_text
from collector.roc_picture import draw
from signals.evaluate import Card, Pooled
from signals.figures import figures


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
        families={"keys/all": figures(people, bots)},
        left_out={"keys/shuffle": figures(people, bots)},
        devices={"keys/a": 0.012},
        subjects={"keys/b": 0.01},
        lengths={"keys/100": (25.0, 0.9)},
        pooled={"keys": Pooled(people, bots)},
    )


def test_text_markdown_and_json_say_the_same(card: Card) -> None:
    rate = f"{card.families['keys/all'].auc:.4f}"
    assert rate in as_text(card)
    assert rate in as_markdown(card, "card.svg", "2026-01-01", {"a.jsonl": "00"}, 1, 2)
    assert json.loads(as_json(card))["families"]["keys/all"]["auc"] == pytest.approx(float(rate))


def test_the_picture_is_well_formed_and_names_its_channels(card: Card) -> None:
    from xml.etree import ElementTree

    root = ElementTree.fromstring(draw(card.pooled))
    assert root.tag.endswith("svg")
    assert any(text.text == "keys" for text in root.iter() if text.tag.endswith("text"))

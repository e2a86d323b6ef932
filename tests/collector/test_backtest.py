"""Backtests of logins: the service's own code over a file, and clear words for lines that can't be used."""

import gzip
import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from collector.backtest import Backtest, BadLogin, read
from collector.cli import main
from collector.places import Places
from geo.place import Kind, Place
from signals.combine import load_model
from signals.types import ScoreName
from zoo.population import ATTACKERS, population

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0"
BONN = {"country": "DE", "city": "Bonn", "lat": 50.73, "lon": 7.1, "asn": 3320, "kind": "residential", "timezone": "Europe/Berlin"}
START = 1_767_225_600.0


def line(day: float, **changes: Any) -> dict[str, Any]:
    common = {
        "user": "ann",
        "t": START + day * 86_400,
        "ip": "198.51.100.7",
        "place": BONN,
        "user_agent": FIREFOX,
        "device": "d1",
        "timezone": "Europe/Berlin",
    }
    return {**common, **changes}


def encoded(lines: Iterable[dict[str, Any]]) -> list[bytes]:
    return [json.dumps(each).encode() for each in lines]


def drifts(lines: Iterable[dict[str, Any]]) -> list[float | None]:
    backtest = Backtest(load_model())
    return [assessment.scores[ScoreName.DRIFT].value for _, assessment in backtest.scored(encoded(lines))]


THIEF = {
    "ip": "203.0.113.9",
    "place": {**BONN, "country": "US", "lat": 40.7, "lon": -74.0, "asn": 7922},
    "device": "d2",
    "user_agent": "curl/8",
    "label": "fraud",
}


def test_the_first_login_is_not_judged_and_the_thief_is() -> None:
    values = drifts([line(0), *(line(day) for day in range(1, 10)), line(9.1, **THIEF)])
    assert values[0] is None
    assert all(value is not None and value < 0.02 for value in values[2:-1])
    assert values[-1] is not None
    assert values[-1] > 0.3


def test_what_is_labelled_fraud_is_not_learned() -> None:
    own = [line(day) for day in range(10)]
    values = drifts([*own, line(9.1, **THIEF), line(9.1001, **THIEF), line(9.1002, **THIEF)])
    assert values[-1] == pytest.approx(values[-3], abs=0.05)
    learned = drifts([*own, *(line(9.1 + number / 10_000, **{**THIEF, "label": "honest"}) for number in range(3))])
    assert learned[-1] is not None
    assert values[-1] is not None
    assert learned[-1] < values[-1]


def test_an_address_is_looked_up_where_no_place_is_given() -> None:
    places = Places(lambda _: Place(country="DE", kind=Kind.TOR, sources=("test",)))
    login = line(0)
    del login["place"]
    _, assessment = next(Backtest(load_model(), places).scored(encoded([login])))
    assert "network.tor" in {reason.name for reason in assessment.reasons}


def test_a_place_without_an_address_will_do() -> None:
    values = drifts([line(0, ip=None), line(1, ip=None)])
    assert values[1] is not None


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (b"{", "line 2: .*JSON"),
        (b"[]", "line 2: .*object"),
        (b'{"t": 1}', "line 2: .*user"),
        (b'{"user": 7, "t": 1}', r"line 2: .*\$\.user"),
        (b'{"user": "a", "t": "now"}', r"line 2: .*\$\.t"),
        (b'{"user": "a", "t": -1}', "line 2: .*seconds"),
        (b'{"user": "a", "t": 1e300}', "line 2: .*seconds"),
        (b'{"user": "a", "t": 1}', "line 2: .*sort"),
        (b'{"user": "a", "t": 2000000000, "ip": "1.2.3"}', "line 2: .*address"),
        (b'{"user": "a", "t": 2000000000, "place": {"kind": "moon"}}', r"line 2: .*\$\.place\.kind"),
        (b'{"user": "\xff", "t": 1}', "line 2: "),
    ],
)
def test_a_bad_line_is_named(bad: bytes, says: str) -> None:
    with pytest.raises(BadLogin, match=says):
        list(Backtest(load_model()).scored([*encoded([line(0)]), bad]))


def test_empty_lines_are_passed_over_and_counted() -> None:
    assert [number for number, _ in read([b"\n", *encoded([line(0)])])] == [2]


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_the_command_prints_one_line_for_each_login(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packed: bool) -> None:
    monkeypatch.setenv("COUNTERSIGN_DATA", str(tmp_path))
    body = b"\n".join(encoded([line(0), line(1), line(1.01, **THIEF)]))
    file = tmp_path / "logins.jsonl"
    file.write_bytes(gzip.compress(body) if packed else body)
    result = CliRunner().invoke(main, ["score", "logins", str(file), "--json"])
    assert result.exit_code == 0, result.output
    printed = [json.loads(each) for each in result.stdout.splitlines()]
    assert [each["user"] for each in printed] == ["ann"] * 3
    assert set(printed[0]["scores"]) == {"network", "drift"}
    assert printed[0]["scores"]["drift"]["value"] is None
    assert printed[2]["risk"] > printed[1]["risk"]


def test_the_command_names_the_bad_line_and_exits_with_2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTERSIGN_DATA", str(tmp_path))
    file = tmp_path / "logins.jsonl"
    file.write_bytes(b"\n".join([*encoded([line(0)]), b"nonsense"]))
    result = CliRunner().invoke(main, ["score", "logins", str(file)])
    assert result.exit_code == 2
    assert "line 2" in result.output + result.stderr


@pytest.mark.slow
def test_thieves_of_a_synthetic_population_are_told_from_honest_people() -> None:
    """The figures of bench/population.py with fewer people: what it prints must not fall unseen."""
    lines = population(3, users=60, days=60)
    backtest = Backtest(load_model())
    odds: dict[str, list[float]] = {kind: [] for kind in ("honest", *ATTACKERS)}
    for of, (_, assessment) in zip(lines, backtest.scored(encoded(lines)), strict=True):
        kind = "honest" if of["label"] == "honest" else of["kind"]
        odds[kind].append(math.log(assessment.risk / (1.0 - assessment.risk)))
    honest = sorted(odds["honest"])
    limit = honest[int(0.95 * len(honest))]
    for kind, least in (("naive", 0.97), ("country_matching", 0.97), ("targeted", 0.8)):
        assert sum(value > limit for value in odds[kind]) >= least * len(odds[kind])

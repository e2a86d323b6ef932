"""The `countersign` command, really run: what it prints, and how it ends."""

import asyncio
import gzip
import itertools
import json
import logging
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import structlog
from typer.testing import CliRunner, Result

from collector import events
from collector.builds import Manifest
from collector.bus.base import Event
from collector.bus.kafka import KafkaBus
from collector.bus.kafka_url import parse
from collector.bus.ndjson import NdjsonBus
from collector.cli import main
from sdk_py.sources.integrity import code_digest
from signals.timing.model import DEFAULT

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    """Commands set up logging for a process of their own."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run a command in an empty folder, with its data below it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COUNTERSIGN_DATA", str(tmp_path / "data"))
    return lambda *arguments: CliRunner().invoke(main, [str(argument) for argument in arguments])


def label(number: int) -> Event:
    return events.encode(events.LabelReceived(id=f"l_{number}", label="fraud", source="desk", at_us=number, device="d_1"), id=f"e_{number}")


def fill(path: Path, *numbers: int, max_bytes: int = 1 << 20) -> None:
    async def work() -> None:
        bus = NdjsonBus(path, max_bytes=max_bytes)
        for number in numbers:
            await bus.publish([label(number)])
        await bus.close()

    asyncio.run(work())


def ids(output: str) -> list[str]:
    return [json.loads(line)["id"] for line in output.splitlines()]


# serve


@contextmanager
def served(folder: Path, *arguments: str) -> Iterator[tuple["subprocess.Popen[str]", list[str]]]:
    """Yield a serving process and what it printed until it answers."""
    command = [sys.executable, "-m", "collector.cli", "serve", "--port", "0", *arguments]
    environment = {**os.environ, "COUNTERSIGN_DATA": str(folder / "data")}
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        printed = []
        while not printed or "bus" not in printed[-1]:
            line = process.stdout.readline()
            assert line, f"it ended: {process.communicate()}"
            printed.append(line)
        if not (folder / "data" / "seen").exists():
            printed += [process.stdout.readline() for _ in range(3)]
            (folder / "data" / "seen").touch()
        yield process, printed
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def url_of(printed: list[str]) -> str:
    return printed[0].split()[-1]


def answer(url: str) -> httpx.Response:
    for _ in range(400):
        try:
            return httpx.get(url, timeout=5)
        except httpx.TransportError:
            signal.sigtimedwait([], 0.05)
    raise AssertionError(f"{url} did not answer")


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_serve_without_any_configuration_answers_shows_two_keys_once_and_stops_cleanly(tmp_path: Path) -> None:
    with served(tmp_path) as (process, printed):
        url = url_of(printed)
        assert answer(f"{url}/healthz").status_code == 200
        keys = {line.split()[0]: line.split()[1] for line in printed[-2:]}
        assert {role: text[:3] for role, text in keys.items()} == {"client": "ck_", "operator": "ok_"}
        operator = {"authorization": f"Bearer {keys['operator']}"}
        decided = httpx.post(f"{url}/v1/decisions", json={"action": "login"}, headers=operator, timeout=20)
        assert decided.status_code == 200
        assert ((tmp_path / "data").stat().st_mode & 0o777, (tmp_path / "data" / "master.keys").stat().st_mode & 0o777) == (0o700, 0o600)
        process.send_signal(signal.SIGTERM)
        rest, log = process.communicate(timeout=30)
        assert (process.returncode, rest) == (0, "")
        assert all(json.loads(line)["level"] in ("info", "warning") for line in log.splitlines())
        assert not any(text in log for text in keys.values())
    assert [json.loads(line)["type"] for line in (tmp_path / "data" / "events.ndjson").read_text().splitlines()] == ["decision.made"]


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_serve_shows_no_key_at_its_second_start_and_stops_cleanly_on_ctrl_c(tmp_path: Path) -> None:
    with served(tmp_path) as (_, printed):
        answer(f"{url_of(printed)}/healthz")
    with served(tmp_path) as (process, printed):
        answer(f"{url_of(printed)}/healthz")
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=30)
        assert process.returncode == 0
        assert "ck_" not in "".join(printed) + rest


def test_serve_says_that_the_port_is_taken(run: Callable[..., Result], tmp_path: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = run("serve", "--port", taken.getsockname()[1])
    assert result.exit_code == 1
    assert "can't listen on 127.0.0.1" in result.stderr


def test_settings_that_cannot_be_used_are_named_without_their_values(run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTERSIGN_PORT", "hush")
    result = run("keys", "list")
    assert result.exit_code == 2
    assert "COUNTERSIGN_PORT" in result.stderr
    assert "hush" not in result.stderr


def test_a_broken_settings_file_is_named(run: Callable[..., Result], tmp_path: Path) -> None:
    (tmp_path / "countersign.toml").write_text("port = = 1")
    result = run("doctor")
    assert (result.exit_code, "countersign.toml" in result.stderr) == (2, True)


# keys


def test_a_key_is_made_listed_and_revoked(run: Callable[..., Result]) -> None:
    made = json.loads(run("keys", "create", "risk", "--label", "desk", "--json").stdout)
    assert made["key"].startswith("rk_")
    plain = run("keys", "create", "client")
    assert plain.stdout.startswith("ck_")
    assert len(plain.stdout.split()) == 1
    listed = [json.loads(line) for line in run("keys", "list", "--json").stdout.splitlines()]
    assert [(row["role"], row["label"], row["revoked"]) for row in listed] == [("risk", "desk", None), ("client", "", None)]
    assert made["key"] not in json.dumps(listed)
    assert run("keys", "revoke", made["id"]).exit_code == 0
    assert json.loads(run("keys", "list", "--json").stdout.splitlines()[0])["revoked"] is not None
    again = run("keys", "revoke", made["id"])
    assert (again.exit_code, "keys list" in again.stderr) == (2, True)


def test_a_role_that_is_none_is_refused_with_those_there_are(run: Callable[..., Result]) -> None:
    result = run("keys", "create", "king")
    assert (result.exit_code, "operator" in result.stderr) == (2, True)


# events


def test_tail_prints_the_last_events_or_all_through_rotated_files(run: Callable[..., Result], tmp_path: Path) -> None:
    fill(tmp_path / "data" / "events.ndjson", *range(9), max_bytes=1000)
    assert len(list((tmp_path / "data").glob("events.ndjson*"))) > 2
    assert ids(run("events", "tail", "--json", "-n", "2").stdout) == ["e_7", "e_8"]
    assert ids(run("events", "tail", "--json", "--all").stdout) == [f"e_{number}" for number in range(9)]
    assert "label.received" in run("events", "tail").stdout
    assert "fraud by desk" in run("events", "tail").stdout


def test_tail_says_where_events_would_be(run: Callable[..., Result]) -> None:
    result = run("events", "tail")
    assert (result.exit_code, "countersign serve" in result.stderr) == (1, True)


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Let children hear Ctrl-C, also where a shell started the tests in the background, which ignores it and hands that on."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
@pytest.mark.usefixtures("interruptible")
def test_tail_follows_through_a_rotation_until_it_is_interrupted(tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    fill(path, 0)
    environment = {**os.environ, "COUNTERSIGN_BUS": path.as_uri()}
    command = [sys.executable, "-m", "collector.cli", "events", "tail", "--follow", "--json"]
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        got = [process.stdout.readline()]
        fill(path, 1, 2, 3, max_bytes=500)
        fill(path, 4, max_bytes=500)
        got += [process.stdout.readline() for _ in range(4)]
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    assert ids("".join(got)) == [f"e_{number}" for number in range(5)]


def test_tail_reads_kafka_where_kafka_is_the_bus(kafka: Any, run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> Result:
        async with kafka.tansu("risk", 1) as (hosts, _):
            url = f"kafka://{hosts}/risk?idempotence=off&timeout_ms=5000"
            bus = KafkaBus(parse(url))
            await bus.publish([label(number) for number in range(5)])
            await bus.close()
            monkeypatch.setenv("COUNTERSIGN_BUS", url)
            return await asyncio.to_thread(run, "events", "tail", "--json", "-n", "3")

    assert ids(asyncio.run(work()).stdout) == ["e_2", "e_3", "e_4"]


def test_the_published_asyncapi_document_is_the_one_of_this_code(run: Callable[..., Result]) -> None:
    assert json.loads(run("events", "schema").stdout) == json.loads((ROOT / "docs" / "asyncapi.json").read_text())


# assets


def test_a_manifest_is_written_for_its_owner_and_taken_by_a_collector(run: Callable[..., Result], tmp_path: Path, collector: Any) -> None:
    (tmp_path / "assets" / "reels").mkdir(parents=True)
    (tmp_path / "assets" / "reels" / "one.bin").write_bytes(os.urandom(200_000))
    (tmp_path / "assets" / "empty").touch()
    lock = ("assets", "lock", tmp_path / "assets", "--game", "slots", "--build", "1.4.0")
    assert run(*lock, "-o", tmp_path / "manifest.json").exit_code == 0
    manifest = msgspec.json.decode((tmp_path / "manifest.json").read_bytes(), type=Manifest)
    assert [file.path for file in manifest.files] == ["empty", "reels/one.bin"]
    assert (tmp_path / "manifest.json").stat().st_mode & 0o077 == 0
    result = run(*lock, "--url", collector.url, "--key", collector.keys["admin"])
    assert (result.exit_code, result.stdout) == (0, "")
    assert "2 files" in result.stderr
    assert "unknown_key" in run(*lock, "--url", collector.url, "--key", "ad_wrong").stderr
    assert run(*lock, "--url", collector.url).exit_code == 2


def test_a_manifest_says_which_code_of_the_sdk_the_build_is_shipped_with(run: Callable[..., Result], tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "one.bin").write_bytes(b"one")
    lock = ("assets", "lock", tmp_path / "assets", "--game", "slots", "--build", "1.4.0", "-o", tmp_path / "manifest.json")
    assert run(*lock, "--sdk", ROOT, "--code", "ab" * 32).exit_code == 0
    manifest = msgspec.json.decode((tmp_path / "manifest.json").read_bytes(), type=Manifest)
    assert manifest.code == (code_digest(), b"\xab" * 32)
    wrong = (("--sdk", tmp_path), ("--code", "xyz"), ("--code", "abcd"))
    assert [run(*lock, *each).exit_code for each in wrong] == [2, 2, 2]


def test_a_folder_without_files_makes_no_manifest(run: Callable[..., Result], tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    result = run("assets", "lock", tmp_path / "assets", "--game", "g", "--build", "b")
    assert (result.exit_code, "has no files" in result.stderr) == (2, True)


# doctor


def states(result: Result) -> dict[str, str]:
    return {check["name"]: check["state"] for check in json.loads(result.stdout)["checks"]}


def test_doctor_before_the_first_start_warns_with_remedies_and_makes_nothing(run: Callable[..., Result], tmp_path: Path) -> None:
    result = run("doctor", "--json")
    assert result.exit_code == 0
    checks = json.loads(result.stdout)["checks"]
    assert {check["name"] for check in checks if check["state"] == "warning"} >= {"data", "keys", "database", "geo"}
    assert all(check["remedy"] for check in checks if check["state"] != "ok")
    assert list(tmp_path.iterdir()) == []


def test_doctor_says_what_the_timing_model_is_worth(run: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    figures = {"auc": 0.9912, "tpr_1": 0.87, "calibration_error": 0.02}
    model = json.loads(DEFAULT.read_text())
    (curves,) = [one for one in model["channels"]["keys"]["curves"] if one["least"] == 70]
    curves["card"] = figures
    (tmp_path / "timing.json").write_text(json.dumps(model))
    monkeypatch.setenv("COUNTERSIGN_TIMING_MODEL", str(tmp_path / "timing.json"))
    told = {check["name"]: check["detail"] for check in json.loads(run("doctor", "--json").stdout)["checks"]}["timing model"]
    assert "keys/70: AUC 0.991, found at 1 % 0.87, calibration error 0.020" in told


def test_doctor_finds_nothing_broken_after_the_first_start(run: Callable[..., Result], tmp_path: Path) -> None:
    run("keys", "create", "client")
    run("keys", "create", "operator")
    (tmp_path / "data" / "master.keys").write_text("ab" * 32)
    (tmp_path / "data" / "master.keys").chmod(0o600)
    result = run("doctor", "--json")
    assert result.exit_code == 0
    assert {name: state for name, state in states(result).items() if state != "ok"} == {"geo": "warning"}
    assert "1 client, 1 operator" in run("doctor").stdout


@pytest.mark.parametrize(
    ("setting", "value", "broken"),
    [
        ("COUNTERSIGN_BUS", "nats://127.0.0.1", "bus"),
        ("COUNTERSIGN_DATABASE", "postgresql+asyncpg://u:secret@127.0.0.1:1/x", "database"),
        ("COUNTERSIGN_DATABASE", "no url", "database"),
        ("COUNTERSIGN_POLICY", "missing.toml", "policy"),
        ("COUNTERSIGN_MODEL", "missing.json", "model"),
        ("COUNTERSIGN_GEO", '["missing.mmdb"]', "geo"),
        ("COUNTERSIGN_MASTER_KEYS", '["abc"]', "keys"),
    ],
)
def test_doctor_exits_with_one_where_something_is_broken(
    run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, setting: str, value: str, broken: str
) -> None:
    monkeypatch.setenv(setting, value)
    result = run("doctor", "--json")
    assert (result.exit_code, states(result)[broken]) == (1, "broken")
    assert "secret" not in result.output
    assert "abc" not in result.output


def test_doctor_sees_that_the_master_keys_are_gone(run: Callable[..., Result]) -> None:
    run("keys", "create", "client")
    assert states(run("doctor", "--json"))["keys"] == "broken"


def test_doctor_sees_a_kafka_that_does_not_answer(run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTERSIGN_BUS", "kafka://127.0.0.1:1/risk?timeout_ms=300")
    result = run("doctor", "--json")
    assert (result.exit_code, states(result)["bus"]) == (0, "warning")


# score


def trace(id: str, step_us: int, count: int = 160) -> dict[str, Any]:
    times = [step_us * number for number in range(count)]
    return {
        "id": id,
        "label": "bot",
        "subject": "s",
        "device": "desktop",
        "t_us": times,
        "kind": [1 + number % 2 for number in range(count)],
        "code": [number // 2 % 8 for number in range(count)],
        "x": [0] * count,
        "y": [0] * count,
    }


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_score_inputs_prints_one_line_a_trace_and_null_where_it_abstains(run: Callable[..., Result], tmp_path: Path, packed: bool) -> None:
    text = "\n".join(json.dumps(one) for one in (trace("metronome", 100_000), trace("short", 100_000, 4))).encode()
    (tmp_path / "traces").write_bytes(gzip.compress(text) if packed else text)
    scored = {row["id"]: row for row in map(json.loads, run("score", "inputs", tmp_path / "traces").stdout.splitlines())}
    timing = scored["metronome"]["scores"]["timing"]
    assert (scored["metronome"]["label"], set(timing)) == ("bot", {"value", "confidence", "reasons"})
    assert timing["value"] > 0.9
    assert set(timing["reasons"][0]) == {"name", "detail", "contribution"}
    assert scored["short"]["scores"]["timing"]["value"] is None


def typed(id: str, subject: str, seed: int) -> dict[str, Any]:
    """Made-up typing, of which no two seeds share a rhythm."""
    chance = random.Random(seed)
    one = {**trace(id, 0, 400), "label": "human", "subject": subject}
    one["t_us"] = list(itertools.accumulate(round(chance.lognormvariate(11.5, 0.5)) for _ in range(400)))
    return one


def test_remembering_knows_a_recording_again_that_somebody_else_plays(run: Callable[..., Result], tmp_path: Path) -> None:
    recorded, fresh = typed("recorded", "alice", 1), typed("fresh", "bob", 2)
    replayed = {**recorded, "id": "replayed", "subject": "mallory"}
    (tmp_path / "traces").write_text("\n".join(map(json.dumps, (recorded, fresh, replayed))))

    def found(*options: str) -> set[str]:
        rows = map(json.loads, run("score", "inputs", tmp_path / "traces", "--json", *options).stdout.splitlines())
        return {row["id"] for row in rows if "timing.replay" in [reason["name"] for reason in row["scores"]["timing"]["reasons"]]}

    assert found("--remember") == {"replayed"}
    assert found() == set()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "traces:2"),
        ('{"id": "x", "t_us": ["a"], "kind": [1], "code": [1]}', "t_us"),
        ('{"id": "x", "t_us": [1, 0], "kind": [1, 1], "code": [1, 1]}', "falls"),
        ('{"id": "x", "t_us": [1, 2], "kind": [1], "code": [1, 1]}', "differ in length"),
    ],
)
def test_a_line_that_is_no_trace_is_named(run: Callable[..., Result], tmp_path: Path, line: str, says: str) -> None:
    (tmp_path / "traces").write_text(json.dumps(trace("x", 1000)) + "\n" + line)
    result = run("score", "inputs", tmp_path / "traces", "--json")
    assert result.exit_code == 2
    assert "traces:2" in result.stderr
    assert says in result.stderr


def test_a_gzip_file_that_was_cut_off_is_an_error_and_no_crash(run: Callable[..., Result], tmp_path: Path) -> None:
    (tmp_path / "traces").write_bytes(gzip.compress(json.dumps(trace("x", 1000)).encode())[:-9])
    result = run("score", "inputs", tmp_path / "traces")
    assert (result.exit_code, isinstance(result.exception, SystemExit)) == (2, True)


# all


COMMANDS = [
    ["serve"],
    ["doctor"],
    ["keys", "create"],
    ["keys", "list"],
    ["keys", "revoke"],
    ["events", "tail"],
    ["events", "schema"],
    ["assets", "lock"],
    ["score", "inputs"],
    ["score", "logins"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_helps(run: Callable[..., Result], command: list[str]) -> None:
    result = run(*command, "--help")
    assert result.exit_code == 0
    assert "Usage: countersign" in result.stdout.replace("root", "countersign")


def test_asking_for_help_loads_nothing_heavy() -> None:
    heavy = {"numpy", "scipy", "starlette", "sqlalchemy", "aiokafka", "pydantic"}
    code = f"import sys, collector.cli; print(*sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""

"""A client and its process: imports, forks and exits."""

import os
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import sdk_py
from sdk_py import Client
from wire import kinds

ROOT = Path(__file__).parents[2]
Make = Callable[..., Client]
Wait = Callable[..., None]


def run(program: str, *args: str) -> str:
    command = [sys.executable, "-W", "error", "-c", textwrap.dedent(program), *args]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout.strip()


def test_importing_the_sdk_loads_nothing_heavy() -> None:
    heavy = ("numpy", "scipy", "starlette", "httpx", "asyncio", "ssl", "msgspec", "pygame", "pytest")
    loaded = run("import sys; before = set(sys.modules); import sdk_py; print(*(set(sys.modules) - before))").split()
    assert [name for name in heavy if name in loaded] == []


def test_the_version_is_that_of_the_distribution() -> None:
    assert sdk_py.__version__ == tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


def test_a_game_that_just_ends_has_sent_what_it_recorded(collector: Any, tmp_path: Path) -> None:
    program = """
        import sys, time, sdk_py
        sdk_py.start(sys.argv[1], key="ck_test", game="slots", build="1", data=sys.argv[2], interval=3600.0)
        while not sdk_py.token():
            time.sleep(0.01)
        sdk_py.record(sdk_py.KEY_DOWN, 5)
    """
    run(program, collector.url, str(tmp_path))
    assert [event[2] for event in collector.events] == [5]


def test_a_game_ends_in_time_though_the_collector_is_down(tmp_path: Path) -> None:
    program = """
        import sys, sdk_py
        sdk_py.start("http://127.0.0.1:9", key="ck_test", game="slots", build="1", data=sys.argv[1])
        sdk_py.record(sdk_py.KEY_DOWN, 5)
    """
    run(program, str(tmp_path))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform does not fork")
def test_a_child_that_plays_gets_a_session_of_its_own_and_the_parent_keeps_its_events(collector: Any, tmp_path: Path) -> None:
    program = """
        import os, sys, time, warnings, sdk_py
        warnings.simplefilter("ignore", DeprecationWarning)  # of forking with threads: from 3.12 on, and what is tested here
        sdk_py.start(sys.argv[1], key="ck_test", game="slots", build="1", data=sys.argv[2], interval=3600.0)
        while not sdk_py.token():
            time.sleep(0.01)
        sdk_py.record(sdk_py.KEY_DOWN, 1)
        child = os.fork()
        if child == 0:
            assert sdk_py.token() == ""
            sdk_py.record(sdk_py.KEY_DOWN, 2)
            os._exit(0 if sdk_py.flush(20.0) else 1)
        assert os.waitpid(child, 0)[1] == 0
        sdk_py.record(sdk_py.KEY_DOWN, 3)
    """
    run(program, collector.url, str(tmp_path))
    codes = [[code for batch in held.batches for code in batch.input.code] for held in collector.sessions.values()]
    assert codes == [[1, 3], [2]]
    assert [hello.device and hello.device.counter for hello in collector.hellos] == [None, 1]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform does not fork")
def test_a_child_that_plays_reports_the_games_files_as_well(collector: Any, tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "a").touch()
    program = """
        import os, sys, time, warnings, sdk_py
        warnings.simplefilter("ignore", DeprecationWarning)
        folder = sys.argv[2]
        sdk_py.start(sys.argv[1], key="ck_test", game="slots", build="1", data=folder, assets=folder + "/assets", interval=0.05)
        while not sdk_py.token():
            time.sleep(0.01)
        child = os.fork()
        if child == 0:
            for _ in range(40):
                sdk_py.action("bet")
                time.sleep(0.05)
            os._exit(0 if sdk_py.flush(20.0) else 1)
        assert os.waitpid(child, 0)[1] == 0
    """
    collector.one_client = False
    run(program, collector.url, str(tmp_path))
    done = [any(batch.assets and batch.assets.done for batch in held.batches) for held in collector.sessions.values()]
    assert done == [True, True]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform does not fork")
def test_a_child_that_does_not_play_says_nothing(collector: Any, tmp_path: Path) -> None:
    program = """
        import os, sys, time, warnings, sdk_py
        warnings.simplefilter("ignore", DeprecationWarning)
        sdk_py.start(sys.argv[1], key="ck_test", game="slots", build="1", data=sys.argv[2], interval=3600.0)
        while not sdk_py.token():
            time.sleep(0.01)
        child = os.fork()
        if child == 0:
            os._exit(0 if sdk_py.flush(20.0) else 1)
        assert os.waitpid(child, 0)[1] == 0
    """
    run(program, collector.url, str(tmp_path))
    assert len(collector.hellos) == 1


def test_a_game_that_calls_from_a_tracer_is_seen(collector: Any, client_of: Make, wait_for: Wait) -> None:
    client = client_of(collector.url).start()
    wait_for(client.token)

    def profiler(frame: Any, event: str, arg: Any) -> None:
        return None

    before = sys.getprofile()
    sys.setprofile(profiler)
    try:
        client.action("bet")
    finally:
        sys.setprofile(before)
    client.record(kinds.KEY_DOWN)
    assert client.flush(5.0)
    told = [hook for batch in collector.batches if batch.integrity for hook in batch.integrity.trace_hooks]
    assert any(hook.endswith("profiler") for hook in told)

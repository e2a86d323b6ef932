"""What the integrity source sees, with somebody in the process for real."""

import ctypes
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sdk_py.guard import Guard
from sdk_py.losses import Losses
from sdk_py.sources import Sources, integrity
from sdk_py.sources.integrity import Integrity

Wait = Callable[..., None]
SEIZE = """
import ctypes, sys
libc = ctypes.CDLL(None)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
print(libc.ptrace(0x4206, int(sys.argv[1]), None, None), flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="ptrace is Linux's here")
def test_a_tracer_that_attaches_is_seen(wait_for: Wait) -> None:
    assert not integrity.traced()
    ctypes.CDLL(None).prctl(0x59616D61, ctypes.c_ulong(-1 & (2**64 - 1)), 0, 0, 0)  # Yama: anybody may trace this process
    with subprocess.Popen(
        [sys.executable, "-c", SEIZE, str(os.getpid())], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as tracer:
        assert tracer.stdout is not None
        if tracer.stdout.readline().strip() != "0":
            tracer.communicate()
            pytest.skip("this machine lets nobody trace")
        assert integrity.traced()
        tracer.communicate()
    wait_for(lambda: not integrity.traced())


def test_a_trace_hook_in_another_thread_is_seen() -> None:
    stop, ready = threading.Event(), threading.Event()

    def tracer(frame: Any, event: str, arg: Any) -> Any:
        return tracer

    def traced() -> None:
        ready.set()
        stop.wait(10)

    def run() -> None:
        sys.settrace(tracer)
        traced()

    thread = threading.Thread(target=run)
    thread.start()
    ready.wait(10)
    hooks = integrity.trace_hooks()
    stop.set()
    thread.join()
    assert any("tracer" in hook for hook in hooks)


@pytest.mark.parametrize("name", integrity.CLOCKS)
def test_a_patched_clock_is_seen(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    assert integrity.clocks_patched() == ()
    real = getattr(time, name)
    monkeypatch.setattr(time, name, lambda: real())
    assert integrity.clocks_patched() == (name,)


def test_a_clock_that_stands_in_for_another_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "monotonic", time.time)
    assert integrity.clocks_patched() == ("monotonic",)


def test_preloaded_libraries_are_named_without_their_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LD_PRELOAD", "/opt/x/libspeed.so:/tmp/libother.so libthird.so")
    assert {"libspeed.so", "libother.so", "libthird.so"} <= set(integrity.preloaded())


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="there are no maps here")
def test_a_known_injector_is_seen_by_what_it_maps(tmp_path: Path) -> None:
    import mmap

    gadget = tmp_path / "frida-agent-64.so"
    gadget.write_bytes(bytes(4096))
    with gadget.open("rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ):
        assert "frida-agent-64.so" in integrity.preloaded()


def test_an_unknown_finder_is_seen_and_the_interpreters_own_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    class Finder:
        def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
            return None

    before = integrity.import_hooks()
    monkeypatch.setattr(sys, "meta_path", [Finder(), *sys.meta_path])
    assert [name for name in integrity.import_hooks() if name not in before] == [integrity.name_of(Finder())]
    plain = "import sys; sys.path.insert(0, ''); from sdk_py.sources.integrity import import_hooks; print(import_hooks())"
    done = subprocess.run([sys.executable, "-c", plain], cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "()"


def test_the_code_digest_is_the_same_in_another_place_and_with_other_line_ends(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    for package in integrity.PACKAGES:
        for file in (root / package).rglob("*.py"):
            copy = tmp_path / file.relative_to(root)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    told = "from sdk_py.sources.integrity import code_digest; print(code_digest().hex())"
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-c", told], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == integrity.code_digest().hex()


def test_altered_code_has_another_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    before = integrity.code_digest()
    sources = integrity._sources()
    name, code = sources[0]
    monkeypatch.setattr(integrity, "_sources", lambda: [(name, code + b"#"), *sources[1:]])
    assert integrity.code_digest() != before


def test_frozen_code_has_a_digest_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(integrity, "_sources", list)
    assert integrity.code_digest() == integrity.code_digest()


@pytest.mark.parametrize(
    ("hooks", "name"), [((), None), (("pydevd.x",), "pydevd"), (("coverage.tracer.CTracer", "bdb.Bdb.trace_dispatch"), "bdb")]
)
def test_a_debugger_is_known_by_its_hook(hooks: tuple[str, ...], name: str | None) -> None:
    assert integrity.debugger(hooks) == name


def test_hooks_of_the_games_own_thread_stay_noted() -> None:
    source = Integrity(Guard(Losses()))

    def profiler(frame: Any, event: str, arg: Any) -> None:
        return None

    before = sys.getprofile()
    sys.setprofile(profiler)
    source.glance()
    sys.setprofile(before)
    assert any("profiler" in hook for hook in source.read().trace_hooks)


def test_every_source_is_in_the_table() -> None:
    files = {file.stem for file in Path(integrity.__file__).parent.glob("*.py")} - {"__init__"}
    assert files == set(Sources.__dataclass_fields__)

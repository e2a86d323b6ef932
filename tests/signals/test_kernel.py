"""What was compiled earlier is used as long as nothing of what was compiled into it has changed."""

import importlib
import sys
from pathlib import Path

import pytest

CALLED = """
from signals.kernel import kernel
MORE = {more}
@kernel
def called(value: int) -> int:
    return value * {times}
"""
CALLER = """
from signals.kernel import kernel
from {called} import called, MORE
@kernel
def caller(value: int) -> int:
    return called(value) + MORE
"""
BEYOND = """
from signals.kernel import kernel
import {caller} as other
@kernel
def beyond(value: int) -> int:
    return below(value)
@kernel
def below(value: int) -> int:
    return other.caller(value)
"""


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Return what writes three files that call one another, and asks the last of them, as a new process would."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # files of one second and size look the same to the importer

    def ask(times: int, more: int) -> tuple[int, int]:
        names = tuple(f"kernels_{name}" for name in ("called", "caller", "beyond"))
        called, caller, beyond = names
        (tmp_path / f"{called}.py").write_text(CALLED.format(times=times, more=more))
        (tmp_path / f"{caller}.py").write_text(CALLER.format(called=called))
        (tmp_path / f"{beyond}.py").write_text(BEYOND.format(caller=caller))
        for name in names:
            sys.modules.pop(name, None)
        importlib.invalidate_caches()
        module = importlib.import_module(beyond)
        return module.beyond(10), sum(module.beyond.stats.cache_hits.values())

    return ask


def test_a_kernel_that_did_not_change_is_not_compiled_again(files) -> None:
    assert files(2, 1) == (21, 0)
    assert files(2, 1) == (21, 1)


def test_a_kernel_is_compiled_again_when_one_that_it_calls_changes(files) -> None:
    assert files(2, 1) == (21, 0)
    assert files(3, 1) == (31, 0)


def test_a_kernel_is_compiled_again_when_a_constant_of_another_file_changes(files) -> None:
    assert files(2, 1) == (21, 0)
    assert files(2, 5) == (25, 0)

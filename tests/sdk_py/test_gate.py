"""Forks wait for the SDK's threads, but never for long."""

import os
import threading
import time
from collections.abc import Callable

import pytest

from sdk_py import gate
from sdk_py.gate import Gate

Wait = Callable[..., None]


def test_a_fork_waits_until_work_is_done() -> None:
    held, done, order = Gate(), threading.Event(), []

    def work() -> None:
        with held.held():
            done.set()
            time.sleep(0.05)
            order.append("worked")

    thread = threading.Thread(target=work)
    thread.start()
    done.wait(5)
    held.before_fork()
    order.append("forked")
    held.after_fork_in_parent()
    thread.join()
    assert order == ["worked", "forked"]


def test_a_fork_does_not_wait_for_the_network() -> None:
    held, waiting, over = Gate(), threading.Event(), threading.Event()

    def work() -> None:
        with held.held(), held.left():
            waiting.set()
            over.wait(10)

    thread = threading.Thread(target=work)
    thread.start()
    waiting.wait(5)
    held.before_fork()
    assert held._forking == threading.get_ident()
    held.after_fork_in_parent()
    over.set()
    thread.join()
    with held.held():
        pass


def test_a_fork_that_waited_for_long_enough_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate, "FORK_WAITS_S", 0.02)
    held = Gate()
    with held.held():
        held.before_fork()
        held.after_fork_in_parent()
    held.before_fork()
    held.after_fork_in_parent()
    with held.held():
        pass


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform does not fork")
def test_the_gate_is_open_in_a_child(monkeypatch: pytest.MonkeyPatch) -> None:
    held = Gate()
    held.before_fork()
    child = os.fork()
    if child == 0:
        held.after_fork_in_child()
        with held.held():
            os._exit(0)
    held.after_fork_in_parent()
    assert os.waitpid(child, 0)[1] == 0

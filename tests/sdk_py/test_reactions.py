"""What a client does when the collector says no, or nothing (SPEC.md, Reactions)."""

import zlib
from collections.abc import Callable
from typing import Any

import pytest

from sdk_py import Client
from wire import headers, kinds

Make = Callable[..., Client]
Wait = Callable[..., None]


@pytest.fixture
def opened(collector: Any, client_of: Make, wait_for: Wait) -> Client:
    """A client whose session is open, and which sends only when it is told to."""
    client = client_of(collector.url, interval=3600.0).start()
    wait_for(client.token)
    return client


@pytest.fixture
def reply(collector: Any) -> Callable[..., None]:
    """Script the collector's next answers."""
    from dataclasses import make_dataclass

    shape = make_dataclass("Reply", [("status", int), ("code", str), ("headers", dict), ("instead", bool)])

    def script(status: int, code: str = "", instead: bool = True, **said: str) -> None:
        collector.script.append(shape(status, code, {name.replace("_", "-"): value for name, value in said.items()}, instead))

    return script


@pytest.mark.parametrize(("status", "code"), [(401, "unknown_key"), (403, "wrong_role")])
def test_a_refused_hello_ends_sending_and_the_losses_are_counted(
    collector: Any, client_of: Make, reply: Any, wait_for: Wait, status: int, code: str
) -> None:
    reply(status, code)
    client = client_of(collector.url)
    client.record(kinds.KEY_DOWN)
    client.frame()
    client.start()
    wait_for(lambda: client.losses.total == {"refused": 2})
    assert client.refused == code
    assert client.token() == ""
    assert len(collector.bodies) == 1


def test_a_refused_batch_ends_sending(collector: Any, opened: Client, reply: Any, wait_for: Wait) -> None:
    reply(403, "wrong_role")
    opened.record(kinds.KEY_DOWN)
    assert opened.flush(5.0)
    assert opened.refused == "wrong_role"
    assert opened.losses.total == {"refused": 1}


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (404, "unknown_session"),
        (409, "batch_gap"),
        (409, "batch_altered"),
        (409, "chain_broken"),
        (410, "session_expired"),
        (401, "bad_signature"),
    ],
)
def test_a_lost_session_is_followed_by_a_new_one_and_nothing_is_lost(
    collector: Any, opened: Client, reply: Any, status: int, code: str
) -> None:
    assert opened.flush(5.0)
    reply(status, code)
    opened.record(kinds.KEY_DOWN)
    assert opened.flush(5.0)
    assert len(collector.hellos) == 2
    assert opened.token() == "token of s_1"
    assert [len(held.batches) for held in collector.sessions.values()] == [1, 1]
    assert len(collector.events) == 1


def test_sessions_that_are_lost_at_once_are_not_opened_in_a_tight_loop(collector: Any, opened: Client, reply: Any, wait_for: Wait) -> None:
    reply(404, "unknown_session")
    opened.record(kinds.KEY_DOWN)
    assert not opened.flush(0.2)
    assert len(collector.hellos) == 1
    wait_for(lambda: len(collector.hellos) == 2)
    wait_for(lambda: collector.events)


def test_a_batch_that_is_too_large_is_halved_until_it_fits(collector: Any, opened: Client, reply: Any) -> None:
    for _ in range(3):
        reply(413, "too_large")
    for x in range(100):
        opened.record(kinds.POINTER_MOVE, 0, x, 0)
    opened.frame()
    assert opened.flush(5.0)
    assert [event[3] for event in collector.events] == list(range(100))
    assert len(collector.batches) == 4
    assert len(collector.frames) == 1


def test_what_does_not_fit_even_alone_is_counted(collector: Any, opened: Client, reply: Any) -> None:
    for _ in range(3):
        reply(413, "too_large")
    opened.record(kinds.KEY_DOWN)
    opened.record(kinds.KEY_UP)
    assert opened.flush(5.0)
    assert opened.flush(5.0)
    assert collector.lost == {"too_large": 2}


def test_a_batch_that_is_no_good_is_dropped_counted_and_reported(collector: Any, opened: Client, reply: Any) -> None:
    reply(422, "invalid")
    opened.record(kinds.KEY_DOWN)
    opened.flush(5.0)
    opened.record(kinds.KEY_UP)
    assert opened.flush(5.0)
    assert [event[1] for event in collector.events] == [kinds.KEY_UP]
    assert collector.lost == {"rejected": 1}


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_obeyed(collector: Any, opened: Client, reply: Any, status: int) -> None:
    reply(status, "overloaded", retry_after="3600")
    opened.record(kinds.KEY_DOWN)
    assert not opened.flush(0.3)
    sent = len(collector.bodies)
    assert not opened.flush(0.3)
    assert len(collector.bodies) == sent


@pytest.mark.parametrize(("status", "said"), [(500, {}), (503, {"retry_after": "0"}), (302, {}), (0, {})])
def test_what_fails_is_sent_again_to_the_byte(
    collector: Any, opened: Client, reply: Any, status: int, said: dict[str, str], wait_for: Wait
) -> None:
    reply(status, "internal", **said)
    opened.record(kinds.KEY_DOWN)
    opened.flush()
    wait_for(lambda: collector.events)
    assert collector.bodies[-1] == collector.bodies[-2]
    assert len(collector.events) == 1


@pytest.mark.parametrize("status", [0, 500])
def test_a_batch_whose_acknowledgement_was_lost_is_taken_once(
    collector: Any, opened: Client, reply: Any, status: int, wait_for: Wait
) -> None:
    reply(status, instead=False)
    opened.record(kinds.KEY_DOWN)
    opened.flush()
    wait_for(lambda: len(collector.bodies) == 3)
    opened.record(kinds.KEY_UP)
    assert opened.flush(5.0)
    assert [event[1] for event in collector.events] == [kinds.KEY_DOWN, kinds.KEY_UP]


def test_an_acknowledgement_that_cannot_be_read_is_none(collector: Any, opened: Client, reply: Any, wait_for: Wait) -> None:
    reply(200, "a captive portal's page")
    opened.record(kinds.KEY_DOWN)
    opened.flush()
    wait_for(lambda: collector.events)


def test_large_bodies_are_deflated_and_small_ones_are_not(collector: Any, opened: Client) -> None:
    assert collector.seen_headers[0]["content-encoding"] == headers.DEFLATE
    assert opened.flush(5.0)
    assert "content-encoding" not in collector.seen_headers[-1]
    for x in range(500):
        opened.record(kinds.POINTER_MOVE, 0, x, x)
    assert opened.flush(5.0)
    assert collector.seen_headers[-1]["content-encoding"] == headers.DEFLATE
    assert len(collector.bodies[-1]) < len(zlib.decompress(collector.bodies[-1])) / 2


def test_losses_that_a_dropped_batch_would_have_told_are_told_by_the_next(collector: Any, opened: Client, reply: Any) -> None:
    opened.losses.add("overflow", 3)
    reply(422, "invalid")
    opened.record(kinds.KEY_DOWN)
    opened.flush(5.0)
    assert opened.flush(5.0)
    assert collector.lost == {"overflow": 3, "rejected": 1}


def test_an_acknowledgement_ends_the_back_off(collector: Any, opened: Client, reply: Any, wait_for: Wait) -> None:
    reply(500)
    opened.record(kinds.KEY_DOWN)
    opened.flush()
    wait_for(lambda: collector.events)
    wait_for(lambda: opened._sender._backoff._failures == 0)


def test_a_new_session_is_told_the_facts_by_its_hello_and_not_again(collector: Any, opened: Client, reply: Any) -> None:
    assert opened.flush(5.0)
    reply(404, "unknown_session")
    opened.display(gpu="Example Renderer")
    opened.record(kinds.KEY_DOWN)
    assert opened.flush(5.0)
    assert [hello.facts.gpu for hello in collector.hellos] == [None, "Example Renderer"]
    assert [batch.facts for batch in collector.batches] == [None, None]

"""A client against a collector that works."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import sdk_py
from sdk_py import Client
from sdk_py.sources.clock import Clock
from wire import kinds
from wire.columns import MAX_POSITION
from wire.schema import DeviceFacts, IntegrityFacts

Make = Callable[..., Client]
Wait = Callable[..., None]


def test_what_is_recorded_arrives_in_order(collector: Any, client_of: Make) -> None:
    client = client_of(collector.url).start()
    for x in range(100):
        client.record(kinds.POINTER_MOVE, 0, x, 2 * x)
    assert client.flush(5.0)
    assert [event[1:] for event in collector.events] == [(kinds.POINTER_MOVE, 0, x, 2 * x) for x in range(100)]
    times = [event[0] for event in collector.events]
    assert times == sorted(times)


def test_batches_go_out_by_themselves(collector: Any, client_of: Make, wait_for: Wait) -> None:
    client = client_of(collector.url).start()
    client.record(kinds.KEY_DOWN, kinds.KEY_SPACE)
    wait_for(lambda: collector.events)


def test_a_full_batch_does_not_wait_for_its_time(collector: Any, client_of: Make, wait_for: Wait) -> None:
    collector.interval_ms, collector.max_events = 3_600_000, 100
    client = client_of(collector.url).start()
    for _ in range(250):
        client.record(kinds.KEY_DOWN)
    wait_for(lambda: len(collector.events) == 200)


def test_what_was_recorded_before_the_session_opened_arrives_too(collector: Any, client_of: Make) -> None:
    client = client_of(collector.url)
    client.record(kinds.KEY_DOWN)
    client.start()
    assert client.flush(5.0)
    assert len(collector.events) == 1


def test_frames_and_actions_arrive(collector: Any, client_of: Make) -> None:
    client = client_of(collector.url).start()
    for _ in range(3):
        client.frame()
    client.action("bet", amount=5, round="r-17", lines=20, auto=False)
    assert client.flush(5.0)
    assert len(collector.frames) == 3
    (action,) = [action for batch in collector.batches for action in batch.actions]
    assert (action.name, action.amount, action.round, action.extra) == ("bet", 5.0, "r-17", {"lines": 20, "auto": False})


def test_keys_repeat_the_place_of_the_pointer_across_batches(collector: Any, client_of: Make) -> None:
    client = client_of(collector.url).start()
    client.record(kinds.POINTER_MOVE, 0, 300, 200)
    assert client.flush(5.0)
    client.record(kinds.KEY_DOWN, 3)
    assert client.flush(5.0)
    assert collector.events[-1][1:] == (kinds.KEY_DOWN, 3, 300, 200)


def test_places_are_whole_and_within_what_columns_can_hold(collector: Any, client_of: Make) -> None:
    client = client_of(collector.url).start()
    client.record(kinds.POINTER_MOVE, 0, 10**9, -(10**9))
    client.record(kinds.POINTER_MOVE, 0, 12.7, 3.2)  # type: ignore[arg-type]
    assert client.flush(5.0)
    assert [event[3:] for event in collector.events] == [(MAX_POSITION, -MAX_POSITION), (12, 3)]


def test_what_no_event_can_be_is_counted(collector: Any, client_of: Make) -> None:
    client = client_of(collector.url).start()
    client.record(99)
    client.record(kinds.KEY_DOWN, 999)
    client.record(kinds.POINTER_MOVE, 0, float("nan"))  # type: ignore[arg-type]
    client.record("key", None)  # type: ignore[arg-type]
    client.action("bet", amount=float("inf"))
    client.record(kinds.KEY_DOWN)
    assert client.flush(5.0)
    assert client.flush(5.0)
    assert len(collector.events) == 1
    assert collector.lost == {"invalid": 5}


def test_events_of_many_threads_all_arrive(collector: Any, client_of: Make) -> None:
    client = client_of(collector.url).start()
    threads = [threading.Thread(target=lambda: [client.record(kinds.KEY_DOWN) for _ in range(500)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert client.flush(5.0)
    assert len(collector.events) == 2000
    assert client.losses.total == {}


def test_a_hello_says_what_is_known_and_what_is_missing(collector: Any, client_of: Make, wait_for: Wait) -> None:
    client = client_of(collector.url).start()
    wait_for(client.token)
    (hello,) = collector.hellos
    assert (hello.game, hello.build, hello.sdk) == ("slots", "1.0", f"sdk_py/{sdk_py.__version__}")
    assert hello.facts.os is not None
    assert hello.facts.missing["gpu"] == "absent"
    assert hello.integrity.code_digest is not None
    assert abs(hello.clock.wall_us - time.time_ns() // 1000) < 60_000_000


def test_facts_are_told_again_only_when_they_change(collector: Any, client_of: Make) -> None:
    told = IntegrityFacts(traced=False)
    client = client_of(collector.url, device=lambda: DeviceFacts(os="Plan 9"), integrity=lambda: told).start()
    assert client.flush(5.0)
    client.display(gpu="llvmpipe", width=800, height=600)
    told = replace(told, traced=True)
    assert client.flush(5.0)
    assert client.flush(5.0)
    assert [batch.facts for batch in collector.batches] == [
        None,
        DeviceFacts(os="Plan 9", gpu="llvmpipe", display_width=800, display_height=600),
        None,
    ]
    assert [batch.integrity for batch in collector.batches] == [None, IntegrityFacts(traced=True), None]


def test_events_frames_and_clock_pairs_read_one_clock(collector: Any, client_of: Make) -> None:
    client = client_of(collector.url, clock=Clock(mono_ns=lambda: 7_000_000, wall_ns=lambda: 9_000_000)).start()
    client.record(kinds.KEY_DOWN)
    client.frame()
    client.action("bet")
    assert client.flush(5.0)
    (batch,) = [batch for batch in collector.batches if batch.actions]
    assert (batch.clock.mono_us, batch.clock.wall_us) == (7000, 9000)
    assert (collector.events[0][0], collector.frames[0], batch.actions[0].t_us) == (7000, 7000, 7000)


def test_further_headers_and_the_agent_are_sent(collector: Any, client_of: Make, wait_for: Wait) -> None:
    client = client_of(collector.url, headers={"x-forwarded-for": "192.0.2.7"}).start()
    wait_for(client.token)
    assert collector.seen_headers[0]["x-forwarded-for"] == "192.0.2.7"
    assert collector.seen_headers[0]["user-agent"] == f"countersign-sdk-py/{sdk_py.__version__}"


def test_the_token_comes_with_the_session_and_is_refreshed_by_acknowledgements(collector: Any, client_of: Make, wait_for: Wait) -> None:
    client = client_of(collector.url)
    assert client.token() == ""
    client.start()
    wait_for(client.token)
    assert client.token() == "token of s_0"
    collector.fresh_token = "fresh"
    assert client.flush(5.0)
    assert client.token() == "fresh"


def test_a_waiting_challenge_is_told_to_the_game(collector: Any, client_of: Make) -> None:
    client = client_of(collector.url).start()
    collector.challenge = "c_1"
    assert client.flush(5.0)
    assert client.challenge() == "c_1"


def test_a_device_is_issued_once_and_proved_from_then_on(collector: Any, client_of: Make, tmp_path: Path) -> None:
    for _ in range(3):
        client = client_of(collector.url).start()
        assert client.flush(5.0)
        client.stop()
    assert [hello.device and (hello.device.id, hello.device.counter) for hello in collector.hellos] == [None, ("d_0", 1), ("d_0", 2)]


def test_clients_live_side_by_side(collector: Any, client_of: Make, tmp_path: Path) -> None:
    collector.one_client = False
    clients = [client_of(collector.url, data=tmp_path / str(number), game=f"game {number}").start() for number in range(3)]
    for number, client in enumerate(clients):
        client.record(kinds.KEY_DOWN, number)
    assert all(client.flush(5.0) for client in clients)
    told = {held.hello.game: b"".join(batch.input.code for batch in held.batches) for held in collector.sessions.values()}
    assert told == {f"game {number}": bytes([number]) for number in range(3)}


def test_stopping_sends_what_is_left(collector: Any, client_of: Make, wait_for: Wait) -> None:
    collector.interval_ms = 3_600_000
    client = client_of(collector.url).start()
    wait_for(client.token)
    client.record(kinds.KEY_DOWN)
    client.stop(5.0)
    assert len(collector.events) == 1


@pytest.fixture
def module() -> Any:
    yield sdk_py
    sdk_py.stop(0.0)


def test_the_module_records_into_its_client_from_start_to_stop(collector: Any, tmp_path: Path, module: Any) -> None:
    from sdk_py import action, flush, frame, record, start, stop  # as games do, before anything is started

    record(kinds.KEY_DOWN, 1)
    start(collector.url, key="ck_test", game="slots", build="1.0", data=tmp_path)
    record(kinds.KEY_DOWN, 2)
    frame()
    action("bet")
    assert flush(5.0)
    assert sdk_py.token() == "token of s_0"
    stop()
    record(kinds.KEY_DOWN, 3)
    assert [event[2] for event in collector.events] == [2]
    assert len(collector.frames) == 1
    assert sdk_py.token() == ""


def test_disabled_by_the_environment_nothing_happens(collector: Any, tmp_path: Path, module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNTERSIGN_DISABLED", "1")
    sdk_py.start(collector.url, key="ck_test", game="slots", build="1.0", data=tmp_path)
    sdk_py.record(kinds.KEY_DOWN)
    sdk_py.frame()
    sdk_py.action("bet")
    assert sdk_py.flush(1.0)
    sdk_py.stop()
    assert collector.bodies == []


def test_a_start_with_nonsense_raises_nothing_and_is_seen_in_tests(swallowed: list[Exception], module: Any) -> None:
    sdk_py.start("http://127.0.0.1:1", key="k", game="g", build="b", no_such_setting=1)
    sdk_py.record(kinds.KEY_DOWN)
    assert [type(error) for error in swallowed] == [TypeError]
    swallowed.clear()


def test_an_address_that_is_none_is_only_unreachable(client_of: Make, wait_for: Wait) -> None:
    client = client_of("not a url").start()
    client.record(kinds.KEY_DOWN)
    assert not client.flush(0.2)
    assert client.token() == ""


def test_the_games_log_hears_of_no_request_of_the_sdks(collector: Any, client_of: Make, caplog: pytest.LogCaptureFixture) -> None:
    import httpx

    caplog.set_level(logging.INFO)
    assert client_of(collector.url).start().flush(5.0)
    assert [record for record in caplog.records if record.name == "httpx"] == []
    with httpx.Client(transport=httpx.MockTransport(lambda request: httpx.Response(204))) as own:
        own.get("http://192.0.2.1/of-the-game")
    assert "of-the-game" in caplog.text

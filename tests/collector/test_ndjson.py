"""The event file: whole lines, on disk, bounded, mended after a crash."""

import asyncio
import os
from pathlib import Path

import pytest

from collector.bus.base import BusError, Event
from collector.bus.ndjson import NdjsonBus


def event(number: int, size: int = 0) -> Event:
    return Event(f"e{number}", "t", "d", b'{"id":"e%d"%b}' % (number, b" " * size))


def publish(bus: NdjsonBus, *batches: list[Event]) -> None:
    async def run() -> None:
        await bus.start()
        try:
            for batch in batches:
                await bus.publish(batch)
        finally:
            await bus.close()

    asyncio.run(run())


def lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def test_every_event_is_one_line_in_the_order_given(tmp_path: Path) -> None:
    publish(NdjsonBus(tmp_path / "events"), [event(1), event(2)], [event(3)])
    assert lines(tmp_path / "events") == [b'{"id":"e1"}\n', b'{"id":"e2"}\n', b'{"id":"e3"}\n']


def test_a_line_torn_by_a_crash_is_cut_off_at_the_next_start(tmp_path: Path) -> None:
    (tmp_path / "events").write_bytes(b'{"id":"e1"}\n{"id":"e2"' + b"x" * 100_000)
    publish(NdjsonBus(tmp_path / "events"), [event(2)])
    assert lines(tmp_path / "events") == [b'{"id":"e1"}\n', b'{"id":"e2"}\n']


def test_a_file_that_is_nothing_but_a_torn_line_becomes_empty(tmp_path: Path) -> None:
    (tmp_path / "events").write_bytes(b'{"id":"e1"')
    publish(NdjsonBus(tmp_path / "events"))
    assert lines(tmp_path / "events") == []


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX's")
def test_only_the_owner_can_read_the_file(tmp_path: Path) -> None:
    publish(NdjsonBus(tmp_path / "new" / "events"), [event(1)])
    assert ((tmp_path / "new" / "events").stat().st_mode & 0o777, (tmp_path / "new").stat().st_mode & 0o777) == (0o600, 0o700)


def test_old_files_are_numbered_and_bounded_and_no_line_is_split(tmp_path: Path) -> None:
    publish(NdjsonBus(tmp_path / "events", max_bytes=100, keep=2), *([event(number, 30)] for number in range(10)))
    kept = {path.name: [line.strip() for line in lines(path)] for path in tmp_path.iterdir()}
    assert {name: [line[6:10] for line in found] for name, found in kept.items()} == {
        "events": [b'"e8"', b'"e9"'],
        "events.1": [b'"e6"', b'"e7"'],
        "events.2": [b'"e4"', b'"e5"'],
    }


def test_a_file_moved_away_is_made_anew(tmp_path: Path) -> None:
    async def run() -> None:
        bus = NdjsonBus(tmp_path / "events")
        await bus.start()
        await bus.publish([event(1)])
        (tmp_path / "events").rename(tmp_path / "moved")
        await bus.publish([event(2)])
        await bus.close()

    asyncio.run(run())
    assert (lines(tmp_path / "moved"), lines(tmp_path / "events")) == ([b'{"id":"e1"}\n'], [b'{"id":"e2"}\n'])


def test_a_half_written_batch_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write

    def full(file: int, data: bytes) -> int:
        if len(data) < 5:
            raise OSError(28, "No space left on device")
        return write(file, data[: len(data) // 2])

    async def run() -> None:
        bus = NdjsonBus(tmp_path / "events")
        await bus.start()
        await bus.publish([event(1)])
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", full)
            with pytest.raises(BusError, match="No space left"):
                await bus.publish([event(2)])
        assert lines(tmp_path / "events") == [b'{"id":"e1"}\n']
        await bus.publish([event(2)])
        await bus.close()

    asyncio.run(run())
    assert lines(tmp_path / "events") == [b'{"id":"e1"}\n', b'{"id":"e2"}\n']


def test_a_folder_that_cannot_be_is_unhealthy_and_says_so_at_publish(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    async def run() -> None:
        bus = NdjsonBus(tmp_path / "file" / "events")
        await bus.start()
        assert not await bus.healthy()
        with pytest.raises(BusError, match="can't write"):
            await bus.publish([event(1)])
        await bus.close()

    asyncio.run(run())


def test_a_writable_folder_is_healthy_before_the_first_event(tmp_path: Path) -> None:
    async def run() -> None:
        bus = NdjsonBus(tmp_path / "new" / "events")
        assert await bus.healthy()
        await bus.start()
        assert await bus.healthy()
        await bus.close()

    asyncio.run(run())


def test_a_publish_whose_caller_gave_up_is_over_before_the_file_closes(tmp_path: Path) -> None:
    async def run() -> None:
        bus = NdjsonBus(tmp_path / "events")
        await bus.start()
        task = asyncio.create_task(bus.publish([event(1)] * 1000))
        await asyncio.sleep(0)
        task.cancel()
        await bus.close()

    asyncio.run(run())
    assert set(lines(tmp_path / "events")) <= {b'{"id":"e1"}\n'}

"""Manifest digests and probes."""

import hashlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sdk_py import Client
from sdk_py.gate import Gate
from sdk_py.guard import Guard
from sdk_py.losses import Losses
from sdk_py.sources.assets import Assets, answer
from wire import limits
from wire.schema import AssetDigest, AssetReport, Probe

Make = Callable[..., Client]
Wait = Callable[..., None]
SALT = b"salt"


@pytest.fixture
def game(tmp_path: Path) -> Path:
    root = tmp_path / "assets"
    (root / "reels").mkdir(parents=True)
    (root / "reels" / "strips.json").write_bytes(b"0123456789")
    (root / "logo.png").write_bytes(b"")
    (tmp_path / "secret.txt").write_text("not an asset")
    return root


def digest(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def test_the_manifest_reaches_the_collector(collector: Any, client_of: Make, wait_for: Wait, game: Path) -> None:
    client_of(collector.url, assets=game).start()
    wait_for(lambda: any(batch.assets and batch.assets.done for batch in collector.batches))
    files = [file for batch in collector.batches if batch.assets for file in batch.assets.files]
    assert files == [AssetDigest("logo.png", 0, digest(b"")), AssetDigest("reels/strips.json", 10, digest(b"0123456789"))]


def test_a_new_session_hears_the_manifest_again(collector: Any, client_of: Make, wait_for: Wait, game: Path) -> None:
    client = client_of(collector.url, assets=game).start()
    wait_for(lambda: any(batch.assets and batch.assets.done for batch in collector.batches))
    collector.sessions["forgotten"] = collector.sessions.pop("s_0")
    client.action("bet")
    wait_for(lambda: "s_1" in collector.sessions)
    wait_for(lambda: any(batch.assets and batch.assets.done for batch in collector.sessions["s_1"].batches))


def test_probes_are_answered(collector: Any, client_of: Make, wait_for: Wait, game: Path) -> None:
    collector.probes = (Probe("1", "reels/strips.json", 2, 3, SALT), Probe("2", "nothing.json", 0, 1, SALT))
    client_of(collector.url, assets=game).start()
    wait_for(lambda: sum(len(batch.probes) for batch in collector.batches) == 2)
    answers = {told.id: told for batch in collector.batches for told in batch.probes}
    assert answers["1"].digest == digest(SALT + b"234")
    assert answers["2"].error == "missing"


@pytest.mark.parametrize(
    ("path", "offset", "length", "error"),
    [
        ("../secret.txt", 0, 1, "denied"),
        ("reels/../../secret.txt", 0, 1, "denied"),
        ("link.txt", 0, 1, "denied"),
        ("nothing", 0, 1, "missing"),
        ("reels", 0, 1, "failed"),
        ("reels/strips.json", 5, 6, "short"),
        ("reels/strips.json", 99, 1, "short"),
        ("reels/strips.json", -1, 1, "denied"),
        ("reels/strips.json", 0, -1, "denied"),
        ("reels/strips.json", 0, limits.MAX_PROBE_LENGTH + 1, "denied"),
        ("a\0b", 0, 1, "failed"),
        ("", 0, 1, "failed"),
    ],
)
def test_a_probe_that_cannot_or_may_not_be_answered_says_why(game: Path, path: str, offset: int, length: int, error: str) -> None:
    (game / "link.txt").symlink_to(game.parent / "secret.txt")
    told = answer(game, Probe("1", path, offset, length, SALT))
    assert (told.digest, told.error) == (None, error)


def test_an_absolute_path_is_refused(game: Path) -> None:
    assert answer(game, Probe("1", str(game.parent / "secret.txt"), 0, 1, SALT)).error == "denied"


@pytest.fixture
def source_of(tmp_path: Path, wait_for: Wait) -> Any:
    made: list[Assets] = []

    def make(root: Path | None, data: Path | None = None) -> Assets:
        assets = Assets(root, data or tmp_path / "player", Guard(Losses()), Gate())
        made.append(assets)
        assets.start()
        if root is not None:
            wait_for(lambda: assets._complete)
        return assets

    yield make
    for assets in made:
        assets.stop()


def test_files_that_have_not_changed_are_not_read_again(source_of: Any, game: Path) -> None:
    source_of(game)
    strips = game / "reels" / "strips.json"
    times = strips.stat()
    strips.write_bytes(b"9876543210")
    os.utime(strips, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert source_of(game).take()[0].files[1].sha256 == digest(b"0123456789")
    os.utime(strips, ns=(times.st_atime_ns, times.st_mtime_ns + 1))
    assert source_of(game).take()[0].files[1].sha256 == digest(b"9876543210")


@pytest.mark.parametrize("content", ["", "[]", '{"logo.png": 5}', '{"logo.png": [0, 0, "xyz"]}'])
def test_a_damaged_cache_counts_as_none(source_of: Any, game: Path, tmp_path: Path, content: str) -> None:
    source_of(game)
    (cache,) = (tmp_path / "player").glob("assets-*.json")
    cache.write_text(content)
    assert len(source_of(game).take()[0].files) == 2


def test_a_cache_that_cannot_be_written_changes_nothing(source_of: Any, game: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    assert source_of(game, tmp_path / "file").take()[0].done


def test_a_large_manifest_comes_in_parts(source_of: Any, tmp_path: Path) -> None:
    root = tmp_path / "many"
    root.mkdir()
    for number in range(limits.MAX_ASSETS + 1):
        (root / f"{number:04}").touch()
    assets = source_of(root)
    parts = [assets.take()[0] for _ in range(3)]
    assert [(len(part.files), part.done) if part else None for part in parts] == [(limits.MAX_ASSETS, False), (1, True), None]


def test_a_folder_that_is_not_there_is_said_to_be_absent(source_of: Any, tmp_path: Path) -> None:
    assert source_of(tmp_path / "nowhere").take() == (AssetReport((), True, "absent"), ())


def test_links_are_not_followed(source_of: Any, game: Path) -> None:
    (game / "link.txt").symlink_to(game.parent / "secret.txt")
    assert [file.path for file in source_of(game).take()[0].files] == ["logo.png", "reels/strips.json"]


def test_without_a_folder_there_is_no_report_and_probes_are_missing(source_of: Any) -> None:
    assets = source_of(None)
    assets.ask((Probe("1", "x", 0, 1, SALT),))
    report, (told,) = assets.take()
    assert report is None
    assert told.error == "missing"


def test_more_probes_than_fit_are_answered_in_the_next_batch(source_of: Any) -> None:
    assets = source_of(None)
    assets.ask(tuple(Probe(str(number), "x", 0, 1, SALT) for number in range(limits.MAX_PROBES + 1)))
    assert [len(assets.take()[1]) for _ in range(3)] == [limits.MAX_PROBES, 1, 0]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other platforms allow no such names")
def test_a_file_whose_name_cannot_be_told_is_left_out_and_said_to_be(source_of: Any, game: Path) -> None:
    os.close(os.open(os.fsencode(game) + b"/\xff.bin", os.O_CREAT | os.O_WRONLY))
    report = source_of(game).take()[0]
    assert [file.path for file in report.files] == ["logo.png", "reels/strips.json"]
    assert (report.done, report.error) == (True, "unspeakable_name")


def test_folders_that_are_links_are_not_entered(source_of: Any, game: Path) -> None:
    (game / "elsewhere").symlink_to(game.parent)
    assert len(source_of(game).take()[0].files) == 2

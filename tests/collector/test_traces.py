"""Trace files, plain or gzip: what is read, and what a broken line says."""

import gzip
import json
from pathlib import Path

import pytest

from collector.traces import BadTrace, digest, files, read

LINE = {"id": "a", "label": "bot", "t_us": [0, 5, 5], "kind": [1, 2, 1], "code": [3, 3, 8]}


def test_plain_and_gzip_read_alike(tmp_path: Path) -> None:
    text = json.dumps(LINE) + "\n\n" + json.dumps(LINE | {"id": "b"}) + "\n"
    (tmp_path / "plain.jsonl").write_text(text)
    (tmp_path / "packed.jsonl.gz").write_bytes(gzip.compress(text.encode()))
    plain, packed = (list(read(path)) for path in (tmp_path / "plain.jsonl", tmp_path / "packed.jsonl.gz"))
    assert [trace.id for trace in plain] == [trace.id for trace in packed] == ["a", "b"]
    assert plain[0].t_us.tolist() == packed[0].t_us.tolist() == [0, 5, 5]


def test_places_may_be_missing_and_a_family_falls_back_to_the_label(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps(LINE))
    (trace,) = read(tmp_path / "a.jsonl")
    assert (trace.x.tolist(), trace.family) == ([0, 0, 0], "bot")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"t_us": [0, 9, 8]}, "falls"),
        ({"code": [1]}, "differ in length"),
        ({"kind": [1, 2, 900]}, "0..255"),
        ({"t_us": "soon"}, "t_us"),
    ],
)
def test_a_broken_line_is_named_with_its_reason(tmp_path: Path, change: dict[str, object], why: str) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps(LINE) + "\n" + json.dumps(LINE | change))
    with pytest.raises(BadTrace, match=rf"a\.jsonl:2: .*{why}"):
        list(read(tmp_path / "a.jsonl"))


def test_a_folder_stands_for_its_trace_files_in_order(tmp_path: Path) -> None:
    for name in ("b.jsonl", "a.jsonl.gz", "note.txt"):
        (tmp_path / name).write_text("")
    assert [path.name for path in files([tmp_path])] == ["a.jsonl.gz", "b.jsonl"]
    assert len(digest(tmp_path / "b.jsonl")) == 64


def test_no_files_are_said_so(tmp_path: Path) -> None:
    with pytest.raises(BadTrace, match="no trace files"):
        files([tmp_path])

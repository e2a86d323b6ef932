"""Trace files: JSON lines, plain or gzip, as the data folder's README defines them."""

import gzip
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np

from signals.traces import HUMAN, Trace


class BadTrace(ValueError):
    """A line of a trace file is not a trace; the message names file, line and why."""


@dataclass(frozen=True, slots=True)
class _Line:
    id: str
    t_us: list[float]
    kind: list[int]
    code: list[int]
    source: str = ""
    label: str = HUMAN
    family: str = ""
    subject: str = ""
    device: str = ""
    x: list[float] = field(default_factory=list)
    y: list[float] = field(default_factory=list)


_decoder = msgspec.json.Decoder(_Line)


def read(path: Path) -> Iterator[Trace]:
    """Yield the traces of a file. Raises BadTrace, or OSError where it can't be read."""
    with path.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
    with gzip.open(path, "rb") if packed else path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield _trace(line, f"{path.name}:{number}")


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with path.open("rb") as raw:
        return hashlib.file_digest(raw, "sha256").hexdigest()


def _trace(text: bytes, where: str) -> Trace:
    try:
        line = _decoder.decode(text)
    except msgspec.MsgspecError as error:
        raise BadTrace(f"{where}: {error}") from error
    n = len(line.t_us)
    x, y = line.x or [0] * n, line.y or [0] * n
    if {len(line.kind), len(line.code), len(x), len(y)} != {n}:
        raise BadTrace(f"{where}: the columns differ in length")
    t_us = np.array(line.t_us, np.float64).astype(np.int64)
    if n and (np.diff(t_us) < 0).any():
        raise BadTrace(f"{where}: t_us falls")
    try:
        kind, code = np.array(line.kind, np.uint8), np.array(line.code, np.uint8)
    except OverflowError as error:
        raise BadTrace(f"{where}: a kind or code is not in 0..255") from error
    family = line.family or line.label
    return Trace(line.id, line.source, line.label, family, line.subject, line.device, t_us, kind, code, _whole(x), _whole(y))


def _whole(pixels: list[float]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.rint(np.array(pixels, np.float64)).astype(np.int64)


def files(paths: list[Path]) -> list[Path]:
    """Return the trace files among these files and folders, in order. Raises BadTrace where there is none."""
    found = [file for path in paths for file in (sorted(path.rglob("*.jsonl*")) if path.is_dir() else [path])]
    if not found:
        raise BadTrace("no trace files there")
    return found

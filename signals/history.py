"""What is remembered of one session: a fold over its batches, rebuilt at any time from the journal.

Each part lives with the detectors that read it and brings its own `learn(part, facts) -> part`.
Stored, the whole stays within `MAX_STORED` bytes.
"""

import zlib
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, Final

import msgspec
import numpy as np

from signals.emulator import frames, machine
from signals.emulator.frames import Frames
from signals.emulator.machine import Machine
from signals.facts import joined
from signals.integrity import clock, files, process
from signals.integrity.clock import Clocks
from signals.integrity.files import Files
from signals.integrity.process import Process
from signals.network import route
from signals.network.route import Route
from signals.replay import tail
from signals.replay.tail import Replay
from signals.timing import marks
from signals.timing.marks import Marks
from signals.timing.windows import Timing
from signals.timing.windows import learn as learn_timing
from signals.types import Facts

MAX_STORED: Final = 8 * 1024
"""Bytes of one History as stored."""

VERSION: Final = 4
"""Goes up whenever a part changes its shape: a snapshot of another version is worth nothing, the journal is."""

_MAX_PLAIN: Final = 64 * MAX_STORED


class StaleHistory(ValueError):
    """What was stored is broken or of another version: rebuild the History from the journal."""


@dataclass(frozen=True, slots=True)
class History:
    """All parts; the empty one is where every session begins."""

    machine: Machine = field(default_factory=Machine)
    frames: Frames = field(default_factory=Frames)
    process: Process = field(default_factory=Process)
    files: Files = field(default_factory=Files)
    clocks: Clocks = field(default_factory=Clocks)
    replay: Replay = field(default_factory=Replay)
    timing: Timing = field(default_factory=Timing)
    marks: Marks = field(default_factory=Marks)
    route: Route = field(default_factory=Route)


EMPTY: Final = History()


def learn(history: History, *told: Facts) -> History:
    """Return the History with these in it, a hello or batches in their order.

    Several at once leave what one after the other would, for less: what is a stream of events over all batches is learned as one.
    """
    together = joined(told)
    return History(
        machine=reduce(machine.learn, told, history.machine),
        frames=reduce(frames.learn, told, history.frames),
        process=reduce(process.learn, told, history.process),
        files=reduce(files.learn, told, history.files),
        clocks=clock.stamp(reduce(clock.read, told, history.clocks), together),
        replay=tail.lengthen(reduce(tail.recognise, told, history.replay), together),
        timing=learn_timing(history.timing, together),
        marks=marks.learn(history.marks, together),
        route=reduce(route.learn, told, history.route),
    )


def dump(history: History) -> bytes:
    """Return the History as bytes for a snapshot: a version byte, then compressed msgpack."""
    return bytes((VERSION,)) + zlib.compress(_encoder.encode(history), 6)


def load(stored: bytes) -> History:
    """Return the History that `dump` wrote. Raises StaleHistory where it can't be had from these bytes."""
    if stored[:1] != bytes((VERSION,)):
        raise StaleHistory("another version")
    unpacker = zlib.decompressobj()
    try:
        plain = unpacker.decompress(stored[1:], _MAX_PLAIN)
        if not unpacker.eof:
            raise StaleHistory("truncated or too large")
        return _decoder.decode(plain)
    except (zlib.error, msgspec.MsgspecError, TypeError, ValueError) as error:
        raise StaleHistory(str(error)) from error


def _pack(value: object) -> tuple[str, bytes]:
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.tobytes()
    raise NotImplementedError(f"a History can't hold a {type(value).__name__}")


def _unpack(_type: type, packed: Any) -> object:
    dtype, raw = packed
    return np.frombuffer(raw, dtype).copy()  # to be written to, as what was learned is: kernels are compiled for one kind of array


_encoder = msgspec.msgpack.Encoder(enc_hook=_pack)
_decoder = msgspec.msgpack.Decoder(History, dec_hook=_unpack)

"""What is remembered of one session: a fold over its batches, rebuilt at any time from the journal.

Each part lives with the detectors that read it and brings its own `learn`. Stored it stays within `MAX_STORED` bytes.
"""

from dataclasses import dataclass
from typing import Final

MAX_STORED: Final = 8 * 1024
"""Bytes of one History as stored."""


@dataclass(frozen=True, slots=True)
class History:
    """All parts; the empty one is where every session begins."""

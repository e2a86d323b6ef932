"""The structure of a file's records, checked before the C reader follows it, see `geo.compiled`."""

from mmap import mmap

import numpy as np

from geo.compiled import FAULTS, check, survey
from geo.tree import Tree


class BrokenRecord(Exception):
    """A record that no writer wrote."""


def check_metadata(data: mmap, base: int) -> None:
    """Raise `BrokenRecord` if what is in the file from `base` on is no sound record."""
    end = len(data)
    _raise(check(np.frombuffer(data, np.uint8), base, end, 0, np.zeros(end - base, np.uint8), np.zeros((5, 34), np.int64)))


def check_records(data: mmap, tree: Tree, end: int) -> None:
    """Raise `BrokenRecord` if one of the records that the tree leads to is not sound. They lie between the tree and `end`."""
    base = tree.size + 16
    if base > end:
        raise BrokenRecord("there is no room for records")
    _raise(survey(tree.rows, tree.record_size, tree.node_count, np.frombuffer(data, np.uint8), base, end))


def _raise(fault: int) -> None:
    if fault:
        raise BrokenRecord(FAULTS[fault])

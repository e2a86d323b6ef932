"""Columns: what is encoded comes back, and what does not fit heals."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wire.columns import MAX_DT_US, MAX_POSITION, decode, decode_times, encode, encode_times
from wire.schema import Columns

START = 10**12
steps = st.lists(st.integers(0, MAX_DT_US), max_size=50)
positions = st.integers(-MAX_POSITION, MAX_POSITION)
rows = st.lists(st.tuples(st.integers(0, MAX_DT_US), st.integers(0, 255), st.integers(0, 255), positions, positions), max_size=50)


def times(deltas: list[int]) -> list[int]:
    at = START
    return [at := at + delta for delta in deltas]


@settings(deadline=None)
@given(rows)
def test_events_come_back_as_they_were(drawn: list[tuple[int, int, int, int, int]]) -> None:
    events = [(at, *row[1:]) for at, row in zip(times([row[0] for row in drawn]), drawn, strict=True)]
    assert decode(encode(events, START), START) == events


@settings(deadline=None)
@given(steps)
def test_times_come_back_as_they_were(deltas: list[int]) -> None:
    assert decode_times(encode_times(times(deltas), START), START) == times(deltas)


@settings(deadline=None)
@given(rows, st.integers(0, 50))
def test_events_may_be_cut_anywhere(drawn: list[tuple[int, int, int, int, int]], cut: int) -> None:
    events = [(at, *row[1:]) for at, row in zip(times([row[0] for row in drawn]), drawn, strict=True)]
    parts = [part for part in (events[:cut], events[cut:]) if part]
    assert [event for part in parts for event in decode(encode(part, part[0][0]), part[0][0])] == events


def test_columns_are_little_endian_and_of_the_widths_of_the_contract() -> None:
    columns = encode([(START + 1, 4, 1, -2, 258), (START + 259, 5, 1, 0, 256)], START)
    assert columns == Columns(
        dt=b"\x01\0\0\0\x02\x01\0\0", kind=b"\x04\x05", code=b"\x01\x01", dx=b"\xfe\xff\x02\0", dy=b"\x02\x01\xfe\xff"
    )


def test_a_pause_too_long_for_its_column_is_carried_over() -> None:
    pause = MAX_DT_US + 1000
    assert decode_times(encode_times([START + pause, START + pause + 5000], START), START) == [START + MAX_DT_US, START + pause + 5000]


def test_a_jump_too_far_for_its_column_is_carried_over() -> None:
    events = [(START, 3, 0, 40_000, -40_000), (START, 3, 0, 40_000, -40_000)]
    assert [event[3:] for event in decode(encode(events, START), START)] == [(32767, -32767), (40_000, -40_000)]


def test_time_that_goes_back_stands_still() -> None:
    assert decode_times(encode_times([START + 10, START + 5, START + 20], START), START) == [START + 10, START + 10, START + 20]


@pytest.mark.parametrize(
    "columns", [Columns(dt=b"\0\0\0\0"), Columns(dt=b"\0"), Columns(kind=b"\x01", code=b"\0", dt=bytes(4), dx=b"\0\0")]
)
def test_columns_of_unequal_count_are_refused(columns: Columns) -> None:
    with pytest.raises(ValueError):
        decode(columns, START)


def test_a_code_that_is_no_byte_is_refused() -> None:
    with pytest.raises(OverflowError):
        encode([(START, 3, 256, 0, 0)], START)

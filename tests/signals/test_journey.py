"""Journeys: bounded, fading, the same in whichever order equal times come, and clear about bytes that are none."""

import contextlib
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.place import Kind, Place
from signals.drift.journey import (
    DAY_US,
    HALF_LIFE_DAYS,
    MAX_SPOTS,
    MAX_STORED,
    MAX_TALLIES,
    MAX_TRAIL,
    BadJourney,
    Journey,
    learn_journey,
    load,
    weight,
)
from signals.visit import Visit

NOW = 1_800_000_000_000_000
names = st.none() | st.text(max_size=300)
places = st.none() | st.builds(
    Place,
    country=st.none() | st.sampled_from(["DE", "US", "FR"]) | st.text(max_size=40),
    lat=st.none() | st.floats(-90, 90),
    lon=st.none() | st.floats(-180, 180),
    accuracy_km=st.none() | st.floats(0, 20_000),
    asn=st.none() | st.integers(0, 2**32 - 1),
    kind=st.sampled_from(Kind),
)
visits = st.builds(
    Visit,
    at_us=st.integers(0, 2**53),
    address=names,
    prefix=names,
    place=places,
    company=st.booleans(),
    device=names,
    os=names,
    browser=names,
    round=names,
)


@given(st.lists(visits, max_size=6))
def test_whatever_comes_can_be_learned_and_read_again(seen: list[Visit]) -> None:
    journey = b""
    for visit in seen:
        journey = learn_journey(journey, visit)
    assert load(journey).visits >= 0.0


@settings(max_examples=10, deadline=None)
@given(st.lists(visits, min_size=1, max_size=4), st.integers(1, 2**31))
def test_a_journey_stays_bounded_however_many_different_visits_come(seen: list[Visit], step: int) -> None:
    journey = b""
    for number in range(150):
        visit = seen[number % len(seen)]
        place = replace(visit.place or Place(), lat=float(number * 7 % 180 - 90), lon=float(number * 11 % 360 - 180), asn=number)
        fresh = replace(visit, at_us=visit.at_us + number * step, address=f"{number}", prefix=f"{number}", device=f"{number}", place=place)
        journey = learn_journey(journey, fresh)
    loaded = load(journey)
    assert len(journey) <= MAX_STORED
    assert len(loaded.tallies) <= MAX_TALLIES
    assert len(loaded.spots) <= MAX_SPOTS
    assert len(loaded.trail) <= MAX_TRAIL


@given(st.lists(visits, max_size=4), visits, visits)
def test_visits_of_the_same_time_may_come_in_either_order(before: list[Visit], one: Visit, other: Visit) -> None:
    other = replace(other, at_us=one.at_us, company=one.company)
    if one.place is not None:
        # of two places that are nearly one, a spot takes its circle from the first: that alone depends on the order
        there = {"lat": one.place.lat, "lon": one.place.lon, "accuracy_km": one.place.accuracy_km, "kind": one.place.kind}
        other = replace(other, place=replace(other.place or Place(), **there))
    else:
        other = replace(other, place=None)
    journey = b""
    for visit in before:
        journey = learn_journey(journey, replace(visit, at_us=min(visit.at_us, one.at_us)))
    assert learn_journey(learn_journey(journey, one), other) == learn_journey(learn_journey(journey, other), one)


def test_a_visit_counts_half_after_the_half_life() -> None:
    later = NOW + int(HALF_LIFE_DAYS * DAY_US)
    assert weight(later) == pytest.approx(2 * weight(NOW))


def test_the_trail_is_in_order_of_time_even_where_visits_are_not() -> None:
    journey = b""
    for at_us in (NOW + 2, NOW, NOW + 1):
        journey = learn_journey(journey, Visit(at_us, "a"))
    assert [stop.at_us for stop in load(journey).trail] == [NOW, NOW + 1, NOW + 2]


def test_neither_addresses_nor_devices_can_be_read_out_of_a_journey() -> None:
    stored = learn_journey(b"", Visit(NOW, "198.51.100.7", "198.51.100.0/24", device="d_secret", round="r-17"))
    for text in (b"198.51", b"d_secret", b"r-17"):
        assert text not in stored


def test_what_a_person_always_does_outlives_what_happened_once() -> None:
    home = Visit(NOW, "home", "home/24", Place(country="DE", asn=1), device="mine")
    journey = b""
    for number in range(20):
        journey = learn_journey(journey, replace(home, at_us=NOW + number * DAY_US))
    known = set(load(journey).tallies)
    for number in range(300):
        once = replace(home, at_us=NOW + 20 * DAY_US + number, address=f"{number}", prefix=f"{number}")
        journey = learn_journey(journey, once)
    assert known <= set(load(journey).tallies)


@pytest.mark.parametrize(
    "stored",
    [
        b"\x00",
        b"garbage",
        b"\x81\xa1a\x01",
        msgspec.msgpack.encode(Journey(version=99)),
        msgspec.msgpack.encode(Journey(hours=(1.0,))),
        b"x" * 9000,
    ],
    ids=["zero", "text", "map", "another version", "another day", "too long"],
)
def test_bytes_that_are_no_journey_are_refused_with_a_clear_error(stored: bytes) -> None:
    with pytest.raises(BadJourney, match="journey"):
        learn_journey(stored, Visit(NOW))


@given(st.binary(max_size=200))
def test_no_bytes_at_all_raise_anything_else(stored: bytes) -> None:
    with contextlib.suppress(BadJourney):
        load(stored)


@given(st.data())
def test_a_truncated_journey_is_refused(data: st.DataObject) -> None:
    stored = learn_journey(b"", Visit(NOW, "a", "b", Place(country="DE", lat=1.0, lon=2.0)))
    cut = data.draw(st.integers(1, len(stored) - 1))
    with pytest.raises(BadJourney):
        load(stored[:cut])


def test_visits_that_differ_only_in_whether_they_are_somewhere_can_be_sorted() -> None:
    nowhere, somewhere = (Visit(NOW, place=Place(lat=lat, lon=lat)) for lat in (None, 1.0))
    assert learn_journey(learn_journey(b"", nowhere), somewhere) == learn_journey(learn_journey(b"", somewhere), nowhere)

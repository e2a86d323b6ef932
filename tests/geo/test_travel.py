import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.place import Place
from geo.travel import CITY_KM, COUNTRY_KM, EARTH_KM, MIN_SECONDS, Fix, distance_km, fix, gap_km, speed_kmh

LONDON = Fix(51.5074, -0.1278, 0.0)
NEW_YORK = Fix(40.7128, -74.0060, 0.0)
lats = st.floats(-90, 90)
lons = st.floats(-180, 180)
fixes = st.builds(Fix, lats, lons, st.floats(0, 3000))


def test_london_to_new_york_is_5570_km() -> None:
    assert distance_km(LONDON, NEW_YORK) == pytest.approx(5570, abs=5)


def test_the_date_line_is_no_distance() -> None:
    assert distance_km(Fix(0, 179.99, 0), Fix(0, -179.99, 0)) < 3


def test_a_pole_has_every_longitude() -> None:
    assert distance_km(Fix(90, 10, 0), Fix(90, -120, 0)) == pytest.approx(0, abs=1e-6)


@given(fixes, fixes)
def test_distance_is_symmetric_and_at_most_half_way_round(a: Fix, b: Fix) -> None:
    there = distance_km(a, b)
    assert there == pytest.approx(distance_km(b, a), abs=1e-6)
    assert 0.0 <= there <= math.pi * EARTH_KM + 1e-6


@given(fixes, fixes)
def test_both_radii_come_off_the_distance(a: Fix, b: Fix) -> None:
    assert gap_km(a, b) == pytest.approx(max(0.0, distance_km(a, b) - a.radius_km - b.radius_km))


@given(st.floats(0, 20_000), st.floats(0, 1e7), st.floats(0, 1e7))
def test_more_time_is_never_more_speed(km: float, one: float, other: float) -> None:
    assert speed_kmh(km, max(one, other)) <= speed_kmh(km, min(one, other))


def test_no_time_at_all_counts_as_the_least_that_records_can_tell() -> None:
    assert speed_kmh(100, 0) == pytest.approx(100 * 3600 / MIN_SECONDS)


def test_a_plane_flies_at_850() -> None:
    assert speed_kmh(5570, 5570 / 850 * 3600) == pytest.approx(850)


@pytest.mark.parametrize(
    "place",
    [None, Place(), Place(lat=1.0), Place(lat=91.0, lon=0.0), Place(lat=0.0, lon=math.nan)],
    ids=["none", "empty", "no longitude", "off the globe", "not a number"],
)
def test_an_unknown_place_has_no_fix(place: Place | None) -> None:
    assert fix(place) is None


@pytest.mark.parametrize(
    ("place", "radius"),
    [
        (Place(lat=1.0, lon=2.0, accuracy_km=20.0), 20.0),
        (Place(lat=1.0, lon=2.0, city="Bonn"), CITY_KM),
        (Place(lat=1.0, lon=2.0), COUNTRY_KM),
        (Place(lat=1.0, lon=2.0, city="Bonn", accuracy_km=math.nan), CITY_KM),
    ],
    ids=["stated", "city", "country", "nonsense"],
)
def test_a_place_without_an_accuracy_gets_a_fitting_one(place: Place, radius: float) -> None:
    assert fix(place, 5.0) == Fix(1.0, 2.0, radius + 5.0)

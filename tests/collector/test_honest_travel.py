"""Honest travel never reaches a deny: the same detectors, model and default policy that decide in the service."""

from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.case import Case, Ruling, rule
from collector.policy.rules import Verdict, load
from collector.policy.situation import Presence, Visitor
from geo.place import Kind, Place
from geo.travel import distance_km, fix
from signals.combine import load_model
from signals.drift.journey import DAY_US, learn_journey
from signals.history import EMPTY
from signals.types import DeviceMemory
from signals.visit import Visit

NOW = 1_800_000_000_000_000
MINUTE = 60_000_000
HOUR = 60 * MINUTE
POLICY = load()
MODEL = load_model()
FRANKFURT = Place(
    country="DE",
    city="Frankfurt",
    lat=50.11,
    lon=8.68,
    accuracy_km=20,
    timezone="Europe/Berlin",
    asn=3320,
    kind=Kind.RESIDENTIAL,
    sources=("test",),
)
NEW_YORK = replace(FRANKFURT, country="US", city="New York", lat=40.71, lon=-74.01, timezone="America/New_York", asn=7922)
HAMBURG = replace(FRANKFURT, city="Hamburg", lat=53.55, lon=9.99, asn=3209)
HOME = Visit(NOW, "home", "home/24", FRANKFURT, device="mine", os="Windows", browser="Firefox", offset_min=60, place_offset_min=60)


def km(a: Place, b: Place) -> float:
    one, other = fix(a), fix(b)
    assert one is not None
    assert other is not None
    return distance_km(one, other)


@cache
def lived(visits: int, visit: Visit = HOME) -> bytes:
    journey = b""
    for ago in reversed(range(visits)):
        journey = learn_journey(journey, replace(visit, at_us=NOW - ago * DAY_US // 2))
    return journey


def decide(journey: bytes, visit: Visit) -> Ruling:
    case = Case(
        action="login",
        presence=Presence("ok", 5, 60.0),
        visitor=Visitor(known=True),
        device=DeviceMemory(known=True, sessions=20),
        journey=journey,
        visit=visit,
    )
    return rule(case, EMPTY, POLICY, MODEL)


def walk(journey: bytes, *visits: Visit) -> list[Verdict]:
    """Return the verdicts of visits in turn, each learned as the service does: once it was let in or passed its challenge."""
    verdicts = []
    for visit in visits:
        verdict = decide(journey, visit).judgement.verdict
        verdicts.append(verdict)
        if verdict is not Verdict.DENY:
            journey = learn_journey(journey, visit)
    return verdicts


@pytest.mark.parametrize("visits", [1, 5, 30, 120])
@pytest.mark.parametrize("accuracy", [0.0, 20.0, 200.0])
def test_a_flight_at_850_kmh_is_never_denied_and_never_called_impossible(visits: int, accuracy: float) -> None:
    there = replace(NEW_YORK, accuracy_km=accuracy)
    lands = NOW + int(km(FRANKFURT, there) / 850 * HOUR)
    abroad = replace(HOME, at_us=lands, address="hotel", prefix="hotel/24", place=there, place_offset_min=-300)
    ruling = decide(lived(visits), abroad)
    assert ruling.judgement.verdict is not Verdict.DENY
    assert "drift.impossible_travel" not in {reason.name for reason in ruling.assessment.reasons}


def test_the_whole_journey_there_and_back_is_never_denied() -> None:
    flight = int(km(FRANKFURT, NEW_YORK) / 850 * HOUR)
    hotel = replace(HOME, address="hotel", prefix="hotel/24", place=NEW_YORK, place_offset_min=-300, offset_min=-300)
    lands = NOW + flight
    stay = [replace(hotel, at_us=lands + hours * HOUR) for hours in (0, 8, 30)]
    home = [replace(HOME, at_us=lands + 31 * HOUR + flight + hours * HOUR) for hours in (0, 5)]
    assert Verdict.DENY not in walk(lived(30), *stay, *home)


def test_a_train_with_wifi_and_dead_zones_is_let_through() -> None:
    ride = []
    for minute in range(0, 240, 12):
        share = minute / 240
        here = replace(
            FRANKFURT,
            lat=50.11 + share * (53.55 - 50.11),
            lon=8.68 + share * (9.99 - 8.68),
            asn=3209,
            kind=Kind.CELLULAR if minute % 24 else Kind.BUSINESS,
        )
        ride.append(replace(HOME, at_us=NOW + minute * MINUTE, address=f"{minute}", prefix=f"{minute % 7}/24", place=here))
    assert set(walk(lived(30), *ride)) == {Verdict.ALLOW}


@pytest.mark.parametrize("visits", [1, 5, 30])
def test_a_phone_that_hops_between_gateways_600_km_apart_is_let_through(visits: int) -> None:
    north = replace(FRANKFURT, lat=53.9, lon=9.0, asn=6805, kind=Kind.CELLULAR)
    south = replace(north, lat=48.5, lon=9.0)
    assert km(north, south) == pytest.approx(600, abs=5)
    phone = replace(HOME, place=north, address="0", prefix="0/24")
    hops = [
        replace(phone, at_us=NOW + (number + 1) * MINUTE, address=f"{number}", prefix=f"{number % 9}/24", place=(north, south)[number % 2])
        for number in range(20)
    ]
    assert set(walk(lived(visits, phone), *hops)) == {Verdict.ALLOW}


@pytest.mark.parametrize("visits", [1, 5, 30])
def test_a_phone_whose_carrier_no_file_knows_is_never_denied(visits: int) -> None:
    north = replace(FRANKFURT, lat=53.9, lon=9.0, asn=6805, kind=Kind.UNKNOWN)
    phone = replace(HOME, place=north, address="0", prefix="0/24")
    hops = [
        replace(
            phone,
            at_us=NOW + (number + 1) * MINUTE,
            address=f"{number}",
            prefix=f"{number % 9}/24",
            place=replace(north, lat=(53.9, 48.5)[number % 2]),
        )
        for number in range(20)
    ]
    assert Verdict.DENY not in walk(lived(visits, phone), *hops)


@pytest.mark.parametrize("kind", [Kind.VPN, Kind.HOSTING, Kind.UNKNOWN, Kind.RELAY])
@pytest.mark.parametrize("visits", [1, 5, 30])
def test_a_vpn_switched_on_at_home_is_never_denied_whatever_the_files_take_it_for(kind: Kind, visits: int) -> None:
    exit_ = replace(NEW_YORK, asn=9009, kind=kind)
    through = replace(HOME, at_us=NOW + MINUTE, address="exit", prefix="exit/24", place=exit_, place_offset_min=-300)
    again = replace(HOME, at_us=NOW + 2 * MINUTE)
    assert Verdict.DENY not in walk(lived(visits), through, again, replace(through, at_us=NOW + 3 * MINUTE))


def test_a_vpn_switched_on_at_home_is_not_even_asked() -> None:
    through = replace(HOME, at_us=NOW + MINUTE, address="exit", prefix="exit/24", place=replace(NEW_YORK, asn=9009, kind=Kind.VPN))
    assert walk(lived(30), through) == [Verdict.ALLOW]


@settings(max_examples=40, deadline=None)
@given(
    st.floats(-60, 70),
    st.floats(-180, 180),
    st.floats(0, 300),
    st.integers(1, 60),
    st.sampled_from([Kind.RESIDENTIAL, Kind.BUSINESS, Kind.CELLULAR, Kind.UNKNOWN]),
)
def test_no_flight_on_earth_with_the_own_device_is_denied(lat: float, lon: float, accuracy: float, visits: int, kind: Kind) -> None:
    there = replace(FRANKFURT, country="XX", city="Anywhere", lat=lat, lon=lon, accuracy_km=accuracy, asn=64500, kind=kind)
    lands = NOW + int(km(FRANKFURT, there) / 850 * HOUR) + 1
    abroad = replace(HOME, at_us=lands, address="hotel", prefix="hotel/24", place=there, place_offset_min=None)
    assert decide(lived(visits), abroad).judgement.verdict is not Verdict.DENY


def test_a_thief_on_a_server_far_away_is_not_simply_let_in() -> None:
    thief = Visit(NOW + HOUR, "z", "z/24", replace(NEW_YORK, kind=Kind.HOSTING), device="other", os="Linux", browser="Chrome")
    assert decide(lived(30), thief).judgement.verdict is not Verdict.ALLOW

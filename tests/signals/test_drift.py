"""The drift detectors: what is impossible is told, what honest people do is not, and the parts add up."""

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.place import Kind, Place
from signals.catalog import DETECTORS
from signals.drift import churn, client, likelihood, swap, travel
from signals.drift.journey import DAY_US, learn_journey
from signals.drift.travel import CONFIRMED, ONE_RECORD, Hop, contribution
from signals.history import EMPTY, History, learn
from signals.types import DeviceMemory, Evidence, Facts, Finding, ScoreName, SubjectMemory
from signals.visit import Visit
from wire.schema import Action, DeviceFacts

NOW = 1_800_000_000_000_000
HOUR = 3_600_000_000
BONN = Place(country="DE", city="Bonn", lat=50.73, lon=7.10, accuracy_km=20, asn=3320, kind=Kind.RESIDENTIAL, sources=("test",))
NEW_YORK = Place(country="US", city="New York", lat=40.71, lon=-74.01, accuracy_km=20, asn=7922, kind=Kind.RESIDENTIAL, sources=("test",))
VISIT = Visit(NOW, "a", "a/24", BONN, device="mine", os="Windows", browser="Firefox")


def lived(visits: int = 30, visit: Visit = VISIT) -> bytes:
    """Return the journey of somebody who came once a day, the last time at NOW."""
    journey = b""
    for ago in reversed(range(visits)):
        journey = learn_journey(journey, replace(visit, at_us=NOW - ago * DAY_US))
    return journey


def asks(journey: bytes, after_us: int = HOUR, **visit: Any) -> Evidence:
    return Evidence(EMPTY, subject=SubjectMemory(journey), visit=replace(VISIT, at_us=NOW + after_us, **visit))


def nats(finding: Finding) -> float:
    assert finding.evidence is not None
    return finding.evidence


def names(finding: Finding) -> set[str]:
    return {reason.name for reason in finding.reasons}


# travel


def test_another_continent_within_the_hour_is_impossible() -> None:
    finding = travel.assess(asks(lived(), address="z", prefix="z/24", place=NEW_YORK))
    assert names(finding) == {"drift.impossible_travel"}
    assert nats(finding) == ONE_RECORD
    assert finding.confidence == 0.5


def test_one_bad_record_counts_half_of_what_two_networks_say() -> None:
    journey = lived(30, replace(VISIT, address="b", prefix="b/24"))
    journey = learn_journey(journey, replace(VISIT, at_us=NOW - HOUR))
    journey = learn_journey(journey, replace(VISIT, at_us=NOW + 60_000_000, address="y", prefix="y/24", place=NEW_YORK))
    journey = learn_journey(journey, replace(VISIT, at_us=NOW + 70_000_000))
    finding = travel.assess(asks(journey, 2 * 60_000_000, address="z", prefix="z/24", place=NEW_YORK))
    assert nats(finding) > ONE_RECORD / 2  # the second record vouches for the first
    assert finding.confidence == 1.0


@given(st.floats(101, 20_000), st.floats(0, 1e6), st.floats(0, 1e6), st.booleans())
def test_faster_is_never_less_evidence(km: float, seconds: float, more: float, confirmed: bool) -> None:
    assert contribution(Hop(km, seconds, confirmed), 900) >= contribution(Hop(km, seconds + more, confirmed), 900)


@given(st.floats(0, 20_000), st.floats(0, 1e6), st.floats(300, 2000))
def test_nothing_below_the_limit_is_evidence(km: float, seconds: float, limit: float) -> None:
    hop = Hop(km, seconds, True)
    assert (contribution(hop, limit) > 0.0) == (hop.kmh > limit and km > travel.SLACK_KM)
    assert contribution(hop, limit) <= CONFIRMED


def test_the_limit_is_a_setting() -> None:
    evidence = asks(lived(), 8 * HOUR, address="z", prefix="z/24", place=NEW_YORK)
    assert nats(travel.assess(evidence)) == 0.0
    assert nats(travel.assess(replace(evidence, speed_limit_kmh=300.0))) > 0.0


def test_both_radii_come_off_before_a_speed_is_made() -> None:
    cologne = replace(BONN, lat=52.0, lon=8.0, accuracy_km=200)
    assert nats(travel.assess(asks(lived(), 60_000_000, address="z", prefix="z/24", place=cologne))) == 0.0


@pytest.mark.parametrize("exit_", [Kind.VPN, Kind.RELAY, Kind.TOR, Kind.HOSTING, Kind.PUBLIC_PROXY])
def test_where_an_exit_is_says_nothing_about_where_a_person_is(exit_: Kind) -> None:
    finding = travel.assess(asks(lived(), address="z", prefix="z/24", place=replace(NEW_YORK, kind=exit_)))
    assert finding.evidence is None


def test_a_company_network_says_nothing_about_where_a_person_is() -> None:
    assert travel.assess(asks(lived(), address="z", prefix="z/24", place=NEW_YORK, company=True)).evidence is None


def test_gateways_of_one_carrier_are_one_place() -> None:
    carrier = replace(BONN, kind=Kind.CELLULAR, asn=3209)
    far = replace(carrier, lat=36.1, lon=-5.3)
    journey = lived(30, replace(VISIT, place=carrier))
    assert nats(travel.assess(asks(journey, 60_000_000, address="z", prefix="z/24", place=far))) == 0.0


def test_a_bad_record_in_the_past_does_not_follow_somebody_home() -> None:
    journey = learn_journey(lived(), replace(VISIT, at_us=NOW + HOUR, address="y", prefix="y/24", place=NEW_YORK))
    back = travel.assess(asks(journey, 2 * HOUR))
    there = travel.assess(asks(lived(), address="y", prefix="y/24", place=NEW_YORK))
    assert nats(back) < nats(there) / 10


def test_an_address_that_moves_in_the_database_moved_nobody() -> None:
    assert nats(travel.assess(asks(lived(), place=NEW_YORK))) == 0.0


def test_a_device_travels_too() -> None:
    evidence = Evidence(
        EMPTY, device=DeviceMemory(known=True, journey=lived()), visit=replace(VISIT, at_us=NOW + HOUR, address="z", place=NEW_YORK)
    )
    assert nats(travel.assess(replace(evidence, visit=replace(VISIT, at_us=NOW + HOUR, address="z", prefix="z/24", place=NEW_YORK)))) > 0.0


def test_a_session_that_jumps_continents_is_told_without_any_subject() -> None:
    history = learn(EMPTY, Facts(NOW, address="a", place=BONN))
    history = learn(history, Facts(NOW + 5_000_000, address="z", place=NEW_YORK))
    assert names(travel.assess(Evidence(history))) == {"drift.impossible_travel"}


# churn


def test_a_new_country_in_a_day_is_a_journey() -> None:
    assert nats(churn.assess(asks(lived(), address="z", prefix="z/24", place=NEW_YORK))) == 0.0


def hopping(countries: str) -> bytes:
    journey = lived()
    for number, country in enumerate(countries.split(), 1):
        place = replace(NEW_YORK, country=country, asn=number)
        journey = learn_journey(journey, replace(VISIT, at_us=NOW + number * HOUR // 10, address=country, prefix=country, place=place))
    return journey


def test_many_new_countries_in_a_day_are_told() -> None:
    finding = churn.assess(asks(hopping("US FR BR"), address="v", prefix="v", place=replace(NEW_YORK, country="VN", asn=99)))
    assert {"drift.country_churn", "drift.network_churn"} <= names(finding)
    assert 1.0 < nats(finding) <= churn.MOST


def test_coming_home_calms_the_churn() -> None:
    away = churn.assess(asks(hopping("US FR BR VN"), address="v", prefix="v", place=replace(NEW_YORK, country="VN", asn=4)))
    home = churn.assess(asks(hopping("US FR BR VN")))
    assert nats(home) < nats(away) / 2


def test_a_day_later_the_churn_is_over() -> None:
    assert nats(churn.assess(asks(hopping("US FR BR VN"), 2 * DAY_US))) == 0.0


def test_a_phone_between_home_and_carrier_all_day_is_no_churn() -> None:
    journey = lived()
    for number in range(20):
        place = replace(BONN, asn=3209, kind=Kind.CELLULAR)
        journey = learn_journey(
            journey, replace(VISIT, at_us=NOW + number * HOUR // 20, address=f"{number}", prefix=f"{number}", place=place)
        )
    assert nats(churn.assess(asks(journey))) == 0.0


# likelihood


def test_the_first_visit_ever_is_no_evidence() -> None:
    assert likelihood.assess(asks(b"")).abstained == "first_visit"


def test_everything_as_always_calms() -> None:
    assert nats(likelihood.assess(asks(lived()))) < -3.0


def test_everything_new_is_told_once_for_each_path_and_not_for_each_level() -> None:
    finding = likelihood.assess(asks(lived(), address="z", prefix="z", place=NEW_YORK, device="other", os="Linux", browser="Chrome"))
    assert {"drift.new_country", "drift.new_os"} <= names(finding)
    assert "drift.new_network" not in names(finding)
    assert nats(finding) > 5.0


def test_a_new_phone_at_home_is_calmer_than_a_known_phone_was_alarming_abroad() -> None:
    phone = likelihood.assess(asks(lived(), device="new"))
    thief = likelihood.assess(asks(lived(), device="new", address="z", prefix="z"))
    assert nats(phone) < 0.0 < nats(thief)


@given(st.integers(1, 60))
def test_the_longer_somebody_is_known_the_more_a_new_device_tells(visits: int) -> None:
    def evidence(visits: int) -> float:
        finding = likelihood.assess(asks(lived(visits), device="new"))
        return next(reason.contribution for reason in finding.reasons if reason.name == "drift.new_device")

    assert evidence(visits) < evidence(visits + 1)


def test_somebody_who_is_always_elsewhere_is_less_alarming_elsewhere_again() -> None:
    nomad = b""
    for number in range(30):
        place = replace(NEW_YORK, country=f"{chr(65 + number)}X", asn=number)
        nomad = learn_journey(
            nomad, replace(VISIT, at_us=NOW - (30 - number) * DAY_US, address=f"{number}", prefix=f"{number}", place=place)
        )

    def country(journey: bytes) -> float:
        finding = likelihood.assess(asks(journey, address="z", prefix="z", place=replace(NEW_YORK, country="ZZ")))
        return next((reason.contribution for reason in finding.reasons if reason.name == "drift.new_country"), 0.0)

    assert country(nomad) < country(lived()) / 3


def test_habits_fade() -> None:
    soon = likelihood.assess(asks(lived(), HOUR, device="new", address="z", prefix="z"))
    late = likelihood.assess(asks(lived(), 365 * DAY_US, device="new", address="z", prefix="z"))
    assert nats(late) < nats(soon)


def test_no_value_calms_further_than_the_share_of_attackers_who_copy_it() -> None:
    finding = likelihood.assess(asks(lived(60)))
    device = next(reason for reason in finding.reasons if reason.name == "drift.known_device")
    assert device.contribution >= math.log(0.02)


# client, swap


def test_a_browser_on_another_system_than_the_game_is_told_and_a_phone_beside_it_less() -> None:
    history = learn(EMPTY, Facts(NOW, device=DeviceFacts(os="Linux")))

    def evidence(os: str) -> float:
        return nats(client.assess(Evidence(history, visit=replace(VISIT, os=os))))

    assert evidence("Linux") < 0.0 < evidence("iOS") < evidence("Windows")


@pytest.mark.parametrize(("told", "family"), [("Darwin", "macOS"), ("win32", "Windows"), ("linux", "Linux"), ("BeOS", None), (None, None)])
def test_systems_have_families(told: str | None, family: str | None) -> None:
    assert client.family(told) == family


def played(*batches: tuple[str, str, str]) -> History:
    history = EMPTY
    for number, (address, cpu, round_) in enumerate(batches):
        facts = Facts(NOW + number, address=address, device=DeviceFacts(cpu=cpu), actions=(Action(number, "bet", round=round_),))
        history = learn(history, facts)
    return history


@pytest.mark.parametrize(
    ("batches", "told"),
    [
        ([("a", "x", "r1"), ("b", "y", "r1")], True),
        ([("a", "x", "r1"), ("a", "y", "r1")], False),
        ([("a", "x", "r1"), ("b", "x", "r1")], False),
        ([("a", "x", "r1"), ("b", "y", "r2")], False),
    ],
    ids=["both", "only the machine", "only the address", "between rounds"],
)
def test_machine_and_address_that_change_together_in_one_round_are_told(batches: list[tuple[str, str, str]], told: bool) -> None:
    assert names(swap.assess(Evidence(played(*batches)))) == ({"drift.swapped_in_round"} if told else set())


def test_a_subject_that_goes_on_with_a_round_elsewhere_on_another_device_is_told() -> None:
    journey = lived(3, replace(VISIT, round="r-17"))
    both = swap.assess(asks(journey, device="other", address="z", prefix="z", round="r-17"))
    one = swap.assess(asks(journey, device="other", round="r-17"))
    assert nats(both) >= swap.SWAPPED
    assert nats(one) == 0.0


# all of them

texts = st.none() | st.sampled_from(["a", "b", "c"])
visits = st.builds(
    Visit,
    at_us=st.integers(NOW, NOW + 10 * DAY_US),
    address=texts,
    prefix=texts,
    place=st.none() | st.sampled_from([BONN, NEW_YORK, Place(), replace(NEW_YORK, kind=Kind.VPN), replace(BONN, kind=Kind.CELLULAR)]),
    company=st.booleans(),
    device=texts,
    os=st.sampled_from([None, "Windows", "iOS"]),
    browser=texts,
    client_os=st.sampled_from([None, "Windows"]),
    offset_min=st.none() | st.integers(-720, 840),
    place_offset_min=st.none() | st.integers(-720, 840),
    round=texts,
)


@given(st.lists(visits, max_size=8), visits)
def test_contributions_add_up_and_confidence_is_a_share(before: list[Visit], now: Visit) -> None:
    journey = b""
    for visit in before:
        journey = learn_journey(journey, visit)
    evidence = Evidence(EMPTY, device=DeviceMemory(journey=journey), subject=SubjectMemory(journey), visit=now)
    for detector in DETECTORS:
        if detector.score in (ScoreName.NETWORK, ScoreName.DRIFT):
            finding = detector.assess(evidence)
            assert 0.0 <= finding.confidence <= 1.0
            if finding.evidence is None:
                assert finding.abstained
                assert not finding.reasons
            else:
                assert math.fsum(reason.contribution for reason in finding.reasons) == pytest.approx(finding.evidence)


@pytest.mark.parametrize("kind", [Kind.CELLULAR, Kind.RELAY, Kind.VPN])
def test_a_new_range_alarms_less_where_ranges_change_by_themselves(kind: Kind) -> None:
    def new_range(kind: Kind) -> float:
        here = replace(BONN, kind=kind)
        finding = likelihood.assess(asks(lived(30, replace(VISIT, place=here)), address="z", prefix="z/24", place=here))
        return next(reason.contribution for reason in finding.reasons if reason.name == "drift.new_prefix")

    assert 0.0 < new_range(kind) < new_range(Kind.RESIDENTIAL)

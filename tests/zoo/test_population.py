"""The synthetic population is the same for the same seed, in order, and made of what it says."""

from collections import Counter

import pytest

from zoo.population import ATTACKERS, KINDS, START, Line, population
from zoo.world import World


@pytest.fixture(scope="module")
def lines() -> list[Line]:
    return population(5, users=60, days=30)


def test_the_same_seed_gives_the_same_logins_and_another_gives_others(lines: list[Line]) -> None:
    assert population(5, users=60, days=30) == lines
    assert population(6, users=60, days=30) != lines


def test_logins_are_in_order_of_time_and_within_the_days(lines: list[Line]) -> None:
    times = [line["t"] for line in lines]
    assert times == sorted(times)
    assert times[0] >= START - 86_400
    assert times[-1] <= START + 33 * 86_400


def test_everybody_who_is_worth_it_is_attacked_once_in_each_way(lines: list[Line]) -> None:
    attacks = Counter((line["user"], line["kind"]) for line in lines if line["label"] == "fraud")
    assert set(attacks.values()) == {1}
    assert {kind for _, kind in attacks} == set(ATTACKERS)


def test_no_thief_has_a_device_of_somebody_honest(lines: list[Line]) -> None:
    devices = {label: {line["device"] for line in lines if line["label"] == label} for label in ("honest", "fraud")}
    assert not devices["honest"] & devices["fraud"]


def test_a_targeted_thief_comes_from_the_victims_city_and_provider_with_its_browser(lines: list[Line]) -> None:
    for thief in (line for line in lines if line["kind"] == "targeted"):
        own = [line for line in lines if line["user"] == thief["user"] and line["label"] == "honest"]
        assert thief["user_agent"] in {line["user_agent"] for line in own}
        assert thief["place"]["country"] in {line["place"]["country"] for line in own}


def test_addresses_are_private_and_networks_are_for_private_use(lines: list[Line]) -> None:
    assert all(line["ip"].startswith("10.") for line in lines)
    assert all(line["place"]["asn"] >= 4_200_000_000 for line in lines)


def test_an_address_is_recorded_in_one_place_only(lines: list[Line]) -> None:
    places: dict[str, set[str]] = {}
    for line in lines:
        places.setdefault(line["ip"].rsplit(".", 1)[0], set()).add(repr(sorted(line["place"].items())))
    assert all(len(recorded) == 1 for recorded in places.values())


def test_every_kind_of_honest_person_is_there() -> None:
    kinds = {line["kind"] for line in population(5, users=150, days=10) if line["label"] == "honest"}
    assert kinds == set(KINDS)


def test_the_same_seed_gives_the_same_world() -> None:
    assert World(1).networks == World(1).networks
    assert World(1).networks != World(2).networks

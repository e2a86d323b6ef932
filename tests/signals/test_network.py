"""The network detectors: each says what it should, and nothing where many honest people are the same."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.place import Kind, Place
from signals.history import EMPTY, History, learn
from signals.network import addresses, handshake, kind, locale, reputation, sharing
from signals.types import NOT_APPLICABLE, Evidence, Facts, Finding, Surroundings
from signals.visit import Visit
from wire.schema import DeviceFacts

NOW = 1_800_000_000_000_000
HOME = Place(country="DE", asn=3320, kind=Kind.RESIDENTIAL, sources=("test",), timezone="Europe/Berlin")


def from_(place: Place | None, **visit: object) -> Evidence:
    return Evidence(EMPTY, visit=replace(Visit(NOW, "address", "prefix", place), **visit))


def came(*stays: tuple[str, Place | None]) -> History:
    history = EMPTY
    for number, (address, place) in enumerate(stays):
        history = learn(history, Facts(NOW + number * 5_000_000, address=address, place=place))
    return history


def names(finding: Finding) -> set[str]:
    return {reason.name for reason in finding.reasons}


@pytest.mark.parametrize("bad", [Kind.HOSTING, Kind.TOR, Kind.PUBLIC_PROXY, Kind.RESIDENTIAL_PROXY, Kind.CRAWLER])
def test_each_kind_that_players_do_not_have_is_a_reason_of_its_own(bad: Kind) -> None:
    finding = kind.assess(from_(replace(HOME, kind=bad)))
    assert finding.evidence is not None
    assert finding.evidence > 2.0
    assert names(finding) == {f"network.{bad.value}"}


@pytest.mark.parametrize("fine", [Kind.RELAY, Kind.CELLULAR, Kind.SATELLITE, Kind.RESIDENTIAL, Kind.BUSINESS])
def test_relays_carriers_and_homes_are_nearly_neutral(fine: Kind) -> None:
    evidence = kind.assess(from_(replace(HOME, kind=fine))).evidence
    assert evidence is not None
    assert abs(evidence) <= 0.2


def test_a_vpn_weighs_less_than_a_hosting_network_and_more_than_a_relay() -> None:
    hosting, vpn, relay = (kind.assess(from_(replace(HOME, kind=of))).evidence or 0.0 for of in (Kind.HOSTING, Kind.VPN, Kind.RELAY))
    assert relay < vpn < hosting / 2


def test_a_second_source_or_a_named_provider_makes_a_kind_surer() -> None:
    hosting = replace(HOME, kind=Kind.HOSTING)
    alone, named = kind.assess(from_(hosting)), kind.assess(from_(replace(hosting, provider="Some Cloud")))
    assert (alone.evidence or 0.0) < (named.evidence or 0.0)
    assert alone.confidence < named.confidence


def test_a_game_in_a_data_centre_shows_behind_a_login_from_home() -> None:
    history = came(("198.51.100.7", replace(HOME, kind=Kind.HOSTING)))
    assert names(kind.assess(replace(from_(HOME), history=history))) == {"network.hosting"}


@pytest.mark.parametrize("detector", [kind, locale, reputation, sharing, addresses, handshake])
def test_nothing_known_is_no_evidence(detector: object) -> None:
    assert detector.assess(Evidence(EMPTY)).evidence is None  # type: ignore[attr-defined]


def test_labels_move_the_reputation_of_a_network_slowly() -> None:
    one, many = (reputation.assess(Evidence(EMPTY, surroundings=Surroundings(asn_bad=bad))).evidence or 0.0 for bad in (1.0, 100.0))
    assert 0.0 < one < 1.0 < many <= reputation.MOST


@given(st.floats(0.01, 1e6), st.floats(0, 1e6))
def test_more_fraud_is_never_a_better_reputation(bad: float, good: float) -> None:
    def evidence(bad: float) -> float:
        return reputation.assess(Evidence(EMPTY, surroundings=Surroundings(asn_bad=bad, asn_good=good))).evidence or 0.0

    assert evidence(bad) <= evidence(bad * 2) + 1e-9


def crowd(people: float, place: Place, company: bool = False) -> Finding:
    around = Surroundings(subjects_on_address=people, devices_on_address=2 * people, subjects_on_prefix=3 * people)
    return sharing.assess(replace(from_(place, company=company), surroundings=around))


def test_a_household_is_no_crowd() -> None:
    assert crowd(6, HOME).evidence == 0.0


@pytest.mark.parametrize("shared", [Kind.CELLULAR, Kind.RELAY, Kind.BUSINESS, Kind.SATELLITE])
def test_thousands_behind_carrier_nat_or_in_an_office_are_no_crowd(shared: Kind) -> None:
    assert crowd(5000, replace(HOME, kind=shared)).abstained == NOT_APPLICABLE


def test_a_known_company_network_is_no_crowd() -> None:
    assert crowd(5000, HOME, company=True).abstained == NOT_APPLICABLE


def test_fifty_people_on_one_home_connection_are_a_crowd() -> None:
    finding = crowd(50, HOME)
    assert (finding.evidence or 0.0) > 1.0
    assert names(finding) == {"network.crowded_address", "network.device_farm", "network.crowded_prefix"}


@given(st.floats(0.1, 1e6), st.floats(0, 1e6))
def test_a_larger_crowd_is_never_less_evidence(people: float, more: float) -> None:
    assert (crowd(people, HOME).evidence or 0.0) <= (crowd(people + more, HOME).evidence or 0.0) + 1e-9


def test_a_clock_that_fits_the_place_calms() -> None:
    assert (locale.assess(from_(HOME, offset_min=60, place_offset_min=60)).evidence or 0.0) < 0.0


def test_a_clock_six_hours_off_in_another_language_weighs_more_than_the_clock_alone() -> None:
    alone = locale.assess(from_(HOME, offset_min=420, place_offset_min=60))
    foreign = locale.assess(from_(HOME, offset_min=420, place_offset_min=60, language="vi-VN"))
    assert 0.0 < (alone.evidence or 0.0) < (foreign.evidence or 0.0) < 2.0


def test_a_foreign_language_alone_is_no_evidence() -> None:
    alone, foreign = (locale.assess(from_(HOME, offset_min=60, place_offset_min=60, language=language)) for language in (None, "pl-PL"))
    assert alone.evidence == foreign.evidence


def test_the_two_ends_of_the_day_line_are_near() -> None:
    assert (locale.assess(from_(HOME, offset_min=780, place_offset_min=-660)).evidence or 0.0) <= 0.0


def test_a_session_that_has_no_visit_uses_the_clock_of_the_machine() -> None:
    facts = Facts(NOW, address="a", place=HOME, place_offset_min=60, device=DeviceFacts(utc_offset_min=540))
    assert names(locale.assess(Evidence(learn(EMPTY, facts)))) == {"network.timezone"}


def test_from_wifi_to_the_carrier_and_back_is_no_disagreement() -> None:
    carrier = replace(HOME, asn=3209, kind=Kind.CELLULAR)
    assert addresses.assess(Evidence(came(("a", HOME), ("b", carrier), ("a", HOME)))).evidence == 0.0


def test_a_relay_that_changes_its_exits_is_no_disagreement() -> None:
    exits = [(f"{number}", Place(country=country, asn=number, kind=Kind.RELAY)) for number, country in enumerate(("DE", "FR", "NL"))]
    assert addresses.assess(Evidence(came(*exits))).evidence == 0.0


def test_rotating_through_countries_in_one_session_is_a_disagreement() -> None:
    rotating = [(f"{number}", replace(HOME, country=country, asn=number)) for number, country in enumerate(("DE", "US", "BR", "VN"), 1)]
    finding = addresses.assess(Evidence(came(*rotating)))
    assert names(finding) == {"network.many_networks", "network.many_countries"}
    assert (finding.evidence or 0.0) >= 2.0


def test_a_login_from_another_country_than_the_game_is_a_disagreement() -> None:
    finding = addresses.assess(replace(from_(replace(HOME, country="VN")), history=came(("a", HOME))))
    assert names(finding) == {"network.login_elsewhere"}


CHROME = "t13d1516h2_8daaf6152771_02713d6af862"
SCRIPT = "t12d190800_d83cc789557e_7af1ed941c26"


def test_a_browser_with_the_handshake_of_a_browser_is_no_evidence() -> None:
    assert handshake.assess(from_(HOME, browser="Chrome", ja4=CHROME)).evidence == 0.0


def test_a_browser_with_the_handshake_of_a_script_is_told() -> None:
    finding = handshake.assess(from_(HOME, browser="Chrome Mobile", ja4=SCRIPT))
    assert names(finding) == {"network.handshake_version", "network.handshake_protocol"}


def test_a_game_client_may_have_the_handshake_of_a_script() -> None:
    assert handshake.assess(from_(HOME, ja4=SCRIPT)).evidence == 0.0


@pytest.mark.parametrize("junk", ["", "chrome", "t13d1516h2", CHROME + "x", "\n" + CHROME])
def test_what_is_no_ja4_is_not_looked_at(junk: str) -> None:
    assert handshake.assess(from_(HOME, browser="Chrome", ja4=junk)).abstained == "not_reported"


def test_many_tls_stacks_in_one_session_are_told() -> None:
    history = EMPTY
    for number in range(4):
        history = learn(history, Facts(NOW, address="a", ja4=CHROME[:-1] + str(number)))
    assert names(handshake.assess(Evidence(history))) == {"network.handshakes"}

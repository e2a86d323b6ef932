"""Where requests come from, and what is remembered of it: pseudonyms, company networks, journeys of devices."""

from typing import Any

import pytest
from sqlalchemy import select

from collector.origins import Origin, offset_min, origin_of
from collector.places import Places
from collector.secrets import Secrets
from collector.store.tables import devices
from geo.place import Place
from signals.drift.journey import load

pytestmark = pytest.mark.anyio

NOW = 1_800_000_000_000_000
SECRETS = Secrets((bytes(32),))
CONTEXT = {"ip": "192.0.2.55", "timezone": "UTC"}


def test_an_address_is_the_same_pseudonym_however_it_is_written() -> None:
    ways = ("192.0.2.55", "::ffff:192.0.2.55", "192.0.2.55:4711", "[::ffff:192.0.2.55]:4711")
    assert len({origin_of(way, NOW, Places(), SECRETS) for way in ways}) == 1


def test_neighbours_share_a_prefix_and_no_address() -> None:
    one, other = (origin_of(address, NOW, Places(), SECRETS) for address in ("2001:db8:1::1", "2001:db8:1:2::9"))
    assert one.prefix == other.prefix
    assert one.address != other.address


def test_another_master_key_gives_other_pseudonyms() -> None:
    assert origin_of("192.0.2.55", NOW, Places(), SECRETS) != origin_of("192.0.2.55", NOW, Places(), Secrets((bytes(31) + b"1",)))


@pytest.mark.parametrize("text", [None, "", "unix:", "testclient", "192.0.2"])
def test_what_is_no_address_comes_from_nowhere(text: str | None) -> None:
    assert origin_of(text, NOW, Places(), SECRETS) == Origin()


def test_company_networks_are_known() -> None:
    places = Places(companies=["198.51.100.0/24", "2001:db8::/32"])
    known = {address: origin_of(address, NOW, places, SECRETS).company for address in ("198.51.100.9", "2001:db8::1", "192.0.2.1")}
    assert known == {"198.51.100.9": True, "2001:db8::1": True, "192.0.2.1": False}


def test_the_time_of_day_there_is_known_with_the_place() -> None:
    places = Places(lambda _: Place(timezone="Asia/Kolkata"))
    assert origin_of("192.0.2.55", NOW, places, SECRETS).place_offset_min == 330
    assert offset_min("Nowhere/Land", NOW) is None


async def seen(inside: Any, raw_player: Any, **request: Any) -> bytes | None:
    """Let a player log in and return what is remembered of its device."""
    player = raw_player(inside.keys["client"])
    headers, body = player.hello()
    player.welcomed((await inside.client.post("/v1/sessions", headers=headers, content=body)).content)
    ask = {"action": "login", "token": player.welcome.token, "context": CONTEXT, **request}
    answer = await inside.client.post("/v1/decisions", headers={"authorization": f"Bearer {inside.keys['operator']}"}, json=ask)
    assert answer.json()["verdict"] == "allow", answer.text
    row = await inside.service.store.one(select(devices))
    journey = row["journey"]
    assert journey is None or isinstance(journey, bytes)
    return journey


async def test_a_device_has_a_journey_where_nobody_is_named(inside: Any, raw_player: Any) -> None:
    journey = await seen(inside, raw_player)
    assert journey is not None
    assert len(load(journey).trail) == 1


async def test_a_device_has_no_journey_of_its_own_where_somebody_is_named(inside: Any, raw_player: Any) -> None:
    assert await seen(inside, raw_player, user="alice@example.org") is None

"""What the store knows of everybody: counted, faded, forgotten."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from sqlalchemy import delete

from collector.store.base import Store, Write
from collector.store.engine import SqlStore
from collector.store.tables import counts
from collector.surroundings import Around, count, faded, forget, labelled, present
from geo.place import Place
from signals.drift.features import steps
from signals.drift.journey import DAY_US, HALF_LIFE_DAYS
from signals.types import Surroundings
from signals.visit import Visit

VISIT = Visit(1_800_000_000_000_000, "here", "near", Place(country="DE", asn=3320), device="d", os="Windows", browser="Firefox")


def with_store(database: str, work: Callable[[Store], Awaitable[None]]) -> None:
    async def run() -> None:
        store = await SqlStore.open(database)
        try:
            await work(store)
        finally:
            await store.close()

    asyncio.run(run())


def test_everybody_is_counted_in_both_engines(database: str) -> None:
    async def work(store: Store) -> None:
        for number in range(3):
            await store.commit(*count(replace(VISIT, device=f"d{number % 2}"), f"u{number}"))
        around = await Around(store).of(VISIT)
        assert (around.subjects_on_address, around.devices_on_address, around.subjects_on_prefix) == (3.0, 2.0, 3.0)
        country = steps(VISIT)[0]
        assert around.common[country.key.hex()] == pytest.approx(3.0)
        assert around.everybody == pytest.approx(3.0)

    with_store(database, work)


def test_who_is_let_in_twice_is_one_of_the_crowd_once(database: str) -> None:
    async def work(store: Store) -> None:
        await store.commit(*count(VISIT, "u"))
        await store.commit(*present(replace(VISIT, at_us=VISIT.at_us + 1), "u"))
        around = await Around(store).of(replace(VISIT, at_us=VISIT.at_us + 2))
        assert around.subjects_on_address == 1.0

    with_store(database, work)


def test_a_crowd_is_gone_after_a_day_and_counts_are_halved_after_the_half_life(database: str) -> None:
    async def work(store: Store) -> None:
        await store.commit(*count(VISIT, "u"))
        tomorrow = await Around(store).of(replace(VISIT, at_us=VISIT.at_us + DAY_US))
        assert tomorrow.subjects_on_address == 0.0
        later = await Around(store).of(replace(VISIT, at_us=VISIT.at_us + int(HALF_LIFE_DAYS * DAY_US)))
        assert later.everybody == pytest.approx(0.5)

    with_store(database, work)


def test_labels_count_for_the_network_and_not_for_others(database: str) -> None:
    async def work(store: Store) -> None:
        await store.commit(*labelled(VISIT.place, True, VISIT.at_us), *labelled(VISIT.place, False, VISIT.at_us))
        await store.commit(*labelled(VISIT.place, True, VISIT.at_us))
        around = await Around(store).of(VISIT)
        assert (around.asn_bad, around.asn_good) == (pytest.approx(2.0), pytest.approx(1.0))
        other = await Around(store).of(replace(VISIT, place=Place(country="DE", asn=1)))
        assert (other.asn_bad, other.asn_good) == (0.0, 0.0)

    with_store(database, work)


def test_a_subject_is_forgotten(database: str) -> None:
    async def work(store: Store) -> None:
        await store.commit(*count(VISIT, "u"), *count(VISIT, "v"))
        await store.commit(forget("u"))
        assert (await Around(store).of(VISIT)).subjects_on_address == 1.0

    with_store(database, work)


def test_counts_that_have_faded_are_dropped(database: str) -> None:
    async def work(store: Store) -> None:
        await store.commit(*count(VISIT, "u"))
        await store.commit(Write(delete(counts).where(faded(VISIT.at_us + 300 * DAY_US))))
        assert (await Around(store).of(VISIT)).everybody == pytest.approx(1.0)
        await store.commit(Write(delete(counts).where(faded(VISIT.at_us + 400 * DAY_US))))
        assert (await Around(store).of(VISIT)).everybody == 0.0

    with_store(database, work)


def test_a_visit_of_which_nothing_is_known_has_no_surroundings(database: str) -> None:
    async def work(store: Store) -> None:
        assert await Around(store).of(Visit(VISIT.at_us)) == Surroundings()
        assert labelled(None, True, VISIT.at_us) == []

    with_store(database, work)

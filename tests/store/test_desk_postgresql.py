"""The hot road on PostgreSQL when the server goes away and comes back."""

from __future__ import annotations

import re
from typing import Any

import asyncpg
import pytest

from aaa.ports import Changes, StoreUnavailable, Want
from domain.session import Charge
from store import desk_postgresql
from tests.peers.postgres import PostgresCluster
from tests.store.house import (
    NOW_US,
    House,
    advanced,
    full_batch,
    session,
    settle_two,
    tell,
)


def test_a_store_that_went_away_is_used_again_when_it_is_back(
    house_postgresql_url: str, postgres_cluster: PostgresCluster
) -> None:
    async def story(house: House) -> None:
        await house.settle(posted_micros=500)
        first = session(10)
        await house.store.commit(Changes(NOW_US, 0, sessions_new=[first]))
        postgres_cluster.stop()
        try:
            for _ in range(2):
                with pytest.raises(StoreUnavailable):
                    await house.store.load(Want(account_ids={1}))
                with pytest.raises(StoreUnavailable):
                    await house.store.commit(Changes(NOW_US, 0, sessions=[advanced(first)]))
                with pytest.raises(StoreUnavailable):
                    async with house.database.office():
                        pass
        finally:
            postgres_cluster.start()
        await house.store.commit(Changes(NOW_US, 0, sessions=[advanced(first)]))
        (found,) = (await house.store.load(Want(session_ids={10}))).sessions
        assert found.version == 2

    tell(house_postgresql_url, story)


def test_a_connection_cut_in_the_middle_of_a_commit_leaves_nothing(
    house_postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(house: House) -> None:
        await settle_two(house)
        before = await house.everything()
        driver = house.store._road._driver
        real = desk_postgresql.check_met

        def cut(step: Any, met: int) -> None:
            driver.terminate()
            real(step, met)

        monkeypatch.setattr(desk_postgresql, "check_met", cut)
        with pytest.raises(StoreUnavailable):
            await house.store.commit(full_batch())
        monkeypatch.setattr(desk_postgresql, "check_met", real)
        assert await house.everything() == before
        await house.store.commit(full_batch())

    tell(house_postgresql_url, story)


class Deadlocked:
    """The driver of a road whose questions end in a deadlock."""

    def __init__(self, driver: Any) -> None:
        self._driver = driver

    def __getattr__(self, name: str) -> Any:
        return getattr(self._driver, name)

    async def fetch(self, *_: object) -> list[Any]:
        raise asyncpg.DeadlockDetectedError("deadlock detected")


def test_a_reader_that_lost_a_race_says_that_the_store_is_away(
    house_postgresql_url: str,
) -> None:
    async def story(house: House) -> None:
        await settle_two(house)
        road = house.store._road
        real, road._driver = road._driver, Deadlocked(road._driver)
        with pytest.raises(StoreUnavailable, match="deadlock"):
            await house.store.load(Want(account_ids={1}))
        road._driver = real
        assert (await house.store.load(Want(account_ids={1}))).accounts

    tell(house_postgresql_url, story)


def test_interims_meet_their_rows_by_key_whatever_the_planner_thinks(
    house_postgresql_url: str,
) -> None:
    """L11: rows are locked in the order of the arrays; a hash or a scan has an order of its own."""

    async def story(house: House) -> None:
        await settle_two(house)
        driver = house.store._road._driver
        columns = [()] * sum(desk_postgresql._TAKEN.values())
        await driver.execute(desk_postgresql._BEGIN)
        found = await driver.fetch(f"EXPLAIN {desk_postgresql._TOGETHER}", *columns)
        await driver.execute("ROLLBACK")
        plan = "\n".join(row[0].partition("  (")[0].strip() for row in found)
        loops = re.findall(r"-> +Nested Loop\n-> +Function Scan on given.*\n-> +Index Scan", plan)
        assert len(loops) == 3, plan
        assert not any(word in plan for word in ("Seq Scan", "Hash", "Merge", "Sort"))

    tell(house_postgresql_url, story)


def test_a_charge_row_is_made_once_and_added_to_ever_after(house_postgresql_url: str) -> None:
    async def story(house: House) -> None:
        await house.settle()
        one = session(10)
        await house.store.commit(Changes(NOW_US, 0, sessions_new=[one]))
        for days in ([5], [5, 6], [6, 5, 7]):
            one = advanced(one)
            charges = [Charge(1, 10, 0, 0, day, 7, 1, 2, 3, 4) for day in days]
            await house.store.commit(Changes(NOW_US, 0, sessions=[one], charges=charges))
        charged = [(row[4], row[6:10]) for row in await house.table("charges")]
        assert charged == [(5, (3, 6, 9, 12)), (6, (2, 4, 6, 8)), (7, (1, 2, 3, 4))]

    tell(house_postgresql_url, story)


def test_nothing_is_added_to_a_charge_row_that_an_entry_has_closed(
    house_postgresql_url: str,
) -> None:
    async def story(house: House) -> None:
        await house.settle(posted_micros=500)
        one = session(10)
        await house.store.commit(Changes(NOW_US, 0, sessions_new=[one]))
        more = Charge(1, 10, 0, 0, 5, 7, 1, 2, 3, 4)
        await house.store.commit(Changes(NOW_US, 0, charges=[more]))
        (entry, *_), *_ = await house.table("entries")
        await house.store.commit(Changes(NOW_US, 0, closings=[(1, 10, 0, entry)]))
        with pytest.raises(AssertionError, match="charges: 1 rows"):
            await house.store.commit(Changes(NOW_US, 0, charges=[more]))

    tell(house_postgresql_url, story)

"""The hot road on PostgreSQL when the server goes away and comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import asyncpg
import pytest
from sqlalchemy import select, text

from aaa.ports import AccountMove, Changes, Conflict, StoreUnavailable, Want
from domain.session import Charge
from store import desk_postgresql, schema
from store.feed import record_change
from tests.peers.postgres import PostgresCluster
from tests.store.house import (
    NOW_US,
    House,
    account,
    advanced,
    decision,
    full_batch,
    interim_changes,
    session,
    settle_two,
    stop_changes,
    tell,
    top_up,
)

WAITS = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


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


class Counted:
    """The driver of a road, which counts round trips and is cut off before one of them."""

    def __init__(self, driver: Any, cut_at: int = 0) -> None:
        self._driver, self._cut_at = driver, cut_at
        self.asked: list[str] = []

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._driver, name)
        if name not in ("execute", "fetch", "fetchrow", "fetchval"):
            return real

        def asks(sql: str, *given: object) -> Any:
            self.asked.append(sql)
            if len(self.asked) == self._cut_at:
                self._driver.terminate()
            return real(sql, *given)

        return asks


@pytest.mark.parametrize(
    ("record", "sums"),
    [
        (partial(interim_changes, amount_micros=100, octets=10_000), (5_000, 100)),
        (partial(stop_changes, days=[5, 6]), (4_980, 0)),
    ],
    ids=("interim", "stop"),
)
def test_a_record_is_one_round_trip_and_one_transaction(
    house_postgresql_url: str, record: Callable[..., Changes], sums: tuple[int, int]
) -> None:
    async def story(house: House) -> None:
        await house.settle(posted_micros=5_000)
        one, owner = session(10), account(1, posted_micros=5_000, entries_n=1)
        await house.store.commit(Changes(NOW_US, 0, sessions_new=[one]))
        road = house.store._road
        road._driver = counted = Counted(road._driver)
        await house.store.commit(record(owner, one))
        assert [sql.partition(" ")[0] for sql in counted.asked] == ["WITH"]
        (found,) = (await house.store.load(Want(account_ids={1}))).accounts
        assert (found.posted_micros, found.open_micros) == sums
        assert await house.findings() == []

    tell(house_postgresql_url, story)


def test_a_commit_that_is_cut_before_any_of_its_round_trips_leaves_nothing(
    house_postgresql_url: str,
) -> None:
    async def story(house: House) -> None:
        await settle_two(house)
        before = await house.everything()
        await house.store.feed_seq()
        road, failed_n = house.store._road, 0
        while True:
            road._driver = counted = Counted(road._driver, failed_n + 1)
            try:
                await house.store.commit(full_batch())
                break
            except StoreUnavailable:
                failed_n += 1
            assert await house.everything() == before, counted.asked[-1]
            await house.store.feed_seq()  # there is a connection again
        assert failed_n == len(counted.asked) > 8
        assert await house.findings() == []

    tell(house_postgresql_url, story)


def test_whoever_was_there_first_shows_before_what_he_broke(house_postgresql_url: str) -> None:
    """The number of an entry that another server has taken is a conflict, not a wrong row."""

    async def story(house: House) -> None:
        await house.settle(posted_micros=500)
        owner = account(1, posted_micros=500, entries_n=1)
        stale = full_batch()
        await house.book(top_up(owner, 5, seq=2))
        moved = replace(owner, posted_micros=505, entries_n=2)
        await house.store.commit(Changes(NOW_US, 0, accounts=[AccountMove(moved, 5, 0, 0, 1)]))
        for guarded in ([], [(1, 0, 0)]):
            stale = Changes(
                NOW_US,
                0,
                accounts=[AccountMove(replace(owner, posted_micros=508, entries_n=2), 8, 0, 0, 1)],
                entries=[replace(top_up(owner, 8, seq=2), entry_id=900, key="another")],
                live=guarded,
            )
            with pytest.raises(Conflict, match="move: 1 rows"):
                await house.store.commit(stale)

    tell(house_postgresql_url, story)


def test_what_a_lock_has_waited_for_is_seen(house_postgresql_url: str) -> None:
    """A change of the office that ends while a batch waits for its account is a conflict."""

    async def story(house: House) -> None:
        await house.settle()
        async with house.database.office() as connection:
            await connection.execute(select(schema.accounts).with_for_update())
            changes = Changes(NOW_US, 0, live=[(1, 0, 0)], decisions=[decision("user1", 1)])
            waiting = asyncio.create_task(house.store.commit(changes))
            while not await connection.scalar(text(WAITS)):  # noqa: ASYNC110 - it sets no event
                await asyncio.sleep(0.01)
            await record_change(connection, "account", 1)
        with pytest.raises(Conflict, match="change"):
            await waiting

    tell(house_postgresql_url, story)


def test_batches_are_compiled_nowhere(house_postgresql_url: str) -> None:
    """Elsewhere PostgreSQL compiles what it thinks long, as a new cluster does of itself."""

    async def story(house: House) -> None:
        await house.store.feed_seq()
        road: Any = house.store._road
        name = await road._driver.fetchval("SELECT current_database()")
        await road._driver.execute(f"ALTER DATABASE {name} SET jit = on")
        await road._drop()
        await house.store.feed_seq()
        assert await road._driver.fetchval("SHOW jit") == "off"
        await road._driver.execute("RESET jit")
        assert await road._driver.fetchval("SHOW jit") == "on"
        await road._driver.execute(f"ALTER DATABASE {name} RESET jit")

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

"""What the office sees of running sessions: which, how far the server has come, what was told."""

from __future__ import annotations

from domain.grant import OrderState
from domain.session import SessionState
from domain.share import Share
from store import office_live, rows
from store.feed import record_change
from tests.store.house import House, add_device, order, session, tell
from tests.store.test_office_queries import plans_of
from tests.store.test_reading import crowd


def test_a_watch_holds_what_runs_and_what_was_over_before(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.settle(accounts_n=2)
        await add_device(house)
        running, ended = session(10), session(11, state=SessionState.CLOSED)
        other = session(12, 2)
        await house.add(rows.SESSIONS, running, ended, other)
        await house.add(
            rows.ORDERS,
            order(50, running, state=OrderState.DONE),
            order(51, running),
            order(52, other),
        )
        async with house.database.office() as connection:
            await record_change(connection, "subscriber", 1001)
            watch = await office_live.watch(connection, [1])
        assert watch.seq == await house.store.feed_seq()
        assert watch.sessions == (running,)
        assert watch.settled == {50}, "one that is under way still counts"
        async with house.database.reading() as connection:
            orders = await office_live.orders_about(connection, [10, 12])
            assert [one.order_id for one in orders] == [50, 51, 52]
            assert await office_live.still_live(connection, [10, 11, 12, 13]) == {10, 12}
            assert await office_live.accounts_on_plans(connection, ["metered"]) == [1, 2]
            assert await office_live.accounts_on_plans(connection, ["other"]) == []

    tell(house_url, story)


def test_what_servers_say_of_themselves(house_url: str) -> None:
    async def story(house: House) -> None:
        async with house.database.reading() as connection:
            assert await office_live.looked_seq(connection) == 0
            assert await office_live.server_seen_us(connection) == 0
        await house.store.probe(77)
        await house.store.mark_feed(5)
        async with house.database.reading() as connection:
            assert await office_live.looked_seq(connection) == 5
            assert await office_live.server_seen_us(connection) == 77
        second = await type(house.store).open(house.database, None, Share(1, 2))
        await second.mark_feed(3)
        async with house.database.reading() as connection:
            assert await office_live.looked_seq(connection) == 3, "not all workers have looked"
        await second.close()

    tell(house_url, story)


def test_sessions_and_orders_are_found_by_an_index_among_many(house_sqlite_url: str) -> None:
    async def story(house: House) -> None:
        await crowd(house)
        for question in (
            lambda c: office_live.watch(c, [7, 107]),
            lambda c: office_live.orders_about(c, [7, 107]),
            lambda c: office_live.still_live(c, [7, 107]),
        ):
            plans = await plans_of(house, question)
            assert plans and not any(step.startswith("SCAN") for step in plans), plans
        plans = await plans_of(house, lambda c: office_live.accounts_on_plans(c, ["metered"]))
        scans = [step for step in plans if step.startswith("SCAN")]
        assert all("ix_session_facts_live" in step for step in scans), plans

    tell(house_sqlite_url, story)

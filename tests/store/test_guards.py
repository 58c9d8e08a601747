"""What a commit only looks at, and what is held for it, where others write as well."""

from __future__ import annotations

import asyncio

import pytest

from aaa.ports import Changes, Conflict, Want, sign_of_live
from domain.session import SessionState
from domain.share import Share
from store.desk import DeskStore
from tests.store.house import (
    NOW_US,
    House,
    advanced,
    order,
    session,
    settle_two,
    tell,
)


def test_a_login_is_right_only_beside_the_sessions_it_was_decided_beside(
    house_postgresql_url: str,
) -> None:
    async def story(house: House) -> None:
        await house.settle()
        running = session(10)
        await house.store.commit(Changes(NOW_US, 0, sessions_new=[running]))
        seen = (1, 1, sign_of_live([running]))
        await house.store.commit(Changes(NOW_US, 0, sessions_new=[session(11)], live=[seen]))
        with pytest.raises(Conflict, match="live"):
            await house.store.commit(Changes(NOW_US, 0, sessions_new=[session(12)], live=[seen]))
        both = (1, 2, sign_of_live([running, session(11)]))
        moved = advanced(running)
        await house.store.commit(Changes(NOW_US, 0, sessions=[moved]))
        with pytest.raises(Conflict, match="live"):  # as many, but one of them has moved
            await house.store.commit(Changes(NOW_US, 0, sessions_new=[session(12)], live=[both]))
        ended = advanced(moved, state=SessionState.CLOSED)
        await house.store.commit(Changes(NOW_US, 0, sessions=[ended]))
        await house.store.commit(
            Changes(
                NOW_US, 0, sessions_new=[session(12)], live=[(1, 1, sign_of_live([session(11)]))]
            )
        )
        assert [row[0] for row in await house.table("sessions")] == [10, 11, 12]

    tell(house_postgresql_url, story)


def test_where_nobody_lives_nobody_is_found(house_postgresql_url: str) -> None:
    async def story(house: House) -> None:
        await house.settle()
        new = Changes(NOW_US, 0, sessions_new=[session(10)], live=[(1, 0, sign_of_live([]))])
        await house.store.commit(new)
        with pytest.raises(Conflict):
            await house.store.commit(Changes(NOW_US, 0, live=[(1, 0, 0)]))

    tell(house_postgresql_url, story)


def test_a_record_begins_a_session_only_where_no_other_has_begun_it(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.settle()
        commit, first = house.store.commit, session(10, acct_session_id="A")
        await commit(Changes(NOW_US, 0, sessions_new=[first], named=[(5, "A", 0, 0)]))
        second = session(11, acct_session_id="A")
        with pytest.raises(Conflict, match="named"):
            await commit(Changes(NOW_US, 0, sessions_new=[second], named=[(5, "A", 0, 0)]))
        for other in ((5, "B", 0, 0), (6, "A", 0, 0), (5, "A", 11, 0)):  # name, device, later on
            await commit(Changes(NOW_US, 0, named=[other], macs=[]))
        await commit(Changes(NOW_US, 0, sessions_new=[second], named=[(5, "A", 10, 1)]))
        assert [row[0] for row in await house.table("sessions")] == [10, 11]

    tell(house_url, story)


def test_what_is_held_nobody_else_writes_until_the_commit(house_postgresql_url: str) -> None:
    """The other waits, and then finds that it was decided on what is no more."""

    async def story(house: House) -> None:
        await settle_two(house)
        other = await DeskStore.open(house.database)
        running = session(10)
        await house.store.commit(Changes(NOW_US, 0, sessions_new=[running]))
        held = await house.store.load(Want(account_ids={1, 2}, held_for_us={1, 2}))
        late = Changes(NOW_US, 0, sessions_new=[session(11)], live=[(1, 1, 0)])
        waiting = asyncio.create_task(other.commit(late))
        await asyncio.wait([waiting], timeout=0.3)
        assert not waiting.done()
        (mine,) = [one for one in held.sessions if one.session_id == 10]
        await house.store.commit(Changes(NOW_US, 0, sessions=[advanced(mine)]))
        with pytest.raises(Conflict):
            await waiting
        await other.close()

    tell(house_postgresql_url, story)


def test_holding_ends_with_whatever_is_written_next(house_postgresql_url: str) -> None:
    async def story(house: House) -> None:
        await settle_two(house)
        other = await DeskStore.open(house.database)
        await house.store.load(Want(held_for_us={1}))
        await house.store.probe(5)
        await asyncio.wait_for(other.commit(Changes(NOW_US, 0, live=[(1, 0, 0)])), 30)
        await other.close()

    tell(house_postgresql_url, story)


def test_a_deadlock_over_what_is_to_be_held_is_left_to_the_commit(
    house_postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(house: House) -> None:
        await settle_two(house)

        async def embraced(accounts: list[int]) -> None:
            raise Conflict("deadlock detected")

        monkeypatch.setattr(house.store._road, "hold", embraced)
        found = await house.store.load(Want(account_ids={1}, held_for_us={1}))
        assert [one.account_id for one in found.accounts] == [1]

    tell(house_postgresql_url, story)


def test_workers_carry_out_their_own_orders_and_mark_their_own_place(
    house_postgresql_url: str,
) -> None:
    async def story(house: House) -> None:
        await settle_two(house)
        running = session(10)
        orders = [order(n, running) for n in (50, 51, 52)]
        await house.store.commit(Changes(NOW_US, 0, sessions_new=[running], orders_new=orders))
        stores = [
            await DeskStore.open(house.database, None, Share(number, 2, guarded=True))
            for number in (0, 1)
        ]
        found = [[one.order_id for one in await store.pending_orders()] for store in stores]
        assert found == [[50, 52], [51]]
        for store, seq in zip(stores, (7, 3), strict=True):
            await store.mark_feed(seq)
        assert [await store.feed_mark() for store in stores] == [7, 3]
        for store in stores:
            await store.close()
        alone = await DeskStore.open(house.database, None, Share(guarded=True))
        marks = [row for row in await house.table("meta") if row[0].startswith("looked")]
        assert len(marks) == 1, "the second worker is no more: nobody waits for it"
        await alone.close()

    tell(house_postgresql_url, story)

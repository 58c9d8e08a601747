"""Changes made elsewhere reach those concerned."""

from __future__ import annotations

import asyncio

import pytest

from aaa.ports import Change, StoreUnavailable
from server.feed import Feed
from server.readiness import Readiness
from server.seams import LoopSpawn
from tests.server.fakes import Clock, Desk, Log, Spawn, Store


class Reader:
    def __init__(self, spawn: object | None = None) -> None:
        self.store, self.desk, self.heard = Store(), Desk(), list[str]()
        self.readiness, self.log = Readiness(), Log()
        self.feed = Feed(
            self.store,
            self.desk,
            spawn=spawn or Spawn(Clock()),  # type: ignore[arg-type]
            readiness=self.readiness,
            devices_changed=self._devices,
            orders_changed=self._orders,
            collect=lambda: self.heard.append("collect"),
            log=self.log,
        )

    async def _devices(self) -> None:
        if self.store.away:
            raise StoreUnavailable("away")
        self.heard.append("devices")

    async def _orders(self) -> None:
        self.heard.append("orders")


def test_each_kind_reaches_those_concerned_once() -> None:
    async def story() -> None:
        reader = Reader()
        await reader.feed.begin()
        changes = [Change(1, "account", 5), Change(2, "device", 1), Change(3, "order", 9)]
        reader.store.changes = changes
        await reader.feed.read()
        await reader.feed.read()
        assert reader.heard == ["devices", "collect", "orders"]
        assert reader.desk.absorbed == changes

    asyncio.run(story())


@pytest.mark.parametrize(("marked", "begins_at"), [(None, 8), (99, 8), (5, 5)])
def test_a_start_goes_on_where_the_last_run_had_come_to(marked: int | None, begins_at: int) -> None:
    async def story() -> None:
        reader = Reader()
        reader.store.mark = marked
        reader.store.changes = [Change(seq, "account", seq) for seq in range(1, 9)]
        await reader.feed.begin()
        assert reader.store.mark == begins_at
        await reader.feed.read()
        assert [change.seq for change in reader.desk.absorbed] == list(range(begins_at + 1, 9))

    asyncio.run(story())


def test_what_the_desk_has_looked_at_is_marked_and_no_more() -> None:
    async def story() -> None:
        reader = Reader()
        await reader.feed.begin()
        reader.store.changes = [Change(1, "account", 5), Change(2, "account", 6)]
        await reader.feed.read()
        assert reader.store.mark == 0, "the desk has not come to it yet"
        reader.desk.looked_seq = 1
        await reader.feed.read()
        assert reader.store.mark == 1
        reader.desk.looked_seq = 7
        await reader.feed.read()
        assert reader.store.mark == 2, "no further than the feed was read"

    asyncio.run(story())


def test_a_gap_in_the_feed_reloads_everything() -> None:
    async def story() -> None:
        reader = Reader()
        reader.store.changes = [Change(90, "everything", 0)]
        await reader.feed.read()
        assert reader.heard == ["devices", "collect", "orders"]

    asyncio.run(story())


def test_what_was_there_at_the_start_is_not_read_again() -> None:
    async def story() -> None:
        reader = Reader()
        reader.store.changes = [Change(7, "device", 1)]
        await reader.feed.begin()
        await reader.feed.read()
        assert reader.heard == []

    asyncio.run(story())


def test_a_change_whose_reload_failed_is_read_again() -> None:
    async def story() -> None:
        reader = Reader()
        reader.store.changes = [Change(1, "device", 1)]
        reader.feed._store = Steady(reader.store)  # type: ignore[assignment]
        reader.store.away = True
        with pytest.raises(StoreUnavailable):
            await reader.feed.read()
        reader.store.away = False
        await reader.feed.read()
        assert reader.heard == ["devices", "collect"]

    asyncio.run(story())


async def turns() -> None:
    """Let the loop turn a few times; nothing here waits for the outside."""
    for _ in range(10):
        await asyncio.sleep(0)


class Steady:
    """A store whose feed can be read while the rest is away."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def feed(self, since_seq: int) -> list[Change]:
        return [change for change in self._store.changes if change.seq > since_seq]


def test_a_nudge_is_followed_at_once_and_a_store_that_is_away_or_mad_is_survived() -> None:
    async def story() -> None:
        spawn = LoopSpawn(asyncio.get_running_loop(), lambda name, error: None)
        polls: list[int] = []
        spawn.later = lambda delay_us, call: (  # type: ignore[method-assign]
            polls.append(delay_us),
            lambda: None,
        )[1]
        reader = Reader(spawn)
        reader.readiness.store_proved(0)
        spawn.task(reader.feed.run(), "feed")
        reader.store.away = True
        reader.feed.nudge()
        await turns()
        assert not reader.readiness.store_up(0)
        reader.store.away = False
        reader.store.changes = [Change(1, "account", 5)]
        reader.feed.nudge()
        await turns()
        assert reader.desk.absorbed == reader.store.changes
        assert set(polls) == {200_000}

        async def breaks(since_seq: int) -> list[Change]:
            raise RuntimeError("a driver out of its wits")

        feed, reader.store.feed = reader.store.feed, breaks  # type: ignore[method-assign]
        reader.feed.nudge()
        await turns()
        assert reader.log.events("error") == ["the feed could not be read"]
        reader.store.feed = feed  # type: ignore[method-assign]
        reader.store.changes.append(Change(2, "account", 6))
        reader.feed.nudge()
        await turns()
        assert len(reader.desk.absorbed) == 2
        spawn.close()

    asyncio.run(asyncio.wait_for(story(), 120))

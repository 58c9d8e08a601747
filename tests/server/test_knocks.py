"""Who knocked without being known."""

from __future__ import annotations

import asyncio

from server.knocks import ADDRESSES_MAX, LOG_EVERY_US, Knocks, flush
from tests.server.fakes import Log, Store


def test_an_address_is_one_row_with_its_newest_code() -> None:
    knocks = Knocks()
    knocks.note("203.0.113.1", b"\x01rest", 1812, 100)
    knocks.note("203.0.113.1", b"\x04rest", 1813, 200)
    knocks.note("203.0.113.2", b"", 1812, 300)
    first, second = knocks.take()
    assert first == ("203.0.113.1", 2, 100, 200, 4, 1813)
    assert second.code == 0
    assert knocks.take() == []


def test_addresses_beyond_the_bound_are_only_counted() -> None:
    knocks = Knocks()
    for n in range(ADDRESSES_MAX + 50):
        knocks.note(f"10.0.{n >> 8}.{n & 255}", b"\x01", 1812, n)
    assert len(knocks.take()) == ADDRESSES_MAX
    assert knocks.to_log(0) == ADDRESSES_MAX + 50


def test_the_log_hears_of_it_once_a_minute() -> None:
    knocks = Knocks()
    assert knocks.to_log(0) == 0
    knocks.note("203.0.113.1", b"\x01", 1812, 0)
    assert knocks.to_log(0) == 1
    knocks.note("203.0.113.1", b"\x01", 1812, 0)
    assert knocks.to_log(LOG_EVERY_US - 1) == 0
    assert knocks.to_log(LOG_EVERY_US) == 1


def test_a_store_that_is_away_gets_them_later_added_up() -> None:
    knocks, store, log = Knocks(), Store(), Log()
    knocks.note("203.0.113.1", b"\x01", 1812, 100)
    store.away = True
    asyncio.run(flush(knocks, store, 0, log))
    assert len(knocks) == 1
    taken = knocks.take()
    knocks.note("203.0.113.1", b"\x04", 1813, 200)
    knocks.restore(taken)
    store.away = False
    asyncio.run(flush(knocks, store, 1, log))
    assert store.knocks == [("203.0.113.1", 2, 100, 200, 4, 1813)]
    assert log.events("warning") == ["datagrams from unknown sources"]

"""What devices have been seen to do, until it is written down."""

from __future__ import annotations

import asyncio

from aaa.hearing import Reports
from domain.device import Observation
from server.observing import Observing, write_down
from tests.server.fakes import Desk, Store


def test_packets_are_counted_by_device_and_forgotten_once_taken() -> None:
    observing = Observing()
    observing.requests(1, 100, unsigned_n=1)
    observing.requests(1, 200)
    observing.wrong_sum(2, 300)
    first, second = observing.take({}, 400)
    assert first == Observation(1, 100, 200, requests_n=2, unsigned_n=1, unsigned_us=100)
    assert second == Observation(2, 300, 300, wrong_sums_n=1, wrong_sums_us=300)
    assert observing.take({}, 500) == []


def test_what_records_told_goes_with_it_also_when_no_packet_came_since() -> None:
    observing = Observing()
    told = Reports(interims_n=3, interim_s=300, clock_offset_us=-5)
    (found,) = observing.take({1: told}, 400)
    assert (found.interims_n, found.interim_s, found.clock_offset_us) == (3, 300, -5)
    assert (found.requests_n, found.last_seen_us) == (0, 400)


def test_a_store_that_is_away_gets_all_of_it_later() -> None:
    observing, desk, store = Observing(), Desk(), Store()
    store.away = True
    desk.reports = {1: Reports(interims_n=2, interim_s=300, clock_offset_us=7)}
    observing.requests(1, 100, unsigned_n=1)
    observing.wrong_sum(1, 110)
    asyncio.run(write_down(observing, desk, store, 200))
    observing.requests(1, 250)
    store.away = False
    asyncio.run(write_down(observing, desk, store, 300))
    assert store.observations == [
        Observation(1, 100, 250, 2, 2, 300, 1, 100, 1, 110, clock_offset_us=7)
    ]
    asyncio.run(write_down(observing, desk, store, 400))
    assert len(store.observations) == 1

"""Renewals: each end once, everybody who pays at once, and nothing lost to an outage."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any

from aaa.ports import Change, StoreUnavailable
from server.meters import Meters
from server.renewals import AHEAD_US, BOUGHT_AT_ONCE_N, HELD_EVERY_N, LOOKED_AT_N, Renewals
from tests.server.fakes import Clock, Log, Spawn

S = 1_000_000


class Shop:
    """Packages in memory: who ends when, and what would come of renewing whom."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.ends: dict[int, int] = {}  # subscriber to end
        self.poor: set[int] = set()
        self.held: set[int] = set()
        self.bought: list[list[int]] = []
        self.looked: list[int] = []
        self.away = False

    def _check(self) -> None:
        if self.away:
            raise StoreUnavailable("away")

    async def ending(
        self, after: tuple[int, int], until_us: int, limit: int
    ) -> list[tuple[int, int]]:
        self._check()
        ends = sorted((end_us, key) for key, end_us in self.ends.items())
        return [one for one in ends if after < one and one[0] <= until_us][:limit]

    async def subscribers_of(self, account_ids: Iterable[int]) -> list[int]:
        self._check()
        return [account_id + 1000 for account_id in account_ids]

    async def promising(self, subscriber_ids: Sequence[int], until_us: int) -> dict[int, str]:
        self._check()
        self.looked += subscriber_ids
        return {key: self._fate(key, until_us) for key in subscriber_ids}

    def _fate(self, key: int, until_us: int) -> str:
        if self.ends.get(key, until_us + 1) > until_us:
            return "not-due"
        return "no-money" if key in self.poor else "held" if key in self.held else "renewed"

    async def renew(
        self, subscriber_ids: Sequence[int], now_us: int, until_us: int
    ) -> dict[int, str]:
        self._check()
        assert now_us == self.clock.us
        self.bought.append(list(subscriber_ids))
        fates = {key: self._fate(key, until_us) for key in subscriber_ids}
        for key, fate in fates.items():
            self.ends[key] += 30 * 86_400 * S if fate == "renewed" else 0
        return fates

    @property
    def buyers(self) -> list[int]:
        return [key for some in self.bought for key in some]


class Till:
    """Renewals over a shop."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.shop, self.meters, self.log = Shop(self.clock), Meters(), Log()
        self.spawn = Spawn(self.clock)
        self.told = 0
        self.renewals = Renewals(
            self.shop,
            clock=self.clock,
            spawn=self.spawn,
            meters=self.meters,
            log=self.log,
            renewed=self._tell,
            period_us=S,
        )

    def _tell(self) -> None:
        self.told += 1

    def in_s(self, seconds: int) -> int:
        return self.clock.us + seconds * S


def told(story: Callable[[Till], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        await story(Till())

    asyncio.run(run())


def test_what_ends_is_renewed_a_moment_before_and_once() -> None:
    async def story(till: Till) -> None:
        ahead_s = AHEAD_US // S
        till.shop.ends = {1: till.in_s(-500), 2: till.in_s(ahead_s), 3: till.in_s(ahead_s + 1)}
        await till.renewals.round()
        assert till.shop.buyers == [1, 2] and till.told == 1
        await till.renewals.round()
        assert till.shop.buyers == [1, 2]
        till.clock.us += S
        await till.renewals.round()
        assert till.shop.buyers == [1, 2, 3] and till.told == 2
        assert till.meters.renewals["renewed",] == 3

    told(story)


def test_who_has_no_money_is_looked_at_once_and_again_when_it_comes() -> None:
    async def story(till: Till) -> None:
        till.shop.ends, till.shop.poor = {1001: till.in_s(-1)}, {1001}
        for _ in range(3):
            await till.renewals.round()
        assert till.shop.looked == [1001] and till.meters.renewals["no-money",] == 1
        till.shop.poor.clear()
        till.renewals.hear([Change(1, "account", 1)])
        await till.renewals.round()
        assert till.shop.buyers == [1001]
        await till.renewals.round()
        assert till.shop.looked == [1001, 1001]

    told(story)


def test_money_that_sessions_hold_is_waited_for() -> None:
    async def story(till: Till) -> None:
        till.shop.ends, till.shop.held = {7: till.in_s(-1)}, {7}
        await till.renewals.round()
        assert till.meters.renewals["held",] == 1
        till.shop.held.clear()
        for _ in range(HELD_EVERY_N):
            await till.renewals.round()
        assert till.shop.buyers == [7]
        assert till.meters.renewals["held",] == 1
        looked = len(till.shop.looked)
        for _ in range(HELD_EVERY_N):
            await till.renewals.round()
        assert len(till.shop.looked) == looked, "it is free, and forgotten"

    told(story)


def test_many_are_looked_at_in_pages_and_bought_in_short_transactions() -> None:
    async def story(till: Till) -> None:
        many = LOOKED_AT_N * 2 + 7
        till.shop.ends = {n: till.in_s(-n % 50) for n in range(1, many + 1)}
        await till.renewals.round()
        assert sorted(till.shop.buyers) == list(range(1, many + 1))
        assert max(map(len, till.shop.bought)) == BOUGHT_AT_ONCE_N

    told(story)


def test_a_plan_that_changed_has_everybody_looked_at_anew() -> None:
    async def story(till: Till) -> None:
        till.shop.ends, till.shop.poor = {1: till.in_s(-1)}, {1}
        await till.renewals.round()
        till.shop.poor.clear()
        till.renewals.hear([Change(5, "plan", 9)])
        await till.renewals.round()
        assert till.shop.buyers == [1]

    told(story)


def test_an_outage_loses_nobody() -> None:
    async def story(till: Till) -> None:
        till.shop.ends = {1: till.in_s(-1), 1002: till.in_s(-1)}
        till.shop.away = True
        till.renewals.hear([Change(1, "account", 2), Change(2, "subscriber", 1)])
        run = asyncio.ensure_future(till.renewals.run())
        await asyncio.sleep(0)
        assert set(till.log.events("warning")) == {"renewals wait for the database"}
        till.shop.away = False
        till.spawn.advance(S)
        for _ in range(5):
            await asyncio.sleep(0)
        assert sorted(till.shop.buyers) == [1, 1002]
        run.cancel()

    told(story)


def test_a_payment_wakes_it_before_its_time_and_a_fault_does_not_end_it() -> None:
    async def story(till: Till) -> None:
        run = asyncio.ensure_future(till.renewals.run())
        await asyncio.sleep(0)
        till.shop.ends = {1: till.in_s(-1)}
        till.shop.promising = None  # type: ignore[assignment,method-assign]
        till.renewals.hear([Change(1, "subscriber", 1)])
        for _ in range(3):
            await asyncio.sleep(0)
        assert till.meters.failed_tasks["renewals",] == 1
        del till.shop.promising
        till.renewals.hear([Change(2, "subscriber", 1)])
        for _ in range(5):
            await asyncio.sleep(0)
        assert till.shop.buyers == [1]
        run.cancel()

    told(story)

"""Renewals as they are written: once, whole, audited, and found by the index of ends."""

from __future__ import annotations

import asyncio
import itertools
import json
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update

from billing.package import Renewal, renew
from billing.payment import Stamp
from domain.account import Status, Subscriber
from domain.period import DAY_US
from domain.plan import Package, Plan, Validity
from store import office_packages, office_plans, office_subscribers, rows, schema
from store.office_packages import End, Renewer
from store.office_subscribers import Customer
from tests.store.house import NOW_US, House, plan, tell
from tests.store.test_office_queries import plans_of
from tests.store.test_reading import crowd

PRICE = 12_000_000
UNTIL_US = NOW_US + 60_000_000


class Ids:
    """Numbers that rise."""

    def __init__(self, first: int = 10_000) -> None:
        self._numbers = itertools.count(first)

    def next(self) -> int:
        return next(self._numbers)


async def sell(house: House, name: str = "month", **changed: Any) -> Plan:
    """Load a plan of thirty days for twelve that renews itself."""
    bundle = Package(Validity(30), PRICE, auto_renew=True)
    made = plan(
        name=name, source=f"{name} {changed}", volume=None, **{"package": bundle, **changed}
    )
    async with house.database.office() as connection:
        used = [
            one.plan_id for one, _ in await office_plans.everything(connection, newest_only=False)
        ]
        plan_id = max(used, default=99) + 1
        stored, _ = await office_plans.load(connection, made, plan_id=plan_id, now_us=1)
    return stored


async def change(house: House, n: int = 1, **changed: Any) -> Subscriber:
    """Change subscriber n, who is on the plan of thirty days unless said otherwise."""
    async with house.database.office() as connection:
        (one,) = await office_subscribers.with_ids(connection, [1000 + n])
        after = replace(one.subscriber, **{"plan_name": "month", **changed})
        await office_subscribers.change(connection, after)
    return after


async def customer(house: House, n: int = 1) -> Customer:
    async with house.database.reading() as connection:
        (one,) = await office_subscribers.with_ids(connection, [1000 + n])
    return one


async def tried(house: House, n: int = 1, now_us: int = NOW_US) -> str:
    """What comes of renewing subscriber n; it was promised before."""
    renewer = Renewer(house.database, Ids(now_us % 10**9 + 10_000))
    promised = await renewer.promising([1000 + n], UNTIL_US)
    fates = await renewer.renew([1000 + n], now_us, UNTIL_US)
    assert promised == fates
    return fates[1000 + n]


def test_l9_a_renewal_is_written_whole_and_the_server_signs_for_it(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.settle(posted_micros=PRICE + 5)
        sold = await sell(house)
        before = await change(house, valid_until_us=NOW_US - 1)
        seq = await house.store.feed_seq()
        assert await tried(house) == "renewed"
        one = await customer(house)
        assert one.account.posted_micros == 5 and one.account.entries_n == 2
        assert one.subscriber.valid_until_us == NOW_US - 1 + 30 * DAY_US
        async with house.database.reading() as connection:
            (bought,) = await office_packages.purchases_of(connection, 1001, limit=5)
        assert bought.key == f"auto:1001:{before.valid_until_us}"
        assert (bought.plan_id, bought.price_micros) == (sold.plan_id, PRICE)
        deed = rows.DEEDS.of_row((await house.table("audit"))[-1])
        assert (deed.who, deed.action, deed.subject) == ("server", "subscriber renew", "user1")
        assert json.loads(deed.after)["price_micros"] == PRICE
        told = {change.kind for change in await house.store.feed(seq)}
        assert told == {"account", "subscriber"}
        assert await house.findings() == []

    tell(house_url, story)


def test_p1_an_end_is_renewed_once_whoever_tries_and_how_often(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.settle(posted_micros=10 * PRICE)
        await sell(house)
        ended = await change(house, valid_until_us=NOW_US - 1)
        servers = [Renewer(house.database, Ids(n * 10_000)) for n in (1, 2, 3)]
        fates = await asyncio.gather(*(one.renew([1001], NOW_US, UNTIL_US) for one in servers))
        assert sorted(fate[1001] for fate in fates) == ["not-due", "not-due", "renewed"]
        await change(house, valid_until_us=ended.valid_until_us)
        assert await servers[0].renew([1001], NOW_US, UNTIL_US) == {1001: "not-due"}
        assert (await customer(house)).account.posted_micros == 9 * PRICE
        assert await house.findings() == []

    tell(house_url, story)


@pytest.mark.parametrize(
    ("changed", "fate"),
    [
        ({}, "renewed"),
        ({"valid_until_us": UNTIL_US + 1}, "not-due"),
        ({"valid_until_us": None}, "not-due"),
        ({"auto_renew": False}, "not-due"),
        ({"status": Status.SUSPENDED}, "not-due"),
        ({"plan_name": "metered"}, "not-due"),
        ({"plan_name": "gone"}, "not-due"),
        ({"next_plan_name": "dear"}, "no-money"),
        ({"next_plan_name": "francs"}, "refused"),
        ({"next_plan_name": "free"}, "renewed"),
    ],
    ids=str,
)
def test_who_is_renewed_and_who_is_not(
    house_sqlite_url: str, changed: dict[str, Any], fate: str
) -> None:
    async def story(house: House) -> None:
        await house.settle(posted_micros=PRICE)
        await sell(house)
        renews = Package(Validity(30), PRICE + 1, auto_renew=True)
        await sell(house, "dear", package=renews)
        await sell(house, "francs", currency="CHF")
        await sell(house, "free", package=replace(renews, price_micros=0))
        await change(house, **{"valid_until_us": UNTIL_US, **changed})
        assert await tried(house) == fate
        after = (await customer(house)).subscriber
        if fate == "renewed":
            assert after.plan_name == changed.get("next_plan_name", "month")
            assert after.next_plan_name is None

    tell(house_sqlite_url, story)


def test_what_running_sessions_hold_pays_for_the_time_that_they_go_on_in(
    house_sqlite_url: str,
) -> None:
    async def story(house: House) -> None:
        await house.settle(posted_micros=PRICE)
        await sell(house)
        await change(house, valid_until_us=NOW_US)
        for posted, fate in ((PRICE - 1, "no-money"), (PRICE, "renewed")):
            async with house.database.office() as connection:
                money = {"posted_micros": posted, "held_micros": PRICE}
                await connection.execute(update(schema.accounts).values(**money))
            assert await tried(house) == fate
        assert (await customer(house)).account.available_micros == -PRICE

    tell(house_sqlite_url, story)


def test_a_renewal_by_hand_is_found_by_its_key(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.settle(posted_micros=PRICE)
        sold = await sell(house)
        await change(house, valid_until_us=NOW_US - 1)
        one = await customer(house)
        stamp = Stamp(500, "ref:4711", NOW_US, "by hand")
        made = renew(one.subscriber, one.account, sold, purchase_id=501, stamp=stamp)
        assert isinstance(made, Renewal)
        async with house.database.office() as connection:
            await office_packages.write(connection, [made])
            found = await office_packages.purchase_with_key(connection, 1, "ref:4711")
            none = await office_packages.purchase_with_key(connection, 1, "ref:4712")
        assert found == made.purchase and none is None
        assert (await customer(house)).subscriber == made.subscriber

    tell(house_url, story)


def test_ends_come_in_their_order_from_a_place_on(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.settle(accounts_n=5)
        for n, end_us in ((1, 300), (2, 100), (3, 300), (4, None), (5, 301)):
            await change(house, n, valid_until_us=end_us)
        renewer = Renewer(house.database, Ids())
        assert await renewer.ending((-1, -1), 300, 10) == [(100, 1002), (300, 1001), (300, 1003)]
        assert await renewer.ending((300, 1001), 300, 10) == [(300, 1003)]
        assert await renewer.ending((-1, -1), 301, 2) == [(100, 1002), (300, 1001)]
        assert await renewer.subscribers_of([2, 5, 77]) == [1002, 1005]

    tell(house_url, story)


def test_ends_and_purchases_are_found_by_an_index_among_many(house_sqlite_url: str) -> None:
    async def story(house: House) -> None:
        await crowd(house)
        async with house.database.office() as connection:
            table = schema.subscribers
            ends = update(table).values(valid_until_us=table.c.subscriber_id * 1_000)
            await connection.execute(ends)
            await connection.exec_driver_sql("ANALYZE")
        after, until_us = End(1_500_000, 1_500), 2_000_000
        plans = await plans_of(
            house,
            lambda c: office_packages.ending(c, after=after, until_us=until_us, limit=500),
        )
        assert any("ix_subscribers_ending" in step for step in plans), plans
        assert not any("SCAN" in step or "TEMP B-TREE" in step for step in plans), plans
        for question in (
            lambda c: office_packages.purchase_with_key(c, 7, "x"),
            lambda c: office_packages.purchases_of(c, 1007, limit=5),
            lambda c: office_subscribers.with_ids(c, [1007, 1008]),
        ):
            plans = await plans_of(house, question)
            assert plans and not any("SCAN" in step for step in plans), plans

    tell(house_sqlite_url, story)

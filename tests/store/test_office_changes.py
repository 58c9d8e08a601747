"""What a change of plan is told by the books: fees paid once, and time that was paid for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from billing.activation import activation
from billing.change import Change
from billing.payment import Payment, Stamp, refund, reversal, top_up
from domain.account import Purchase
from domain.plan import Plan
from domain.pricing import Pricing, Rate
from store import office_changes, office_money, rows
from store.office_money import Raced
from tests.store.house import NOW_US, House, plan, tell
from tests.store.test_office_packages import PRICE, change, customer, sell, tried

FEE = 1_000_000
RICH = Pricing(rates=(Rate(),), activation_fee_micros=FEE)


async def book(house: House, payment: Payment) -> None:
    async with house.database.office() as connection:
        await office_money.book(connection, payment)


async def due(house: House, sold: Plan) -> tuple[bool, bool]:
    one = await customer(house)
    async with house.database.reading() as connection:
        return (
            await office_changes.activation_due(connection, one.account.account_id, sold),
            await office_changes.begins_with_fee(connection, one, sold),
        )


def test_p1_a_fee_is_due_until_it_is_paid_and_with_renewals_of_another_plan(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.settle(posted_micros=FEE)
        sold = plan(name="rich", pricing=RICH, volume=None)
        assert await due(house, sold) == (True, True)
        assert await due(house, replace(sold, name="user1's own")) == (True, True)
        assert await due(house, plan()) == (False, False)
        one = await customer(house)
        mine = replace(sold, name=one.subscriber.plan_name)
        assert await due(house, mine) == (True, False)  # it has that plan: a renewal costs none
        made = activation(one.account, sold, entry_id=900, now_us=NOW_US)
        assert isinstance(made, Payment)
        await book(house, made)
        assert await due(house, sold) == (False, False)
        assert await house.findings() == []

    tell(house_url, story)


def test_the_server_renews_with_the_fee_or_not_at_all(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.settle(posted_micros=PRICE + FEE - 1)
        await sell(house)
        await sell(house, "rich", pricing=RICH)
        await change(house, valid_until_us=NOW_US - 1, next_plan_name="rich")
        assert await tried(house) == "no-money"
        one = await customer(house)
        paid = top_up(one.account, 1, stamp=Stamp(903, "ref:one", NOW_US))
        assert isinstance(paid, Payment)
        await book(house, paid)
        assert await tried(house) == "renewed"
        one = await customer(house)
        assert (one.account.posted_micros, one.subscriber.plan_name) == (0, "rich")
        assert await house.findings() == []

    tell(house_url, story)


def test_what_is_refundable_is_what_has_not_ended_and_was_not_undone(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.settle(posted_micros=3 * PRICE)
        await sell(house)
        await change(house, valid_until_us=NOW_US - 1)
        assert await tried(house) == "renewed"
        one = await customer(house)
        async with house.database.reading() as connection:
            (had,) = await office_changes.refundable(connection, one, NOW_US)
            later = await office_changes.refundable(connection, one, (had.until_us or 0) + 1)
            entry = await office_money.entry_with_key(connection, 1, had.key)
        assert had.price_micros == PRICE and later == [] and entry is not None
        undone = reversal(
            one.account, entry, takers={}, stamp=Stamp(901, "ref:undo", NOW_US, "a mistake")
        )
        assert isinstance(undone, Payment)
        await book(house, undone)
        async with house.database.reading() as connection:
            (had,) = await office_changes.refundable(connection, one, NOW_US)
        assert had.price_micros == 0

    tell(house_url, story)


def test_l9_a_change_is_written_whole(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.settle(posted_micros=FEE)
        one = await customer(house)
        back = refund(one.account, 7, stamp=Stamp(902, "refund:5", NOW_US, "given up"))
        gone = Purchase(5, 1, 1001, "change:5", "change", 7, 0, None, NOW_US + 9, NOW_US, NOW_US)
        made = Change(one.subscriber, one.account, purchase=gone, refunded=back)
        async with house.database.office() as connection:
            await office_changes.write_change(connection, made)
        kept = [rows.PURCHASES.of_row(row) for row in await house.table("purchases")]
        assert kept == [gone] and (await customer(house)).account.posted_micros == FEE + 7
        with pytest.raises(Raced):
            async with house.database.office() as connection:
                await office_changes.write_change(connection, made)
        assert await house.findings() == []

    tell(house_url, story)

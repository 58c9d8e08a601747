"""Booking moves entry, postings and sums together, once, whoever else books."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from billing.payment import Payment, Stamp, correction, top_up
from domain.account import Account
from store import office_money, office_subscribers
from store.office_money import Raced
from store.office_subscribers import Customer
from tests.store.house import NOW_US, House, account, subscriber, tell
from tests.untold import Untold


async def open_purse(house: House) -> Account:
    purse = account(1)
    async with house.database.office() as connection:
        await office_subscribers.add(connection, [Customer(subscriber(1), purse)])
    return purse


def stamp(n: int) -> Stamp:
    return Stamp(entry_id=100 + n, key=f"ref:{n}", created_us=NOW_US, reason="why")


def paid(purse: Account, amount: int, n: int) -> Payment:
    payment = top_up(purse, amount, stamp=stamp(n))
    assert isinstance(payment, Payment)
    return payment


async def purse_now(house: House) -> Account:
    async with house.database.reading() as connection:
        found = await office_subscribers.find(connection, "user1")
    assert found is not None
    return found.account


def test_l3_an_entry_and_the_sums_move_together(house_url: str) -> None:
    async def story(house: House) -> None:
        purse = await open_purse(house)
        payment = paid(purse, 700, 1)
        async with house.database.office() as connection:
            await office_money.book(connection, payment)
        assert await purse_now(house) == replace(purse, posted_micros=700, entries_n=1)
        async with house.database.reading() as connection:
            assert await office_money.history(connection, 1, limit=9) == [payment.entry]
            assert await office_money.entry_with_key(connection, 1, "ref:1") == payment.entry
            assert await office_money.entry_with_key(connection, 1, "ref:2") is None
            assert await office_money.sums(connection, 1) == {"top-up": (1, 700)}
        assert await house.findings() == []

    tell(house_url, story)


def test_l10_a_booking_on_an_old_view_of_the_account_writes_nothing(house_url: str) -> None:
    async def story(house: House) -> None:
        purse = await open_purse(house)
        async with house.database.office() as connection:
            await office_money.book(connection, paid(purse, 1, 1))
        before = await house.everything()
        with pytest.raises(Raced):
            async with house.database.office() as connection:
                await office_money.book(connection, paid(purse, 1, 2))
        assert await house.everything() == before

    tell(house_url, story)


def test_l5_a_correction_names_an_entry_and_history_knows_its_number(house_url: str) -> None:
    async def story(house: House) -> None:
        purse = await open_purse(house)
        first = paid(purse, 900, 1)
        async with house.database.office() as connection:
            await office_money.book(connection, first)
        purse = await purse_now(house)
        wrong = correction(purse, -900, corrected=first.entry, stamp=stamp(2))
        assert isinstance(wrong, Payment)
        async with house.database.office() as connection:
            await office_money.book(connection, wrong)
        async with house.database.reading() as connection:
            entries = await office_money.history(connection, 1, limit=9)
            assert [entry.seq for entry in entries] == [1, 2]
            newest = await office_money.history(connection, 1, limit=1)
            assert newest == entries[1:]
            assert await office_money.seqs(connection, 1, {101, None}) == {101: 1}
        assert (await purse_now(house)).posted_micros == 0
        assert await house.findings() == []

    tell(house_url, story)


def test_many_offices_that_book_at_once_lose_nothing(house_url: str) -> None:
    async def story(house: House) -> None:
        await open_purse(house)

        async def book(n: int) -> None:
            database = await Untold.open(house_url)
            try:
                async with database.office() as connection:
                    found = await office_subscribers.find(connection, "user1", lock=True)
                    assert found is not None
                    await office_money.book(connection, paid(found.account, n, n))
            finally:
                await database.close()

        await asyncio.gather(*(book(n) for n in range(1, 9)))
        now = await purse_now(house)
        assert (now.posted_micros, now.entries_n) == (sum(range(1, 9)), 8)
        assert await house.findings() == []

    tell(house_url, story)

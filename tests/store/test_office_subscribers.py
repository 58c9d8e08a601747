"""Subscribers are written whole, with their money and their news, or not at all."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy.exc import IntegrityError

from store import office_money, office_subscribers
from store.office_subscribers import Customer
from tests.store.house import House, account, subscriber, tell, top_up


def customer(n: int) -> Customer:
    return Customer(subscriber(n), account(n))


async def added(house: House, *numbers: int) -> None:
    async with house.database.office() as connection:
        await office_subscribers.add(connection, [customer(n) for n in numbers])


def test_a_subscriber_comes_back_as_it_went_in(house_url: str) -> None:
    async def story(house: House) -> None:
        one = customer(3)
        one = Customer(
            replace(one.subscriber, device_ids=(7, 9), mac="00:00:00:00:00:01"), one.account
        )
        async with house.database.office() as connection:
            await office_subscribers.add(connection, [one])
        async with house.database.reading() as connection:
            assert await office_subscribers.find(connection, "user3") == one
            assert await office_subscribers.find(connection, "user4") is None

    tell(house_url, story)


def test_l9_all_are_added_or_none_and_the_feed_hears_of_each(house_url: str) -> None:
    async def story(house: House) -> None:
        await added(house, 1)
        seq = await house.store.feed_seq()
        with pytest.raises(IntegrityError):
            await added(house, 2, 3, 1)
        assert len(await house.table("subscribers")) == 1
        assert await house.store.feed_seq() == seq
        await added(house, 2, 3)
        news = await house.store.feed(seq)
        assert [(change.kind, change.row_id) for change in news] == [
            ("subscriber", 1002),
            ("subscriber", 1003),
        ]

    tell(house_url, story)


def test_l3_an_opening_balance_must_be_on_the_account_already(house_url: str) -> None:
    async def story(house: House) -> None:
        purse = account(1)
        entry = top_up(purse, 500, seq=1)
        with pytest.raises(AssertionError, match="L3"):
            async with house.database.office() as connection:
                await office_subscribers.add(connection, [Customer(subscriber(1), purse)], [entry])
        rich = replace(purse, posted_micros=500, entries_n=1)
        async with house.database.office() as connection:
            await office_subscribers.add(connection, [Customer(subscriber(1), rich)], [entry])
        assert await house.findings() == []
        async with house.database.reading() as connection:
            assert await office_money.entry_with_seq(connection, 1, 1) == entry

    tell(house_url, story)


def test_a_long_list_is_read_page_by_page(house_url: str) -> None:
    async def story(house: House) -> None:
        await added(house, *range(1, 8))
        seen: list[str] = []
        while True:
            after = seen[-1] if seen else ""
            async with house.database.reading() as connection:
                page = await office_subscribers.page(connection, after=after, limit=3)
            seen += [one.subscriber.login for one in page]
            if len(page) < 3:
                break
        assert seen == [f"user{n}" for n in range(1, 8)]

    tell(house_url, story)


def test_logins_that_are_taken_are_found_however_many_are_asked_for(house_url: str) -> None:
    async def story(house: House) -> None:
        await added(house, 1, 2)
        asked = [f"user{n}" for n in range(2, 3_000)]
        async with house.database.reading() as connection:
            assert await office_subscribers.taken(connection, asked) == {"user2"}

    tell(house_url, story)


def test_a_credit_limit_is_news_of_the_account(house_url: str) -> None:
    async def story(house: House) -> None:
        await added(house, 1)
        seq = await house.store.feed_seq()
        async with house.database.office() as connection:
            await office_subscribers.set_credit_limit(connection, 1, 750)
        assert [change.kind for change in await house.store.feed(seq)] == ["account"]
        async with house.database.reading() as connection:
            found = await office_subscribers.find(connection, "user1")
        assert found is not None and found.account.credit_limit_micros == 750

    tell(house_url, story)

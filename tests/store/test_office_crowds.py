"""Many subscribers at once: found by login, changed in a few statements, heard of by the server."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy.exc import IntegrityError

from domain.account import Status
from store import office_crowds, office_subscribers
from store.office_subscribers import Customer
from tests.store.house import House, account, subscriber, tell


async def add(house: House, numbers: range) -> None:
    """Subscribers user1, user2 and so on, each with an address of its own."""
    made = [Customer(subscriber(n, framed_ip_address=f"100.64.0.{n}"), account(n)) for n in numbers]
    async with house.database.office() as connection:
        await office_subscribers.add(connection, made)


async def called(house: House, *logins: str) -> dict[str, Customer]:
    async with house.database.reading() as connection:
        return await office_crowds.called(connection, logins)


def test_of_a_file_those_are_found_that_exist_however_many_it_names(
    house_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office_crowds, "_ROWS_AT_ONCE", 2)

    async def story(house: House) -> None:
        await add(house, range(1, 6))
        found = await called(house, "user5", "nobody", "user1", "user2", "user9")
        assert sorted(found) == ["user1", "user2", "user5"]
        assert found["user5"].account == account(5)
        assert found["user5"].subscriber == subscriber(5, framed_ip_address="100.64.0.5")
        assert await called(house) == {}

    tell(house_url, story)


def test_two_swap_their_addresses_in_one_file(house_url: str) -> None:
    async def story(house: House) -> None:
        await add(house, range(1, 4))
        found = await called(house, "user1", "user2")
        one, two = (found[name].subscriber for name in ("user1", "user2"))
        swapped = [
            (one, replace(one, framed_ip_address=two.framed_ip_address)),
            (two, replace(two, framed_ip_address=one.framed_ip_address)),
        ]
        async with house.database.office() as connection:
            await office_crowds.change(connection, swapped)
        after = await called(house, "user1", "user2", "user3")
        held = {login: who.subscriber.framed_ip_address for login, who in after.items()}
        assert held == {"user1": "100.64.0.2", "user2": "100.64.0.1", "user3": "100.64.0.3"}

    tell(house_url, story)


def test_l9_an_address_of_somebody_else_changes_nobody(house_url: str) -> None:
    async def story(house: House) -> None:
        await add(house, range(1, 4))
        found = await called(house, "user1", "user2")
        one, two = (found[name].subscriber for name in ("user1", "user2"))
        before = await house.everything()
        records = [
            (one, replace(one, status=Status.SUSPENDED)),
            (two, replace(two, framed_ip_address="100.64.0.3")),
        ]
        with pytest.raises(IntegrityError):
            async with house.database.office() as connection:
                await office_crowds.change(connection, records)
        assert await house.everything() == before

    tell(house_url, story)


def test_who_is_changed_is_written_whole_and_the_server_hears_of_each(
    house_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office_crowds, "_ROWS_AT_ONCE", 2)

    async def story(house: House) -> None:
        await add(house, range(1, 6))
        seq = await house.store.feed_seq()
        found = await called(house, "user1", "user2", "user3")
        records = [
            (who.subscriber, replace(who.subscriber, name=f"Ann {n}", device_ids=(n, 9)))
            for n, who in enumerate(found.values(), start=1)
        ]
        async with house.database.office() as connection:
            await office_crowds.change(connection, records)
        after = await called(house, "user1", "user2", "user3", "user4")
        assert [after[two.login].subscriber for _, two in records] == [two for _, two in records]
        assert after["user4"].subscriber.name == ""
        news = await house.store.feed(seq)
        assert [(one.kind, one.row_id) for one in news] == [
            ("subscriber", two.subscriber_id) for _, two in records
        ]

    tell(house_url, story)


def test_a_new_name_is_found_by_its_words_and_the_old_one_no_longer(house_url: str) -> None:
    async def story(house: House) -> None:
        await add(house, range(1, 2))
        for name in ("Jane Eyre", "Jane Rochester"):
            ((_, who),) = (await called(house, "user1")).items()
            async with house.database.office() as connection:
                changed = (who.subscriber, replace(who.subscriber, name=name))
                await office_crowds.change(connection, [changed])
        words = {value for row in await house.table("subscriber_words") for value in row}
        assert "rochester" in words and "eyre" not in words

    tell(house_url, story)


def test_credit_limits_are_set_and_those_accounts_are_heard_of(house_url: str) -> None:
    async def story(house: House) -> None:
        await add(house, range(1, 4))
        seq = await house.store.feed_seq()
        async with house.database.office() as connection:
            await office_crowds.set_credit_limits(connection, {3: 7_000, 1: 5_000})
            await office_crowds.set_credit_limits(connection, {})
        found = await called(house, "user1", "user2", "user3")
        limits = {login: who.account.credit_limit_micros for login, who in found.items()}
        assert limits == {"user1": 5_000, "user2": 0, "user3": 7_000}
        news = await house.store.feed(seq)
        assert sorted((one.kind, one.row_id) for one in news) == [("account", 1), ("account", 3)]

    tell(house_url, story)

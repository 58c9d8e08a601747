"""Devices come back whole, keep their prefixes to themselves, and go with all that is theirs."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from domain.device import Device, Latch, Policy
from domain.session import SessionState
from store import office_devices, office_subscribers, rows, schema
from store.office_subscribers import Customer
from tests.store.house import House, account, device, session, subscriber, tell


async def added(house: House, *devices: Device) -> None:
    async with house.database.office() as connection:
        for one in devices:
            await office_devices.add(connection, one)


async def latched(house: House, device_id: int) -> None:
    async with house.database.office() as connection:
        row = {
            "device_id": device_id,
            "source_address": "10.0.5.1",
            "latch": Latch.NO_PROXY_STATE,
            "since_us": 1,
        }
        await connection.execute(insert(schema.device_latches).values(row))


def test_a_device_comes_back_as_it_went_in(house_url: str) -> None:
    async def story(house: House) -> None:
        one = replace(device(5), prefixes=("10.0.5.0/24", "2001:db8::/64"), swap=True, interim_s=60)
        await added(house, one)
        await latched(house, 5)
        async with house.database.reading() as connection:
            found = await office_devices.find(connection, "tower-5")
            assert found == replace(one, latches={("10.0.5.1", Latch.NO_PROXY_STATE)})
            assert await office_devices.everyone(connection) == [found]
            assert await office_devices.names(connection) == {5: "tower-5"}
            assert await office_devices.owners(connection, ["10.0.5.0/24", "x"]) == {
                "10.0.5.0/24": "tower-5"
            }

    tell(house_url, story)


def test_a_prefix_belongs_to_one_device(house_url: str) -> None:
    async def story(house: House) -> None:
        await added(house, device(5))
        with pytest.raises(IntegrityError):
            await added(house, replace(device(6), prefixes=device(5).prefixes))
        assert len(await house.table("devices")) == 1

    tell(house_url, story)


def test_bl_03_a_change_forgets_what_was_proved_only_when_it_is_to(house_url: str) -> None:
    async def story(house: House) -> None:
        await added(house, device(5))
        await latched(house, 5)
        changed = replace(device(5), coa_port=1700, prefixes=("10.9.0.0/16",))
        async with house.database.office() as connection:
            await office_devices.change(connection, changed, forget_latches=False)
        assert len(await house.table("device_latches")) == 1
        stricter = replace(changed, require_message_authenticator=Policy.YES)
        async with house.database.office() as connection:
            await office_devices.change(connection, stricter, forget_latches=True)
        assert await house.table("device_latches") == []
        async with house.database.reading() as connection:
            assert await office_devices.find(connection, "tower-5") == stricter

    tell(house_url, story)


def test_removing_takes_addresses_and_latches_along_and_is_news(house_url: str) -> None:
    async def story(house: House) -> None:
        await added(house, device(5))
        await latched(house, 5)
        seq = await house.store.feed_seq()
        async with house.database.office() as connection:
            await office_devices.remove(connection, 5)
        for table in ("devices", "device_addresses", "device_latches"):
            assert await house.table(table) == []
        assert [(one.kind, one.row_id) for one in await house.store.feed(seq)] == [("device", 5)]

    tell(house_url, story)


def test_who_may_come_from_a_device_only_is_counted_by_whole_numbers(house_url: str) -> None:
    async def story(house: House) -> None:
        bound = ((1, (5,)), (2, (15, 5)), (3, (55,)), (4, ()))
        people = [Customer(subscriber(n, device_ids=ids), account(n)) for n, ids in bound]
        async with house.database.office() as connection:
            await office_subscribers.add(connection, people)
            assert (await office_devices.uses(connection, 5, now_us=0))["subscribers"] == 2
            assert (await office_devices.uses(connection, 6, now_us=0))["subscribers"] == 0

    tell(house_url, story)


def test_a_login_that_never_began_keeps_no_device_from_being_removed(house_url: str) -> None:
    async def story(house: House) -> None:
        waiting = session(7, state=SessionState.ACCEPTED, device_id=5, slot_until_us=60)
        await house.add(rows.SESSIONS, waiting)
        async with house.database.reading() as connection:
            assert (await office_devices.uses(connection, 5, now_us=59))["live"] == 1
            assert (await office_devices.uses(connection, 5, now_us=60))["live"] == 0

    tell(house_url, story)

"""Notes are replaced, samples are named, and strangers are listed newest first."""

from __future__ import annotations

from sqlalchemy import insert

from domain.account import Status
from store import office_devices, office_house, office_plans, office_subscribers, schema
from store.office_subscribers import Customer
from tests.store.house import House, account, device, plan, subscriber, tell


def test_a_note_takes_the_place_of_the_one_before(house_url: str) -> None:
    async def story(house: House) -> None:
        for value in ("first", "second"):
            async with house.database.office() as connection:
                await office_house.leave_note(connection, "topic", value)
        async with house.database.reading() as connection:
            assert await office_house.note(connection, "topic") == "second"
            assert await office_house.note(connection, "other") is None

    tell(house_url, story)


def test_samples_are_named_until_they_are_gone(house_url: str) -> None:
    async def story(house: House) -> None:
        people = [
            Customer(subscriber(1, sample=True), account(1)),
            Customer(subscriber(2, sample=True, status=Status.CLOSED), account(2)),
            Customer(subscriber(3), account(3)),
        ]
        async with house.database.office() as connection:
            await office_devices.add(connection, device(5, sample=True))
            await office_devices.add(connection, device(6))
            await office_plans.load(connection, plan(sample=True), plan_id=1, now_us=1)
            await office_subscribers.add(connection, people)
        async with house.database.reading() as connection:
            assert await office_house.sample_names(connection) == [
                "NAS tower-5",
                "plan metered",
                "subscriber user1",
            ]

    tell(house_url, story)


def test_strangers_are_listed_newest_first(house_url: str) -> None:
    async def story(house: House) -> None:
        rows = [
            {"address": f"192.0.2.{n}", "count_n": n, "first_us": 1, "last_us": n, "code": 1,
             "port": 1812}
            for n in (1, 3, 2)
        ]  # fmt: skip
        async with house.database.office() as connection:
            await connection.execute(insert(schema.knocks), rows)
        async with house.database.reading() as connection:
            found = await office_house.strangers(connection, limit=2)
        assert found == [("192.0.2.3", 3, 3), ("192.0.2.2", 2, 2)]

    tell(house_url, story)

"""Settling suspense on an old view of its session writes nothing at all."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import insert

from store import office_suspense, schema
from store.office_money import values
from store.office_suspense import Raced
from store.rows import SESSIONS, SUSPENSE
from tests.store.house import House, session, suspended_usage, tell


async def kept(house: House) -> None:
    await house.add(SESSIONS, session(90, 0, version=3))
    async with house.database.office() as connection:
        row = suspended_usage(7, session_id=90)
        await connection.execute(insert(schema.suspense).values(values(SUSPENSE, row)))


def test_a_session_is_written_as_the_next_version_only_on_top_of_the_one_read(
    house_url: str,
) -> None:
    async def story(house: House) -> None:
        await kept(house)
        async with house.database.office() as connection:
            row = await office_suspense.find(connection, 7)
            assert row is not None
            read = await office_suspense.session_of(connection, row)
            assert read is not None
            after = replace(read, review_output=5)
            await office_suspense.write_session(connection, read, after)
        assert after.version == 4
        before = await house.everything()
        with pytest.raises(Raced):
            async with house.database.office() as connection:
                await office_suspense.write_session(connection, read, replace(read))
        assert await house.everything() == before

    tell(house_url, story)


def test_a_settled_row_leaves_the_list_and_is_news_of_its_session(house_url: str) -> None:
    async def story(house: House) -> None:
        await kept(house)
        seq = await house.store.feed_seq()
        async with house.database.office() as connection:
            (row,) = await office_suspense.listing(connection, everything=False, limit=9)
            done = replace(row, state="dropped", resolved_us=5, note="test")
            await office_suspense.settle(connection, done)
        async with house.database.reading() as connection:
            assert await office_suspense.listing(connection, everything=False, limit=9) == []
            assert await office_suspense.listing(connection, everything=True, limit=9) == [done]
        news = await house.store.feed(seq)
        assert [(one.kind, one.row_id) for one in news] == [("session", 90)]

    tell(house_url, story)

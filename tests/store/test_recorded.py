"""Recorded usage in bulk, on both databases: what lies in a span, what came before, whose it is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import insert

from accounting import journal
from accounting.comparison import Person
from accounting.journal import Record
from domain.seams import US_PER_S, compose_id
from store import recorded, rows, schema
from store.journal import JournalDamaged, journal_digest
from tests.store.house import NOW_US, House, session, subscriber, tell

DAY_US = 86_400 * US_PER_S


def record(session_id: int, seconds: int, previous: int = 0) -> Record:
    effect = ("advanced", 0, 0, seconds, 0, 0, 0, b"")
    return Record(session_id, 1, 5, previous, 1, NOW_US + seconds * US_PER_S, *effect)


async def write(house: House, at_us: int, *records: Record, spoil: bool = False) -> int:
    """One row of the journal; its id."""
    body, journal_id = journal.encode(records), compose_id(at_us, 7)
    digest = journal_digest(journal_id, at_us, body)
    values = (journal_id, at_us, body + b"x" * spoil, digest)
    async with house.database.office() as connection:
        await connection.execute(insert(schema.journal).values(values))
    return journal_id


def test_the_journal_of_a_span_is_read_in_order_a_few_rows_at_a_time(
    house_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorded, "_ROWS_FEWEST", 2)
    monkeypatch.setattr(recorded, "_ROWS_MOST", 2)

    async def story(house: House) -> None:
        before = await write(house, NOW_US - US_PER_S, record(1, 1), record(2, 1), record(1, 2))
        for n in range(5):
            await write(house, NOW_US + n * US_PER_S, record(1, 10 + n, before))
        await write(house, NOW_US + DAY_US // 2, record(3, 50))
        await write(house, NOW_US + 3 * DAY_US, record(3, 60))
        span = NOW_US, NOW_US + 60 * US_PER_S
        found = [batch async for batch in recorded.batches(house.database, *span)]
        assert [[one[8] for one in batch] for batch in found] == [[10, 11], [12, 13], [14, 50], []]
        earlier = recorded.batches(house.database, *span, lead_us=US_PER_S)
        assert [one[8] for one in await anext(earlier)] == [1, 1, 2, 10]
        await earlier.aclose()
        (one,) = await recorded.reports_before(house.database, {1: before, 9: before, 4: 12})
        assert (one[0], one[8]) == (1, 2)

    tell(house_url, story)


def test_a_damaged_row_is_not_priced(house_url: str) -> None:
    async def story(house: House) -> None:
        await write(house, NOW_US, record(1, 10), spoil=True)
        with pytest.raises(JournalDamaged):
            _ = [one async for one in recorded.batches(house.database, NOW_US, NOW_US + DAY_US)]

    tell(house_url, story)


def test_people_and_their_sessions_without_a_fee(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.settle(accounts_n=3)
        second = replace(subscriber(2), subscriber_id=9_000, login="second", plan_name="other")
        await house.add(rows.SUBSCRIBERS, second)
        found = await recorded.people(house.database)
        assert found == {n: Person(f"user{n}", subscriber(n).timezone, "USD") for n in (1, 2, 3)}
        assert await recorded.people(house.database, "other") == {2: Person("second", "", "USD")}
        sessions = [
            session(21),
            session(22, class_session_id=21),
            session(23, adopted=True),
        ]
        await house.add(rows.SESSIONS, *sessions)
        asked = await recorded.without_fee(house.database, [21, 22, 23, 24])
        assert sorted(asked) == [22, 23]

    tell(house_url, story)

"""The records of a session are found along their chain, in order, however they were batched."""

from __future__ import annotations

import pytest
from sqlalchemy import insert

from accounting import journal
from accounting.journal import Record
from store import office_journal, schema
from store.journal import JournalDamaged, journal_digest
from tests.store.house import House, session, tell


def record(session_id: int, previous: int, seconds: int) -> Record:
    return Record(
        session_id=session_id,
        account_id=1,
        device_id=5,
        previous=previous,
        arrived_us=1,
        event_us=1,
        effect="advanced",
        input_octets=0,
        output_octets=0,
        session_s=seconds,
        free_octets=0,
        free_s=0,
        charged_micros=0,
        attributes=b"",
    )


async def write(house: House, rows: dict[int, list[Record]], *, spoil: int = 0) -> None:
    async with house.database.office() as connection:
        for journal_id, records in rows.items():
            body = journal.encode(records)
            digest = journal_digest(journal_id, 1, body)
            if journal_id == spoil:
                body += b"x"
            row = {"journal_id": journal_id, "created_us": 1, "body": body, "digest": digest}
            await connection.execute(insert(schema.journal).values(row))


CHAIN = {
    10: [record(90, 0, 1), record(91, 0, 7), record(90, 10, 2)],
    20: [record(91, 10, 8)],
    30: [record(90, 10, 3)],
    40: [record(90, 30, 4), record(90, 40, 5)],
}


def test_a_chain_is_read_in_order_over_batches_that_hold_several(house_url: str) -> None:
    async def story(house: House) -> None:
        await write(house, CHAIN)
        one = session(90, journal_last=40)
        (found,) = await office_journal.records_of_all(house.database, [one])
        assert [(at, one.session_s) for at, one in found] == [
            (10, 1), (10, 2), (30, 3), (40, 4), (40, 5),
        ]  # fmt: skip
        (newest,) = await office_journal.records_of_all(house.database, [one], limit=2)
        assert [one.session_s for _, one in newest] == [4, 5]

    tell(house_url, story)


def test_a_chain_ends_where_rows_were_cleared_away(house_url: str) -> None:
    async def story(house: House) -> None:
        await write(house, {key: CHAIN[key] for key in (30, 40)})
        some = [session(90, journal_last=40), session(90, journal_last=0)]
        found, none = await office_journal.records_of_all(house.database, some)
        assert [one.session_s for _, one in found] == [3, 4, 5]
        assert none == []

    tell(house_url, story)


def test_a_damaged_row_is_an_error(house_url: str) -> None:
    async def story(house: House) -> None:
        await write(house, CHAIN, spoil=30)
        with pytest.raises(JournalDamaged):
            await office_journal.records_of_all(house.database, [session(90, journal_last=40)])

    tell(house_url, story)


def test_chains_of_several_sessions_are_read_together_a_few_rows_at_a_time(
    house_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office_journal, "ROWS_AT_ONCE", 2)

    async def story(house: House) -> None:
        await write(house, CHAIN)
        some = [session(91, journal_last=20), session(92), session(90, journal_last=40)]
        found = await office_journal.records_of_all(house.database, some)
        assert [[one.session_s for _, one in mine] for mine in found] == [
            [7, 8], [], [1, 2, 3, 4, 5],
        ]  # fmt: skip
        newest = await office_journal.records_of_all(house.database, some, limit=1)
        assert [[one.session_s for _, one in mine] for mine in newest] == [[8], [], [5]]

    tell(house_url, story)

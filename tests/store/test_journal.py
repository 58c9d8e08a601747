"""The journal's rows prove themselves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy import insert

from aaa.ports import Changes
from accounting.journal import packed
from store import schema
from store.journal import JournalDamaged, JournalRow, journal_digest, read_rows, scan, sound
from tests.store.house import NOW_US, House, tell

NUMBERS = some.integers(min_value=0, max_value=2**63 - 1)


@given(NUMBERS, NUMBERS, some.binary(max_size=200), some.data())
def test_a1_a_row_changed_in_any_octet_is_recognised(
    journal_id: int, created_us: int, body: bytes, data: some.DataObject
) -> None:
    digest = journal_digest(journal_id, created_us, body)
    assert sound(journal_id, created_us, body, digest)
    assert not sound(journal_id ^ 1, created_us, body, digest)
    assert not sound(journal_id, created_us ^ 1, body, digest)
    assert not sound(journal_id, created_us, body + b"\0", digest)
    if body:
        at = data.draw(some.integers(0, len(body) - 1))
        other = bytes([*body[:at], body[at] ^ 0x10, *body[at + 1 :]])
        assert not sound(journal_id, created_us, other, digest)


def test_rows_are_read_by_id_and_in_ranges(house_url: str) -> None:
    async def story(house: House) -> None:
        for n in range(1, 8):
            await house.store.commit(
                Changes(NOW_US + n, 0, journal_id=n * 10, journal=b"batch %d" % n)
            )
        async with house.database.reading() as connection:
            found = await read_rows(connection, [30, 10, 99, 10])
            assert found == {
                10: JournalRow(10, NOW_US + 1, packed(b"batch 1")),
                30: JournalRow(30, NOW_US + 3, packed(b"batch 3")),
            }
            ids = [row.journal_id for row in await scan(connection, 20, 60, 9)]
            assert ids == [30, 40, 50, 60]
            first = [row.journal_id for row in await scan(connection, 0, 1 << 60, 3)]
            assert first == [10, 20, 30]

    tell(house_url, story)


def test_a_damaged_row_is_not_read(house_url: str) -> None:
    async def story(house: House) -> None:
        async with house.database.office() as connection:
            await connection.execute(
                insert(schema.journal).values(
                    journal_id=7, created_us=1, body=b"x", digest=bytes(32)
                )
            )
        async with house.database.reading() as connection:
            with pytest.raises(JournalDamaged, match="row 7"):
                await read_rows(connection, [7])
            with pytest.raises(JournalDamaged, match="row 7"):
                await scan(connection, 0, 9, 1)

    tell(house_url, story)

"""The WAL is moved beside the commits, pass after pass, as long as that gains something."""

from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy import func, select

from aaa.ports import Changes
from store import beside, schema
from store._packed import BooksFile
from store.beside import Beside
from tests.store.house import NOW_US, House, tell

PAGES_N = 4_000


@pytest.mark.parametrize(
    ("left", "passes_n"),
    [
        ([2_000, 900, 400], 3),  # the third leaves little
        ([0], 1),
        ([beside.REST_PAGES], 1),
        ([3_000], 1),  # somebody holds them back
        ([2_000, 1_100], 2),  # what is committed meanwhile is no less than before
    ],
)
def test_it_goes_over_the_log_again_while_each_pass_leaves_half_as_much(
    house_sqlite_url: str, monkeypatch: pytest.MonkeyPatch, left: list[int], passes_n: int
) -> None:
    passes = []

    def moved_and_flushed(connection: sqlite3.Connection, file: BooksFile) -> int:
        passes.append(file)
        return left[len(passes) - 1]

    monkeypatch.setattr(beside, "moved_and_flushed", moved_and_flushed)

    async def story(house: House) -> None:
        mover = Beside(house.database)
        assert await mover.move(PAGES_N) == left[-1]
        assert len(passes) == passes_n
        await mover.close()
        await mover.close()

    tell(house_sqlite_url, story)


def test_what_a_reader_holds_back_is_counted_and_moved_when_he_is_gone(
    house_sqlite_url: str,
) -> None:
    async def story(house: House) -> None:
        mover = Beside(house.database)
        async with house.database.reading() as connection:
            await connection.execute(select(func.count()).select_from(schema.journal))
            await house.store.commit(Changes(NOW_US, 0, journal_id=70, journal=bytes(9)))
            held_n = await mover.move(10)
            assert 0 < held_n < 10
        assert await mover.move(held_n) == 0
        await mover.close()

    tell(house_sqlite_url, story)

"""Deeds are found by who, what and when, newest first, and the chain proves itself."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, text

from domain.deed import draft
from store import audit, office_deeds, schema
from store.office_deeds import Wanted
from tests.store.house import NOW_US, House, tell
from tests.store.test_audit import TRIGGERS

WANTED = [
    (Wanted(), [6, 5, 4, 3, 2, 1]),
    (Wanted(subject="user1"), [5, 3, 1]),
    (Wanted(subject="user1", kinds=("device",)), []),
    (Wanted(who="ada"), [6, 3]),
    (Wanted(action="act 1", who="bob"), [2]),
    (Wanted(since_us=NOW_US + 2, until_us=NOW_US + 4), [4, 3]),
]


async def six_deeds(house: House) -> None:
    """Ada and two others, about two subscribers, a microsecond each."""
    drafts = [
        draft(
            NOW_US + n,
            ("eve", "bob", "ada")[n % 3],
            f"act {n}",
            kind="subscriber",
            row_id=n,
            subject=f"user{n % 2 + 1}",
        )
        for n in range(6)
    ]
    async with house.database.office() as connection:
        await audit.append(connection, drafts)


@pytest.mark.parametrize(("wanted", "found"), WANTED)
def test_deeds_are_found_newest_first(house_url: str, wanted: Wanted, found: list[int]) -> None:
    async def story(house: House) -> None:
        await six_deeds(house)
        async with house.database.reading() as connection:
            deeds = await office_deeds.page(connection, wanted, below_seq=None, limit=9)
            assert [deed.seq for deed in deeds] == found
            rest = await office_deeds.page(connection, wanted, below_seq=3, limit=1)
            assert [deed.seq for deed in rest] == [seq for seq in found if seq < 3][:1]

    tell(house_url, story)


def test_s40_a_head_that_was_written_down_shows_that_the_tail_was_cut_off(house_url: str) -> None:
    async def story(house: House) -> None:
        assert (await office_deeds.prove(house.database)).seq == 0
        await six_deeds(house)
        whole = await office_deeds.prove(house.database)
        assert (whole.seq, whole.sound) == (6, True)
        head = (whole.seq, whole.digest)
        async with house.database.office() as connection:
            for statement in TRIGGERS[house.database.dialect]:
                await connection.execute(text(statement))
            await connection.execute(delete(schema.audit).where(schema.audit.c.seq == 6))
        assert (await office_deeds.prove(house.database)).sound
        cut = await office_deeds.prove(house.database, head)
        assert (cut.seq, cut.broken_seq, cut.anchored, cut.sound) == (5, None, False, False)
        assert (await office_deeds.prove(house.database, (cut.seq, cut.digest))).sound

    tell(house_url, story)

"""The audit's chain finds whatever somebody does to its rows later (S40)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import delete, text, update

from store import audit, office_deeds, schema
from tests.store.house import NOW_US, House, tell

TRIGGERS = {
    "sqlite": ("DROP TRIGGER audit_no_update", "DROP TRIGGER audit_no_delete"),
    "postgresql": ("ALTER TABLE audit DISABLE TRIGGER USER",),
}


async def three_deeds(house: House) -> None:
    """Ada does three things."""
    for n in range(3):
        async with house.database.office() as connection:
            await audit.write(
                connection,
                at_us=NOW_US + n,
                who="ada",
                action="subscriber set",
                kind="subscriber",
                row_id=n,
                before={"plan": "home"},
                after={"plan": f"home-{n}"},
                reason="asked",
            )


async def broken(house: House) -> int | None:
    """What `audit verify` finds."""
    return (await office_deeds.prove(house.database)).broken_seq


def test_s40_what_was_written_is_a_chain_without_gaps(house_url: str) -> None:
    async def story(house: House) -> None:
        assert await broken(house) is None
        await three_deeds(house)
        assert await broken(house) is None
        deeds = [deed async for deed in office_deeds.everything(house.database, after_seq=1)]
        assert [(deed.seq, deed.who, deed.after) for deed in deeds] == [
            (2, "ada", '{"plan":"home-1"}'),
            (3, "ada", '{"plan":"home-2"}'),
        ]

    tell(house_url, story)


TABLE = schema.audit


@pytest.mark.parametrize(
    ("deed", "found"),
    [
        (update(TABLE).where(TABLE.c.seq == 2).values(who="eve"), 2),
        (update(TABLE).where(TABLE.c.seq == 1).values(after="{}"), 1),
        (update(TABLE).where(TABLE.c.seq == 3).values(at_us=5), 3),
        (delete(TABLE).where(TABLE.c.seq == 1), 2),
        (delete(TABLE).where(TABLE.c.seq == 2), 3),
        (update(TABLE).where(TABLE.c.seq == 2).values(digest=bytes(32)), 2),
    ],
)
def test_s40_what_was_done_to_a_row_is_found(house_url: str, deed: Any, found: int) -> None:
    async def story(house: House) -> None:
        await three_deeds(house)
        async with house.database.office() as connection:
            for statement in TRIGGERS[house.database.dialect]:
                await connection.execute(text(statement))
            await connection.execute(deed)
        assert await broken(house) == found

    tell(house_url, story)


def test_the_digest_covers_every_field_and_the_digest_before() -> None:
    from domain.deed import Deed

    deed = Deed(1, 2, "ada", "a", "k", 3, "s", "{}", "{}", "r")
    digest = audit.digest_of(deed, bytes(32))
    assert digest != audit.digest_of(deed, b"x" * 32)
    for name, other in {"seq": 9, "at_us": 9, "who": "x", "action": "x", "kind": "x"}.items():
        assert digest != audit.digest_of(replace(deed, **{name: other}), bytes(32))
    assert digest == audit.digest_of(replace(deed, digest=b"y" * 32), bytes(32))

"""`radacct` answers what a panel asks of FreeRADIUS's table, and nobody writes into it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from aaa.ports import StoreUnavailable
from domain.session import Session, SessionState
from store.restoring import empty_place
from store.rows import SESSIONS
from store.schema import REVISION
from tests.store.house import NOW_US, House, session, tell

HOUR_US = 3_600_000_000
# What daloRADIUS lists as the last connections of a user, in its own columns.
LAST = """
SELECT username, framedipaddress, callingstationid, acctsessiontime, acctinputoctets,
 acctoutputoctets, acctterminatecause, nasipaddress, acctstoptime
FROM radacct WHERE username = 'user1' ORDER BY acctstarttime DESC LIMIT 5
"""
ONLINE = "SELECT username FROM radacct WHERE acctstoptime IS NULL ORDER BY radacctid"


def three() -> list[Session]:
    """One that ended, one that runs, one that never began."""
    return [
        session(
            1,
            state=SessionState.CLOSED,
            stop_us=NOW_US + HOUR_US,
            session_s=3_600,
            input_octets=5,
            output_octets=2**40,
            terminate_cause=1,
            framed_ip_address="100.64.0.7",
            nas_ip_address="10.0.5.9",
        ),
        session(2, 2, start_us=NOW_US + 5),
        session(3, 2, state=SessionState.LAPSED),
    ]


def test_a_panel_reads_its_columns(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.settle(accounts_n=2)
        await house.add(SESSIONS, *three())
        async with house.database.reading() as connection:
            ((*row, stop),) = (await connection.execute(text(LAST))).all()
            online = list(await connection.scalars(text(ONLINE)))
            unique = list(await connection.scalars(text("SELECT acctuniqueid FROM radacct")))
        assert row == [
            *("user1", "100.64.0.7", "4C:5E:0C:00:00:01", 3_600, 5, 2**40),
            *("User-Request", "10.0.5.9"),
        ]
        assert str(stop).startswith("2023-11-14 23:13:20")
        assert online == ["user2"]
        assert sorted(unique) == [f"{1:032x}", f"{2:032x}"]

    tell(house_url, story)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM radacct",
        "UPDATE radacct SET acctsessiontime = 0",
        "INSERT INTO radacct (username) VALUES ('x')",
    ],
)
def test_nobody_writes_into_it(house_url: str, statement: str) -> None:
    async def story(house: House) -> None:
        await house.settle()
        await house.add(SESSIONS, three()[0])
        before = await house.table("sessions")
        with pytest.raises((DBAPIError, StoreUnavailable), match=r"view|L4"):
            async with house.database.office() as connection:
                await connection.execute(text(statement))
        assert await house.table("sessions") == before

    tell(house_url, story)


def test_it_is_there_after_a_restore(house_url: str, tmp_path: Any) -> None:
    new = f"sqlite:///{tmp_path / 'new.db'}"

    async def story(_house: House) -> None:
        async with empty_place(new, REVISION) as filler:
            await filler.finish()

    async def look(house: House) -> None:
        async with house.database.reading() as connection:
            assert (await connection.execute(text("SELECT * FROM radacct"))).all() == []

    tell(house_url, story)
    tell(new, look)

"""What is old goes, what is needed stays, and the books can be proved afterwards."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from aaa.ports import Changes
from domain.account import Allowance
from domain.grant import OrderState
from domain.session import HoldState, Session, SessionState
from store import purging, rows, schema
from store.journal import journal_digest
from store.purging import Gone
from store.retention import Kind
from tests.store.house import (
    NOW_US,
    PERIOD_US,
    House,
    account,
    charge,
    closing,
    decision,
    order,
    session,
    suspended_usage,
    tell,
)

DAY_US = 86_400_000_000
OLD_US = NOW_US - 100 * DAY_US
CUT_US = NOW_US - 50 * DAY_US


async def purge(house: House, kind: Kind, *, dry_run: bool = False) -> Gone:
    """Purge what is older than fifty days; the audit is told once."""
    told: list[object] = []

    async def tell_audit(connection: object) -> None:
        told.append(connection)

    async def pause() -> None:
        """Nobody waits here."""

    gone = await purging.purge(
        house.database, kind, CUT_US, told=None if dry_run else tell_audit, pause=pause
    )
    assert len(told) == (0 if dry_run else min(gone.rows_n, 1))
    return gone


def old(n: int, **changed: Any) -> Session:
    """A session that ended a hundred days ago."""
    made = session(n, created_us=OLD_US, start_us=OLD_US, last_seen_us=OLD_US, stop_us=OLD_US)
    return replace(made, **{"state": SessionState.CLOSED, **changed})


async def numbers(house: House, table: str, column: str) -> list[int]:
    """What is left."""
    found = schema.sessions if table == "sessions" else schema.METADATA.tables[table]
    at = list(found.c.keys()).index(column)
    return sorted(row[at] for row in await house.table(table))


async def needed(house: House) -> None:
    """Old sessions: one that may go, and one for each reason to stay."""
    await house.settle()
    await house.add(
        rows.SESSIONS,
        old(1, input_octets=5, free_octets=3),
        old(2, stop_us=NOW_US),
        old(3, state=SessionState.OPEN, stop_us=None, class_session_id=8),
        old(4, charged_micros=7),
        old(5),
        old(6),
        old(7, hold_state=HoldState.HELD),
        old(8),
        old(9, state=SessionState.LAPSED, stop_us=None),
    )
    await house.add(rows.ALLOWANCES, Allowance(1, PERIOD_US, 3, 0))
    await house.add(rows.CHARGES, charge(old(4), 7))
    await house.add(rows.SUSPENSE, suspended_usage(1, session_id=5))
    await house.add(rows.ORDERS, order(1, old(6)))
    async with house.database.office() as connection:
        await connection.execute(text("UPDATE accounts SET open_micros = 7"))


def test_a_session_stays_while_anything_waits_for_it(house_url: str) -> None:
    async def story(house: House) -> None:
        await needed(house)
        assert await house.findings() == []
        assert await purge(house, Kind.SESSIONS, dry_run=True) == Gone(2, OLD_US, OLD_US)
        assert len(await house.table("sessions")) == 9
        begun = [decision("user1", n, session_id=n, code="accepted") for n in (1, 2)]
        made = [*begun, decision("user1", 10)]
        await house.store.commit(Changes(NOW_US, 0, decisions=made))
        assert await purge(house, Kind.SESSIONS) == Gone(2, OLD_US, OLD_US)
        assert await numbers(house, "sessions", "session_id") == [2, 3, 4, 5, 6, 7, 8]
        assert await numbers(house, "decisions", "n") == [2, 10], "what began it goes with it"
        assert await purge(house, Kind.SESSIONS) == Gone()
        assert await house.findings() == []
        async with house.database.reading() as connection:
            assert await purging.sessions_until_us(connection) == CUT_US
            assert await purging.journal_until_us(connection) == 0

    tell(house_url, story)


def test_charges_go_with_a_session_and_their_entry_proves_them(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.settle()
        paid = account(1)
        for n in (1, 2):
            done = old(n, charged_micros=300, closed_micros=300, free_s=4)
            entry = closing(paid, done, 300, seq=n)
            await house.add(rows.SESSIONS, done)
            await house.book(entry)
            await house.add(rows.CHARGES, charge(done, 300, entry_id=entry.entry_id))
        await house.add(rows.ALLOWANCES, Allowance(1, PERIOD_US, 0, 8))
        async with house.database.office() as connection:
            await connection.execute(
                text("UPDATE accounts SET posted_micros = -600, entries_n = 2")
            )
        assert await house.findings() == []
        entries = await house.table("entries")
        assert (await purge(house, Kind.SESSIONS)).rows_n == 2
        assert (await house.table("charges"), await house.table("sessions")) == ([], [])
        assert await house.table("entries") == entries
        assert await house.findings() == []
        async with house.database.office() as connection:
            await connection.execute(text("UPDATE purged SET charged_micros = 599"))
        assert {one.invariant for one in await house.findings()} == {"A2"}

    tell(house_url, story)


def test_many_go_in_pages_and_are_added_up_for_each_account(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.settle(accounts_n=2)
        some = [old(n, account_id=1 + n % 2, input_octets=n) for n in range(1, 1_205)]
        await house.add(rows.SESSIONS, *some)
        assert (await purge(house, Kind.SESSIONS)).rows_n == 1_204
        kept = {row[0]: row[1:3] for row in await house.table("purged")}
        assert kept == {
            1: (602, sum(range(2, 1_205, 2))),
            2: (602, sum(range(1, 1_205, 2))),
        }
        await house.add(rows.SESSIONS, old(2_000, input_octets=1))
        await purge(house, Kind.SESSIONS)
        assert (await house.table("purged"))[0][1:3] == (603, kept[1][1] + 1)
        assert await house.findings() == []

    tell(house_url, story)


def test_l4_the_journal_lets_rows_go_to_purge_and_to_nobody_else(house_url: str) -> None:
    async def story(house: House) -> None:
        for n, us in ((1, OLD_US), (2, NOW_US)):
            async with house.database.office() as connection:
                row: dict[str, Any] = {"journal_id": n, "created_us": us, "body": b"body"}
                row["digest"] = journal_digest(n, us, b"body")
                await connection.execute(schema.journal.insert().values(row))
        assert await purge(house, Kind.JOURNAL) == Gone(1, OLD_US, OLD_US)
        assert await numbers(house, "journal", "journal_id") == [2]
        assert [row for row in await house.table("meta") if row[0] == "purging"] == []
        with pytest.raises(DBAPIError, match="L4"):
            async with house.database.office() as connection:
                await connection.execute(text("DELETE FROM journal"))
        async with house.database.reading() as connection:
            assert await purging.journal_until_us(connection) == CUT_US

    tell(house_url, story)


def test_the_journal_is_needed_since_what_runs_began(house_url: str) -> None:
    async def story(house: House) -> None:
        async def since() -> int | None:
            async with house.database.reading() as connection:
                return await purging.journal_needed_us(connection)

        await house.settle()
        assert await since() is None
        await house.add(rows.SESSIONS, old(1), session(2), old(3, created_us=OLD_US + 5))
        assert await since() == NOW_US
        await house.add(rows.SUSPENSE, suspended_usage(1, session_id=3))
        assert await since() == OLD_US + 5

    tell(house_url, story)


def test_decisions_orders_suspense_and_knocks_age_too(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.settle()
        await house.add(rows.SESSIONS, old(1), session(2))
        done = {"state": OrderState.DONE, "created_us": OLD_US}
        await house.add(
            rows.ORDERS,
            order(1, old(1), **done),
            order(2, session(2), **done),
            order(3, old(1), created_us=OLD_US),
            order(4, old(1), state=OrderState.DONE),
        )
        settled = {"created_us": OLD_US, "state": "dropped"}
        await house.add(
            rows.SUSPENSE,
            suspended_usage(1, resolved_us=OLD_US, **settled),
            suspended_usage(2, resolved_us=NOW_US, **settled),
            suspended_usage(3, created_us=OLD_US, updated_us=OLD_US),
        )
        async with house.database.office() as connection:
            for n, us in ((1, OLD_US), (2, NOW_US)):
                one = decision(f"user{n}", n, decided_us=us)
                values = dict(zip(rows.DECISIONS.names, rows.DECISIONS.to_row(one), strict=True))
                await connection.execute(schema.decisions.insert().values(**values))
                await connection.execute(
                    schema.knocks.insert().values(
                        address=f"192.0.2.{n}", count_n=1, first_us=us, last_us=us, code=1, port=1
                    )
                )
        for kind in (Kind.ORDERS, Kind.SUSPENSE, Kind.DECISIONS, Kind.KNOCKS):
            assert (await purge(house, kind, dry_run=True)).rows_n == 1, kind
            assert (await purge(house, kind)).rows_n == 1, kind
            assert (await purge(house, kind)).rows_n == 0, kind
        assert await numbers(house, "orders", "order_id") == [2, 3, 4]
        assert await numbers(house, "suspense", "suspense_id") == [2, 3]
        assert await numbers(house, "decisions", "decided_us") == [NOW_US]
        assert await numbers(house, "knocks", "last_us") == [NOW_US]

    tell(house_url, story)


MADE = st.tuples(
    st.integers(1, 2),  # account
    st.integers(0, 1_000),  # charged
    st.integers(0, 9),  # of it still open
    st.integers(0, 50),  # included
    st.booleans(),  # old
    st.sampled_from(list(SessionState)),
)


@given(made=st.lists(MADE, max_size=12))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_books_that_are_sound_before_are_sound_after(
    made: list[tuple[int, int, int, int, bool, SessionState]], tmp_path_factory: Any, request: Any
) -> None:
    path = tmp_path_factory.mktemp("purging") / "house.db"
    shutil.copyfile(request.getfixturevalue("sqlite_template"), path)

    async def story(house: House) -> None:
        await house.settle(accounts_n=2)
        seqs, posted, opened, free = {1: 0, 2: 0}, {1: 0, 2: 0}, {1: 0, 2: 0}, {1: 0, 2: 0}
        for n, (owner, closed, still, included, aged, state) in enumerate(made, start=1):
            at_us = OLD_US if aged else NOW_US
            one = old(n, account_id=owner, stop_us=at_us, created_us=at_us, state=state)
            one = replace(
                one, charged_micros=closed + still, closed_micros=closed, free_octets=included
            )
            await house.add(rows.SESSIONS, one)
            if closed:
                seqs[owner] += 1
                entry = closing(account(owner), one, closed, seq=seqs[owner])
                await house.book(entry)
                await house.add(rows.CHARGES, charge(one, closed, entry_id=entry.entry_id))
            if still:
                await house.add(rows.CHARGES, charge(one, still, part=1))
            posted[owner] -= closed
            opened[owner] += still
            free[owner] += included
        async with house.database.office() as connection:
            for owner in (1, 2):
                await connection.execute(
                    schema.accounts.update()
                    .where(schema.accounts.c.account_id == owner)
                    .values(
                        posted_micros=posted[owner],
                        open_micros=opened[owner],
                        entries_n=seqs[owner],
                    )
                )
        await house.add(rows.ALLOWANCES, *(Allowance(n, PERIOD_US, free[n], 0) for n in (1, 2)))
        assert await house.findings() == []
        may_go = [
            one
            for one in made
            if one[4] and not one[2] and one[5] in (SessionState.CLOSED, SessionState.LAPSED)
        ]
        assert (await purge(house, Kind.SESSIONS)).rows_n == len(may_go)
        assert await house.findings() == []

    tell(f"sqlite:///{path}", story)

"""The live sessions of accounts, and who was at a station, are found whatever indexes there are."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import ColumnElement, select, text
from sqlalchemy.exc import IntegrityError

from aaa.ports import Changes
from domain.session import SessionState
from store import live_sessions, lookup, office_decisions, schema
from store.desk_sqlite import _READ
from store.lookup import Sought
from store.rows import ACCOUNTS, CHARGES, SESSIONS
from store.schema_sessions import QUEUES_N
from tests.store.house import NOW_US, House, account, charge, decision, session, tell
from tests.store.test_office_queries import plans_of

_S, _A = schema.sessions.c, schema.accounts.c
MAC = "02:00:00:00:00:07"
ACCEPTED, OPEN, CLOSED, LAPSED = SessionState
# Each account with what its sessions are; the first has had very many.
BOOKS: dict[int, tuple[SessionState, ...]] = {
    1: (CLOSED, ACCEPTED, CLOSED, CLOSED, OPEN, LAPSED, ACCEPTED, CLOSED),
    2: (CLOSED, LAPSED),
    3: (ACCEPTED,),
    4: (OPEN, OPEN),
    5: (),
}


async def several(house: House) -> dict[int, set[int]]:
    """These accounts; answers which of their sessions are live."""
    await house.settle()
    await house.add(ACCOUNTS, *(account(n) for n in BOOKS if n > 1))
    live: dict[int, set[int]] = {n: set() for n in BOOKS}
    made = []
    longest = max(map(len, BOOKS.values()))
    for at in range(longest):  # by turns, so that ids of one account lie between those of others
        for account_id, states in BOOKS.items():
            if at < len(states):
                one = session(len(made) + 10, account_id, state=states[at], mac=MAC)
                made.append(one)
                if one.live:
                    live[account_id].add(one.session_id)
    await house.add(SESSIONS, *made)
    return live


async def ids(house: House, column: Any, *where: ColumnElement[bool]) -> set[int]:
    """What a column holds in the rows that fit."""
    async with house.database.reading() as connection:
        return set(await connection.scalars(select(column).where(*where)))


def test_the_live_sessions_of_accounts_are_the_accepted_and_the_open_ones(house_url: str) -> None:
    async def story(house: House) -> None:
        live = await several(house)
        for account_id, expected in live.items():
            mine = live_sessions.of_account(account_id)
            assert await ids(house, _S.session_id, mine) == expected, account_id
        both = live_sessions.of_accounts([1, 2, 4])
        assert await ids(house, _S.session_id, both) == live[1] | live[4]
        having = {one for one, found in live.items() if found}
        assert await ids(house, _A.account_id, live_sessions.has_some(_A.account_id)) == having
        lonely = await ids(house, _A.account_id, live_sessions.has_none(_A.account_id))
        assert lonely == set(BOOKS) - having

    tell(house_url, story)


def test_the_sessions_of_accounts_are_found_in_every_state(house_url: str) -> None:
    async def story(house: House) -> None:
        await several(house)
        async with house.database.reading() as connection:
            rows = (await connection.execute(select(_S.account_id, _S.session_id))).all()
        of = {n: {session for one, session in rows if one == n} for n in BOOKS}
        assert {n: len(found) for n, found in of.items()} == {n: len(BOOKS[n]) for n in BOOKS}
        for account_id, expected in of.items():
            his = live_sessions.ever_of_account(account_id)
            assert await ids(house, _S.session_id, his) == expected, account_id
        both = live_sessions.ever_of_accounts([1, 2, 5])
        assert await ids(house, _S.session_id, both) == of[1] | of[2]
        some = select(_A.account_id).where(_A.account_id.in_([1, 3, 5]))
        async with house.database.reading() as connection:
            newest = set(await connection.scalars(live_sessions.newest_of(some)))
        assert newest == {max(of[1]), max(of[3])}

    tell(house_url, story)


def test_accounts_that_share_a_queue_are_told_apart(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.settle()
        others = [1 + n * QUEUES_N for n in (1, 2)]
        await house.add(ACCOUNTS, *map(account, others))
        await house.add(SESSIONS, *(session(n, n, state=ACCEPTED) for n in (1, *others)))
        for account_id in (1, *others):
            mine = live_sessions.of_account(account_id)
            assert await ids(house, _S.session_id, mine) == {account_id}
        both = live_sessions.of_accounts(others)
        assert await ids(house, _S.session_id, both) == set(others)

    tell(house_url, story)


def test_a_charge_holds_its_session_and_is_of_the_same_account(house_url: str) -> None:
    async def story(house: House) -> None:
        await several(house)
        await house.add(CHARGES, charge(session(10), 1))
        for broken in (
            "DELETE FROM session_facts WHERE session_id = 10",
            "UPDATE charges SET account_id = 2",
            "UPDATE charges SET session_id = 11",
        ):
            with pytest.raises(IntegrityError):
                async with house.database.office() as connection:
                    await connection.execute(text(broken))

    tell(house_url, story)


def test_where_nobody_is_accepted_the_open_ones_are_found(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.settle()
        await house.add(SESSIONS, session(10, state=OPEN), session(11, state=CLOSED))
        assert await ids(house, _S.session_id, live_sessions.of_account(1)) == {10}
        assert await ids(house, _A.account_id, live_sessions.has_none(_A.account_id)) == set()

    tell(house_url, story)


def test_whoever_was_at_a_station_is_found_in_every_state(house_url: str) -> None:
    async def story(house: House) -> None:
        live = await several(house)
        all_n = sum(map(len, BOOKS.values()))
        async with house.database.reading() as connection:
            for sought, expected in (
                (Sought(mac=MAC), set(range(10, 10 + all_n))),
                (Sought(mac=MAC, ended=False), set().union(*live.values())),
                (Sought(mac=MAC, ended=False, account_id=1), live[1]),
                (Sought(mac=MAC[:-1] + "8"), set()),
            ):
                found = await lookup.sessions(connection, sought, limit=100)
                assert {one.session.session_id for one in found} == expected, sought

    tell(house_url, story)


@pytest.mark.parametrize("state", SessionState)
def test_a_decision_about_a_station_is_found_in_every_state(
    house_url: str, state: SessionState
) -> None:
    async def story(house: House) -> None:
        await house.settle()
        await house.add(SESSIONS, session(10, state=state, mac=MAC))
        let_in = decision("user1", 10, session_id=10)
        await house.store.commit(Changes(NOW_US, 0, decisions=[let_in]))
        async with house.database.reading() as connection:
            assert await office_decisions.of_mac(connection, MAC) == [let_in]

    tell(house_url, story)


@pytest.mark.parametrize("analyzed", [False, True])
def test_sqlite_walks_one_queue_of_the_accepted_ones_and_not_what_an_account_has_had(
    house_sqlite_url: str, analyzed: bool
) -> None:
    async def story(house: House) -> None:
        await house.settle()
        await house.add(SESSIONS, *(session(n, state=CLOSED) for n in range(10, 2_000)))
        await house.add(SESSIONS, *(session(n, n, state=ACCEPTED) for n in range(2_000, 4_000)))
        if analyzed:
            async with house.database.office() as connection:
                await connection.execute(text("ANALYZE"))
        raw = house.store._road._raw
        asked = f"EXPLAIN QUERY PLAN {_READ['live_of_account']}"
        plans = [[row[3] for row in raw.execute(asked, (1,)).fetchall()]]
        for condition in (live_sessions.of_account(1), live_sessions.of_accounts([1, 2])):
            query = select(_S.session_id).where(condition)
            plans.append(await plans_of(house, lambda c, q=query: c.execute(q)))
        for steps in plans:
            for step in (
                "SEARCH opened USING COVERING INDEX ix_session_facts_live_open (account_id=? ",
                "SEARCH accepted USING COVERING INDEX ix_session_facts_live_accepted (<expr>=?)",
            ):
                assert [one for one in steps if one.startswith(step)], (step, steps)
            assert not [one for one in steps if one.startswith("SCAN")], steps

    tell(house_sqlite_url, story)


def test_sqlite_makes_one_set_of_the_accepted_ones_for_all_accounts(house_sqlite_url: str) -> None:
    async def story(house: House) -> None:
        await several(house)
        raw = house.store._road._raw
        for name in ("other_accounts", "other_subscribers", "other_allowances"):
            asked = f"EXPLAIN QUERY PLAN {_READ[name]}"
            rows = raw.execute(asked, (1,)).fetchall()
            steps = {number: (parent, what) for number, parent, _, what in rows}
            (walk,) = [parent for parent, what in steps.values() if "live_accepted" in what]
            assert steps[walk][1].startswith("LIST SUBQUERY"), f"{name}: once: {rows}"
            assert any("INDEX ix_session_facts_live_open (" in what for _, what in steps.values())

    tell(house_sqlite_url, story)

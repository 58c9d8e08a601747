"""Conflicts and invariants: what the statements of a commit refuse, by name."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import delete, text, update

from aaa.ports import AccountMove, Changes, Conflict, StoreUnavailable, Want
from domain.account import Allowance
from domain.session import HoldState, SessionState
from store import desk_postgresql, desk_sqlite, rows, schema
from store.feed import record_change
from store.writing import TUPLES, Step, commit_steps
from tests.store.house import (
    NOW_US,
    PERIOD_US,
    House,
    account,
    advanced,
    charge,
    decision,
    full_batch,
    interim_changes,
    login_changes,
    session,
    settle_two,
    stop_changes,
    tell,
    top_up,
)


def test_a_conflict_is_raised_when_the_office_changed_something(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.settle()
        async with house.database.office() as connection:
            await record_change(connection, "account", 1)
        stale = login_changes(account(1), session(10, state=SessionState.ACCEPTED), 0)
        with pytest.raises(Conflict):
            await house.store.commit(stale)
        assert await house.table("sessions") == []
        stale.feed_seq = await house.store.feed_seq()
        await house.store.commit(stale)

    tell(house_url, story)


def test_what_a_part_was_charged_belongs_to_the_entry_that_closes_it(house_url: str) -> None:
    """Rows that stay as they are, that the Stop adds to, and that it makes; no other session's."""

    async def story(house: House) -> None:
        await house.settle(posted_micros=5_000)
        one, other = session(10), session(11)
        owner = account(1, posted_micros=5_000, entries_n=1)
        await house.store.commit(Changes(NOW_US, 0, sessions_new=[one, other]))
        one, other = (
            advanced(one, charged_micros=200),
            advanced(other, charged_micros=100),
        )
        owner = replace(owner, open_micros=300)
        begun = Changes(NOW_US, 0, accounts=[AccountMove(owner, open_micros=300)])
        begun.sessions = [one, other]
        begun.charges = [charge(one, 100, day=day) for day in (5, 6)] + [charge(other, 100, day=5)]
        await house.store.commit(begun)
        await house.store.commit(stop_changes(owner, one, [6, 7]))
        charged = [(row[1], row[4], row[9], row[10]) for row in await house.table("charges")]
        assert charged == [
            *((10, 5, 100, 102), (10, 6, 110, 102), (10, 7, 10, 102)),
            (11, 5, 100, None),
        ]
        assert await house.findings() == []

    tell(house_url, story)


def test_a_conflict_is_raised_when_a_session_has_another_version(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.settle()
        first = session(10)
        await house.store.commit(Changes(NOW_US, 0, sessions_new=[first]))
        second = advanced(first, output_octets=5)
        await house.store.commit(Changes(NOW_US, 0, sessions=[second]))
        before = await house.everything()
        for late in (second, advanced(first, framed_ip_address="100.64.0.9"), session(99)):
            with pytest.raises(Conflict):
                await house.store.commit(Changes(NOW_US, 0, sessions=[late]))
        assert await house.everything() == before

    tell(house_url, story)


def test_a_conflict_is_raised_when_a_sum_is_not_the_expected_one(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.settle(posted_micros=1_000)
        async with house.database.office() as connection:
            await connection.execute(update(schema.accounts).values(posted_micros=1_500))
        stale = account(1, posted_micros=1_000, entries_n=1)
        before = await house.everything()
        with pytest.raises(Conflict):
            await house.store.commit(interim_changes(stale, session(10), 100, 10_000))
        assert await house.everything() == before

    tell(house_url, story)


def test_a_conflict_is_raised_when_included_usage_was_taken_meanwhile(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.settle()
        await house.add(rows.ALLOWANCES, Allowance(1, PERIOD_US, 900, 0))
        with pytest.raises(Conflict):
            await house.store.commit(
                Changes(NOW_US, 0, allowances=[(Allowance(1, PERIOD_US, 800, 0), 100, 0)])
            )
        await house.store.commit(
            Changes(NOW_US, 0, allowances=[(Allowance(1, PERIOD_US, 1_000, 5), 100, 5)])
        )
        assert await house.table("allowances") == [(1, PERIOD_US, 1_000, 5)]

    tell(house_url, story)


def test_a_conflict_is_raised_when_nobody_waits_for_a_mac_any_more(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.settle()
        learned = Changes(NOW_US, 0, macs=[(1001, "4c:5e:0c:00:00:02")])
        with pytest.raises(Conflict):
            await house.store.commit(learned)

    tell(house_url, story)


def test_l1_and_l2_an_entry_that_does_not_balance_is_never_written(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.settle()
        owner = account(1)
        sound = top_up(owner, 500, seq=1)
        lopsided = replace(sound, postings=sound.postings[:1])
        empty = replace(
            sound, postings=tuple(replace(one, amount_micros=0) for one in sound.postings)
        )
        before = await house.everything()
        for entry in (lopsided, empty):
            with pytest.raises(AssertionError):
                await house.store.commit(Changes(NOW_US, 0, entries=[entry]))
        assert await house.everything() == before

    tell(house_url, story)


@pytest.mark.parametrize("name", [table.name for table in schema.WRITTEN_ONCE])
@pytest.mark.parametrize("verb", ["update", "delete"])
def test_l4_entries_postings_and_journal_are_never_changed_or_deleted(
    house_url: str, name: str, verb: str
) -> None:
    async def story(house: House) -> None:
        await settle_two(house)
        await house.store.commit(full_batch())
        before = await house.table(name)
        table = schema.METADATA.tables[name]
        column = next(one for one in table.columns if one.primary_key)
        attempt: Any = delete(table) if verb == "delete" else update(table).values({column: column})
        with pytest.raises(Exception, match="L4"):
            async with house.database.office() as connection:
                await connection.execute(attempt)
        assert before and await house.table(name) == before

    tell(house_url, story)


def test_l4_truncate_is_no_way_around_it(house_postgresql_url: str) -> None:
    async def story(house: House) -> None:
        await settle_two(house)
        await house.store.commit(full_batch())
        with pytest.raises(Exception, match="L4"):
            async with house.database.office() as connection:
                await connection.execute(text("TRUNCATE journal"))
        assert await house.table("journal")

    tell(house_postgresql_url, story)


def test_l5_a_correction_names_an_entry_of_its_account_and_nothing_else_does(
    house_url: str,
) -> None:
    async def story(house: House) -> None:
        await house.settle(accounts_n=2, posted_micros=500)
        owner = account(1, posted_micros=500, entries_n=1)
        moved = AccountMove(
            replace(owner, posted_micros=600, entries_n=2), posted_micros=100, entries_n=1
        )

        def corrected(**changed: Any) -> Changes:
            entry = replace(top_up(owner, 100, seq=2), **{"kind": "correction", **changed})
            return Changes(NOW_US, 0, accounts=[moved], entries=[entry])

        for wrong in (
            corrected(corrects_entry_id=None),
            corrected(corrects_entry_id=201),  # another account's
            corrected(corrects_entry_id=999),
            corrected(corrects_entry_id=101, kind="top-up"),
        ):
            with pytest.raises(AssertionError):
                await house.store.commit(wrong)
        await house.store.commit(corrected(corrects_entry_id=101))
        assert await house.findings() == []

    tell(house_url, story)


def test_l6_no_more_of_a_hold_is_used_than_was_granted(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.settle()
        greedy = session(10, hold_state=HoldState.HELD, granted_micros=10, used_micros=11)
        with pytest.raises(AssertionError):
            await house.store.commit(Changes(NOW_US, 0, sessions_new=[greedy]))

    tell(house_url, story)


@pytest.mark.parametrize(
    ("credit_limit", "held", "fits"),
    [(0, 500, True), (0, 501, False), (50, 550, True), (50, 551, False)],
)
def test_l7_a_promise_is_refused_when_the_money_is_not_there(
    house_url: str, credit_limit: int, held: int, fits: bool
) -> None:
    async def story(house: House) -> None:
        await house.settle(posted_micros=500, credit_limit_micros=credit_limit)
        owner = account(1, posted_micros=500, entries_n=1, credit_limit_micros=credit_limit)
        promise = login_changes(owner, session(10, state=SessionState.ACCEPTED), held)
        if not fits:
            with pytest.raises(Conflict):
                await house.store.commit(promise)
            assert await house.table("sessions") == []
            return
        await house.store.commit(promise)
        assert await house.findings() == []

    tell(house_url, story)


def test_l8_a_fact_posts_fully_even_below_the_floor(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.settle(posted_micros=500)
        owner, running = account(1, posted_micros=500, entries_n=1), session(10)
        await house.store.commit(Changes(NOW_US, 0, sessions_new=[running]))
        await house.store.commit(interim_changes(owner, running, 9_000, 900_000))
        (found,) = (await house.store.load(Want(account_ids={1}))).accounts
        assert found.available_micros == 500 - 9_000
        assert await house.findings() == []

    tell(house_url, story)


def test_l9_a_commit_is_all_or_nothing_wherever_it_fails(
    house_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault after each statement in turn: nothing stays, and the next attempt succeeds."""

    async def story(house: House) -> None:
        await settle_two(house)
        before = await house.everything()
        statements_n = len(commit_steps(full_batch(), [], [], TUPLES))
        assert statements_n >= 14
        real, real_packed = desk_sqlite.check_met, desk_sqlite.packed_steps
        real_together = desk_postgresql._write_together

        async def unmet(*_: object) -> None:
            raise desk_postgresql.Unmet

        for failing in range(statements_n):
            left = iter(range(statements_n))

            def fault(step: Any, met: int, left: Any = left, failing: int = failing) -> None:
                if next(left) == failing:
                    raise OSError("injected")
                real(step, met)

            def spoilt(writer: Any, steps: list[Step], seq: Any, n: int = failing + 1) -> Any:
                refused = Step("note", [(None, "no key")])
                return real_packed(writer, [*steps[:n], refused, *steps[n:]], seq)

            # On PostgreSQL each statement by itself, as after one of all that was not met.
            monkeypatch.setattr(desk_postgresql, "_write_together", unmet)
            monkeypatch.setattr(desk_postgresql, "check_met", fault)
            monkeypatch.setattr(desk_sqlite, "packed_steps", spoilt)
            with pytest.raises((OSError, StoreUnavailable, AssertionError)):
                await house.store.commit(full_batch())
            assert await house.everything() == before, f"statement {failing}"
        monkeypatch.setattr(desk_postgresql, "_write_together", real_together)
        monkeypatch.setattr(desk_postgresql, "check_met", real)
        monkeypatch.setattr(desk_sqlite, "packed_steps", real_packed)
        await house.store.commit(full_batch())
        assert await house.findings() == []

    tell(house_url, story)


def test_l10_entries_of_an_account_are_numbered_once(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.settle(posted_micros=500)
        owner = account(1, posted_micros=500, entries_n=1)
        again = replace(top_up(owner, 5, seq=1), entry_id=900, key="another")
        same_key = replace(top_up(owner, 5, seq=2), key="top-up 1")
        for entry in (again, same_key):
            with pytest.raises(AssertionError):
                await house.store.commit(Changes(NOW_US, 0, entries=[entry]))

    tell(house_url, story)


def test_l11_writers_in_opposite_orders_do_not_embrace(house_url: str) -> None:
    """Two stores write under the same accounts in opposite orders; retries end it, sums agree."""

    async def story(house: House) -> None:
        accounts_n, rounds_n = 6, 15
        await house.settle(accounts_n=accounts_n)
        other = await type(house.store).open(house.database)
        conflicts_n = 0
        both_read = asyncio.Barrier(2)

        async def write(store: Any, order_of: int) -> None:
            nonlocal conflicts_n
            ids = list(range(1, accounts_n + 1))[::order_of]
            for round_n in range(rounds_n):
                met = round_n > 0
                while True:
                    found = (await store.load(Want(account_ids=set(ids)))).accounts
                    if not met:  # however they are paced, in the first round one is too late
                        await both_read.wait()
                        met = True
                    by_id = {one.account_id: one for one in found}
                    moves = [
                        AccountMove(
                            replace(by_id[n], open_micros=by_id[n].open_micros + 1), open_micros=1
                        )
                        for n in ids
                    ]
                    try:
                        await store.commit(Changes(NOW_US, 0, accounts=moves))
                        break
                    except Conflict:
                        conflicts_n += 1

        await asyncio.wait_for(asyncio.gather(write(house.store, 1), write(other, -1)), timeout=120)
        await other.close()
        sums = [row[4] for row in await house.table("accounts")]
        assert sums == [2 * rounds_n] * accounts_n
        assert conflicts_n > 0

    tell(house_url, story)


@pytest.mark.parametrize(
    "wrong",
    [
        {"sessions_new": [session(10, output_octets=-1)]},
        {"decisions": [decision("user1", 1, session_id=2**63)]},
        {"decisions": [decision("user1", 1, user_name="\ud800")]},
        {"decisions": [decision("user1", 1, device_id="ether1")]},
    ],
    ids=("a sum", "a number", "a text", "a kind"),
)
def test_a_row_that_no_database_takes_is_our_bug_and_no_outage(
    house_url: str, wrong: dict[str, Any]
) -> None:
    async def story(house: House) -> None:
        await house.settle()
        sound = session(11)
        changes = Changes(NOW_US, 0, **wrong)
        changes.sessions_new = [sound, *changes.sessions_new]
        with pytest.raises(AssertionError, match="refuses a row"):
            await house.store.commit(changes)
        assert await house.table("sessions") == []
        await house.store.commit(Changes(NOW_US, 0, sessions_new=[sound]))

    tell(house_url, story)

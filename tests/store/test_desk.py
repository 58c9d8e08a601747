"""The store as the desk sees it: what goes in comes out, and a commit is all or nothing."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import delete, text, update

from aaa.ports import AccountMove, Change, Changes, Conflict, StoreUnavailable, Want
from domain.account import Allowance, MacMode
from domain.device import Latch
from domain.grant import OrderResult, OrderState
from domain.session import DeviceMark, HoldState, SessionState
from store import desk_postgresql, desk_sqlite, rows, schema
from store.feed import record_change
from store.journal import journal_digest
from store.plans import plan_row
from store.writing import commit_steps
from tests.peers.postgres import PostgresCluster
from tests.store.house import (
    NOW_US,
    PERIOD_US,
    House,
    account,
    advanced,
    charge,
    closing,
    decision,
    interim_changes,
    login_changes,
    order,
    plan,
    session,
    subscriber,
    suspended_usage,
    tell,
    top_up,
)

STRANGE = "naïve \\u202e 𝔘𝔫𝔦 ' \" ; -- %s ?1 $1 :p_x"


def full_batch() -> Changes:
    """A batch with something in every one of its lists, on accounts 1 and 2 of a house of two."""
    first, second = account(1, posted_micros=5_000_000, entries_n=1), account(2)
    ended = session(10, stop_us=NOW_US, state=SessionState.CLOSED, charged_micros=300)
    running = session(11, 2, hold_state=HoldState.HELD, granted_micros=0)
    return Changes(
        now_us=NOW_US,
        feed_seq=0,
        accounts=[
            AccountMove(
                replace(first, posted_micros=4_999_700, entries_n=2),
                posted_micros=-300,
                entries_n=1,
            ),
            AccountMove(replace(second, open_micros=70), open_micros=70),
        ],
        sessions_new=[
            replace(ended, closed_micros=300),
            replace(running, charged_micros=70, free_octets=500, free_s=60),
        ],
        charges=[charge(ended, 300, 30_000), charge(running, 50, 5_000), charge(running, 20, 2)],
        closings=[(1, 10, 0, 102)],
        entries=[closing(first, ended, 300, seq=2)],
        allowances=[(Allowance(2, PERIOD_US, 500, 60), 500, 60)],
        orders_new=[order(50, running)],
        decisions=[decision("user1", 1), decision("", 1)],
        suspense=[suspended_usage(60)],
        macs=[(1002, "4c:5e:0c:00:00:02")],
        latches=[(5, "10.0.5.1", Latch.MESSAGE_AUTHENTICATOR)],
        marks=[DeviceMark(5, "tower", NOW_US)],
        journal_id=70,
        journal=b"\x00a batch\xff",
    )


async def settle_two(house: House) -> None:
    """The house that `full_batch` fits."""
    await house.settle(accounts_n=1, posted_micros=5_000_000)
    await house.add(rows.ACCOUNTS, account(2))
    await house.add(rows.SUBSCRIBERS, subscriber(2, mac_mode=MacMode.LEARN))
    await add_device(house)


async def add_device(house: House, device_id: int = 5) -> None:
    """A device row, secret sealed as the office seals it."""
    from tests.store.house import PlainSealer, device

    made = device(device_id)
    sealed = PlainSealer().seal("device-secret", str(device_id), made.secret)
    await house.add(rows.DEVICES, replace(made, secret=sealed))
    async with house.database.office() as connection:
        await connection.execute(
            schema.device_addresses.insert().values(prefix=made.prefixes[0], device_id=device_id)
        )


def test_everything_a_batch_can_hold_comes_back_as_it_went_in(house_url: str) -> None:
    async def story(house: House) -> None:
        await settle_two(house)
        changes = full_batch()
        await house.store.commit(changes)

        loaded = await house.store.load(
            Want(
                logins={"user1", "user2", "nobody"},
                session_ids={10, 11},
                mark_devices={5},
                order_ids={50},
                suspense_of={90},
            )
        )
        assert sorted(loaded.accounts, key=lambda one: one.account_id) == [
            changes.accounts[0].after,
            changes.accounts[1].after,
        ]
        by_id = {one.session_id: one for one in loaded.sessions}
        assert by_id == {one.session_id: one for one in changes.sessions_new}
        assert type(by_id[10].state) is SessionState
        assert by_id[11].hold_state is HoldState.HELD
        assert by_id[11].start_seen is False
        assert loaded.allowances == [Allowance(2, PERIOD_US, 500, 60)]
        assert loaded.marks == changes.marks
        assert loaded.orders == changes.orders_new
        assert loaded.suspense == changes.suspense
        assert loaded.decisions_n == {"user1": 1, "": 1}
        assert loaded.newest_plans == {"metered": 7}
        assert loaded.plans == [plan()]
        learned = {one.subscriber_id: one for one in loaded.subscribers}[1002]
        assert learned == subscriber(2, mac="4c:5e:0c:00:00:02", mac_mode=MacMode.FIXED)

        amounts = {row[1]: (row[9], row[10]) for row in await house.table("charges")}
        assert amounts == {10: (300, 102), 11: (70, None)}
        digest = journal_digest(70, NOW_US, b"\x00a batch\xff")
        assert await house.table("journal") == [(70, NOW_US, b"\x00a batch\xff", digest)]
        (found,) = await house.store.load_devices()
        assert found.latches == {("10.0.5.1", Latch.MESSAGE_AUTHENTICATOR)}

    tell(house_url, story)


def test_text_of_any_kind_and_the_largest_numbers_survive(house_url: str) -> None:
    big = 2**62

    async def story(house: House) -> None:
        await house.settle()
        odd = session(
            big,
            acct_session_id=STRANGE,
            user_name=STRANGE,
            output_octets=2**63 - 1,
            nas_port=2**32 - 1,
            candidate_event_us=-1,
        )
        await house.store.commit(Changes(NOW_US, 0, sessions_new=[odd]))
        loaded = await house.store.load(Want(session_keys={(5, STRANGE)}))
        assert loaded.sessions == [odd]

    tell(house_url, story)


def test_a_session_brings_its_whole_account(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.settle(accounts_n=2)
        mine = [session(10), session(11), session(12, state=SessionState.CLOSED)]
        await house.store.commit(Changes(NOW_US, 0, sessions_new=[*mine, session(20, 2)]))
        loaded = await house.store.load(Want(session_ids={10}))
        assert [one.account_id for one in loaded.accounts] == [1]
        assert [one.login for one in loaded.subscribers] == ["user1"]
        assert {one.session_id for one in loaded.sessions} == {10, 11}, "live ones only"

    tell(house_url, story)


def test_a_session_key_brings_its_newest_four_sessions_live_or_not(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.settle()
        again = [
            session(n, acct_session_id="80000001", state=SessionState.CLOSED) for n in range(1, 8)
        ]
        await house.store.commit(Changes(NOW_US, 0, sessions_new=again))
        loaded = await house.store.load(Want(session_keys={(5, "80000001"), (5, "none")}))
        assert {one.session_id for one in loaded.sessions} == {4, 5, 6, 7}

    tell(house_url, story)


def test_live_sessions_are_found_by_device_and_all_at_once(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.settle(accounts_n=3)
        kept = [session(10), session(20, 2, state=SessionState.ACCEPTED), session(30, 3)]
        kept[2].device_id = 6
        gone = [session(11, 3, state=SessionState.LAPSED), session(12, state=SessionState.CLOSED)]
        await house.store.commit(
            Changes(NOW_US, 0, sessions_new=[*kept, *gone], decisions=[decision("user2", 9)])
        )
        of_device = await house.store.load(Want(live_of_devices={5}))
        assert {one.session_id for one in of_device.sessions} == {10, 20}
        whole = await house.store.load(Want(all_live=True))
        assert {one.session_id for one in whole.sessions} == {10, 20, 30}
        assert {one.account_id for one in whole.accounts} == {1, 2, 3}
        assert {one.login for one in whole.subscribers} == {"user1", "user2", "user3"}
        assert whole.decisions_n == {"user2": 9}
        assert whole.plans == [plan()]

    tell(house_url, story)


def test_sessions_of_nobody_bring_no_account(house_url: str) -> None:
    async def story(house: House) -> None:
        ghost = session(10, 0, subscriber_id=0, plan_id=0)
        await house.store.commit(Changes(NOW_US, 0, sessions_new=[ghost]))
        loaded = await house.store.load(Want(session_ids={10}, all_live=True))
        assert (loaded.sessions, loaded.accounts, loaded.plans) == ([ghost], [], [])

    tell(house_url, story)


def test_a_new_version_of_a_plan_counts_for_logins_and_the_old_one_for_its_sessions(
    house_url: str,
) -> None:
    async def story(house: House) -> None:
        await house.settle()
        async with house.database.office() as connection:
            newer = plan(8, 2, session_fee_micros=5)
            await connection.execute(schema.plans.insert().values(plan_row(newer, created_us=2)))
        await house.store.commit(Changes(NOW_US, 0, sessions_new=[session(10)]))
        loaded = await house.store.load(Want(logins={"user1"}))
        assert loaded.newest_plans == {"metered": 8}
        assert sorted(one.plan_id for one in loaded.plans) == [7, 8]

    tell(house_url, story)


def test_only_current_periods_of_included_usage_are_loaded(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.settle()
        old, new = Allowance(1, PERIOD_US - 1, 9, 9), Allowance(1, PERIOD_US, 5, 6)
        await house.add(rows.ALLOWANCES, old, new)
        assert (await house.store.load(Want(account_ids={1}))).allowances == [new]

    tell(house_url, story)


def test_nothing_wanted_and_nothing_changed_costs_nothing(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.store.close()  # would refuse any statement
        assert not (await house.store.load(Want())).accounts
        await house.store.commit(Changes(NOW_US, 0))
        with pytest.raises(StoreUnavailable):
            await house.store.feed_seq()

    tell(house_url, story)


# --- conflicts


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


# --- invariants


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
        assert found.spendable_micros == 500 - 9_000
        assert await house.findings() == []

    tell(house_url, story)


def test_l9_a_commit_is_all_or_nothing_wherever_it_fails(
    house_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault after each statement in turn: nothing stays, and the next attempt succeeds."""

    async def story(house: House) -> None:
        await settle_two(house)
        before = await house.everything()
        statements_n = len(commit_steps(full_batch(), [], []))
        assert statements_n >= 14
        real = desk_sqlite.check_met
        for failing in range(statements_n):
            left = iter(range(statements_n))

            def fault(step: Any, met: int, left: Any = left, failing: int = failing) -> None:
                if next(left) == failing:
                    raise OSError("injected")
                real(step, met)

            for room in (desk_sqlite, desk_postgresql):
                monkeypatch.setattr(room, "check_met", fault)
            with pytest.raises((OSError, StoreUnavailable)):
                await house.store.commit(full_batch())
            assert await house.everything() == before, f"statement {failing}"
        for room in (desk_sqlite, desk_postgresql):
            monkeypatch.setattr(room, "check_met", real)
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

        async def write(store: Any, order_of: int) -> None:
            nonlocal conflicts_n
            ids = list(range(1, accounts_n + 1))[::order_of]
            for _ in range(rounds_n):
                while True:
                    found = (await store.load(Want(account_ids=set(ids)))).accounts
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

        await asyncio.wait_for(asyncio.gather(write(house.store, 1), write(other, -1)), timeout=60)
        await other.close()
        sums = [row[4] for row in await house.table("accounts")]
        assert sums == [2 * rounds_n] * accounts_n
        assert conflicts_n > 0, "they never met: the test shows nothing"

    tell(house_url, story)


# --- outages


def test_a_full_disk_is_an_outage_and_nothing_is_left_of_the_batch(house_sqlite_url: str) -> None:
    async def story(house: House) -> None:
        await house.settle(posted_micros=500)
        pages = house.store._road._raw.execute("PRAGMA page_count").fetchone()[0]
        limit = house.store._road._raw.execute
        limit(f"PRAGMA max_page_count={pages + 2}")
        before = await house.everything()
        big = Changes(NOW_US, 0, journal_id=70, journal=bytes(200_000))
        with pytest.raises(StoreUnavailable, match="full"):
            await house.store.commit(big)
        assert await house.everything() == before
        limit(f"PRAGMA max_page_count={pages + 2000}")
        await house.store.commit(big)
        assert len(await house.table("journal")) == 1

    tell(house_sqlite_url, story)


def test_a_lock_that_is_not_given_up_is_an_outage(house_sqlite_url: str) -> None:
    async def story(house: House) -> None:
        house.store._road._raw.execute("PRAGMA busy_timeout=50")
        async with house.database.office():
            with pytest.raises(StoreUnavailable, match="locked"):
                await house.store.probe()
        await house.store.probe()

    tell(house_sqlite_url, story)


def test_a_store_that_went_away_is_used_again_when_it_is_back(
    house_postgresql_url: str, postgres_cluster: PostgresCluster
) -> None:
    async def story(house: House) -> None:
        await house.settle(posted_micros=500)
        first = session(10)
        await house.store.commit(Changes(NOW_US, 0, sessions_new=[first]))
        postgres_cluster.stop()
        try:
            for _ in range(2):
                with pytest.raises(StoreUnavailable):
                    await house.store.load(Want(account_ids={1}))
                with pytest.raises(StoreUnavailable):
                    await house.store.commit(Changes(NOW_US, 0, sessions=[advanced(first)]))
                with pytest.raises(StoreUnavailable):
                    async with house.database.office():
                        pass
        finally:
            postgres_cluster.start()
        await house.store.commit(Changes(NOW_US, 0, sessions=[advanced(first)]))
        (found,) = (await house.store.load(Want(session_ids={10}))).sessions
        assert found.version == 2

    tell(house_postgresql_url, story)


def test_a_connection_cut_in_the_middle_of_a_commit_leaves_nothing(
    house_postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(house: House) -> None:
        await settle_two(house)
        before = await house.everything()
        driver = house.store._road._driver
        real = desk_postgresql.check_met

        def cut(step: Any, met: int) -> None:
            driver.terminate()
            real(step, met)

        monkeypatch.setattr(desk_postgresql, "check_met", cut)
        with pytest.raises(StoreUnavailable):
            await house.store.commit(full_batch())
        monkeypatch.setattr(desk_postgresql, "check_met", real)
        assert await house.everything() == before
        await house.store.commit(full_batch())

    tell(house_postgresql_url, story)


def test_a_cancelled_commit_does_not_spoil_the_next_one(house_url: str) -> None:
    async def story(house: House) -> None:
        await settle_two(house)
        work = asyncio.ensure_future(house.store.commit(full_batch()))
        await asyncio.sleep(0)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        await house.store.probe()
        assert len(await house.table("sessions")) in (0, 2), "all or nothing"
        assert await house.findings() == []

    tell(house_url, story)


# --- orders, decisions, suspense, marks


def test_an_order_is_pending_until_it_is_settled(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.settle()
        running = session(10)
        orders = [order(51, running), order(50, running)]
        await house.store.commit(Changes(NOW_US, 0, sessions_new=[running], orders_new=orders))
        assert [one.order_id for one in await house.store.pending_orders()] == [50, 51]
        settled = replace(
            orders[0],
            state=OrderState.DONE,
            attempts_n=2,
            result=OrderResult.NAK,
            error_cause=503,
            done_us=NOW_US + 1,
        )
        await house.store.commit(Changes(NOW_US, 0, orders=[settled]))
        assert await house.store.pending_orders() == [orders[1]]
        assert (await house.store.load(Want(order_ids={51}))).orders == [settled]

    tell(house_url, story)


def test_twenty_decisions_are_kept_per_login_and_a_thousand_of_the_unknown(
    house_url: str,
) -> None:
    async def story(house: House) -> None:
        await house.settle()
        for start in range(1, 2_101, 700):
            some = range(start, start + 700)
            await house.store.commit(Changes(NOW_US, 0, decisions=[decision("", n) for n in some]))
        await house.store.commit(
            Changes(NOW_US, 0, decisions=[decision("user1", n) for n in range(1, 48)])
        )
        kept: dict[str, list[int]] = {"": [], "user1": []}
        for row in await house.table("decisions"):
            kept[row[0]].append(row[2])
        assert sorted(kept["user1"]) == list(range(28, 48))
        assert sorted(kept[""]) == list(range(1_101, 2_101))
        loaded = await house.store.load(Want(logins={"user1", "never seen"}))
        assert loaded.decisions_n == {"user1": 47, "": 2_100}

    tell(house_url, story)


def test_suspense_is_replaced_by_its_id_and_loaded_while_open(house_url: str) -> None:
    async def story(house: House) -> None:
        first, grown = suspended_usage(60), suspended_usage(60, output_octets=2**41)
        await house.store.commit(Changes(NOW_US, 0, suspense=[first]))
        await house.store.commit(
            Changes(NOW_US, 0, suspense=[first, grown, suspended_usage(61, state="dropped")])
        )
        assert (await house.store.load(Want(suspense_of={90}))).suspense == [grown]

    tell(house_url, story)


def test_f_12_a_mark_never_moves_back_in_time(house_url: str) -> None:
    async def story(house: House) -> None:
        for at_us in (100, 300, 200):
            await house.store.commit(Changes(NOW_US, 0, marks=[DeviceMark(5, "a", at_us)]))
        await house.store.commit(
            Changes(NOW_US, 0, marks=[DeviceMark(5, "b", 9), DeviceMark(5, "b", 7)])
        )
        loaded = await house.store.load(Want(mark_devices={5}))
        assert sorted((one.nas_identifier, one.event_us) for one in loaded.marks) == [
            ("a", 300),
            ("b", 9),
        ]

    tell(house_url, story)


def test_a_latch_that_is_proved_twice_is_kept_once(house_url: str) -> None:
    async def story(house: House) -> None:
        await add_device(house)
        latch = (5, "10.0.5.1", Latch.NO_PROXY_STATE)
        await house.store.commit(Changes(NOW_US, 0, latches=[latch, latch]))
        await house.store.commit(Changes(NOW_US + 9, 0, latches=[latch]))
        assert await house.table("device_latches") == [(5, "10.0.5.1", "no-proxy-state", NOW_US)]

    tell(house_url, story)


# --- the rim


def test_the_feed_tells_what_the_office_changed_in_commit_order(house_url: str) -> None:
    async def story(house: House) -> None:
        assert await house.store.feed_seq() == 0
        async with house.database.office() as connection:
            await record_change(connection, "account", 1)
            await record_change(connection, "plan", 7)
        async with house.database.office() as connection:
            await record_change(connection, "order", 50)
        news = await house.store.feed(0)
        assert [(one.kind, one.row_id) for one in news] == [
            ("account", 1),
            ("plan", 7),
            ("order", 50),
        ]
        assert await house.store.feed(news[1].seq) == [news[2]]
        assert await house.store.feed_seq() == news[2].seq
        assert await house.store.feed(news[2].seq) == []

    tell(house_url, story)


def test_a_reader_who_slept_too_long_is_told_to_forget_everything(house_url: str) -> None:
    async def story(house: House) -> None:
        async with house.database.office() as connection:
            for n in range(1, 11):
                await record_change(connection, "account", n)
            await connection.execute(delete(schema.changes).where(schema.changes.c.seq < 6))
        assert (await house.store.feed(5))[0].kind == "account"
        news = await house.store.feed(2)
        assert news[0] == Change(6, "everything", 0)
        assert news[-1].row_id == 10

    tell(house_url, story)


def test_sources_that_are_no_device_are_counted_and_only_the_newest_thousand_kept(
    house_url: str,
) -> None:
    async def story(house: House) -> None:
        for start in (0, 700):
            await house.store.knocked(
                [
                    (f"10.1.{n // 250}.{n % 250}", 1, n, n, 1, 1812)
                    for n in range(start, start + 700)
                ]
            )
        await house.store.knocked([("10.1.5.149", 4, 9_999, 9_999, 4, 1813)])
        await house.store.knocked([])
        kept = await house.table("knocks")
        assert len(kept) == 1_000
        assert min(row[3] for row in kept) == 400
        assert ("10.1.5.149", 5, 1_399, 9_999, 4, 1813) in kept

    tell(house_url, story)


def test_a_probe_is_a_real_commit(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.store.probe()
        await house.store.probe()
        assert await house.table("meta") == [("probe", "committed")]

    tell(house_url, story)


def test_devices_come_with_addresses_and_an_open_secret(house_url: str) -> None:
    async def story(house: House) -> None:
        await add_device(house)
        await add_device(house, 6)
        found = await house.store.load_devices()
        assert [(one.name, one.secret, one.prefixes) for one in found] == [
            ("tower-5", b"testing123", ("10.0.5.0/24",)),
            ("tower-6", b"testing123", ("10.0.6.0/24",)),
        ]
        async with house.database.office() as connection:
            await connection.execute(
                update(schema.devices)
                .where(schema.devices.c.device_id == 6)
                .values(secret=b"device-secret/5:x")
            )
        with pytest.raises(ValueError, match="another place"):
            await house.store.load_devices()

    tell(house_url, story)

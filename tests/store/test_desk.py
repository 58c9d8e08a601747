"""The store as the desk sees it: what goes in comes out, and a commit is all or nothing."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import delete

from aaa.ports import Change, Changes, Conflict, StoreUnavailable, Want
from accounting.journal import packed
from domain.account import Allowance, MacMode
from domain.deed import SERVER, draft
from domain.device import Latch
from domain.grant import OrderResult, OrderState
from domain.session import DeviceMark, HoldState, Session, SessionState
from store import audit, office_deeds, rows, schema
from store.desk import DeskStore
from store.feed import record_change
from store.journal import journal_digest
from store.plans import plan_row
from store.writing import Step
from tests.store.house import (
    NOW_US,
    PERIOD_US,
    House,
    account,
    add_device,
    advanced,
    decision,
    full_batch,
    order,
    plan,
    session,
    settle_two,
    subscriber,
    suspended_usage,
    tell,
)

STRANGE = "naïve \\u202e 𝔘𝔫𝔦 ' \" ; -- %s ?1 $1 :p_x"


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
        assert loaded.newest_plans == {"metered": 7}
        assert loaded.plans == [plan()]
        learned = {one.subscriber_id: one for one in loaded.subscribers}[1002]
        assert learned == subscriber(2, mac="4c:5e:0c:00:00:02", mac_mode=MacMode.FIXED)

        amounts = {row[1]: (row[9], row[10]) for row in await house.table("charges")}
        assert amounts == {10: (300, 102), 11: (70, None)}
        kept = packed(b"\x00a batch\xff")
        digest = journal_digest(70, NOW_US, kept)
        assert await house.table("journal") == [(70, NOW_US, kept, digest)]
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
        gone[0].acct_session_id = kept[0].acct_session_id
        gone[1].acct_session_id, gone[1].device_id = kept[1].acct_session_id, 6
        await house.store.commit(Changes(NOW_US, 0, sessions_new=[*kept, *gone]))
        of_device = await house.store.load(Want(live_of_devices={5}))
        assert {one.session_id for one in of_device.sessions} == {10, 20}
        whole = await house.store.load(Want(all_live=True))
        assert {one.session_id for one in whole.sessions} == {10, 20, 30}
        assert {one.account_id for one in whole.accounts} == {1, 2, 3}
        assert {one.login for one in whole.subscribers} == {"user1", "user2", "user3"}
        assert whole.keys_shared == {(5, kept[0].acct_session_id)}, "of this device"
        assert whole.plans == [plan()]

    tell(house_url, story)


def test_those_who_are_not_on_line_are_found_as_far_as_there_is_room(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.settle(accounts_n=4)
        live, ended = session(20, 2), session(10, 1, state=SessionState.CLOSED)
        used = [(Allowance(number, PERIOD_US, 5, 6), 5, 6) for number in (1, 2, 4)]
        changes = Changes(NOW_US, 0, sessions_new=[live, ended], allowances=used)
        await house.store.commit(changes)
        for room_n, held in ((0, {2}), (1, {1, 2}), (2, {1, 2, 3}), (9, {1, 2, 3, 4})):
            found = await house.store.load(Want(all_live=True, others_max_n=room_n))
            assert {one.account_id for one in found.accounts} == held
            assert {one.account_id for one in found.subscribers} == held
            assert {one.account_id for one in found.allowances} == held - {3}
            assert (found.sessions, found.plans) == ([live], [plan()])

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
        # A clock that was set back let a period ahead begin before the one that was running.
        ahead = subscriber(2, periods_ahead_us=(PERIOD_US - 1,), period_start_us=PERIOD_US)
        await house.add(rows.ACCOUNTS, account(2))
        await house.add(rows.SUBSCRIBERS, ahead)
        running = Allowance(2, PERIOD_US - 1, 7, 8)
        await house.add(rows.ALLOWANCES, Allowance(2, PERIOD_US - 2, 1, 1), running)
        assert (await house.store.load(Want(account_ids={2}))).allowances == [running]

    tell(house_url, story)


def test_nothing_wanted_and_nothing_changed_costs_nothing(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.store.close()  # would refuse any statement
        assert not (await house.store.load(Want())).accounts
        await house.store.commit(Changes(NOW_US, 0))
        with pytest.raises(StoreUnavailable):
            await house.store.feed_seq()

    tell(house_url, story)


# --- outages


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


def test_what_records_say_later_is_no_part_of_a_commit_under_way(house_url: str) -> None:
    """The next batch is decided meanwhile, on the same records."""

    async def story(house: House) -> None:
        await settle_two(house)
        changes, first = full_batch(), full_batch()
        road: Any = house.store._road
        road._tidied = True  # on SQLite a checkpoint goes before
        work = asyncio.ensure_future(house.store.commit(changes))
        await asyncio.sleep(0)
        assert not work.done()
        for move in changes.accounts:
            move.after.open_micros += 7
            move.open_micros += 7
        for one in changes.sessions_new:
            one.output_octets, one.version, one.nas_port = 7, 7, 7
            one.user_name = one.nas_identifier = "later"
            one.class_session_id, one.state = 7, SessionState.LAPSED
        for charge in changes.charges:
            charge.amount_micros += 7
        changes.allowances[0][0].used_octets = 7
        changes.orders_new[0].state = OrderState.DONE
        changes.suspense[0].state = "dropped"
        changes.marks[0].event_us = 7
        await work

        loaded = await house.store.load(
            Want(account_ids={1, 2}, session_ids={10, 11}, mark_devices={5}, order_ids={50})
        )
        by_id = {one.account_id: one for one in loaded.accounts}
        assert by_id == {move.after.account_id: move.after for move in first.accounts}
        assert {one.session_id: one for one in loaded.sessions} == {
            one.session_id: one for one in first.sessions_new
        }
        assert loaded.allowances == [first.allowances[0][0]]
        assert (loaded.orders, loaded.marks) == (first.orders_new, first.marks)
        assert await house.findings() == []

    tell(house_url, story)


async def one_of(store: DeskStore, session_id: int) -> Session:
    """A session as it is stored."""
    loaded = await store.load(Want(session_ids={session_id}))
    return next(one for one in loaded.sessions if one.session_id == session_id)


def test_what_comes_next_is_prepared_beside_a_commit_as_it_is_then(house_url: str) -> None:
    async def story(house: House) -> None:
        await settle_two(house)
        store, first = house.store, session(10)
        work = asyncio.ensure_future(store.commit(Changes(NOW_US, 0, sessions_new=[first])))
        await asyncio.sleep(0)
        second = Changes(NOW_US, 0, sessions_new=[session(11)])
        store.prepare(second)
        second.sessions_new[0].interim_s = 77
        await work
        await store.commit(second)
        found = await one_of(store, 11)
        assert found == session(11), "as it was when it was prepared"

        third = Changes(NOW_US, 0, sessions_new=[session(12)])
        store.prepare(third)
        again = Changes(NOW_US, 0, sessions_new=[replace(session(12), interim_s=77)])
        await store.commit(again)
        found = await one_of(store, 12)
        assert found.interim_s == 77, "what was prepared came to nothing"
        assert await house.findings() == []

    tell(house_url, story)


def test_what_the_commit_under_way_may_change_is_not_compared_before_it_is_over(
    house_url: str,
) -> None:
    """An address is changed and changed back, in two batches."""

    async def story(house: House) -> None:
        await settle_two(house)
        store, first = house.store, session(10)
        await store.commit(Changes(NOW_US, 0, sessions_new=[first]))
        now = advanced(first, output_octets=10)
        await store.commit(Changes(NOW_US, 0, sessions=[now]))
        away = advanced(now, framed_ip_address="100.64.0.9")
        back = advanced(away, framed_ip_address=now.framed_ip_address)
        work = asyncio.ensure_future(store.commit(Changes(NOW_US, 0, sessions=[away])))
        await asyncio.sleep(0)
        following = Changes(NOW_US, 0, sessions=[back])
        store.prepare(following)
        await work
        await store.commit(following)
        found = await one_of(store, 10)
        assert found == back
        assert await house.findings() == []

    tell(house_url, story)


def test_a_commit_answers_for_the_feed_once(house_url: str) -> None:
    async def story(house: House) -> None:
        await settle_two(house)
        seq = await house.store.feed_seq()
        assert not house.store.proved(seq)
        await house.store.commit(Changes(NOW_US, seq, sessions_new=[session(10)]))
        assert not house.store.proved(seq + 1)
        await house.store.commit(Changes(NOW_US, seq, sessions_new=[session(11)]))
        assert house.store.proved(seq) and not house.store.proved(seq)

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


def test_twenty_refusals_are_kept_per_login_and_a_thousand_of_the_unknown(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.settle()
        for start in range(1, 2_101, 700):
            some = range(start, start + 700)
            await house.store.commit(Changes(NOW_US, 0, decisions=[decision("", n) for n in some]))
        some = range(3_001, 3_048)
        begun = decision("user1", 3_010, session_id=3_010, code="accepted")
        made = [decision("user1", n) for n in some if n != begun.n]
        await house.store.commit(Changes(NOW_US, 0, decisions=[*made[30:], begun, *made[:30]]))
        kept: dict[str, list[int]] = {"": [], "user1": []}
        for row in await house.table("decisions"):
            kept[row[0]].append(row[1])
        assert sorted(kept["user1"]) == [begun.n, *range(3_028, 3_048)], "that is its session's"
        assert sorted(kept[""]) == list(range(1_101, 2_101))

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


def test_s40_deeds_of_a_batch_join_the_chain_or_go_with_the_batch(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.settle()
        of: dict[str, Any] = {"kind": "subscriber", "row_id": 1001, "subject": "user1"}
        drafts = [draft(NOW_US, SERVER, word, after={"mac": word}, **of) for word in ("a", "b")]
        await house.store.commit(Changes(NOW_US, 0, deeds=drafts))
        async with house.database.office() as connection:
            await audit.append(connection, [draft(NOW_US, "ada", "c", **of)])
        lost = Changes(NOW_US, 0, sessions=[session(99, version=7)], deeds=drafts)
        with pytest.raises(Conflict):
            await house.store.commit(lost)
        await house.store.commit(Changes(NOW_US, 0, deeds=drafts[1:]))
        rows = await house.table("audit")
        assert [(row[0], row[2], row[3]) for row in rows] == [
            (1, "server", "a"),
            (2, "server", "b"),
            (3, "ada", "c"),
            (4, "server", "b"),
        ]
        assert (await office_deeds.prove(house.database)).sound

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


def test_l11_knocks_go_in_key_order_and_a_race_for_them_is_an_outage(
    house_sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(house: House) -> None:
        written: list[tuple[Any, ...]] = []

        async def race(_seq: int | None, steps: list[Step], _accounts: list[int]) -> None:
            written.extend(steps[0].rows)
            raise Conflict("deadlock detected")

        monkeypatch.setattr(house.store._road, "write", race)
        with pytest.raises(StoreUnavailable, match="deadlock"):
            await house.store.knocked([(f"10.0.0.{n}", 1, 1, 1, 1, 1812) for n in (3, 1, 2)])
        assert written == sorted(written)

    tell(house_sqlite_url, story)


def test_a_probe_is_a_real_commit(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.store.probe(5)
        await house.store.probe(7)
        assert await house.table("meta") == [("probe", "7")]

    tell(house_url, story)


def test_how_far_the_feed_was_looked_into_is_kept(house_url: str) -> None:
    async def story(house: House) -> None:
        assert await house.store.feed_mark() is None
        for seq in (3, 12):
            await house.store.mark_feed(seq)
            assert await house.store.feed_mark() == seq

    tell(house_url, story)


def test_a_probe_that_lost_a_race_says_that_the_store_is_away(
    house_sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(house: House) -> None:
        async def race(
            feed_seq: int | None, steps: list[Step], accounts: list[int], packed: Any = None
        ) -> None:
            raise Conflict("could not serialize access")

        monkeypatch.setattr(house.store._road, "write", race)
        with pytest.raises(StoreUnavailable, match="serialize"):
            await house.store.probe()

    tell(house_sqlite_url, story)


def test_the_rim_may_ask_while_a_batch_is_under_way(house_url: str) -> None:
    async def story(house: House) -> None:
        await settle_two(house)
        asked = [house.store.probe, house.store.feed_seq, house.store.pending_orders]
        asked += [house.store.load_devices, lambda: house.store.load(Want(account_ids={1, 2}))]
        work = [house.store.commit(full_batch()), *(ask() for ask in asked * 3)]
        await asyncio.wait_for(asyncio.gather(*work), 120)
        assert len(await house.table("sessions")) == 2

    tell(house_url, story)


def test_rows_that_no_statement_can_be_given_are_refused_on_either_road(house_url: str) -> None:
    async def story(house: House) -> None:
        await house.settle()
        ragged = Step("entries", [(1, 2), (1,)])
        with pytest.raises(AssertionError, match="refuses a row"):
            await house.store._road.write(None, [ragged], [])
        assert await house.table("entries") == []

    tell(house_url, story)

"""The working set: what is missing, what a batch changed, and what is forgotten after a failure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from aaa import books as module
from aaa.books import Books
from aaa.draft import Draft
from aaa.ports import Change, Decision, Loaded, Want
from domain.account import Allowance
from domain.grant import Order, OrderKind, OrderState
from domain.session import DeviceMark, Session, SessionState, Suspense
from tests.accounting.makers import T0_US, account, at, plan, session, subscriber


def settled(books: Books) -> list[Order]:
    """What was changed so far is durable."""
    if not books._taken:
        books.take_changes(at(0), 0, b"")
    return books.settle()


def whole(account_id: int = 1, *sessions: Session, login: str = "alice") -> Loaded:
    """What the store answers for one account."""
    return Loaded(
        accounts=[account(1_000, account_id=account_id)],
        subscribers=[subscriber(subscriber_id=account_id, account_id=account_id, login=login)],
        sessions=list(sessions),
        plans=[plan()],
        newest_plans={"made": 1},
    )


def filled(*sessions: Session) -> Books:
    books = Books()
    books.take_in(Want(logins={"alice"}), whole(1, *sessions))
    settled(books)
    return books


def order(order_id: int = 5, **traits: Any) -> Order:
    said: dict[str, Any] = {
        "account_id": 1,
        "session_id": 1,
        "device_id": 1,
        "kind": OrderKind.DISCONNECT,
        "reason": "exhausted",
        "attributes": b"",
        "address": "10.0.0.1",
        "port": 3799,
        "created_us": T0_US,
    }
    return Order(order_id, **(said | traits))


def doubt(session_id: int = 1, **traits: Any) -> Suspense:
    said: dict[str, Any] = {
        "suspense_id": 9,
        "session_id": session_id,
        "device_id": 1,
        "reason": "implausible",
        "user_name": "",
        "input_octets": 0,
        "output_octets": 7,
        "session_s": 0,
        "created_us": T0_US,
        "updated_us": T0_US,
    }
    return Suspense(**(said | traits))


# -- what is missing


def test_what_is_held_is_not_asked_for_and_what_is_not_is_asked_for_once_a_batch() -> None:
    books = filled(session())
    want = Want(
        logins={"alice", "bob"},
        account_ids={0, 1, 2},
        session_ids={1, 77},
        plan_ids={1, 2},
        order_ids={5},
    )
    first = books.missing(want)
    assert (first.logins, first.account_ids, first.session_ids) == ({"bob"}, {2}, {77})
    assert (first.plan_ids, first.order_ids) == ({2}, {5})
    assert not books.missing(want), "what was not found is known to be absent for this batch"
    settled(books)
    assert books.missing(want).logins == {"bob"}, "and asked for again in the next"


def test_an_id_that_was_looked_up_is_known_even_if_nothing_had_it() -> None:
    books = filled()
    want = Want(session_keys={(1, "A")}, mark_devices={1}, suspense_of={4})
    assert books.missing(want) == want
    books.take_in(want, Loaded())
    assert not books.missing(want)
    assert books.with_id(1, "A") == []


def test_after_a_plan_was_loaded_its_subscribers_are_read_again() -> None:
    books = filled()
    assert books.hear([Change(1, "plan", 1)]) == set()
    assert books.missing(Want(logins={"alice"})).logins == {"alice"}
    newer = replace(plan(), plan_id=2, version=2)
    loaded = whole()
    loaded.plans, loaded.newest_plans = [newer], {"made": 2}
    books.take_in(Want(logins={"alice"}), loaded)
    assert books.plan_of(books.subscribers["alice"], 0) is newer


# -- taking in


def test_a_row_in_memory_stays_where_a_load_brings_it_again() -> None:
    mine = session(version=4)
    books = filled(mine)
    books.take_in(Want(session_ids={1}), Loaded(sessions=[session(version=3)]))
    assert books.sessions[1] is mine
    purse, loaded = books.accounts[1], whole()
    loaded.sessions = [session(version=4)]
    books.take_in(Want(account_ids={1}), loaded)
    assert books.accounts[1] is purse and books.sessions[1] is mine


def test_live_sessions_are_found_by_account_and_device_and_ended_ones_are_not() -> None:
    ended = session(session_id=2, state=SessionState.CLOSED)
    waits = session(session_id=3, state=SessionState.ACCEPTED, device_id=2)
    books = filled(session(session_id=1), ended, waits)
    assert [one.session_id for one in books.live_sessions(1)] == [1, 3]
    assert [one.session_id for one in books.sessions_on(1)] == [1]
    assert [one.session_id for one in books.sessions_on(2)] == [3]
    books.sessions[1].state = SessionState.CLOSED
    books.touch(books.sessions[1])
    assert [one.session_id for one in books.live_sessions(1)] == [3]


def test_sessions_of_one_id_come_newest_first() -> None:
    books = filled()
    found = [session(session_id=n) for n in (2, 9, 4)]
    books.take_in(Want(session_keys={(1, "A")}), Loaded(sessions=found))
    assert [one.session_id for one in books.with_id(1, "A")] == [9, 4, 2]


def test_a_session_that_was_given_another_id_is_found_under_that_one_only() -> None:
    books = filled()
    books.take_in(Want(session_keys={(1, "A"), (1, "B")}), Loaded(sessions=[session()]))
    one = books.sessions[1]
    one.acct_session_id = "B"
    books.touch(one)
    assert books.with_id(1, "A") == [] and books.with_id(1, "B") == [one]
    books.discard()
    assert books.with_id(1, "A") == []


# -- what a batch changes


def test_an_allowance_is_made_when_it_is_first_used_and_moves_relatively() -> None:
    books = filled()
    books.take_in(Want(account_ids={2}), whole(2, login="bob"))
    used = books.allowance(1, T0_US)
    assert (used.used_octets, used.used_s) == (0, 0)
    used.used_octets += 30
    books.draft.consume(used, 10, 0)
    books.draft.consume(used, 20, 0)
    books.draft.consume(books.allowance(2, T0_US), 0, 0)
    assert books.take_changes(at(0), 0, b"").allowances == [(used, 30, 0)]
    assert books.allowance(1, T0_US) is used


def test_suspense_is_known_while_it_is_open() -> None:
    books = filled(session())
    row = doubt()
    books.put_suspense(row)
    assert books.suspense[1] == {"implausible": row}
    row.state = "settled"
    books.put_suspense(row)
    assert books.suspense[1] == {}
    assert books.take_changes(at(0), 0, b"").suspense == [row]


def test_a_batch_that_changed_nothing_is_nothing_to_commit() -> None:
    books = filled(session())
    books.feed_seq = 12
    assert not books.take_changes(at(0), 0, b"")
    books.put_mark(DeviceMark(1, "", at(0)))
    assert books.take_changes(at(0), 0, b"")


def test_a_durable_batch_hands_out_its_orders_and_forgets_its_changes() -> None:
    books = filled(session())
    told = order()
    books.add_order(told)
    books.touch(books.sessions[1])
    assert settled(books) == [told]
    assert not books.take_changes(at(0), 0, b"")
    assert settled(books) == []


def test_an_order_that_has_come_to_its_end_is_not_kept() -> None:
    books = filled()
    books.add_order(order())
    settled(books)
    books.draft.changed_orders[5] = replace(order(), state=OrderState.DONE)
    settled(books)
    assert 5 not in books.orders


# -- after a failure


def test_after_a_failed_commit_everything_the_batch_changed_is_read_again() -> None:
    other = session(session_id=2, account_id=2)
    books = filled(session())
    books.take_in(Want(account_ids={2}), whole(2, other, login="bob"))
    settled(books)
    one = books.sessions[1]
    one.output_octets = 999
    books.touch(one)
    books.draft.move(books.accounts[1], opened=9)
    books.put_mark(DeviceMark(1, "", at(0)))
    books.put_suspense(doubt())
    books.add_order(order())
    assert books.discard() == {1}
    lacking = books.missing(
        Want(
            logins={"alice", "bob"},
            account_ids={1, 2},
            session_ids={1, 2},
            mark_devices={1},
            suspense_of={1},
            order_ids={5},
        )
    )
    assert (lacking.logins, lacking.account_ids, lacking.session_ids) == ({"alice"}, {1}, {1})
    assert (lacking.mark_devices, lacking.suspense_of, lacking.order_ids) == ({1}, {1}, {5})
    assert not books.take_changes(at(0), 0, b""), "and nothing of it is committed later"
    assert books.live_sessions(1) == [] and books.sessions_on(1) == [other]


def test_l6_what_a_failed_batch_ended_is_alive_and_comes_back() -> None:
    """Its commit failed, so the session holds its money still: somebody must look at it again."""
    books = filled(session(state=SessionState.ACCEPTED))
    books.sessions[1].state = SessionState.LAPSED
    books.touch(books.sessions[1])
    assert books.discard() == {1}


def test_a10_a_session_of_nobody_that_was_dropped_is_read_again_without_being_named() -> None:
    books = filled()
    stray = session(session_id=3, account_id=0, subscriber_id=0)
    books.take_in(Want(session_ids={3}), Loaded(sessions=[stray]))
    for change in (None, Change(1, "everything", 0), Change(2, "session", 3)):
        if change is not None:
            books.hear([change])
        else:
            books.touch(books.sessions[3])
            assert books.discard() == set()
        assert 3 not in books.sessions
        lacking = books.missing(Want())
        assert lacking.session_ids == {3}
        books.take_in(lacking, Loaded(sessions=[stray]))
        settled(books)
        assert not books.missing(Want()), "once is enough"


def test_a_session_born_in_a_failed_batch_was_never_there() -> None:
    books = filled()
    books.add_session(session(session_id=2))
    assert books.discard() == {1}
    assert 2 not in books.sessions and books.live_sessions(1) == []


def test_a_login_decided_in_a_failed_batch_takes_its_subscriber_along() -> None:
    books = filled()
    (one,) = books.people_of(1)
    books.draft.decisions.append(
        Decision(one.login, 7, 0, 1, one.login, "", "no-credit", 0, {}, {})
    )
    assert books.discard() == set(), "nobody of it is on line"
    assert one.login not in books.subscribers


# -- changes made elsewhere


@pytest.mark.parametrize(
    ("change", "accounts"),
    [
        (Change(7, "account", 1), {1}),
        (Change(7, "subscriber", 1), {1}),
        (Change(7, "session", 1), {1}),
        (Change(7, "everything", 0), {1}),
        (Change(7, "account", 2), set()),
        (Change(7, "subscriber", 99), set()),
        (Change(7, "device", 1), set()),
        (Change(7, "order", 5), set()),
    ],
)
def test_what_was_changed_elsewhere_is_read_again_and_its_live_sessions_looked_at(
    change: Change, accounts: set[int]
) -> None:
    books = filled(session())
    books.take_in(Want(account_ids={2}), whole(2, login="bob"))
    settled(books)
    assert books.hear([change]) == accounts
    assert books.feed_seq == 7
    lacking = books.missing(Want(account_ids={1}, session_ids={1}))
    assert bool(lacking.account_ids) is bool(lacking.session_ids) is bool(accounts)


def test_the_change_number_never_goes_back() -> None:
    books = filled()
    books.hear([Change(9, "order", 1), Change(4, "order", 1)])
    assert books.feed_seq == 9


def test_what_an_operator_did_with_a_suspense_row_is_not_overwritten_from_memory() -> None:
    books = filled(session())
    books.put_suspense(doubt())
    settled(books)
    books.hear([Change(7, "session", 1)])
    assert books.missing(Want(suspense_of={1})).suspense_of == {1}


def test_a_dropped_account_leaves_nothing_behind() -> None:
    books = filled(session())
    books.allowances[1] = {T0_US: Allowance(1, T0_US, 5, 5)}
    books.drop_account(1)
    assert all(1 not in kept for kept in (books.accounts, books.sessions, books.allowances))
    assert "alice" not in books.subscribers
    assert len(books.live_on[1]) == 0
    books.drop_account(1)


def test_memory_is_bounded_by_the_sessions_that_live(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also by what is read again and again of those that were over long before."""
    monkeypatch.setattr(module, "ENDED_KEPT_N", 0)
    monkeypatch.setattr(module, "OTHERS_KEPT_N", 0)
    books = filled(session())
    books.put_suspense(doubt(session_id=6))
    books.take_in(
        Want(account_ids={2}, session_keys={(1, "X"), (1, "Z")}),
        whole(
            2,
            *(session(session_id=n, account_id=2, state=SessionState.CLOSED) for n in range(5, 9)),
            login="bob",
        ),
    )
    settled(books)
    settled(books)
    assert set(books.sessions) == {1} and set(books.accounts) == {1}
    assert (1, "X") not in books.same_id and (1, "Z") not in books.same_id
    assert 6 not in books.suspense


def test_what_is_known_of_a_sessions_suspense_goes_with_it_also_if_it_went_before_the_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The batch that asked has named the session and reads it again."""
    monkeypatch.setattr(module, "ENDED_KEPT_N", 0)
    books = filled(session())
    over = session(session_id=5, account_id=0, state=SessionState.CLOSED)
    asked = Want(session_ids={5})
    books.take_in(books.missing(asked), Loaded(sessions=[over]))
    lacking = books.missing(Want(suspense_of={5}))
    books.see()
    assert 5 not in books.sessions
    books.take_in(lacking, Loaded(suspense=[doubt(session_id=5)]))
    again = books.missing(Want(session_keys={(1, over.acct_session_id)}))
    assert again.session_keys
    books.take_in(again, Loaded(sessions=[over]))
    assert books.suspense[5], "it was read after the session was"
    settled(books)
    assert 5 not in books.sessions and 5 not in books.suspense


def test_a_name_that_nobody_had_is_known_until_many_others_were_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "ENDED_KEPT_N", 1)
    books = filled(session(acct_session_id="A"))
    for name in "ABCD":
        books.take_in(Want(session_keys={(1, name)}), Loaded(sessions=[session()]))
        books.index(books.sessions[1])
        settled(books)
    assert [name for name in "ABCD" if (1, name) in books.same_id] == ["A", "D"]


def test_a_name_that_its_session_gave_up_is_not_known_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "ENDED_KEPT_N", 0)
    books = filled(session(acct_session_id="A"))
    books.take_in(Want(session_keys={(1, "A"), (1, "B")}), Loaded(sessions=[session()]))
    books.index(books.sessions[1])
    books.sessions[1].acct_session_id = "B"
    books.touch(books.sessions[1])
    settled(books)
    assert (1, "A") not in books.same_id and (1, "B") in books.same_id


def test_people_are_kept_when_their_sessions_are_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """They will log in again, and to read each of them anew would cost several times a login."""
    monkeypatch.setattr(module, "ENDED_KEPT_N", 0)
    books = filled(session())
    over = session(session_id=5, account_id=2, state=SessionState.CLOSED)
    books.take_in(Want(account_ids={2}), whole(2, over, login="bob"))
    settled(books)
    assert set(books.sessions) == {1} and set(books.accounts) == {1, 2}
    assert "bob" in books.subscribers and not books.missing(Want(logins={"bob"}))


def test_more_people_than_are_to_be_kept_are_let_go_while_few_sessions_are_held(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "OTHERS_KEPT_N", 1)
    books = filled(session())
    for n in (2, 3):
        books.take_in(Want(account_ids={n}), whole(n, login=f"user{n}"))
        settled(books)
        assert len(books.accounts) == 2 and 1 in books.accounts, "who is on line stays"


def test_people_are_let_go_a_few_at_a_time_and_nobody_whom_a_batch_under_way_moved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "OTHERS_KEPT_N", 0)
    monkeypatch.setattr(module, "LOOKED_AT_N", 10)
    monkeypatch.setattr(module, "LOOKED_AT_MAX_N", 10)
    books = filled(session())
    for n in range(2, 102):
        books.take_in(Want(account_ids={n}), whole(n, login=f"user{n}"))
    books.draft.move(books.accounts[50], posted=-1)  # by the batch under way
    gone = []
    for _ in range(100):
        before = set(books.accounts)
        books._taken.append(Draft())  # one that changed nothing and is durable now
        books.settle()
        gone.append(before - set(books.accounts))
    assert set(books.accounts) == {1, 50}
    assert all(len(some) <= 10 for some in gone) and sum(map(len, gone)) == 99


def test_however_many_people_come_at_once_no_more_are_held_in_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "OTHERS_KEPT_N", 100)
    monkeypatch.setattr(module, "LOOKED_AT_N", 10)
    books, held = Books(), list[int]()
    for batch in range(30):
        for n in range(1 + 200 * batch, 201 + 200 * batch):
            books.take_in(Want(account_ids={n}), whole(n, login=f"user{n}"))
        settled(books)
        held.append(len(books.accounts))
    assert max(held) <= 300, held


def test_sessions_that_are_over_are_let_go_one_by_one_the_oldest_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "ENDED_KEPT_N", 2)
    books = filled(*(session(session_id=n) for n in range(1, 7)))
    for n in (2, 4, 1, 6):
        books.sessions[n].state = SessionState.CLOSED
        books.touch(books.sessions[n])
        settled(books)
    assert set(books.sessions) == {1, 3, 5, 6}
    assert {one.session_id for one in books.live_sessions(1)} == {3, 5}
    assert books.missing(Want(session_ids={2})).session_ids == {2}, "it can be read again"


def test_a_session_that_is_over_stays_while_a_batch_under_way_names_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "ENDED_KEPT_N", 0)
    books = filled(session(), session(session_id=2))
    one = books.sessions[1]
    one.state = SessionState.CLOSED
    books.touch(one)
    books.take_changes(T0_US, 0, b"")
    books.touch(one)  # by what is decided behind it
    books.settle()
    assert books.sessions.get(1) is one
    settled(books)
    assert books.sessions.get(1) is None and books.sessions.get(2) is not None


def test_a_login_that_nobody_has_is_asked_for_once_in_a_batch() -> None:
    books = Books()
    want = Want(logins={"alice", "mallory"})
    assert books.missing(want) == want
    books.take_in(want, whole())
    assert not books.missing(want), "what was asked is not asked again in this batch"
    settled(books)
    assert books.missing(want) == Want(logins={"mallory"}), "somebody may have been added"


def test_at_the_start_a_name_that_no_other_session_had_need_not_be_asked_for() -> None:
    books = Books()
    one, two = session(acct_session_id="X"), session(session_id=2, acct_session_id="Y")
    loaded = whole(1, one, two)
    loaded.keys_shared = {(1, "Y")}
    books.take_in(Want(all_live=True), loaded)
    named = Want(session_keys={(1, "X"), (1, "Y"), (1, "Z")})
    assert books.missing(named).session_keys == {(1, "Y"), (1, "Z")}
    assert books.with_id(1, "X") == [one]


def test_an_account_may_have_several_logins_and_sessions_and_loses_them_together() -> None:
    books = filled(session(), session(session_id=2))
    second = subscriber(subscriber_id=7, login="bob")
    loaded = whole(1, session(), session(session_id=2), session(session_id=3))
    loaded.subscribers.append(second)
    books.drop_account(1)
    books.take_in(Want(account_ids={1}), loaded)
    assert [one.login for one in books.people_of(1)] == ["alice", "bob"]
    assert [one.session_id for one in books.live_sessions(1)] == [1, 2, 3]
    books.sessions[2].state = SessionState.CLOSED
    books.touch(books.sessions[2])
    assert [one.session_id for one in books.live_sessions(1)] == [1, 3]
    books.hear([Change(1, "subscriber", 7)])
    assert not books.people_of(1) and not books.has_live(1) and not books.subscribers

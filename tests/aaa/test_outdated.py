"""Sums and sessions of an account are of one moment, or memory gives up what it has of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aaa.books import Books
from aaa.outdated import outdated
from aaa.ports import Loaded, Want
from domain.account import Account
from domain.session import Session, SessionState
from tests.accounting.makers import account, session

ONE = session(session_id=5, account_id=1, version=3)


def found(now: Account, sessions: list[Session], held: list[Session]) -> list[int]:
    return outdated(
        Loaded(accounts=[now], sessions=sessions), {1: account(account_id=1)}.get, lambda _: held
    )


def test_what_nobody_else_has_written_stays() -> None:
    ended = session(session_id=4, account_id=1, state=SessionState.CLOSED)
    assert found(account(account_id=1), [replace(ONE), ended], [ONE]) == []


@pytest.mark.parametrize("name", ["posted_micros", "open_micros", "held_micros", "entries_n"])
def test_other_sums_show_that_somebody_was_there(name: str) -> None:
    now = account(account_id=1)
    setattr(now, name, getattr(now, name) + 1)
    assert found(now, [ONE], [ONE]) == [1]


@pytest.mark.parametrize(
    "now",
    [
        [replace(ONE, version=4)],
        [],
        [ONE, session(session_id=6, account_id=1)],
        [replace(ONE, version=4, state=SessionState.CLOSED)],
    ],
    ids=["moved", "gone", "one more", "ended"],
)
def test_other_live_sessions_show_it_where_the_sums_do_not(now: list[Session]) -> None:
    assert found(account(account_id=1), now, [ONE]) == [1]


def test_an_account_that_is_not_held_is_new_only_if_its_sessions_are_held() -> None:
    loaded = Loaded(accounts=[account(account_id=2)], sessions=[])
    assert outdated(loaded, {}.get, lambda _: []) == []
    assert outdated(loaded, {}.get, lambda _: [ONE]) == [2]


def test_books_take_in_an_account_as_a_whole() -> None:
    """A session moved elsewhere comes with the sums that it moved, also when it was named alone."""
    books, want = Books(), Want(account_ids={1})
    books.take_in(want, Loaded(accounts=[account(account_id=1)], sessions=[replace(ONE)]))
    now = replace(ONE, version=4)
    ended = session(session_id=6, account_id=1, state=SessionState.CLOSED)
    sums = account(account_id=1)
    sums.held_micros += 250_000
    books.take_in(Want(session_ids={6}), Loaded(accounts=[sums], sessions=[now, ended]))
    assert books.sessions[5] is now
    assert books.accounts[1] is sums
    assert books.held_micros == sums.held_micros
    assert books.live_sessions(1) == [now]

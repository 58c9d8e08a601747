"""Logins of people who are held are left out of what has to be read; `aaa.wants` agrees."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from aaa._people import strangers
from aaa.request import Sweep, SweepKind
from aaa.wants import Named, parse, wants
from tests.aaa.test_turnstile import Doors
from tests.accounting.makers import at

NAMES = ("user1", "USER1", " user1", "user2", "user3", "", "02:00:00:00:00:0A")


@given(some.lists(some.sampled_from(NAMES)), some.sampled_from(["", "dropped"]))
def test_who_is_left_out_names_nothing_that_memory_lacks(names: list[str], first: str) -> None:
    doors = Doors()
    doors.serve(doors.login(at(0)), doors.login(at(0), user="user2"), t=0)
    books = doors.short.desk._books
    if first:
        books.drop_account(books.subscribers["user1"].account_id)
    items = [doors.login(at(1), user=name, id=f"S{n}") for n, name in enumerate(names)]
    named = [Named(at, item, parse(item)) for at, item in enumerate(items)]
    rest = strangers(named, books)
    lacking = []
    for one in named:
        books.ask_anew()
        if books.missing(wants([one.item], [one.read], books, b"")):
            lacking.append(one)
    assert [one for one in rest if one.read.user_name] == [
        one for one in lacking if one.read.user_name
    ]


def test_what_is_no_login_is_always_asked_about() -> None:
    doors = Doors()
    sweep = Sweep(SweepKind.LOOK, frozenset({1}))
    assert strangers([Named(0, sweep, None)], doors.short.desk._books) == [Named(0, sweep, None)]

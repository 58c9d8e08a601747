"""Many rows taken in at once leave the books as one after the other by the long way does."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from aaa.books import Books
from aaa.hearing import Hearing
from aaa.outdated import outdated
from aaa.ports import Loaded, Want
from aaa.vigil import Vigil
from domain.account import Allowance
from domain.session import HoldState, Session, SessionState
from tests.accounting.makers import account, session, subscriber

FEW = some.integers(1, 4)
SESSIONS = some.lists(
    some.builds(
        session,
        session_id=some.integers(1, 12),
        account_id=some.integers(0, 4),
        subscriber_id=FEW,
        device_id=some.integers(1, 2),
        acct_session_id=some.sampled_from(["", "A", "B", "C", "D", "E", "F"]),
        state=some.sampled_from([SessionState.OPEN] * 4 + list(SessionState)),
        hold_state=some.sampled_from(HoldState),
        user_name=some.sampled_from(["login1", "login2"]),
        calling_station_id=some.sampled_from(["", "02:00:00:00:00:01"]),
        mac=some.sampled_from([None, "02:00:00:00:00:01"]),
        look_us=some.none() | some.integers(1, 9),
        interim_s=some.sampled_from([0, 60, 600]),
        last_seen_us=some.integers(1, 9),
        input_octets=some.sampled_from([0, 7]),
    ),
    max_size=10,
    unique_by=lambda one: one.session_id,
)
LOADS = some.lists(some.tuples(some.sets(FEW), SESSIONS, some.booleans()), min_size=1, max_size=3)


def loaded_of(account_ids: set[int], sessions: list[Session]) -> Loaded:
    """Accounts with their subscribers, and sessions; rows of their own, and no texts in common."""
    return Loaded(
        accounts=[account(n, account_id=n) for n in sorted(account_ids)],
        subscribers=[
            subscriber(subscriber_id=n, account_id=n, login=f"login{n}", mac="02:00:00:00:00:01")
            for n in sorted(account_ids)
        ],
        sessions=[replace(one) for one in sessions],
        keys_shared={(1, "A"), (2, "B")},
    )


def take_in_slowly(books: Books, want: Want, loaded: Loaded) -> None:
    """What `Books.take_in` does with accounts, subscribers and sessions, row by row."""
    if books.sessions:
        for account_id in outdated(loaded, books.accounts.get, books._live.of):
            books.drop_account(account_id)
    fresh = {one.account_id for one in loaded.accounts if one.account_id not in books._whole}
    for purse in loaded.accounts:
        if purse.account_id in fresh:
            before = books.accounts.get(purse.account_id)
            books.held_micros -= before.held_micros if before is not None else 0
            alive = books._live.pop(purse.account_id)
            books.accounts[purse.account_id] = purse
            for one in alive:
                books._live.add(purse.account_id, one)
            books._people.pop(purse.account_id)
            books.held_micros += purse.held_micros
        books._whole.add(purse.account_id)
    for owner in loaded.subscribers:
        if owner.account_id in fresh:
            books.subscribers[owner.login] = owner
            books._by_number[owner.subscriber_id] = owner
            books._people.add(owner.account_id, owner)
            books._buyers.add(owner, books.subscribers)
    for key in sorted(want.session_keys):
        books.same_id.know(key)
    for one in loaded.sessions:
        key = (one.device_id, one.acct_session_id)
        if want.all_live and key not in loaded.keys_shared:
            books.same_id.know(key)
        books.hold_session(one)


def told(books: Books) -> dict[str, Any]:
    """All that the books and their vigil say, in order; agendas are emptied by it."""
    vigil = books.vigil
    agendas = {
        (device_id, noted): sorted(vigil.agenda_of(device_id, noted).due(10**12, 99))
        for device_id in (1, 2)
        for noted in (2, 3)
    }
    noted = {
        key: (one.noted, one.noted_us, one.look_noted_us, one.counted)
        for key, one in sorted(books.sessions.items())
    }
    return {
        "held_micros": books.held_micros,
        "accounts": sorted(books.accounts.items()),
        "subscribers": sorted(books.subscribers.by_number.items()),
        "by_number": sorted(books._by_number.items()),
        "whole": sorted(books._whole),
        "buyers": sorted(books._buyers.of("made")),
        "people": [books.people_of(n) for n in range(5)],
        "live": [books.live_sessions(n) for n in range(5)],
        "live_on": {n: sorted(books.live_on.get(n, ())) for n in (1, 2)},
        "lately": sorted(books.lately),
        "names": {
            key: (key in books.same_id, books.same_id.ids(key))
            for key in product((1, 2), ("", *"ABCDEF"))
        },
        "sessions": sorted(books.sessions.items()),
        "counts": (vigil.live_n, vigil.held_n),
        "noted": noted,
        "looks": sorted(vigil.looks.due(10**12, 99)),
        "agendas": agendas,
    }


@settings(max_examples=60)
@given(LOADS, some.booleans())
def test_rows_that_are_taken_in_together_are_held_like_rows_taken_in_alone(
    loads: list[tuple[set[int], list[Session], bool]], odd_only: bool
) -> None:
    def empty() -> Books:
        mine = (lambda session_id: session_id % 2 == 1) if odd_only else None
        return Books(vigil=Vigil(Hearing(), 90, mine))

    fast, slow = empty(), empty()
    for account_ids, sessions, all_live in loads:
        want = Want(all_live=all_live, session_keys={(1, "C"), (2, "D")})
        fast.take_in(want, loaded_of(account_ids, sessions))
        take_in_slowly(slow, want, loaded_of(account_ids, sessions))
    assert told(fast) == told(slow)


@pytest.mark.parametrize("wrong", [None, 5, Allowance(1, 2, 3, 4)])
def test_only_records_are_taken_in(wrong: Any) -> None:
    books = Books()
    for kind in ("sessions", "accounts", "subscribers"):
        rows: dict[str, Any] = {kind: [wrong]}
        with pytest.raises((TypeError, AttributeError)):
            books.take_in(Want(), Loaded(**rows))

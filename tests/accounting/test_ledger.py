"""Entries: two sides that balance, numbered, keyed, and honest about what they overran."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounting.ledger import AMOUNT_MAX_MICROS, balanced, charge_entry
from domain.account import Account
from domain.ledger import Book, Entry, EntryKind, Posting
from domain.session import Session
from tests.accounting.makers import T0_US, account, session

FINE = Entry(
    entry_id=1,
    account_id=1,
    seq=1,
    kind=EntryKind.TOP_UP,
    key="k",
    currency="USD",
    created_us=T0_US,
    postings=(Posting(Book.CASH, 1, -5), Posting(Book.CUSTOMER, 1, 5)),
)


def owing(charged_micros: int, closed_micros: int = 0, part: int = 0) -> Session:
    return session(
        session_id=77, charged_micros=charged_micros, closed_micros=closed_micros, part=part
    )


def test_a_balanced_entry_is_returned_as_it_is() -> None:
    assert balanced(FINE) is FINE


@pytest.mark.parametrize(
    "postings",
    [
        (),
        (Posting(Book.CUSTOMER, 1, 0),),
        (Posting(Book.CUSTOMER, 1, 5), Posting(Book.CUSTOMER, 1, -5)),
        (Posting(Book.CUSTOMER, 1, 0), Posting(Book.CASH, 1, 0)),
        (
            Posting(Book.CUSTOMER, 1, AMOUNT_MAX_MICROS + 1),
            Posting(Book.CASH, 1, -AMOUNT_MAX_MICROS - 1),
        ),
    ],
)
def test_l1_an_entry_has_two_different_sides_of_a_bounded_amount(
    postings: tuple[Posting, ...],
) -> None:
    with pytest.raises(AssertionError, match="L1"):
        balanced(replace(FINE, postings=postings))


def test_l2_an_entry_that_does_not_balance_is_none() -> None:
    with pytest.raises(AssertionError, match="L2"):
        balanced(replace(FINE, postings=(Posting(Book.CASH, 1, -5), Posting(Book.CUSTOMER, 1, 6))))


def test_l10_an_entry_without_a_number_or_a_key_is_none() -> None:
    for broken in (replace(FINE, seq=0), replace(FINE, key="")):
        with pytest.raises(AssertionError):
            balanced(broken)


def test_a_charge_moves_what_was_open_from_the_purse_to_revenue() -> None:
    purse = account(1_000, open_micros=300)
    entry = charge_entry(purse, owing(500, closed_micros=200, part=2), 9, T0_US)
    assert entry.postings == (Posting(Book.CUSTOMER, 1, -300), Posting(Book.REVENUE, 1, 300))
    assert (entry.kind, entry.session_id, entry.currency) == (EntryKind.CHARGE, 77, "USD")
    assert (purse.posted_micros, purse.open_micros, purse.balance_micros) == (700, 0, 700)
    assert entry.overrun_micros == 0


def test_p1_each_part_of_a_session_is_charged_under_a_key_of_its_own() -> None:
    purse = account(1_000, open_micros=900)
    keys = [charge_entry(purse, owing(300, part=part), part, T0_US).key for part in (0, 1)]
    assert keys == ["session:77:0", "session:77:1"]


def test_l10_entries_of_an_account_are_numbered_without_gaps() -> None:
    purse = account(1_000, open_micros=900, entries_n=4)
    numbers = [charge_entry(purse, owing(300, part=part), part, T0_US).seq for part in range(3)]
    assert numbers == [5, 6, 7]
    assert purse.entries_n == 7


def test_nothing_open_is_no_entry() -> None:
    with pytest.raises(AssertionError):
        charge_entry(account(1_000), owing(0), 9, T0_US)


@pytest.mark.parametrize(
    ("posted_micros", "limit_micros", "overrun_micros"),
    [(300, 0, 0), (299, 0, 1), (0, 0, 300), (-50, 0, 300), (0, 100, 200), (200, 100, 0)],
)
def test_l8_a_fact_posts_in_full_and_says_how_far_below_the_floor_it_went(
    posted_micros: int, limit_micros: int, overrun_micros: int
) -> None:
    purse = account(posted_micros, open_micros=300, credit_limit_micros=limit_micros)
    entry = charge_entry(purse, owing(300), 9, T0_US)
    assert purse.posted_micros == posted_micros - 300
    assert entry.overrun_micros == overrun_micros


@given(
    posted=st.integers(-(10**12), 10**12),
    held=st.integers(0, 10**9),
    limit=st.integers(0, 10**9),
    amounts=st.lists(st.integers(1, 10**9), min_size=1, max_size=8),
)
def test_l2_and_l3_charges_leave_every_sum_what_its_causes_make_it(
    posted: int, held: int, limit: int, amounts: list[int]
) -> None:
    purse: Account = account(
        posted, open_micros=sum(amounts), held_micros=held, credit_limit_micros=limit
    )
    balance_micros = purse.balance_micros
    entries = [
        charge_entry(purse, owing(amount, part=part), part + 1, T0_US)
        for part, amount in enumerate(amounts)
    ]
    assert purse.balance_micros == balance_micros, "closing a charge changes no balance"
    assert (purse.open_micros, purse.held_micros) == (0, held)
    assert purse.posted_micros == posted + sum(
        one.amount_micros for e in entries for one in e.postings if one.book is Book.CUSTOMER
    )
    assert sum(one.amount_micros for entry in entries for one in entry.postings) == 0
    below = max(-limit - balance_micros, 0)
    assert all(entry.overrun_micros <= below for entry in entries)
    assert entries[-1].overrun_micros == min(below, amounts[-1])

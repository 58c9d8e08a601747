"""Operators' money: balanced, named, refused politely, the same under repetition."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounting.ledger import AMOUNT_MAX_MICROS
from billing.payment import (
    Declined,
    Payment,
    Stamp,
    correction,
    customer_micros,
    repeats,
    reversal,
    top_up,
    transfer,
)
from domain.account import Account
from domain.ledger import Book, Entry, EntryKind

PURSE = Account(
    account_id=7,
    currency="USD",
    credit_limit_micros=0,
    posted_micros=5_000_000,
    open_micros=1_000_000,
    held_micros=2_000_000,
    entries_n=3,
)
STAMP = Stamp(entry_id=99, key="ref-1", created_us=1_000, reason="a reason")
MICROS = st.integers(-AMOUNT_MAX_MICROS, AMOUNT_MAX_MICROS)


def booked(result: Payment | Declined) -> Payment:
    assert isinstance(result, Payment), result
    return result


def declined(result: Payment | Declined) -> str:
    assert isinstance(result, Declined), result
    return result.text


def earlier(account_id: int = 7) -> Entry:
    return booked(top_up(replace(PURSE, account_id=account_id), 100, stamp=STAMP)).entry


def test_a_top_up_moves_cash_into_the_purse() -> None:
    payment = booked(top_up(PURSE, 2_500_000, stamp=STAMP))
    assert [(p.book, p.amount_micros) for p in payment.entry.postings] == [
        (Book.CUSTOMER, 2_500_000),
        (Book.CASH, -2_500_000),
    ]
    assert [(m.account_id, m.posted_micros, m.entries_n) for m in payment.movements] == [
        (7, 2_500_000, 1)
    ]
    assert payment.entry.kind is EntryKind.TOP_UP
    assert payment.entry.key == "ref-1"


def test_l10_an_entry_takes_the_next_number_of_its_account() -> None:
    assert booked(top_up(PURSE, 1, stamp=STAMP)).entry.seq == 4


@given(MICROS, MICROS, MICROS)
def test_l2_every_entry_balances_and_moves_what_it_says(
    posted: int, limit: int, amount: int
) -> None:
    account = replace(PURSE, posted_micros=posted, credit_limit_micros=abs(limit))
    other = replace(PURSE, account_id=8, posted_micros=-posted)
    for result in (
        top_up(account, amount, stamp=STAMP),
        correction(account, amount, corrected=earlier(), stamp=STAMP),
        transfer(account, other, amount_micros=amount, stamp=STAMP),
    ):
        if isinstance(result, Payment):
            assert sum(p.amount_micros for p in result.entry.postings) == 0
            for moved in result.movements:
                assert moved.posted_micros == sum(
                    p.amount_micros
                    for p in result.entry.postings
                    if p.book is Book.CUSTOMER and p.account_id == moved.account_id
                )


@pytest.mark.parametrize("amount", [0, -1])
def test_a_top_up_of_nothing_or_less_is_declined(amount: int) -> None:
    assert "more than zero" in declined(top_up(PURSE, amount, stamp=STAMP))


def test_money_never_leaves_the_range_of_its_column() -> None:
    rich = replace(PURSE, posted_micros=AMOUNT_MAX_MICROS)
    assert "range" in declined(top_up(rich, 1, stamp=STAMP))
    poor = replace(PURSE, posted_micros=-AMOUNT_MAX_MICROS)
    assert "range" in declined(correction(poor, -1, corrected=earlier(), stamp=STAMP))


def test_l5_a_correction_names_the_entry_it_corrects() -> None:
    payment = booked(correction(PURSE, -300, corrected=earlier(), stamp=STAMP))
    assert payment.entry.corrects_entry_id == 99
    assert payment.entry.reason == "a reason"
    assert customer_micros(payment.entry) == -300
    assert payment.entry.postings[1].book is Book.ADJUSTMENT


def test_a_correction_needs_a_reason_an_amount_and_its_own_account() -> None:
    silent = replace(STAMP, reason="  ")
    assert "reason" in declined(correction(PURSE, 1, corrected=earlier(), stamp=silent))
    assert "zero" in declined(correction(PURSE, 0, corrected=earlier(), stamp=STAMP))
    assert "another account" in declined(correction(PURSE, 1, corrected=earlier(8), stamp=STAMP))


@pytest.mark.parametrize(
    ("limit", "amount", "overrun"),
    [(0, -4_000_000, 0), (0, -4_000_001, 1), (50, -4_000_100, 50), (0, 10, 0)],
)
def test_l8_a_correction_below_the_floor_posts_and_says_how_far(
    limit: int, amount: int, overrun: int
) -> None:
    account = replace(PURSE, credit_limit_micros=limit)
    payment = booked(correction(account, amount, corrected=earlier(), stamp=STAMP))
    assert payment.entry.overrun_micros == overrun


def test_l8_only_the_part_that_this_entry_adds_counts_as_its_overrun() -> None:
    below = replace(PURSE, posted_micros=0)
    payment = booked(correction(below, -5, corrected=earlier(), stamp=STAMP))
    assert payment.entry.overrun_micros == 5


def test_l7_a_transfer_needs_spendable_money() -> None:
    taker = replace(PURSE, account_id=3)
    assert isinstance(transfer(PURSE, taker, amount_micros=2_000_000, stamp=STAMP), Payment)
    assert "spendable" in declined(transfer(PURSE, taker, amount_micros=2_000_001, stamp=STAMP))


def test_l11_a_transfer_is_one_entry_with_movements_in_account_order() -> None:
    taker = replace(PURSE, account_id=3)
    payment = booked(transfer(PURSE, taker, amount_micros=10, stamp=STAMP))
    assert [(m.account_id, m.posted_micros, m.entries_n) for m in payment.movements] == [
        (3, 10, 0),
        (7, -10, 1),
    ]
    assert payment.entry.account_id == 7


def test_l1_a_transfer_is_between_two_accounts_in_one_currency() -> None:
    euros = replace(PURSE, account_id=3, currency="EUR")
    assert "same account" in declined(transfer(PURSE, PURSE, amount_micros=1, stamp=STAMP))
    assert "EUR" in declined(transfer(PURSE, euros, amount_micros=1, stamp=STAMP))
    zero = transfer(PURSE, replace(PURSE, account_id=3), amount_micros=0, stamp=STAMP)
    assert "more than zero" in declined(zero)


def test_p2_a_key_used_again_for_something_else_is_told_apart() -> None:
    entry = earlier()
    assert repeats(entry, EntryKind.TOP_UP, 100)
    assert not repeats(entry, EntryKind.TOP_UP, 101)
    assert not repeats(entry, EntryKind.CORRECTION, 100)


AMOUNT = st.integers(1, 10**12)


@given(AMOUNT)
def test_l5_a_reversal_is_the_entry_the_other_way_round(amount_micros: int) -> None:
    paid = booked(top_up(PURSE, amount_micros, stamp=STAMP)).entry
    undone = booked(reversal(PURSE, paid, takers={}, stamp=STAMP))
    assert [(p.book, p.account_id, -p.amount_micros) for p in undone.entry.postings] == [
        (p.book, p.account_id, p.amount_micros) for p in paid.postings
    ]
    assert (undone.entry.kind, undone.entry.corrects_entry_id) == (EntryKind.CORRECTION, 99)
    assert [(m.account_id, m.posted_micros, m.entries_n) for m in undone.movements] == [
        (7, -amount_micros, 1)
    ]
    assert undone.entry.overrun_micros == max(0, amount_micros - 4_000_000)


def test_l11_a_transfer_is_undone_on_both_sides_by_one_entry() -> None:
    taker = replace(PURSE, account_id=3)
    given_away = booked(transfer(PURSE, taker, amount_micros=100, stamp=STAMP)).entry
    undone = booked(reversal(PURSE, given_away, takers={3: taker}, stamp=STAMP))
    assert [(m.account_id, m.posted_micros, m.entries_n) for m in undone.movements] == [
        (3, -100, 0),
        (7, 100, 1),
    ]
    assert sum(p.amount_micros for p in undone.entry.postings) == 0
    assert {p.book for p in undone.entry.postings} == {Book.CUSTOMER}


def test_a_reversal_without_a_reason_or_of_another_account_is_declined() -> None:
    silent = replace(STAMP, reason=" ")
    assert "needs a reason" in declined(reversal(PURSE, earlier(), takers={}, stamp=silent))
    assert "another account" in declined(reversal(PURSE, earlier(8), takers={}, stamp=STAMP))
    full = replace(PURSE, posted_micros=-AMOUNT_MAX_MICROS)
    assert "range" in declined(reversal(full, earlier(), takers={}, stamp=STAMP))

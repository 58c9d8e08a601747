"""Entries and postings: the shape of double entry.

An entry moves money between books; its postings sum to zero in one currency (L1, L2). `customer`
is the purse of one account; the house books have no row of their own, their balances are sums.
Entries are never changed or deleted (L4); a correction is a new entry that names the one it
corrects (L5).
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Book(enum.StrEnum):
    """Where money can be."""

    CUSTOMER = "customer"
    CASH = "cash"  # received from subscribers
    REVENUE = "revenue"  # earned by usage and fees
    ADJUSTMENT = "adjustment"  # corrections by an operator


class EntryKind(enum.StrEnum):
    """What an entry is for."""

    TOP_UP = "top-up"
    CHARGE = "charge"
    CORRECTION = "correction"
    TRANSFER = "transfer"
    PACKAGE = "package"  # the price of a package, for the time it buys
    BOOSTER = "booster"  # the price of a booster
    ACTIVATION = "activation"  # the fee for a plan that an account has for the first time
    REFUND = "refund"  # of a package's price, for time that was given up


@dataclass(frozen=True, slots=True)
class Posting:
    """One side of an entry: positive micros raise the book, negative lower it."""

    book: Book
    account_id: int  # the account whose purse, or on whose behalf
    amount_micros: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One immutable movement. `key` is the idempotency key, unique for ever per account (P1)."""

    entry_id: int
    account_id: int
    seq: int  # 1, 2, 3 ... per account (L10)
    kind: EntryKind
    key: str
    currency: str
    created_us: int
    postings: tuple[Posting, ...]
    corrects_entry_id: int | None = None
    session_id: int | None = None
    reason: str = ""
    overrun_micros: int = 0  # how far below the floor this fact took the account (L8)

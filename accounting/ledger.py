"""Double entry: the only place that makes entries.

Each is balanced in one currency between different books or purses, positive amounts on one side,
negative on the other (L1), numbered without gaps within its account (L10), and carries the key
that makes it happen once (P1).
"""

from __future__ import annotations

from domain.account import Account
from domain.ledger import Book, Entry, EntryKind, Posting
from domain.session import Session

AMOUNT_MAX_MICROS = 9_000_000_000_000_000  # nine thousand million units; far from 2^63


def balanced(entry: Entry) -> Entry:
    """The entry itself, once it is proved to be one (L1, L2)."""
    assert len(entry.postings) >= 2, "L1: an entry has two sides"
    sides = {(posting.book, posting.account_id) for posting in entry.postings}
    assert len(sides) == len(entry.postings), "L1: the sides of an entry differ"
    assert all(0 < abs(p.amount_micros) <= AMOUNT_MAX_MICROS for p in entry.postings), "L1"
    assert sum(posting.amount_micros for posting in entry.postings) == 0, "L2: it must balance"
    assert entry.seq > 0 and entry.key
    return entry


def charge_entry(account: Account, session: Session, entry_id: int, now_us: int) -> Entry:
    """The immutable entry that closes the open charges of one part of a session.

    Moves `account`'s sums: the open charges become posted. A fact posts fully, even below the
    floor; how far below is written on it (L8).
    """
    amount_micros = session.open_micros
    assert amount_micros > 0
    account.open_micros -= amount_micros
    account.posted_micros -= amount_micros
    account.entries_n += 1
    below = -account.credit_limit_micros - account.balance_micros
    return balanced(
        Entry(
            entry_id=entry_id,
            account_id=account.account_id,
            seq=account.entries_n,
            kind=EntryKind.CHARGE,
            key=f"session:{session.session_id}:{session.part}",
            currency=account.currency,
            created_us=now_us,
            postings=(
                Posting(Book.CUSTOMER, account.account_id, -amount_micros),
                Posting(Book.REVENUE, account.account_id, amount_micros),
            ),
            session_id=session.session_id,
            reason=f"usage of session {session.acct_session_id or session.session_id}",
            overrun_micros=min(max(below, 0), amount_micros),
        )
    )

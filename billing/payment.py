"""Money that an operator moves: top-ups, corrections, transfers, as balanced entries.

Each function takes the account as it stands and answers with one immutable entry and what it does
to the sums of the accounts, or with a polite no. The floor above writes both in one transaction
(L3, L9). A top-up and a correction are facts and post whatever the balance is; a transfer is a
promise and needs the money (L7). Nothing here changes an entry that exists (L4): a correction is
a new one that names it (L5). In every book a positive amount raises it; what a customer's purse
gains, a house book loses, so all books together are always zero (L2).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from accounting.ledger import AMOUNT_MAX_MICROS, balanced
from domain.account import Account
from domain.ledger import Book, Entry, EntryKind, Posting
from domain.money import format_amount


@dataclass(frozen=True, slots=True)
class Stamp:
    """What makes one entry this entry: its id, idempotency key, instant and reason.

    `key` is unique for ever per account (P1).
    """

    entry_id: int
    key: str
    created_us: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Movement:
    """What an entry does to the cached sums of one account (L3)."""

    account_id: int
    posted_micros: int
    entries_n: int


@dataclass(frozen=True, slots=True)
class Payment:
    """One entry and the movements that belong into its transaction, in account id order (L11)."""

    entry: Entry
    movements: tuple[Movement, ...]


@dataclass(frozen=True, slots=True)
class Declined:
    """Why money is not moved: one sentence for the operator."""

    text: str


def top_up(account: Account, amount_micros: int, *, stamp: Stamp) -> Payment | Declined:
    """Money received from a subscriber: cash to purse. Positive amounts only."""
    if amount_micros <= 0:
        return Declined("the amount must be more than zero; use `balance correct` to take money")
    if problem := _too_much(account, amount_micros):
        return problem
    return _one_purse(account, amount_micros, stamp, kind=EntryKind.TOP_UP, against=Book.CASH)


def correction(
    account: Account, amount_micros: int, *, corrected: Entry, stamp: Stamp
) -> Payment | Declined:
    """A signed change of the purse that names the entry it corrects, with a reason (L5).

    It posts even below the floor; how far is in its `overrun_micros` (L8).
    """
    if amount_micros == 0:
        return Declined("a correction of zero corrects nothing")
    if corrected.account_id != account.account_id:
        return Declined(f"entry {corrected.entry_id} belongs to another account")
    if not stamp.reason.strip():
        return Declined("a correction needs a reason")
    if problem := _too_much(account, amount_micros):
        return problem
    return _one_purse(
        account,
        amount_micros,
        stamp,
        kind=EntryKind.CORRECTION,
        against=Book.ADJUSTMENT,
        corrects_entry_id=corrected.entry_id,
    )


def sale(
    account: Account,
    amount_micros: int,
    *,
    stamp: Stamp,
    kind: EntryKind = EntryKind.PACKAGE,
    from_held: bool = False,
    kept_micros: int = 0,
) -> Payment | Declined:
    """The price of what is bought: purse to revenue. A promise: the money must be there (L7).

    `kept_micros` of what is available is for something else (`hold.kept_for_package`).

    `from_held`: what running sessions hold and have not used may pay it as well; the server then
    takes back from them what is no longer there, as after a correction.
    """
    if amount_micros <= 0:
        return Declined("a price is more than zero")
    held_micros = account.held_micros if from_held else 0
    there_micros = account.available_micros + held_micros - kept_micros
    if amount_micros > there_micros:
        there = format_amount(max(there_micros, 0), account.currency)
        price = format_amount(amount_micros, account.currency)
        held = f", {_held(account)}" if account.held_micros and not from_held else ""
        return Declined(f"{price} are needed and {there} can be spent{held}")
    if problem := _too_much(account, -amount_micros):
        return problem
    return _one_purse(account, -amount_micros, stamp, kind=kind, against=Book.REVENUE)


def refund(account: Account, amount_micros: int, *, stamp: Stamp) -> Payment:
    """A part of a price that comes back, for what was given up: revenue to purse."""
    assert 0 < amount_micros <= AMOUNT_MAX_MICROS, "a refund is a part of what was paid"
    return _one_purse(account, amount_micros, stamp, kind=EntryKind.REFUND, against=Book.REVENUE)


def _held(account: Account) -> str:
    return f"{format_amount(account.held_micros, account.currency)} are held by running sessions"


def reversal(
    account: Account, reversed_: Entry, *, takers: Mapping[int, Account], stamp: Stamp
) -> Payment | Declined:
    """A correction that undoes an entry exactly: each of its postings the other way round (L5).

    Money goes back to the books it came from, and of a transfer out of the taker's purse into the
    giver's, in one entry (L11); `takers` are the other accounts that the entry moved. Like every
    correction it posts even below the floor (L8). That it is done once is the caller's business.
    """
    if reversed_.account_id != account.account_id:
        return Declined(f"entry {reversed_.entry_id} belongs to another account")
    if not stamp.reason.strip():
        return Declined("a reversal needs a reason")
    moved: dict[int, int] = {account.account_id: 0}
    for posting in reversed_.postings:
        if posting.book is Book.CUSTOMER:
            moved[posting.account_id] = moved.get(posting.account_id, 0) - posting.amount_micros
    for account_id, amount_micros in moved.items():
        purse = account if account_id == account.account_id else takers[account_id]
        if problem := _too_much(purse, amount_micros):
            return problem
    entry = _entry(
        account,
        stamp,
        kind=EntryKind.CORRECTION,
        postings=tuple(
            Posting(one.book, one.account_id, -one.amount_micros) for one in reversed_.postings
        ),
        corrects_entry_id=reversed_.entry_id,
        overrun_micros=_overrun(account, moved[account.account_id]),
    )
    movements = tuple(
        Movement(account_id, amount_micros, int(account_id == account.account_id))
        for account_id, amount_micros in sorted(moved.items())
    )
    return Payment(entry, movements)


def transfer(
    giver: Account, taker: Account, *, amount_micros: int, stamp: Stamp
) -> Payment | Declined:
    """Money from one purse to another: one entry, booked under the giver (L11).

    A promise: refused when the giver's spendable money and credit limit are short (L7).
    """
    if giver.account_id == taker.account_id:
        return Declined("giver and taker are the same account")
    if giver.currency != taker.currency:
        return Declined(f"{giver.currency} cannot be transferred to a purse in {taker.currency}")
    if amount_micros <= 0:
        return Declined("the amount must be more than zero")
    if amount_micros > giver.available_micros:
        return Declined("the giver has not that much spendable money")
    if problem := _too_much(taker, amount_micros):
        return problem
    entry = _entry(
        giver,
        stamp,
        kind=EntryKind.TRANSFER,
        postings=(
            Posting(Book.CUSTOMER, giver.account_id, -amount_micros),
            Posting(Book.CUSTOMER, taker.account_id, amount_micros),
        ),
    )
    movements = (
        Movement(giver.account_id, -amount_micros, 1),
        Movement(taker.account_id, amount_micros, 0),
    )
    return Payment(entry, tuple(sorted(movements, key=lambda moved: moved.account_id)))


def repeats(earlier: Entry, kind: EntryKind, amount_micros: int) -> bool:
    """Does a request under the key of `earlier` ask for the very same thing (P1, P2)?

    If so it is booked already; if not, the key was used for something else, which is an error.
    """
    return earlier.kind is kind and customer_micros(earlier) == amount_micros


def customer_micros(entry: Entry) -> int:
    """What an entry did to the purse it is booked under."""
    return sum(
        posting.amount_micros
        for posting in entry.postings
        if posting.book is Book.CUSTOMER and posting.account_id == entry.account_id
    )


def _one_purse(
    account: Account,
    amount_micros: int,
    stamp: Stamp,
    *,
    kind: EntryKind,
    against: Book,
    corrects_entry_id: int | None = None,
) -> Payment:
    """An entry between a purse and one house book."""
    entry = _entry(
        account,
        stamp,
        kind=kind,
        postings=(
            Posting(Book.CUSTOMER, account.account_id, amount_micros),
            Posting(against, account.account_id, -amount_micros),
        ),
        corrects_entry_id=corrects_entry_id,
        overrun_micros=_overrun(account, amount_micros),
    )
    return Payment(entry, (Movement(account.account_id, amount_micros, 1),))


def _entry(
    account: Account,
    stamp: Stamp,
    *,
    kind: EntryKind,
    postings: tuple[Posting, ...],
    corrects_entry_id: int | None = None,
    overrun_micros: int = 0,
) -> Entry:
    """The next entry of an account, balanced in its currency (L1, L2, L10)."""
    return balanced(
        Entry(
            entry_id=stamp.entry_id,
            account_id=account.account_id,
            seq=account.entries_n + 1,
            kind=kind,
            key=stamp.key,
            currency=account.currency,
            created_us=stamp.created_us,
            postings=postings,
            corrects_entry_id=corrects_entry_id,
            reason=stamp.reason.strip(),
            overrun_micros=overrun_micros,
        )
    )


def _overrun(account: Account, amount_micros: int) -> int:
    """How much further below its floor a movement takes an account (L8)."""
    above_floor = account.balance_micros + account.credit_limit_micros
    return max(0, -(above_floor + amount_micros)) - max(0, -above_floor) if amount_micros < 0 else 0


def _too_much(account: Account, amount_micros: int) -> Declined | None:
    """Refuse what would leave the range that money columns hold."""
    reached = account.posted_micros + amount_micros
    if abs(amount_micros) > AMOUNT_MAX_MICROS or abs(reached) > AMOUNT_MAX_MICROS:
        return Declined("the balance would leave the range of 9,000,000,000 currency units")
    return None

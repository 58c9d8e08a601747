"""`tollhouse balance reverse`: undo an entry, exactly and once.

A payment that bounced, a top-up of the wrong subscriber, a package sold by mistake: nothing is
deleted, an entry that moves the same money the other way is booked beside it. An entry that was
corrected already is left alone, because two corrections of one mistake are a new mistake.
"""

from __future__ import annotations

from typing import Any

import click

from billing.payment import Declined, Payment, Stamp, customer_micros, reversal
from cli.booking import reference_of, stamp_of, tell
from cli.customers import customer_called
from cli.errors import HouseError
from cli.office import Office, office_command
from cli.options import LOGIN
from cli.people import money
from domain.account import Account
from domain.ledger import Book, Entry, EntryKind
from store import office_changes, office_money, office_sessions
from store.office_connection import Connection


@click.command("reverse")
@click.argument("login", type=LOGIN)
@click.argument("seq", type=click.IntRange(min=1), metavar="ENTRY")
@click.option("--reason", required=True, metavar="TEXT", help="Why; it stays in the books.")
@click.option(
    "--reference",
    metavar="KEY",
    help="Your own number of this booking. The same KEY is never booked twice.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be booked.")
@office_command
async def reverse(office: Office, *, login: str, seq: int, **given: Any) -> None:
    """Undo ENTRY of a subscriber with one correction that moves the same money back.

    Once: what was corrected already is refused. ENTRY is its number in `tollhouse balance history`.
    Of a transfer both sides are undone. The time that a package has bought stays; take it back with
    `tollhouse subscriber set LOGIN --valid-until TIME`.

    \b
    Example:
      tollhouse balance reverse alice 3 --reason "the cheque bounced"
    """
    if not given["reason"].strip():
        raise HouseError("--reason: a reversal needs a reason")
    stamp = stamp_of(office, given["reference"], given["reason"])
    async with office.database.office() as connection:
        account = (await customer_called(connection, login, lock=True)).account
        entry = await office_money.entry_with_seq(connection, account.account_id, seq)
        if entry is None:
            raise HouseError(f"{login}: there is no entry {seq}; see `tollhouse balance history`")
        earlier = await office_money.entry_with_key(connection, account.account_id, stamp.key)
        if earlier is not None:
            _see_it_is_the_same(login, entry, earlier)
            click.echo(f"{login}: already booked as entry {earlier.seq}, nothing was booked")
            return
        made = await _reversal(connection, account, entry, stamp)
        if isinstance(made, Declined):
            raise HouseError(f"{login}: {made.text}")
        if not given["dry_run"]:
            await office_money.book(connection, made)
            await tell(office, connection, login, made, "balance reverse")
    amount_micros = customer_micros(made.entry)
    verb = "would be booked" if given["dry_run"] else "booked"
    after = money(account.balance_micros + amount_micros, account)
    click.echo(
        f"{login}: {entry.kind} {seq} undone, {money(amount_micros, account)} {verb} as entry "
        f"{made.entry.seq}; balance {after}"
    )
    if entry.kind is EntryKind.PACKAGE:
        click.echo(
            "the time that it bought stays; take it back with "
            f"`tollhouse subscriber set {login} --valid-until TIME`"
        )
    elif entry.kind is EntryKind.BOOSTER:
        click.echo("what is left of the booster stays")


def _see_it_is_the_same(login: str, entry: Entry, earlier: Entry) -> None:
    """HouseError when the reference belongs to something else (P2)."""
    if earlier.corrects_entry_id != entry.entry_id:
        raise HouseError(
            f"reference {reference_of(earlier)} of {login} is taken by entry {earlier.seq}"
        )


async def _reversal(
    connection: Connection, account: Account, entry: Entry, stamp: Stamp
) -> Payment | Declined:
    """What `billing` makes of it, unless it was done or cannot be yet."""
    done = await office_money.correcting(connection, account.account_id, entry.entry_id)
    if done is not None:
        amount = money(customer_micros(done), account)
        return Declined(
            f"entry {entry.seq} is corrected by entry {done.seq} already ({amount}); for the rest "
            "use `tollhouse balance correct`"
        )
    if entry.kind is EntryKind.CHARGE and entry.session_id is not None:
        session = await office_sessions.find(connection, entry.session_id)
        if session is not None and session.session.live:
            return Declined(
                f"entry {entry.seq} is usage of session {entry.session_id}, which still runs; "
                "end it first with `tollhouse session disconnect`"
            )
    if entry.kind is EntryKind.PACKAGE:
        back = await office_changes.refund_of(connection, entry)
        if back is not None:
            amount = money(customer_micros(back), account)
            return Declined(
                f"entry {back.seq} gave {amount} back as its time was given up: undo that first, "
                "or use `tollhouse balance correct` for the rest"
            )
    others = {
        posting.account_id
        for posting in entry.postings
        if posting.book is Book.CUSTOMER and posting.account_id != account.account_id
    }
    takers = await office_money.accounts(connection, others, lock=True)
    return reversal(account, entry, takers=takers, stamp=stamp)

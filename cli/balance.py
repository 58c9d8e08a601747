"""`tollhouse balance`: what a subscriber has, what was booked, and booking by hand.

`posted` is what the subscriber has once the charges of sessions that still run are taken off;
`held` is promised to these sessions; `spendable` is the rest, with the credit limit, as far as
usage may have it (`cli.spending`).
"""

from __future__ import annotations

from typing import Any

import click

from billing.payment import Declined, Payment, Stamp, correction, customer_micros, repeats, top_up
from cli.balance_reverse import reverse
from cli.booking import reference_of, stamp_of, tell
from cli.customers import customer_called, plan_held
from cli.errors import HouseError
from cli.office import Office, office_command
from cli.options import AMOUNT, LOGIN, limit_option, output_option
from cli.output import Column, Kind, render, render_one
from cli.people import money
from cli.spending import spendable_now
from domain.account import Account
from domain.ledger import Entry, EntryKind
from store import office_money
from store.office_connection import Connection
from store.office_subscribers import Customer

SHOWN = [
    Column("login", "subscriber"),
    Column("currency", "currency", hidden=True),
    Column("posted_micros", "balance", Kind.MONEY),
    Column("open_micros", "of which running sessions took", Kind.MONEY),
    Column("held_micros", "held for running sessions", Kind.MONEY),
    Column("credit_limit_micros", "credit limit", Kind.MONEY),
    Column("spendable_micros", "spendable", Kind.MONEY),
    Column("entries_n", "entries", Kind.NUMBER),
]
HISTORY = [
    Column("seq", "ENTRY", Kind.NUMBER),
    Column("created_us", "WHEN", Kind.INSTANT),
    Column("kind", "KIND"),
    Column("amount_micros", "AMOUNT", Kind.MONEY),
    Column("balance_micros", "BALANCE", Kind.MONEY),
    Column("reference", "REFERENCE"),
    Column("corrects_seq", "CORRECTS", Kind.NUMBER, only_if_set=True),
    Column("reason", "REASON"),
    Column("overrun_micros", "OVERRUN", Kind.MONEY, only_if_set=True),
    Column("session_id", "SESSION", Kind.NUMBER, only_if_set=True),
    Column("currency", "CURRENCY", hidden=True),
]

_reference_option = click.option(
    "--reference",
    metavar="KEY",
    help="Your own number of this payment. The same KEY and amount are never booked twice.",
)
_dry_run_option = click.option("--dry-run", is_flag=True, help="Say what would be booked.")


@click.group("balance", no_args_is_help=True)
def balance() -> None:
    """Money of a subscriber: show, top up, correct.

    \b
    Example:
      tollhouse balance top-up alice 10 --reference invoice-4711
    """


@balance.command("show")
@click.argument("login", type=LOGIN)
@output_option
@office_command
async def show(office: Office, *, login: str, output: str) -> None:
    """Show what a subscriber has.

    `posted_micros` has the charges of sessions still open taken off already. `spendable` is what
    usage may cost from now on: the balance less what is held, and the credit limit; up to a cap
    that stops, and without what only the package may spend.

    \b
    Example:
      tollhouse balance show alice --output json
    """
    async with office.database.reading() as connection:
        customer = await customer_called(connection, login)
        plan = await plan_held(office, connection, customer.subscriber)
        spendable = await spendable_now(connection, customer, plan, office.now_us)
    render_one(as_row(customer, spendable), SHOWN, output)


@balance.command("top-up", context_settings={"ignore_unknown_options": True})
@click.argument("login", type=LOGIN)
@click.argument("amount", type=AMOUNT)
@_reference_option
@click.option("--reason", default="", metavar="TEXT", help="A note for the books.")
@_dry_run_option
@office_command
async def top_up_(office: Office, *, login: str, amount: int, **given: Any) -> None:
    """Book money received; running sessions can spend it at once.

    \b
    Example:
      tollhouse balance top-up alice 10 --reference invoice-4711
    """
    stamp = stamp_of(office, given["reference"], given["reason"])
    await book(
        office,
        login,
        stamp,
        wanted=(EntryKind.TOP_UP, amount),
        corrected_seq=None,
        dry_run=given["dry_run"],
    )


@balance.command("correct", context_settings={"ignore_unknown_options": True})
@click.argument("login", type=LOGIN)
@click.argument("amount", type=AMOUNT)
@click.option(
    "--entry",
    "corrected_seq",
    type=click.IntRange(min=1),
    required=True,
    metavar="N",
    help="The entry that is corrected; see `tollhouse balance history`.",
)
@click.option("--reason", required=True, metavar="TEXT", help="Why; it stays in the books.")
@_reference_option
@_dry_run_option
@office_command
async def correct(
    office: Office, *, login: str, amount: int, corrected_seq: int, **given: Any
) -> None:
    """Add AMOUNT (or take it, when negative) as a correction of an entry.

    Nothing is changed or deleted: a new entry names the old one and says why.

    \b
    Example:
      tollhouse balance correct alice -2.50 --entry 3 --reason "booked twice by the bank"
    """
    if not given["reason"].strip():
        raise HouseError("--reason: a correction needs a reason")
    stamp = stamp_of(office, given["reference"], given["reason"])
    await book(
        office,
        login,
        stamp,
        wanted=(EntryKind.CORRECTION, amount),
        corrected_seq=corrected_seq,
        dry_run=given["dry_run"],
    )


balance.add_command(reverse)


@balance.command("history")
@click.argument("login", type=LOGIN)
@limit_option
@output_option
@office_command
async def history(office: Office, *, login: str, limit: int, output: str) -> None:
    """List the entries of a subscriber, oldest first, with the balance after each.

    In a table the charges of sessions still open stand below.

    \b
    Example:
      tollhouse balance history alice --limit 20
    """
    async with office.database.reading() as connection:
        customer = await customer_called(connection, login)
        account = customer.account
        entries = await office_money.history(
            connection, account.account_id, limit=limit or account.entries_n + 1
        )
        named = {entry.corrects_entry_id for entry in entries} - {None}
        numbers = await office_money.seqs(connection, account.account_id, named)
    render(history_rows(account, entries, numbers), HISTORY, output)
    if output == "table" and account.open_micros:
        click.echo(
            f"sessions still open took {money(account.open_micros, account)}; "
            f"balance {money(account.balance_micros, account)}"
        )


async def book(
    office: Office,
    login: str,
    stamp: Stamp,
    *,
    wanted: tuple[EntryKind, int],
    corrected_seq: int | None,
    dry_run: bool,
) -> None:
    """Book once per key, in one transaction, and say what came of it."""
    kind, amount_micros = wanted
    async with office.database.office() as connection:
        account = (await customer_called(connection, login, lock=True)).account
        earlier = await office_money.entry_with_key(connection, account.account_id, stamp.key)
        if earlier is not None:
            if not repeats(earlier, kind, amount_micros):
                raise HouseError(
                    f"reference {reference_of(earlier)} of {login} is taken by entry "
                    f"{earlier.seq}: {earlier.kind} of {money(customer_micros(earlier), account)}"
                )
            click.echo(
                f"{login}: already booked as entry {earlier.seq}, nothing was booked; "
                f"balance {money(account.balance_micros, account)}"
            )
            return
        made = await _payment(connection, account, amount_micros, stamp, corrected_seq)
        if isinstance(made, Declined):
            raise HouseError(f"{login}: {made.text}")
        if not dry_run:
            await office_money.book(connection, made)
            command = "top-up" if corrected_seq is None else "correct"
            await tell(office, connection, login, made, f"balance {command}")
    after = account.balance_micros + amount_micros
    verb = "would be booked" if dry_run else "booked"
    click.echo(
        f"{login}: {money(amount_micros, account)} {verb} as entry {made.entry.seq}; "
        f"balance {money(after, account)}"
    )


async def _payment(
    connection: Connection,
    account: Account,
    amount_micros: int,
    stamp: Stamp,
    corrected_seq: int | None,
) -> Payment | Declined:
    """What `billing` makes of it."""
    if corrected_seq is None:
        return top_up(account, amount_micros, stamp=stamp)
    corrected = await office_money.entry_with_seq(connection, account.account_id, corrected_seq)
    if corrected is None:
        return Declined(f"there is no entry {corrected_seq}; see `tollhouse balance history`")
    return correction(account, amount_micros, corrected=corrected, stamp=stamp)


def history_rows(
    account: Account, entries: list[Entry], numbers: dict[int, int]
) -> list[dict[str, Any]]:
    """Entries as they are printed, with the balance of the entries after each."""
    after = account.posted_micros
    rows = []
    for entry in reversed(entries):
        amount = customer_micros(entry)
        rows.append(
            {
                "seq": entry.seq,
                "created_us": entry.created_us,
                "kind": entry.kind.value,
                "amount_micros": amount,
                "balance_micros": after,
                "reference": reference_of(entry),
                "corrects_seq": numbers.get(entry.corrects_entry_id or 0),
                "reason": entry.reason,
                "overrun_micros": entry.overrun_micros,
                "session_id": entry.session_id,
                "currency": entry.currency,
            }
        )
        after -= amount
    return rows[::-1]


def as_row(customer: Customer, spendable_micros: int) -> dict[str, Any]:
    """A balance as it is printed."""
    account = customer.account
    return {
        "login": customer.subscriber.login,
        "currency": account.currency,
        "posted_micros": account.balance_micros,
        "open_micros": account.open_micros,
        "held_micros": account.held_micros,
        "credit_limit_micros": account.credit_limit_micros,
        "spendable_micros": spendable_micros,
        "entries_n": account.entries_n,
    }

"""`tollhouse suspense`: usage that nobody could be charged for, until somebody decides.

It was stored and acknowledged when it came; here an operator gives it to a subscriber or drops it,
and the decision stays in the books with its reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import click

from accounting.assign import ByBands, Payer, Writing, accept_review, assign_session
from accounting.stretches import Stretch, stretches_of
from accounting.uses import sheet_of
from cli.customers import customer_called, plan_held
from cli.errors import HouseError
from cli.office import Office, office_command
from cli.options import LOGIN, limit_option, output_option
from cli.output import Column, Kind, render
from cli.people import money
from cli.rerating import rerated
from domain.plan import Plan
from domain.session import Session, Suspense
from rating import compile_tariff
from store import office_devices, office_journal, office_plans, office_suspense, office_usage
from store.journal import JournalDamaged
from store.office_connection import Connection
from store.office_subscribers import Customer
from store.office_suspense import Assignment, Raced

NOTE_MAX = 500
_RACED = "the session was changed meanwhile; try again"

LISTED = [
    Column("suspense_id", "ID"),
    Column("reason", "REASON"),
    Column("user_name", "USER-NAME"),
    Column("nas", "NAS"),
    Column("output_octets", "DOWN", Kind.OCTETS),
    Column("input_octets", "UP", Kind.OCTETS),
    Column("session_s", "TIME", Kind.SECONDS),
    Column("created_us", "SINCE", Kind.INSTANT),
    Column("session_id", "SESSION"),
    Column("state", "STATE"),
    Column("resolved_us", "RESOLVED", Kind.INSTANT, only_if_set=True),
    Column("note", "NOTE", only_if_set=True),
]


@click.group("suspense", no_args_is_help=True)
def suspense() -> None:
    """Usage that nobody could be charged for: list, assign, drop.

    \b
    Example:
      tollhouse suspense list
    """


@suspense.command("list")
@click.option("--all", "everything", is_flag=True, help="Settled ones too.")
@limit_option
@output_option
@office_command
async def listing(office: Office, *, everything: bool, limit: int, output: str) -> None:
    """List what waits for a decision, oldest first.

    \b
    Example:
      tollhouse suspense list --output json
    """
    async with office.database.reading() as connection:
        found = await office_suspense.listing(
            connection, everything=everything, limit=limit or 1_000_000
        )
        names = await office_devices.names(connection)
    render([as_row(row, names) for row in found], LISTED, output)


@suspense.command("assign")
@click.argument("suspense_id", type=click.IntRange(min=1), metavar="ID")
@click.argument("login", type=LOGIN)
@click.option("--note", default="", metavar="TEXT", help="Why; it stays in the books.")
@office_command
async def assign(office: Office, *, suspense_id: int, login: str, note: str) -> None:
    """Charge a subscriber for it, at the price of their plan now.

    Usage in doubt of a subscriber's own session is charged at that session's plan. A plan with
    bands, bundles or caps charges it for the time when it was used; all of it is of class other.

    \b
    Example:
      tollhouse suspense assign 921734857293824 alice --note "typing error on the router"
    """
    check_note(note)
    async with office.database.reading() as connection:
        await customer_called(connection, login)
        _, known = await _waiting(connection, suspense_id, lock=False)
    stretches = await _stretches(office, known)
    async with office.database.office() as connection:
        customer = await customer_called(connection, login, lock=True)
        row, session = await _waiting(connection, suspense_id)
        if session.version != known.version:
            raise HouseError(_RACED)
        plan = await _plan_for(office, connection, customer, (row, session))
        payer = await _payer(office, connection, customer, plan, stretches)
        try:
            done = decided(office, payer, (row, session), note=note)
            await office_suspense.assign(connection, done)
        except Raced:
            raise HouseError(_RACED) from None
        except OverflowError as error:
            raise HouseError(f"{error}: drop it, or correct the plan") from None
        cost = done.assigned.opened_micros
        told = {"login": login, "charged_micros": cost, "currency": plan.currency}
        await _tell(office, connection, "suspense assign", done.row, told)
    click.echo(f"assigned to {login}: {money(cost, customer.account)} charged")


@suspense.command("drop")
@click.argument("suspense_id", type=click.IntRange(min=1), metavar="ID")
@click.option("--note", required=True, metavar="TEXT", help="Why; it stays in the books.")
@office_command
async def drop(office: Office, *, suspense_id: int, note: str) -> None:
    """Charge nobody for it; its session must have ended.

    \b
    Example:
      tollhouse suspense drop 921734857293824 --note "test of the router"
    """
    check_note(note)
    if not note.strip():
        raise HouseError("--note: dropping usage needs a reason")
    async with office.database.office() as connection:
        row, session = await _waiting(connection, suspense_id)
        if session.live:
            raise HouseError(_running(session))
        dropped = replace(row, state="dropped", resolved_us=office.now_us, note=note.strip())
        if session.review_input or session.review_output:
            after = replace(session, review_input=0, review_output=0)
            try:
                await office_suspense.write_session(connection, session, after)
            except Raced:
                raise HouseError(_RACED) from None
        await office_suspense.settle(connection, dropped)
        await _tell(office, connection, "suspense drop", dropped, {})
    click.echo("dropped")


async def _tell(
    office: Office, connection: Connection, action: str, settled: Suspense, told: dict[str, Any]
) -> None:
    """Write into the audit what was decided about usage of nobody."""
    await office.audit(
        connection,
        action,
        kind="session",
        row_id=settled.session_id,
        subject=str(told.get("login", settled.user_name)),
        before={"suspense_id": settled.suspense_id, "state": "open"},
        after={"state": settled.state, **told},
        reason=settled.note,
    )


async def _stretches(office: Office, session: Session) -> Sequence[Stretch]:
    """When a session used what it has used, by its records."""
    try:
        (records,) = await office_journal.records_of_all(office.database, [session])
    except JournalDamaged as error:
        raise HouseError(str(error)) from None
    return stretches_of(session, await rerated(office, session, records, None, None))


async def _waiting(
    connection: Connection, suspense_id: int, *, lock: bool = True
) -> tuple[Suspense, Session]:
    """An open row and its session, or a HouseError."""
    row = await office_suspense.find(connection, suspense_id, lock=lock)
    if row is None:
        raise HouseError(f"there is no suspense {suspense_id}; see `tollhouse suspense list`")
    if row.state != "open":
        raise HouseError(f"suspense {suspense_id} is {row.state} already")
    session = await office_suspense.session_of(connection, row, lock=lock)
    if session is None:
        raise HouseError(f"the session {row.session_id} of suspense {suspense_id} is missing")
    return row, session


def _running(session: Session) -> str:
    return (
        f"session {session.session_id} is still running: end it with `tollhouse session "
        "disconnect`, or wait until it has ended"
    )


async def _plan_for(
    office: Office,
    connection: Connection,
    customer: Customer,
    waiting: tuple[Suspense, Session],
) -> Plan:
    """The plan that prices it, once it is clear that this subscriber may be charged."""
    account, (row, session) = customer.account, waiting
    if session.account_id == 0:
        plan = await plan_held(office, connection, customer.subscriber)
    else:
        if session.account_id != account.account_id:
            raise HouseError(
                f"this is usage of another subscriber's session ({row.user_name}); it can be "
                "assigned to them or dropped"
            )
        if session.live:
            raise HouseError(_running(session))
        found = await office_plans.by_id(connection, session.plan_id)
        assert found is not None, "a session of a subscriber has a plan"
        plan = found
    if plan.currency != account.currency:
        raise HouseError(f"plan {plan.name} is in {plan.currency}, the money in {account.currency}")
    return plan


async def _payer(
    office: Office,
    connection: Connection,
    customer: Customer,
    plan: Plan,
    stretches: Sequence[Stretch],
) -> Payer:
    """All that the price depends on of who takes the usage, as it stands now."""
    account, subscriber, sheet = customer.account, customer.subscriber, sheet_of(plan)
    allowance = await office_suspense.allowance_of(
        connection, account.account_id, subscriber.period_at_us(office.now_us)
    )
    by_bands = None
    if sheet is not None:
        pots = await office_usage.of_account(connection, account.account_id)
        by_bands = ByBands(sheet, pots, stretches)
    return Payer(subscriber, account, plan, compile_tariff(plan), allowance, by_bands)


def decided(
    office: Office, payer: Payer, waiting: tuple[Suspense, Session], *, note: str
) -> Assignment:
    """What assigning comes to; `accounting` decides, on copies.

    Only the pots of the payer are moved. Raises OverflowError for what no book can hold.
    """
    row, session = waiting
    account, allowance, after = payer.account, payer.allowance, replace(session)
    payer = replace(payer, account=replace(account), allowance=replace(allowance))
    decide = assign_session if session.account_id == 0 else accept_review
    ids = Writing(office.ids.next(), office.ids.next(), office.now_us)
    assigned = decide(after, payer, ids)
    settled = replace(
        row,
        state="assigned",
        resolved_us=office.now_us,
        account_id=account.account_id,
        entry_id=assigned.entry.entry_id if assigned.entry else None,
        note=note.strip(),
    )
    return Assignment(settled, session, after, account, allowance, assigned)


def check_note(note: str) -> None:
    """HouseError for a note that the books cannot keep."""
    if len(note) > NOTE_MAX or not note.isprintable():
        raise HouseError(f"--note: at most {NOTE_MAX} printable characters")


def as_row(row: Suspense, names: dict[int, str]) -> dict[str, Any]:
    """A row as it is printed."""
    shown = {name: getattr(row, name) for name in Suspense.__slots__}
    shown["nas"] = names.get(row.device_id, f"(removed: {row.device_id})")
    return shown

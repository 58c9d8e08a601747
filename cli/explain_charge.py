"""`tollhouse explain charge`: from packets to postings, adding up to the balance.

For each session: the records that came and by how much each moved the totals, the price of the
total step by step with its rounding, and the charges and entries that it was posted as. With
`--rerate` the whole session is rated again from the journal and compared.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import click

from accounting.journal import Record
from accounting.replay import Bands
from accounting.uses import Sheet
from cli import explain_bands, explain_records
from cli import explain_words as words
from cli.customers import customer_called
from cli.errors import EXIT_FOUND, HouseError
from cli.explain_choice import Around, around, chosen
from cli.office import Office, office_command
from cli.options import LOGIN, report_option
from cli.output import Column, Kind, render
from cli.rerating import rerated
from domain.account import Account
from domain.plan import Plan
from domain.pot import Pot
from domain.session import Charge, Session
from rating import compile_tariff
from rating.timetable import Timetable
from store import (
    office_journal,
    office_money,
    office_sessions,
)
from store.journal import JournalDamaged

PACKETS = [
    Column("event_us", "WHEN", Kind.INSTANT),
    Column("record", "RECORD"),
    Column("effect", "EFFECT"),
    Column("rise_output_octets", "+DOWN", Kind.OCTETS),
    Column("rise_input_octets", "+UP", Kind.OCTETS),
    Column("rise_session_s", "+TIME", Kind.SECONDS),
    Column("rise_unrated", "UNRATED", only_if_set=True),
    Column("rise_charged_micros", "+CHARGED", Kind.MONEY),
    Column("charged_micros", "CHARGED", Kind.MONEY),
    Column("journal_id", "JOURNAL"),
    Column("currency", "CURRENCY", hidden=True),
]
SESSIONS_AT_ONCE = 50  # with their records
POSTED = [
    Column("part", "PART", Kind.NUMBER),
    Column("step", "STEP"),
    Column("day", "DAY"),
    Column("amount_micros", "AMOUNT", Kind.MONEY),
    Column("entry_seq", "ENTRY", Kind.NUMBER),
    Column("currency", "CURRENCY", hidden=True),
]


@click.command("charge")
@click.argument("login", type=LOGIN)
@click.option(
    "--session",
    "session_id",
    type=click.IntRange(min=1),
    metavar="SESSION",
    help="Only this session.",
)
@click.option(
    "--sessions",
    "sessions_n",
    type=click.IntRange(0, 10_000),
    default=3,
    show_default=True,
    metavar="N",
    help="The newest N sessions.",
)
@click.option(
    "--records",
    "records_n",
    type=click.IntRange(1, 100_000),
    default=20,
    show_default=True,
    metavar="N",
    help="The newest N records of each session.",
)
@click.option("--rerate", is_flag=True, help="Rate each session again from the journal; compare.")
@report_option
@office_command
async def charge(office: Office, *, login: str, output: str, **given: Any) -> int:
    """Explain what a subscriber was charged, down to the packet, and that it adds up.

    Exit code 1 when something does not add up, or is not the same when it is rated again.

    \b
    Examples:
      tollhouse explain charge alice
      tollhouse explain charge alice --session 921734857293824 --rerate
    """
    async with office.database.reading() as connection:
        customer = await customer_called(connection, login)
        account = customer.account
        sums = await office_money.sums(connection, account.account_id)
        some = await chosen(connection, account, given["session_id"], given["sessions_n"])
        shared = await around(connection, account, some)
    sheet = balance_sheet(account, sums)
    given["timezone"] = customer.subscriber.timezone
    told: list[dict[str, Any]] = []
    for at in range(0, len(some), SESSIONS_AT_ONCE):
        told += await _sessions(office, shared, some[at : at + SESSIONS_AT_ONCE], given)
    found = {"login": login, "currency": account.currency, **sheet, "sessions": told}
    if output == "json":
        words.print_json(found)
    else:
        _print(found)
    good = sheet["adds_up"] and all(one["adds_up"] and not one["differences"] for one in told)
    return 0 if good else EXIT_FOUND


def balance_sheet(account: Account, sums: dict[str, tuple[int, int]]) -> dict[str, Any]:
    """The balance as the sum of its entries less open charges; does it add up (L3)?"""
    entries = [{"kind": kind, "n": n, "amount_micros": sum_} for kind, (n, sum_) in sums.items()]
    total = sum(amount for _, amount in sums.values()) - account.open_micros
    return {
        "balance_micros": account.balance_micros,
        "open_micros": account.open_micros,
        "entries": entries,
        "adds_up": total == account.balance_micros,
    }


async def _sessions(
    office: Office,
    shared: Around,
    some: Sequence[office_sessions.ListedSession],
    given: dict[str, Any],
) -> list[dict[str, Any]]:
    """Everything about the cost of some sessions: what they share is read at once."""
    account_id = shared.account.account_id
    ids = [one.session.session_id for one in some]
    async with office.database.reading() as connection:
        charges = await office_money.charges_of(connection, account_id, ids)
        entries = {row.entry_id for rows in charges.values() for row in rows}
        numbers = await office_money.seqs(connection, account_id, entries)
    limit = None if given["rerate"] else given["records_n"] + 1
    sessions = [one.session for one in some]
    try:
        records = await office_journal.records_of_all(office.database, sessions, limit=limit)
    except JournalDamaged as error:
        raise HouseError(str(error)) from None
    return [
        await _session(office, shared, one, given, booked=(charges[session_id], numbers, mine))
        for session_id, one, mine in zip(ids, some, records, strict=True)
    ]


async def _session(
    office: Office,
    shared: Around,
    one: office_sessions.ListedSession,
    given: dict[str, Any],
    *,
    booked: tuple[list[Charge], dict[int, int], list[tuple[int, Record]]],
) -> dict[str, Any]:
    """Everything about the cost of one session; `booked`: charges, entries and records of it."""
    session, account = one.session, shared.account
    plan, sheet = shared.plan_of(one)
    charges, numbers, records = booked
    steps = _steps(session, plan, sheet, shared.pots)
    posted: list[dict[str, Any]] = [
        {
            "part": row.part,
            "step": words.step_name(row.step),
            "day": words.day_text(row.day),
            "amount_micros": row.amount_micros,
            "entry_seq": numbers.get(row.entry_id or 0),
            "currency": account.currency,
        }
        for row in charges
    ]
    limit = None if given["rerate"] else given["records_n"] + 1
    cut = explain_records.is_cut(session, records, limit)
    again = given["rerate"] and not cut
    parts = {sum(row["micros"] for row in steps), sum(row["amount_micros"] for row in posted)}
    return {
        "session_id": session.session_id,
        "acct_session_id": session.acct_session_id,
        "nas": shared.names.get(session.device_id, f"(removed: {session.device_id})"),
        "plan": f"{plan.name} version {plan.version}",
        "state": session.state.name.lower(),
        "records_n": session.records_n,
        "records": explain_records.packets(records, account.currency)[-given["records_n"] :],
        "unrated": {
            "output_octets": session.unrated_output,
            "input_octets": session.unrated_input,
            "session_s": session.unrated_s,
        },
        "by_bands": sheet is not None,
        "services": _of_sheet(explain_bands.strands_of, session, sheet) if sheet else [],
        "steps": steps,
        "postings": posted,
        "charged_micros": session.charged_micros,
        "adds_up": parts == {session.charged_micros},
        "differences": (
            await _differences(office, shared, one, records, given["timezone"]) if again else []
        ),
        "rerated": again,
        "records_purged": cut,
    }


def _steps(
    session: Session, plan: Plan, sheet: Sheet | None, pots: Sequence[Pot]
) -> list[dict[str, Any]]:
    """The price of the session's total, by its tariff or by bands."""
    if sheet is None:
        return explain_records.steps_of(session, compile_tariff(plan))
    return _of_sheet(partial(explain_bands.steps_of, pots=pots), session, sheet)


def _of_sheet(
    rows: Callable[[Session, Sheet], list[dict[str, Any]]], session: Session, sheet: Sheet
) -> list[dict[str, Any]]:
    """Rows of a session by bands. HouseError for one that cannot be read."""
    try:
        return rows(session, sheet)
    except ValueError as error:
        raise HouseError(f"session {session.session_id}: {error}") from None


async def _differences(
    office: Office,
    shared: Around,
    one: office_sessions.ListedSession,
    records: list[tuple[int, Record]],
    timezone: str,
) -> list[str]:
    """What rating again from the journal finds different (A11)."""
    session, (plan, sheet) = one.session, shared.plan_of(one)
    bands = Bands(sheet, Timetable.of(plan, timezone)) if sheet else None
    again = await rerated(office, session, records, compile_tariff(plan), bands)
    if again is None:
        return ["its NAS was removed, so its records cannot be read again"]
    found = list(again.differences)
    if again.charged_micros != session.charged_micros:
        found.append(
            f"the session was charged {session.charged_micros} micros, its journal comes to "
            f"{again.charged_micros}"
        )
    return found


def _print(found: dict[str, Any]) -> None:
    """The whole explanation for a person."""
    for line in words.sheet_lines(found):
        click.echo(line)
    for one in found["sessions"]:
        click.echo()
        click.echo(words.session_title(one))
        render(one["records"], PACKETS, "table")
        for line in words.unrated_lines(one["unrated"]):
            click.echo(f"  {line}")
        if one["records_purged"]:
            click.echo(words.PURGED)
        for row in one["services"]:
            click.echo(f"  {explain_bands.strand_words(row)}")
        for row in one["steps"]:
            said = explain_bands.words if one["by_bands"] else words.step_line
            click.echo(f"  {said(row, found['currency'])}")
        if one["postings"]:
            render(one["postings"], POSTED, "table")
        click.echo(f"  {words.sum_line(one, found['currency'])}")
        for difference in one["differences"]:
            click.echo(f"  differs: {difference}")

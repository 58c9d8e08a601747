"""`tollhouse plan`: load plan files, look at what is sold.

Plans are versioned: loading a changed file makes a new version. Sessions that run and periods that
somebody is in keep the one they have, unless the operator says otherwise.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import click

from cli import live, plan_diff, plan_test, plan_try
from cli.errors import HouseError
from cli.office import Office, office_command
from cli.options import NAME, output_option
from cli.output import Column, Kind, render, render_one
from cli.plan_now import held_back, hold_now
from cli.plan_read import read_plan
from cli.plan_words import (
    changes_in_words,
    garden_in_words,
    included_in_words,
    price_in_words,
    sections_in_words,
    speed_warnings,
    step_warnings,
    validity_in_words,
)
from cli.subscriber_traits import reply_lines
from domain.plan import Plan
from store import office_devices, office_live, office_plans
from store.office_connection import Connection

LISTED = [
    Column("name", "PLAN"),
    Column("version", "VERSION", Kind.NUMBER),
    Column("currency", "CURRENCY"),
    Column("price", "PRICE"),
    Column("included", "INCLUDED"),
    Column("validity", "VALIDITY"),
    Column("sessions_max", "SESSIONS", Kind.NUMBER),
    Column("created_us", "LOADED", Kind.INSTANT),
    Column("sample", "SAMPLE", Kind.FLAG),
]
SHOWN = [
    *LISTED[:4],
    Column("session_fee_micros", "session fee", Kind.MONEY),
    Column("included_octets", "included volume", Kind.OCTETS, only_if_set=True),
    Column("included_s", "included time", Kind.SECONDS, only_if_set=True),
    Column("sections", "sections", hidden=True),
    Column("down_bps", "speed down", Kind.BITS_PER_S),
    Column("up_bps", "speed up", Kind.BITS_PER_S),
    Column("mikrotik_rate", "MikroTik rate", only_if_set=True),
    Column("policy_down", "Cisco policy down", only_if_set=True),
    Column("policy_up", "Cisco policy up", only_if_set=True),
    Column("replies", "replies", only_if_set=True),
    Column("expired", "if expired"),
    Column("no_credit", "if out of credit"),
    Column("suspended", "if suspended"),
    Column("validity", "validity"),
    Column("sessions_max", "simultaneous sessions", Kind.NUMBER),
    Column("timezone", "time zone"),
    Column("interim_s", "interim interval", Kind.SECONDS),
    Column("max_session_s", "longest session", Kind.SECONDS),
    Column("created_us", "loaded", Kind.INSTANT),
    Column("sample", "sample", Kind.FLAG),
    Column("source", "file"),
]


@click.group("plan", no_args_is_help=True)
def plan() -> None:
    """What is sold: load plan files, look at them.

    \b
    Example:
      tollhouse plan load conf/plans/sample-prepaid.toml
    """


@plan.command("load")
@click.argument(
    "files", nargs=-1, required=True, metavar="FILE.toml...", type=click.Path(path_type=Path)
)
@click.option("--dry-run", is_flag=True, help="Only check the files.")
@click.option(
    "--now",
    is_flag=True,
    help="It holds at once: bundles of periods that run are granted what it brings, sessions are "
    "told what else they get, and those at other prices are ended.",
)
@live.wait_option
@office_command
async def load(
    office: Office, *, files: tuple[Path, ...], dry_run: bool, now: bool, no_wait: bool
) -> int:
    """Load plan files; all of them or none.

    A file whose text is that of the newest version changes nothing. docs/plans.md tells what may
    be written in it. Sessions that run and periods that somebody is in keep the version they have,
    unless --now is said; who has bought time gets the new one with the next renewal. What it
    changes is printed, and a warning for NAS in use that a plan tells no speed although it tells
    others one.

    \b
    Example:
      tollhouse plan load my-plans/home-50.toml
    """
    plans = [read_plan(path) for path in files]
    names = [one.name for one in plans]
    if len(set(names)) < len(names):
        raise HouseError("two of these files describe the same plan: load one of them")
    async with office.database.reading() as connection:
        before = await office_plans.newest(connection, names)
        devices = await office_devices.everyone(connection)
    for one in plans:
        for warning in (*speed_warnings(one, devices), *step_warnings(one, devices)):
            click.echo(f"warning: {warning}", err=True)
    if dry_run:
        for one in plans:
            if changed := changes_in_words(before.get(one.name), one):
                click.echo(f"{one.name}: {changed}")
        click.echo(f"{', '.join(names)}: in order; nothing was loaded")
        return 0
    async with office.database.office() as connection:
        before = await office_plans.newest(connection, names)
        loaded = [await store_plan(office, connection, one, at_once=now) for one in plans]
        said = [
            await (hold_now if now else held_back)(office, connection, stored)
            for stored, fresh in loaded
            if fresh
        ]
        renewed = [stored.name for stored, fresh in loaded if fresh and stored.name in before]
        accounts = await office_live.accounts_on_plans(connection, renewed)
        watch = await office_live.watch(connection, accounts)
    for stored, fresh in loaded:
        verb = "loaded" if fresh else "unchanged"
        changed = changes_in_words(before.get(stored.name), stored)
        click.echo(f"{stored.name} version {stored.version}: {verb}{changed and f'; {changed}'}")
    for line in filter(None, said):
        click.echo(line)
    return await live.report(office, watch, no_wait=no_wait)


async def store_plan(
    office: Office, connection: Connection, plan: Plan, *, at_once: bool = False
) -> tuple[Plan, bool]:
    """Store a plan as its next version and tell the audit; the plan, and whether that changes any.

    The text itself stays with the version; the audit names its digest.
    """
    plan_id = office.ids.next()
    stored, fresh = await office_plans.load(
        connection, plan, plan_id=plan_id, now_us=office.now_us, at_once=at_once
    )
    if stored.plan_id == plan_id:
        await office.audit(
            connection,
            "plan load",
            kind="plan",
            row_id=stored.plan_id,
            subject=stored.name,
            before={"version": stored.version - 1} if stored.version > 1 else None,
            after={
                "version": stored.version,
                "source_sha256": hashlib.sha256(stored.source.encode()).hexdigest(),
            },
        )
    return stored, fresh


@plan.command("list")
@click.option("--versions", is_flag=True, help="Every version, not only the newest.")
@output_option
@office_command
async def listing(office: Office, *, versions: bool, output: str) -> None:
    """List the plans.

    \b
    Example:
      tollhouse plan list --output json
    """
    async with office.database.reading() as connection:
        found = await office_plans.everything(connection, newest_only=not versions)
    rows = [as_row(one, created_us) for one, created_us in found]
    if output == "table":
        for row, (one, _) in zip(rows, found, strict=True):
            row["price"] = price_in_words(one, short=True)
    render(rows, LISTED, output)


@plan.command("show")
@click.argument("name", type=NAME)
@click.option("--version", type=click.IntRange(min=1), help="This version; else the newest.")
@output_option
@office_command
async def show(office: Office, *, name: str, version: int | None, output: str) -> None:
    """Show one plan with the file it was loaded from.

    \b
    Example:
      tollhouse plan show sample-prepaid
    """
    async with office.database.reading() as connection:
        found = await office_plans.find(connection, name, version=version)
    if found is None:
        which = f"{name} version {version}" if version else name
        raise HouseError(f"there is no plan {which}; see `tollhouse plan list`")
    row = as_row(*found)
    if output == "table":
        parts = sections_in_words(found[0])
        place = next(n for n, column in enumerate(SHOWN) if column.name == "sections")
        told = [Column(label, label) for label in parts]
        columns = [*SHOWN[:place], *told, *SHOWN[place + 1 : -1]]
        render_one({**row, **parts}, columns, output)
        click.echo("\n" + found[0].source.rstrip())
    else:
        render_one(row, SHOWN, output)


def as_row(plan: Plan, created_us: int) -> dict[str, Any]:
    """A plan as `plan list` and `plan show` print it."""
    row: dict[str, Any] = {
        column.name: getattr(plan, column.name) for column in SHOWN if hasattr(plan, column.name)
    }
    row["price"] = price_in_words(plan)
    row["included"] = included_in_words(plan)
    row["sections"] = [f"{label}: {text}" for label, text in sections_in_words(plan).items()]
    row["validity"] = validity_in_words(plan)
    row["replies"] = reply_lines(plan.replies)
    row["expired"] = garden_in_words(plan.on_expired)
    row["no_credit"] = garden_in_words(plan.on_no_credit)
    row["suspended"] = garden_in_words(plan.on_suspended)
    row["created_us"] = created_us
    return row


plan.add_command(plan_diff.diff)
plan.add_command(plan_test.test)
plan.add_command(plan_try.try_)

"""`tollhouse plan`: load plan files, look at what is sold.

Plans are versioned: loading a changed file makes a new version, which counts from the next login
on; sessions that run keep the version they began with.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import click

from cli.errors import HouseError
from cli.office import Office, office_command
from cli.options import NAME, output_option
from cli.output import Column, Kind, render, render_one
from cli.vocabulary import our_vocabulary
from domain.money import format_amount
from domain.plan import Plan
from rating.plan_file import PlanError, parse_plan
from store import office_plans
from store.office_connection import Connection

FILE_MAX_OCTETS = 1_000_000

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
    Column("down_bps", "speed down", Kind.BITS_PER_S),
    Column("up_bps", "speed up", Kind.BITS_PER_S),
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
@office_command
async def load(office: Office, *, files: tuple[Path, ...], dry_run: bool) -> None:
    """Load plan files; all of them or none.

    A file whose text is that of the newest version changes nothing. docs/plans.md tells what may
    be written in it.

    \b
    Example:
      tollhouse plan load my-plans/home-50.toml
    """
    plans = [read_plan(path) for path in files]
    names = [one.name for one in plans]
    if len(set(names)) < len(names):
        raise HouseError("two of these files describe the same plan: load one of them")
    if dry_run:
        click.echo(f"{', '.join(names)}: in order; nothing was loaded")
        return
    async with office.database.office() as connection:
        loaded = [await store_plan(office, connection, one) for one in plans]
    for stored, fresh in loaded:
        verb = "loaded" if fresh else "unchanged"
        click.echo(f"{stored.name} version {stored.version}: {verb}")


async def store_plan(office: Office, connection: Connection, plan: Plan) -> tuple[Plan, bool]:
    """Store a plan as its next version and tell the audit; the plan, and whether it is new.

    The text itself stays with the version; the audit names its digest.
    """
    stored, fresh = await office_plans.load(
        connection, plan, plan_id=office.ids.next(), now_us=office.now_us
    )
    if fresh:
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


def read_plan(path: Path) -> Plan:
    """The plan in a file. HouseError names the file, the line and the fault."""
    try:
        with path.open("rb") as file:
            content = file.read(FILE_MAX_OCTETS + 1)
    except OSError as error:
        raise HouseError(f"cannot read {path}: {error.strerror}") from None
    if len(content) > FILE_MAX_OCTETS:
        raise HouseError(f"{path} has more than {FILE_MAX_OCTETS} octets: that is no plan file")
    try:
        return parse_plan(content.decode("utf-8"), vocabulary=our_vocabulary())
    except UnicodeDecodeError:
        raise HouseError(f"{path} is not UTF-8 text") from None
    except PlanError as error:
        raise HouseError(f"{path}: {error}") from None


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
    render([as_row(one, created_us) for one, created_us in found], LISTED, output)


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
        raise HouseError(f"there is no plan {name}" + (f" version {version}" if version else ""))
    row = as_row(*found)
    if output == "table":
        render_one({**row, "source": ""}, SHOWN[:-1], output)
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
    row["validity"] = validity_in_words(plan)
    row["created_us"] = created_us
    return row


def price_in_words(plan: Plan) -> str:
    """What usage costs, in a few words."""
    parts = []
    if plan.volume:
        amount = format_amount(plan.volume.amount_micros, plan.currency)
        parts.append(f"{amount} per {_unit(plan.volume.unit_octets)} {plan.volume.counted}")
    if plan.time:
        amount = format_amount(plan.time.amount_micros, plan.currency)
        parts.append(f"{amount} per {_period(plan.time.unit_s)}")
    if plan.session_fee_micros:
        parts.append(f"{format_amount(plan.session_fee_micros, plan.currency)} per session")
    return " + ".join(parts) or "nothing"


def included_in_words(plan: Plan) -> str:
    """What is included before the price applies."""
    parts = []
    if plan.included_octets:
        parts.append(_unit(plan.included_octets))
    if plan.included_s:
        parts.append(_period(plan.included_s))
    return " + ".join(parts)


def validity_in_words(plan: Plan) -> str:
    """How long it lasts and what that costs: `30 days for 12.00 EUR`."""
    if plan.package is None:
        return ""
    validity = plan.package.validity
    words = f"{validity.count} {validity.span if validity.count > 1 else validity.span[:-1]}"
    if validity.to_day_end:
        words += ", to the end of the day"
    if plan.package.price_micros:
        words += f", for {format_amount(plan.package.price_micros, plan.currency)}"
    return words


def _unit(octets: int) -> str:
    """A number of octets in the largest unit that divides it: 1000000 is MB."""
    for name, size in (
        ("GiB", 1 << 30),
        ("GB", 10**9),
        ("MiB", 1 << 20),
        ("MB", 10**6),
        ("KiB", 1 << 10),
        ("kB", 10**3),
    ):
        if octets % size == 0:
            return name if octets == size else f"{octets // size} {name}"
    return f"{octets} octets"


def _period(seconds: int) -> str:
    """A number of seconds in the largest unit that divides it."""
    for name, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds % size == 0:
            return name if seconds == size else f"{seconds // size} {name}s"
    return "second" if seconds == 1 else f"{seconds} seconds"

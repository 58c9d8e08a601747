"""`tollhouse plan try`: recorded usage on a draft, and who would pay more or less.

Reads the journal of a span and prices every report of it anew, on the draft and on another plan if
one is named; what was charged is in the journal already. Everybody is told in the CSV file, the
extremes and how the differences are spread on the screen. Nothing in the database is changed.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click

from accounting.comparison import Comparison, Cost, Person
from accounting.journal import JournalError
from cli.errors import HouseError
from cli.office import Office, office_command
from cli.options import NAME, WALL_TIME, report_option
from cli.output import Column, Kind, render
from cli.plan_diff import plan_said
from cli.plan_read import read_plan
from cli.try_chart import chart
from domain.money import format_amount
from domain.period import format_instant, parse_instant
from domain.plan import Plan
from store import recorded
from store.database import Database
from store.journal import JournalDamaged

SPAN_MAX_US: Final = 366 * 86_400_000_000
EXTREMES_N: Final = 10
ROW = [
    Column("login", "LOGIN"),
    Column("before_micros", "BEFORE", Kind.MONEY),
    Column("after_micros", "DRAFT", Kind.MONEY),
    Column("difference_micros", "DIFFERENCE", Kind.MONEY),
    Column("currency", "CURRENCY", hidden=True),
]
SUMS = [
    Column("what", ""),
    *ROW[1:],
]
CSV = (
    "login", "account_id", "currency", "usage_before_micros", "packages_before_micros",
    "before_micros", "usage_after_micros", "packages_after_micros", "after_micros",
    "difference_micros",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """One account's sums, in micros; `before` is what was charged, or the other plan's."""

    person: Person
    account_id: int
    usage_before: int
    packages_before: int
    usage_after: int
    packages_after: int

    @property
    def difference(self) -> int:
        """More than 0: the draft is dearer."""
        return self.usage_after + self.packages_after - self.usage_before - self.packages_before

    def row(self) -> dict[str, Any]:
        """All of it under the names of the columns."""
        return {
            "login": self.person.login,
            "account_id": self.account_id,
            "currency": self.person.currency,
            "usage_before_micros": self.usage_before,
            "packages_before_micros": self.packages_before,
            "before_micros": self.usage_before + self.packages_before,
            "usage_after_micros": self.usage_after,
            "packages_after_micros": self.packages_after,
            "after_micros": self.usage_after + self.packages_after,
            "difference_micros": self.difference,
        }


@click.command("try")
@click.argument("draft", metavar="DRAFT.toml", type=click.Path(path_type=Path))
@click.option("--from", "first", type=WALL_TIME, required=True, metavar="DATE", help="From then.")
@click.option("--to", "last", type=WALL_TIME, required=True, metavar="DATE", help="Until then.")
@click.option(
    "--plan",
    "other",
    metavar="PLAN[@VERSION]|FILE.toml",
    help="Compare with this plan, begun alike; else with what was charged.",
)
@click.option("--of", "of_plan", type=NAME, metavar="PLAN", help="Only subscribers of this plan.")
@click.option(
    "--csv", "csv_path", type=click.Path(path_type=Path), metavar="FILE", help="Everybody, as CSV."
)
@report_option
@office_command
async def try_(office: Office, *, draft: Path, first: str, last: str, **given: Any) -> None:
    """Price recorded usage by a draft, and show who would pay more or less; changes nothing.

    Every account that used something begins the draft at --from, with fresh bundles, tiers and
    caps, and buys its package again whenever it ends and something is used; of the last period its
    part is counted. A report counts where its time lies. What was charged is sessions, packages and
    boosters bought. All traffic is of no class, and nobody buys boosters of the draft.
    Times without an offset are of the zone of the draft.

    \b
    Examples:
      tollhouse plan try drafts/home-60.toml --from 2026-10-01 --to 2026-11-01 --of home-50
      tollhouse plan try new.toml --from 2026-10-01 --to 2026-11-01 --plan home-50 --csv try.csv
    """
    plan = read_plan(draft)
    from_us, to_us = (parse_instant(text, plan.timezone) for text in (first, last))
    if not from_us < to_us <= from_us + SPAN_MAX_US:
        raise HouseError("--to must come after --from, at most 366 days later")
    other = None
    if given["other"] is not None:
        other = await plan_said(office, given["other"])
        if other.currency != plan.currency:
            raise HouseError(
                f"{other.name} is in {other.currency} and the draft in {plan.currency}: "
                "they cannot be compared"
            )
    everybody = await recorded.people(office.database, given["of_plan"])
    if given["of_plan"] is not None and not everybody:
        raise HouseError(f"nobody is on a plan {given['of_plan']}; see `tollhouse plan list`")
    theirs = {key: one for key, one in everybody.items() if one.currency == plan.currency}
    comparison = Comparison(plan, other, (from_us, to_us), theirs)
    try:
        await replay(office.database, comparison, from_us, to_us)
    except (JournalDamaged, JournalError) as error:
        raise HouseError(str(error)) from None
    bought = {} if other else await recorded.bought(office.database, from_us, to_us)
    told = sorted(
        (_told(account_id, theirs[account_id], cost, bought)
         for account_id, cost in comparison.costs.items()),
        key=lambda one: (one.difference, one.person.login),
    )  # fmt: skip
    if given["csv_path"] is not None:
        _write(given["csv_path"], told)
    found = _found(plan, other, comparison, told)
    found |= {
        "from_us": from_us,
        "to_us": to_us,
        "other_currency_n": len(everybody) - len(theirs),
    }
    if given["output"] == "json":
        click.echo(json.dumps(found, indent=2))
    else:
        _print(plan, other, found, told)


async def replay(database: Database, comparison: Comparison, from_us: int, to_us: int) -> None:
    """Tell the comparison all that the journal holds of a span."""
    async for batch in recorded.batches(database, from_us, to_us):
        before, first = comparison.unknown(batch)
        if before:
            for one in await recorded.reports_before(database, before):
                comparison.begin(one)
        if comparison.asks_fees and first:
            comparison.owes_no_fee(await recorded.without_fee(database, first))
        comparison.take(batch)


def _told(account_id: int, person: Person, cost: Cost, bought: dict[int, int]) -> Told:
    """One account's sums."""
    after = cost.tried[0]
    usage, packages = cost.charged_micros, bought.get(account_id, 0)
    if len(cost.tried) > 1:
        usage, packages = cost.tried[1].usage_micros, cost.tried[1].packages_micros
    return Told(person, account_id, usage, packages, after.usage_micros, after.packages_micros)


def _found(
    plan: Plan, other: Plan | None, comparison: Comparison, told: list[Told]
) -> dict[str, Any]:
    """All sums and the extremes, exact."""
    rows = [one.row() for one in told]
    sums = {name: sum(row[name] for row in rows) for name in CSV if name.endswith("_micros")}
    return {
        "draft": plan.name,
        "against": other.name if other else None,
        "currency": plan.currency,
        "records_n": comparison.records_n,
        "sessions_n": comparison.sessions_n,
        "subscribers_n": len(told),
        "pay_less_n": sum(one.difference < 0 for one in told),
        "pay_more_n": sum(one.difference > 0 for one in told),
        "beyond_n": comparison.beyond_n,
        "cut_n": comparison.cut_n,
        **sums,
        "save_most": [row for row in rows[:EXTREMES_N] if row["difference_micros"] < 0],
        "pay_most": [row for row in rows[: -EXTREMES_N - 1 : -1] if row["difference_micros"] > 0],
    }


def _write(path: Path, told: Iterable[Told]) -> None:
    """Everybody, a line each."""
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, CSV, lineterminator="\n")
            writer.writeheader()
            writer.writerows(one.row() for one in told)
    except OSError as error:
        raise HouseError(f"cannot write {path}: {error.strerror}") from None


def _print(plan: Plan, other: Plan | None, found: dict[str, Any], told: list[Told]) -> None:
    """The comparison for a person."""
    against = f"{other.name} version {other.version}" if other and other.version else ""
    against = against or (other.name if other else "what was charged")
    days = [format_instant(found[name], plan.timezone)[:16] for name in ("from_us", "to_us")]
    click.echo(f"{plan.name} against {against}, {days[0]} to {days[1]} ({plan.timezone})")
    click.echo(
        f"{found['records_n']} reports of {found['sessions_n']} sessions, "
        f"{found['subscribers_n']} subscribers"
    )
    for number, words in (
        (found["other_currency_n"], "subscribers have another currency and were left out"),
        (found["cut_n"], "sessions began before what the journal still holds"),
        (found["beyond_n"], "reports cost more than any book can hold and were left out"),
    ):
        if number:
            click.echo(f"{number} {words}")
    if plan.pricing is not None and plan.pricing.classes:
        click.echo("all traffic is taken to be of no class")
    if not told:
        return
    click.echo()
    sums = [
        {
            "what": what,
            "before_micros": found[f"{name}before_micros"],
            "after_micros": found[f"{name}after_micros"],
            "difference_micros": found[f"{name}after_micros"] - found[f"{name}before_micros"],
            "currency": plan.currency,
        }
        for what, name in (("usage", "usage_"), ("packages", "packages_"), ("all", ""))
    ]
    render(sums, SUMS, "table")
    same = found["subscribers_n"] - found["pay_less_n"] - found["pay_more_n"]
    click.echo(
        f"\n{found['pay_less_n']} would pay less, {found['pay_more_n']} more, {same} the same"
    )
    for line in chart([one.difference for one in told], plan.currency):
        click.echo(line)
    for title, name in (("who would save most", "save_most"), ("who would pay most", "pay_most")):
        if found[name]:
            click.echo(f"\n{title}")
            render(found[name], ROW, "table")
    mean = format_amount(found["difference_micros"] // len(told), plan.currency)
    click.echo(f"\non average {mean} for each")

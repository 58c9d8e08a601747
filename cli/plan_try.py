"""`tollhouse plan try`: recorded usage on a draft, and who would pay more or less.

Reads the journal of a span and prices every report of it anew, on the draft and on another plan if
one is named; what was charged is in the journal already. What was bought in the span is bought of
the plans that are tried as well. Everybody is told in the CSV file, the extremes and how the
differences are spread on the screen. Nothing in the database is changed.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import click

from accounting.apart import Routers
from accounting.comparison import Comparison, Cost, Person
from accounting.journal import JournalError
from billing.activation import fee_of
from cli.errors import HouseError
from cli.office import Office, office_command
from cli.options import NAME, WALL_TIME, report_option
from cli.plan_diff import plan_said
from cli.plan_read import read_plan
from cli.try_words import show
from domain.period import parse_instant
from domain.plan import Plan
from store import bought, office_devices, office_plans, recorded
from store.database import Database
from store.journal import JournalDamaged

SPAN_MAX_US: Final = 366 * 86_400_000_000
EXTREMES_N: Final = 10
LEAD_US: Final = 2 * 3_600_000_000  # before the span, for what services had counted when it began
PARTS: Final = ("usage", "packages", "boosters", "activation")
CSV = (
    *("login", "account_id", "currency"),
    *(f"{part}_before_micros" for part in PARTS),
    "before_micros",
    *(f"{part}_after_micros" for part in PARTS),
    *("after_micros", "difference_micros"),
)


@dataclass(frozen=True, slots=True)
class Told:
    """One account's sums, in micros, by parts; `before` is what was charged, or another plan's."""

    person: Person
    account_id: int
    before: tuple[int, ...]
    after: tuple[int, ...]

    @property
    def difference(self) -> int:
        """More than 0: the draft is dearer."""
        return sum(self.after) - sum(self.before)

    def row(self) -> dict[str, Any]:
        """All of it under the names of the columns."""
        one = self.person
        found = {"login": one.login, "account_id": self.account_id, "currency": one.currency}
        for when, parts in (("before", self.before), ("after", self.after)):
            found |= {
                f"{part}_{when}_micros": micros for part, micros in zip(PARTS, parts, strict=True)
            }
            found[f"{when}_micros"] = sum(parts)
        return {name: found.get(name, self.difference) for name in CSV}


@dataclass(frozen=True, slots=True)
class Bought:
    """What accounts have bought within the span, by their ids."""

    boosters: Mapping[int, list[bought.Boosted]]
    packages: Mapping[int, int] = field(default_factory=dict)
    activations: Mapping[int, int] = field(default_factory=dict)
    newcomers: frozenset[int] = frozenset()  # they began with their plan


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
    part is counted. It buys the boosters that it bought, by their names, and who began with a plan
    within the span pays the activation fee. A report counts where its time lies. What was charged
    is sessions, and packages, boosters and activation fees bought.
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
    boosters = await bought.boosters(office.database, from_us, to_us)
    comparison = Comparison(
        *(plan, other, (from_us, to_us), theirs),
        routers=await _routers(office),
        boosters={key: [(one.name, one.at_us) for one in some] for key, some in boosters.items()},
    )
    try:
        await replay(office.database, comparison, from_us, to_us)
    except (JournalDamaged, JournalError) as error:
        raise HouseError(str(error)) from None
    sold = await _bought(office.database, boosters, comparison.costs, (from_us, to_us))
    told = sorted(
        (_told(account_id, theirs[account_id], cost, sold, (plan, other))
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
        show(plan, other, found, [one.difference for one in told])


async def replay(database: Database, comparison: Comparison, from_us: int, to_us: int) -> None:
    """Tell the comparison all that the journal holds of a span."""
    lead_us = LEAD_US if comparison.asks_classes else 0
    async for batch in recorded.batches(database, from_us, to_us, lead_us=lead_us):
        before, first = comparison.unknown(batch)
        if before:
            for one in await recorded.reports_before(database, before):
                comparison.begin(one)
        if comparison.asks_fees and first:
            comparison.owes_no_fee(await recorded.without_fee(database, first))
        comparison.take(batch)
    comparison.finish()


async def _routers(office: Office) -> Routers:
    """How the records of services are read again."""
    accounting = office.place.settings.accounting
    async with office.database.reading() as connection:
        devices = await office_devices.everyone(connection)
    by_id = {one.device_id: one for one in devices}
    return Routers(by_id, accounting.clock_skew_s, accounting.interim_s)


async def _bought(
    database: Database,
    boosters: Mapping[int, list[bought.Boosted]],
    account_ids: Iterable[int],
    span: tuple[int, int],
) -> Bought:
    """What was bought within the span.

    Who began with a plan is who was charged its fee then, or was new to us on one without a fee:
    who did not owe it by the books does not owe it here.
    """
    packages = await bought.packages(database, *span)
    activations = await bought.activations(database, account_ids, span)
    opened = await bought.newcomers(database, *span)
    async with database.reading() as connection:
        plans = await office_plans.newest(connection, set(opened.values()))
    free = {name for name, plan in plans.items() if not fee_of(plan)}
    newcomers = {account_id for account_id, name in opened.items() if name in free}
    return Bought(boosters, packages, activations, frozenset(newcomers | set(activations)))


def _told(
    account_id: int, person: Person, cost: Cost, sold: Bought, plans: tuple[Plan, Plan | None]
) -> Told:
    """One account's sums."""
    tried = [
        (one.usage_micros, one.packages_micros, one.boosters_micros,
         fee_of(plan) if plan is not None and account_id in sold.newcomers else 0)
        for one, plan in zip(cost.tried, plans, strict=False)
    ]  # fmt: skip
    charged = (
        cost.charged_micros,
        sold.packages.get(account_id, 0),
        sum(one.price_micros for one in sold.boosters.get(account_id, ())),
        sold.activations.get(account_id, 0),
    )
    return Told(person, account_id, tried[1] if len(tried) > 1 else charged, tried[0])


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
        "unsorted_n": comparison.unsorted_n,
        "unsold_n": dict(sorted(comparison.unsold[0].items())),
        "unsold_before_n": dict(sorted(comparison.unsold[-1].items())) if other else {},
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

"""`tollhouse plan test`: plan files tried on the cases that lie beside them.

A case is usage and what it has to cost (`rating.plan_cases`). It is charged as a real account would
be, without a database and without a server, so that whoever changes a price sees what else that
changes before anybody is charged by it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from accounting.trial import Came, Difference, differences, tried
from cli.errors import HouseError
from cli.output import Column, Kind, render
from cli.plan_read import read_plan, read_text
from cli.pricing_words import so_long, so_much
from domain.money import format_amount
from domain.period import format_instant
from domain.plan import Plan
from rating.plan_cases import Row, read_cases
from rating.plan_lines import PlanError
from rating.plan_whole import whole_of

SHOWN = [
    Column("line", "LINE", Kind.NUMBER),
    Column("from", "FROM"),
    Column("until", "UNTIL"),
    Column("used", "USED"),
    Column("micros", "COSTS", Kind.MONEY),
    Column("sum_micros", "SUM", Kind.MONEY),
    Column("covered", "COVERED", only_if_set=True),
    Column("left", "LEFT", only_if_set=True),
    Column("speed", "SPEED"),
    Column("currency", "CURRENCY", hidden=True),
]


@click.command("test")
@click.argument(
    "files", nargs=-1, required=True, metavar="FILE.toml...", type=click.Path(path_type=Path)
)
@click.option("--show", is_flag=True, help="Print what comes of each row.")
@click.pass_context
def test(ctx: click.Context, *, files: tuple[Path, ...], show: bool) -> None:
    """Try plan files on their cases; exit code 1 if anything costs otherwise.

    The cases of NAME.toml are in NAME.cases.txt beside it: tables of what was used, and what it has
    to cost. docs/plans.md tells how they are written.

    \b
    Example:
      tollhouse plan test conf/plans/night-bundle.toml --show
    """
    wrong = [_try(path, show=show) for path in files]
    ctx.exit(1 if any(wrong) else 0)


def _try(path: Path, *, show: bool) -> bool:
    """Try one plan file and say what came of it; does anything differ?"""
    plan = read_plan(path)
    cases_path = path.with_suffix(".cases.txt")
    if not cases_path.exists():
        raise HouseError(f"{path} has no cases; write them to {cases_path} as docs/plans.md tells")
    try:
        cases = read_cases(read_text(cases_path), plan)
    except PlanError as error:
        raise HouseError(f"{cases_path}: {error}") from None
    found: list[Difference] = []
    for case in cases:
        try:
            came_of = tried(plan, case)
        except OverflowError:
            raise HouseError(f"{cases_path}: this costs more than any book can hold") from None
        found += differences(came_of)
        if show:
            click.echo(f"{plan.name}: {case.title}")
            render(_rows(plan, came_of), SHOWN, "table")
            click.echo()
    for one in found:
        click.echo(f"{cases_path}: {_sentence(one, plan)}")
    rows = _count(sum(len(case.rows) for case in cases), "row")
    verdict = _count(len(found), "difference") if found else "as they say"
    click.echo(f"{plan.name}: {_count(len(cases), 'case')} of {rows}: {verdict}")
    return bool(found)


def _rows(plan: Plan, came_of: list[tuple[Row, Came]]) -> list[dict[str, Any]]:
    """What came of each row, for people."""
    found: list[dict[str, Any]] = []
    sum_micros = 0
    for row, came in came_of:
        sum_micros += came.micros
        used = [so_much(octets) + word for octets, word in ((row.down, ""), (row.up, " up"))]
        found.append(
            {
                "line": row.line,
                "from": format_instant(row.from_us, plan.timezone)[:16],
                "until": format_instant(row.until_us, plan.timezone)[:16],
                "used": row.buys or " + ".join(u for u in used if u[0] != "0"),
                "micros": came.micros,
                "sum_micros": sum_micros,
                "covered": _listed(came.covered, plan),
                "left": _listed(came.left, plan),
                "speed": came.speed,
                "currency": plan.currency,
            }
        )
    return found


def _listed(quantities: dict[str, int], plan: Plan) -> str:
    """Bundles and boosters of which there is something."""
    return ", ".join(
        f"{name} {_in_words(quantity, f'left {name}', plan)}"
        for name, quantity in quantities.items()
        if quantity
    )


def _count(number: int, word: str) -> str:
    """So many of something."""
    return f"{number} {word}" + ("" if number == 1 else "s")


def _sentence(one: Difference, plan: Plan) -> str:
    """A difference in the words of its column."""
    came, wanted = (_in_words(value, one.column, plan) for value in (one.came, one.wanted))
    return f"line {one.line}: {one.column} comes to {came}, and the case says {wanted}"


def _in_words(value: int | str, column: str, plan: Plan) -> str:
    """A result as its column has it."""
    if isinstance(value, str):
        return value
    kind, _, name = column.partition(" ")
    if kind in ("costs", "sum"):
        return format_amount(value, plan.currency)
    pricing = whole_of(plan).pricing
    assert pricing is not None
    timed = {one.name for one in pricing.bundles if one.seconds}
    timed |= {one.name for one in pricing.boosters if one.seconds}
    return so_long(value) if name in timed else so_much(value)

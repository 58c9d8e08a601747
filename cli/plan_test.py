"""`tollhouse plan test`: plan files tried on the cases that lie beside them.

A case is usage and what it has to cost (`rating.plan_cases`). It is charged as a real account would
be, without a database and without a server, so that whoever changes a price sees what else that
changes before anybody is charged by it.
"""

from __future__ import annotations

from pathlib import Path

import click

from accounting.trial import Difference, differences
from cli.errors import HouseError
from cli.plan_read import read_plan, read_text
from cli.pricing_words import so_long, so_much
from domain.money import format_amount
from domain.plan import Plan
from rating.plan_cases import read_cases
from rating.plan_lines import PlanError
from rating.plan_whole import whole_of


@click.command("test")
@click.argument(
    "files", nargs=-1, required=True, metavar="FILE.toml...", type=click.Path(path_type=Path)
)
@click.pass_context
def test(ctx: click.Context, *, files: tuple[Path, ...]) -> None:
    """Try plan files on their cases; exit code 1 if anything costs otherwise.

    The cases of NAME.toml are in NAME.cases.txt beside it: tables of what was used, and what it has
    to cost. docs/plans.md tells how they are written.

    \b
    Example:
      tollhouse plan test conf/plans/night-bundle.toml
    """
    wrong = False
    for path in files:
        plan = read_plan(path)
        cases_path = path.with_suffix(".cases.txt")
        try:
            cases = read_cases(read_text(cases_path), plan)
        except PlanError as error:
            raise HouseError(f"{cases_path}: {error}") from None
        rows_n = sum(len(case.rows) for case in cases)
        try:
            found = [one for case in cases for one in differences(plan, case)]
        except OverflowError:
            raise HouseError(f"{cases_path}: this costs more than any book can hold") from None
        for one in found:
            click.echo(f"{cases_path}: {_sentence(one, plan)}")
        what = f"{len(found)} differences" if found else "as they say"
        click.echo(f"{plan.name}: {len(cases)} cases of {rows_n} rows: {what}")
        wrong = wrong or bool(found)
    ctx.exit(1 if wrong else 0)


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

"""`tollhouse plan diff`: two plans side by side, only where they differ.

Each of them is a version that was loaded, or a file, so that a draft can be compared with what is
sold before anybody is charged by it. The exit code says whether they differ, as `diff` does.
"""

from __future__ import annotations

from pathlib import Path

import click

from cli import settings
from cli.errors import HouseError
from cli.office import Office, in_office, run
from cli.options import output_option
from cli.output import Column, render
from cli.plan_read import read_plan
from cli.plan_words import differences
from domain.plan import Plan
from store import office_plans

COLUMNS = [Column("what", "WHAT"), Column("before", "BEFORE"), Column("after", "AFTER")]


@click.command("diff")
@click.argument("before", metavar="PLAN[@VERSION]|FILE.toml")
@click.argument("after", metavar="PLAN[@VERSION]|FILE.toml")
@output_option
@click.pass_context
def diff(ctx: click.Context, *, before: str, after: str, output: str) -> None:
    """Show what differs between two plans; exit code 1 if anything does.

    A plan is a name (its newest version), a name with a version, or a file.

    \b
    Example:
      tollhouse plan diff home-50 drafts/home-50.toml
      tollhouse plan diff home-50@3 home-50@4
    """
    found = {one: read_plan(Path(one)) for one in (before, after) if is_file(one)}
    names = [one for one in (before, after) if one not in found]

    async def look(office: Office) -> None:
        for one in names:
            found[one] = await plan_said(office, one)

    if names:
        place = settings.load(ctx.find_root().obj)
        run(in_office(place, look))
    rows = _rows(found[before], found[after])
    if rows or output != "table":
        render(rows, COLUMNS, output)
    else:
        click.echo("no difference")
    ctx.exit(1 if rows else 0)


def _rows(before: Plan, after: Plan) -> list[dict[str, str]]:
    """One row for each thing that the plans say differently."""
    return [
        {"what": what, "before": old, "after": new} for what, old, new in differences(before, after)
    ]


async def plan_said(office: Office, word: str) -> Plan:
    """The plan that a word names: a file, or a name with or without a version. Or a HouseError."""
    if is_file(word):
        return read_plan(Path(word))
    name, _at, version = word.partition("@")
    number = _version(word, version)
    async with office.database.reading() as connection:
        stored = await office_plans.find(connection, name, version=number)
    if stored is None:
        raise HouseError(f"there is no plan {word}; see `tollhouse plan list --versions`")
    return stored[0]


def is_file(word: str) -> bool:
    """Names of plans have no slash; a file without one is told by its ending."""
    return "/" in word or word.endswith(".toml")


def _version(word: str, version: str) -> int | None:
    """The number after the @; None for the newest."""
    if "@" not in word:
        return None
    if not version.isascii() or not version.isdigit() or len(version) > 9 or not int(version):
        raise HouseError(f"{word!r}: write a version as a number after the @, as in home-50@3")
    return int(version)

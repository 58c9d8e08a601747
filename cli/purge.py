"""`tollhouse purge`: take away what is older than the settings say it is kept.

How long is a matter of law and differs from country to country, so nothing is purged unless the
settings name a time. It is run by hand or by a timer, while the server runs. The ledger, purchases
and the audit are never purged, and neither is a session that money or an operator still waits for.
"""

from __future__ import annotations

import asyncio
from typing import Any

import click

from cli.errors import HouseError
from cli.office import Office, office_command
from cli.options import output_option
from cli.output import Column, Kind, instant_in_words, render
from store import purging, retention

DAY_US = 86_400 * 1_000_000
SESSIONS_LEAST_DAYS = 30  # a router may repeat a record of some days ago, and finds its session
PAUSE_S = 0.02  # between pages: the server goes first

SHOWN = [
    Column("kind", "WHAT"),
    Column("days", "KEPT FOR DAYS", Kind.NUMBER),
    Column("before_us", "PURGED BEFORE", Kind.INSTANT),
    Column("rows_n", "ROWS", Kind.NUMBER),
    Column("first_us", "FROM", Kind.INSTANT),
    Column("last_us", "UNTIL", Kind.INSTANT),
    Column("note", "NOTE", only_if_set=True),
]


@click.command("purge")
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@output_option
@office_command
async def purge(office: Office, *, dry_run: bool, output: str) -> None:
    """Take away what is older than `[retention]` in the settings says.

    Entries, purchases and the audit stay for ever. A session stays while a charge, usage in
    suspense or an order waits for it. The journal stays as long as a session runs, or is in
    suspense, that began in it; of what is older charges are explained by their sums only.

    \b
    Example:
      tollhouse purge --dry-run
    """
    kept = office.place.settings.retention
    days = {kind: int(getattr(kept, f"{kind}_days")) for kind in retention.Kind}
    if 0 < days[retention.Kind.SESSIONS] < SESSIONS_LEAST_DAYS:
        raise HouseError(
            f"{office.place.source}: retention.sessions_days: at least {SESSIONS_LEAST_DAYS}, "
            "or 0 for ever"
        )
    rows = [await _purge(office, kind, days[kind], dry_run=dry_run) for kind in retention.Kind]
    render(rows, SHOWN, output)
    if output == "table" and not any(days.values()):
        click.echo("everything is kept for ever: name days in [retention] of the settings")
    elif output == "table" and dry_run:
        click.echo("nothing was purged: this was a dry run")


async def _purge(
    office: Office, kind: retention.Kind, days: int, *, dry_run: bool
) -> dict[str, Any]:
    """Purge one class, and what there is to say about it."""
    row: dict[str, Any] = {"kind": kind.value, "days": days, "note": ""}
    if not days:
        return {**row, "days": None, "rows_n": 0, "note": "kept for ever"}
    before_us = office.now_us - days * DAY_US
    if kind is retention.Kind.JOURNAL:
        async with office.database.reading() as connection:
            needed_us = await purging.journal_needed_us(connection)
        if needed_us is not None and needed_us < before_us:
            before_us = needed_us
            since = instant_in_words(needed_us)
            row["note"] = f"kept since {since}: a session that began then runs or is in suspense"

    async def told(connection: Any) -> None:
        after = {"before": instant_in_words(before_us), "before_us": before_us, "days": days}
        await office.audit(connection, "purge", kind="house", subject=kind.value, after=after)

    gone = await purging.purge(
        office.database, kind, before_us, told=None if dry_run else told, pause=_pause
    )
    return {
        **row,
        "before_us": before_us,
        "rows_n": gone.rows_n,
        "first_us": gone.first_us or None,
        "last_us": gone.last_us or None,
    }


async def _pause() -> None:
    """Let the server have the database."""
    await asyncio.sleep(PAUSE_S)

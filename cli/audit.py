"""`tollhouse audit`: who did what, when and why, and whether anybody has touched that since.

Every change is told in its own transaction and never edited (the databases refuse). Each deed's
digest covers the one before it, so what is changed, taken out or put between is found. Only a tail
that is cut off leaves a chain that is whole: whoever writes the head down elsewhere finds that too.
"""

from __future__ import annotations

import json
import re
from typing import Any

import click

from cli.errors import EXIT_FOUND, HouseError, escape_controls
from cli.office import Office, office_command
from cli.options import INSTANT, LOGIN, limit_option, output_option
from cli.output import Column, Kind, instant_in_words, render, render_one
from domain.deed import NOT_SHOWN, Deed
from domain.money import format_amount
from store import office_deeds
from store.office_deeds import Proof, Wanted

PAGE_ROWS = 2_000
SHORT = 120  # characters of what changed, in a table
OF_A_LOGIN = ("subscriber", "account", "session")
_HEAD = re.compile(r"([1-9][0-9]{0,17}):([0-9a-fA-F]{64})", re.ASCII)

LISTED = [
    Column("seq", "DEED", Kind.NUMBER),
    Column("at_us", "WHEN", Kind.INSTANT),
    Column("who", "WHO"),
    Column("action", "DID"),
    Column("kind", "TO", hidden=True),
    Column("subject", "TO"),
    Column("row_id", "ROW", hidden=True),
    Column("changes", "WHAT CHANGED"),
    Column("reason", "WHY"),
]
PROVED = [
    Column("seq", "deeds that follow from one another", Kind.NUMBER),
    Column("head", "head"),
    Column("broken_seq", "broken at deed", Kind.NUMBER, only_if_set=True),
]


@click.group("audit", no_args_is_help=True)
def audit() -> None:
    """Who did what, when and why: list, verify.

    \b
    Example:
      tollhouse audit list --login alice
    """


@audit.command("list")
@click.option("--login", type=LOGIN, help="Only what was done to this subscriber.")
@click.option("--who", metavar="NAME", help="Only what this operating-system user did; or server.")
@click.option("--action", metavar="COMMAND", help="Only this, such as `subscriber set`.")
@click.option("--since", "since_us", type=INSTANT, metavar="WHEN", help="Not before.")
@click.option("--until", "until_us", type=INSTANT, metavar="WHEN", help="Before.")
@limit_option
@output_option
@office_command
async def listing(
    office: Office, *, login: str | None, limit: int, output: str, **given: Any
) -> None:
    """List what was done, newest first.

    WHEN is such as 2026-12-31 or "2026-12-31 18:00", in this machine's zone.

    \b
    Examples:
      tollhouse audit list --login alice
      tollhouse audit list --action "nas set" --since 2026-12-01
    """
    kinds = OF_A_LOGIN if login is not None else ()
    wanted = Wanted(subject=login, kinds=kinds, **given)
    found: list[Deed] = []
    while True:
        rows = min(PAGE_ROWS, limit - len(found)) if limit else PAGE_ROWS
        below = found[-1].seq if found else None
        async with office.database.reading() as connection:
            some = await office_deeds.page(connection, wanted, below_seq=below, limit=rows)
        found += some
        if len(some) < rows or len(found) == limit:
            break
    render([as_row(deed, output) for deed in found], LISTED, output)
    if limit and len(found) == limit and output == "table":
        click.echo(f"(the newest {limit}; --limit 0 for all)", err=True)


@audit.command("verify")
@click.option(
    "--from",
    "anchor",
    metavar="DEED:DIGEST",
    help="A head that was written down earlier; it must still be there.",
)
@output_option
@office_command
async def verify(office: Office, *, anchor: str | None, output: str) -> int:
    """Compute the whole chain again, and print its head to be written down elsewhere.

    Finds deeds that were changed, taken out or put between. That the newest were cut off, or all
    were made anew, only an earlier head can tell: keep one on paper or on another machine and give
    it with --from. Exit code 1 when something is found.

    \b
    Example:
      tollhouse audit verify
    """
    proof = await office_deeds.prove(office.database, None if anchor is None else head_of(anchor))
    head = f"{proof.seq}:{proof.digest.hex()}"
    if output == "table":
        for line in verdict(proof, head, anchor):
            click.echo(line)
    else:
        row = {"seq": proof.seq, "head": head, "broken_seq": proof.broken_seq}
        if anchor is not None:
            row["anchored"] = proof.anchored
        columns = PROVED if anchor is None else [*PROVED, Column("anchored", "earlier head")]
        render_one(row, columns, output)
    return 0 if proof.sound else EXIT_FOUND


def head_of(text: str) -> tuple[int, bytes]:
    """`DEED:DIGEST` as `audit verify` prints it."""
    found = _HEAD.fullmatch(text.strip())
    if found is None:
        raise HouseError(
            "--from: not a head; write the number and the 64 hex digits that `tollhouse audit "
            "verify` printed, with a colon between"
        )
    return int(found[1]), bytes.fromhex(found[2])


def verdict(proof: Proof, head: str, anchor: str | None) -> list[str]:
    """What was proved, in words."""
    if proof.broken_seq is not None:
        return [
            f"the chain is broken at deed {proof.broken_seq}: it does not follow from the one "
            "before it; a deed was changed, taken out or put between by other means than Tollhouse",
            f"deeds 1 to {proof.seq} are as they were written" if proof.seq else "",
        ][: 2 if proof.seq else 1]
    if proof.anchored is False:
        return [
            f"the chain is whole, but the head {anchor} is not in it: deeds were cut off, or all "
            f"were made anew, since it was written down; it ends at {head}"
        ]
    if not proof.seq:
        return ["there is no deed yet"]
    also = " and goes on from the head you gave" if anchor is not None else ""
    return [
        f"the audit is whole{also}: {proof.seq} deeds",
        f"write this down elsewhere, for `tollhouse audit verify --from`: {head}",
    ]


def as_row(deed: Deed, output: str) -> dict[str, Any]:
    """A deed as it is printed: in JSON with objects, else in words."""
    row: dict[str, Any] = {column.name: getattr(deed, column.name, None) for column in LISTED}
    before, after = json.loads(deed.before), json.loads(deed.after)
    changes = {"before": before, "after": after}
    row["changes"] = changes if output == "json" else changes_in_words(before, after)
    if output == "table":
        row["changes"] = in_short(row["changes"])
    if output == "table" and deed.kind not in ("subscriber", "account"):
        row["subject"] = f"{deed.kind} {deed.subject}".strip()
    return row


def in_short(text: str) -> str:
    """A text that fits beside others on a screen; JSON and CSV have all of it."""
    return text if len(text) <= SHORT else f"{text[: SHORT - 3]}..."


def changes_in_words(before: dict[str, Any], after: dict[str, Any], *, currency: str = "") -> str:
    """`plan_name: home -> home-100, mac: - -> 02:00:00:00:00:01`; of what is new, what it is."""
    currency = str(after.get("currency") or before.get("currency") or currency)
    parts = []
    for name in dict.fromkeys((*before, *after)):
        old, new = (_in_words(name, side.get(name), currency) for side in (before, after))
        if NOT_SHOWN in (old, new):
            parts.append(f"{name} {'changed' if before else 'set'}")
        elif name in before and name in after:
            parts.append(f"{_spoken(name)}: {old} -> {new}")
        elif name != "currency":
            gone = " (was)" if name in before else ""
            parts.append(f"{_spoken(name)}{gone}: {old if gone else new}")
    return ", ".join(parts)


def _spoken(name: str) -> str:
    """A name of the books without its unit."""
    return re.sub(r"_(us|micros)$", "", name)


def _in_words(name: str, value: Any, currency: str) -> str:
    """One value as a person reads it."""
    if value is None or value == "" or value == []:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and name.endswith("_us"):
        return instant_in_words(value) if value else "-"
    if isinstance(value, int) and name.endswith("_micros") and currency:
        return format_amount(value, currency)
    if isinstance(value, list) and name.endswith("_us"):
        return ", ".join(instant_in_words(one) for one in value)
    if isinstance(value, dict | list):
        return escape_controls(json.dumps(value))
    return escape_controls(str(value))

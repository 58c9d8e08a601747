"""`tollhouse explain reject`: the last decisions about a login, and what to do about them.

The desk keeps what each decision was made of (never a password); here it is put into words. The
words for rules and remedies are those of `domain.refusal`.
"""

from __future__ import annotations

from typing import Any

import click

from aaa.ports import Decision
from cli.errors import HouseError
from cli.office import Office, office_command
from cli.options import LOGIN, MAC, output_option
from cli.output import Column, Kind, in_words, render
from domain.login import canonical_login
from domain.refusal import Refusal
from store import office_decisions, office_devices

LISTED = [
    Column("decided_us", "WHEN", Kind.INSTANT),
    Column("login", "LOGIN"),
    Column("user_name", "USER-NAME"),
    Column("mac", "MAC"),
    Column("nas", "NAS"),
    Column("code", "DECISION"),
    Column("rule", "RULE"),
    Column("advice", "WHAT TO DO"),
    Column("request", "REQUEST"),
    Column("facts", "FACTS"),
    Column("session_id", "SESSION"),
]
RULES = {refusal.code: refusal for refusal in Refusal}


@click.command("reject")
@click.argument("login", type=LOGIN, required=False)
@click.option("--mac", type=MAC, metavar="MAC", help="By Calling-Station-Id, in any spelling.")
@click.option(
    "--last",
    "last_n",
    type=click.IntRange(1, 1000),
    metavar="N",
    help="The newest refusals of anybody, unknown logins too.",
)
@output_option
@office_command
async def reject(
    office: Office, *, login: str | None, mac: str | None, last_n: int | None, output: str
) -> None:
    """Show the last decisions about a login: what was asked, the rule that fired, what to do.

    Of each login the last twenty are shown; logins that nobody has share a list of a thousand.

    \b
    Examples:
      tollhouse explain reject alice
      tollhouse explain reject --mac 000c.421f.2e3d
      tollhouse explain reject --last 20
    """
    if sum(given is not None for given in (login, mac, last_n)) != 1:
        raise HouseError("name a login, or --mac MAC, or --last N")
    async with office.database.reading() as connection:
        names = await office_devices.names(connection)
        if login is not None:
            found = await office_decisions.of_login(connection, login)
            found += [
                one
                for one in await office_decisions.of_strangers(connection)
                if canonical_login(one.user_name) == login
            ]
            found.sort(key=lambda one: -one.decided_us)
        elif mac is not None:
            found = await office_decisions.of_mac(connection, mac)
        else:
            found = await office_decisions.newest_refusals(connection, limit=last_n or 1)
    rows = [as_row(one, names) for one in found]
    if output != "table" or not rows:
        render(rows, LISTED, output)
        return
    for row in rows[::-1]:
        click.echo("\n".join(in_sentences(row)))


def as_row(one: Decision, names: dict[int, str]) -> dict[str, Any]:
    """A decision with the words for its rule."""
    rule = RULES.get(one.code)
    facts = dict(one.reply)
    # Where the rule has several causes, the decision says which advice fits this one.
    advice = facts.pop("advice", rule.advice if rule else "")
    return {
        "decided_us": one.decided_us,
        "login": one.login,
        "user_name": one.user_name,
        "mac": one.mac,
        "nas": names.get(one.device_id, f"(removed: {one.device_id})"),
        "code": one.code,
        "rule": rule.text if rule else "",
        "advice": advice,
        "request": dict(one.request),
        "facts": facts,
        "session_id": one.session_id,
    }


def in_sentences(row: dict[str, Any]) -> list[str]:
    """A decision for a person: some lines, the newest decision comes last."""
    when = in_words(row["decided_us"], Kind.INSTANT)
    who = in_words(row["user_name"] or row["login"], Kind.TEXT)
    walled = row["facts"].get("walled")
    where = f", behind the wall ({walled})" if walled else ""
    lines = [f"{when}  {who} at {row['nas']}: {row['code']}{where}"]
    if row["rule"]:
        advice = row["advice"].replace("LOGIN", row["login"] or who)
        lines += [f"  rule:    {row['rule']}", f"  to do:   {advice}"]
    lines.append(f"  asked:   {_pairs(row['request'])}")
    if row["facts"]:
        lines.append(
            f"  {'granted' if row['code'] == 'accepted' else 'facts'}: {_pairs(row['facts'])}"
        )
    return lines


def _pairs(facts: dict[str, Any]) -> str:
    """Named values in a line."""
    return in_words([f"{name}={value}" for name, value in facts.items()], Kind.TEXT)

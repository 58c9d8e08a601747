"""A forecast as people read it: what it will cost, and a line for all that is used up or counted.

What is said comes in exact, as `--output json` prints it; nothing is reckoned here. Instants in
sentences are those of the subscriber's zone, in tables this machine's, as in every listing.
"""

from __future__ import annotations

from typing import Any, Final

import click

from cli.output import Column, Kind, octets_in_words, render, seconds_in_words
from domain.money import format_amount
from domain.period import format_instant
from domain.pot import PotKind

LASTS: Final = [
    Column("what", "WHAT"),
    Column("name", "NAME"),
    Column("used", "USED"),
    Column("left", "LEFT"),
    Column("until_us", "UNTIL", Kind.INSTANT),
    Column("out_week_us", "OVER AT THE PACE OF 7 DAYS", Kind.INSTANT),
    Column("out_period_us", "OF THE PERIOD", Kind.INSTANT),
]


def show(login: str, zone: str, said: dict[str, Any]) -> None:
    """Print a forecast for a person, its times as the wall of a zone shows them."""
    currency = said["currency"]
    days = [format_instant(said[name], zone)[:16] for name in ("period_start_us", "period_end_us")]
    click.echo(
        f"{login} on {said['plan']} version {said['version']}, period from {days[0]} to {days[1]} "
        f"({zone})"
    )
    charged = format_amount(said["charged_micros"], currency)
    spendable = format_amount(said["spendable_micros"], currency)
    click.echo(f"usage has cost {charged} so far; spendable {spendable}")
    for pace in said["paces"]:
        used = f"{octets_in_words(pace['down'])} down, {octets_in_words(pace['up'])} up"
        cost = format_amount(pace["period_cost_micros"], currency)
        click.echo(
            f"{pace['pace']}: {used}, {seconds_in_words(pace['seconds'])}; "
            f"at this pace the period will cost {cost}{_money(pace, zone)}"
        )
    for row in said["besides"]:
        amount, due = format_amount(row["amount_micros"], currency), "due with the first package"
        if row["paid_us"]:
            due = f"paid {format_instant(row['paid_us'], zone)[:16]}"
        click.echo(f"besides: {row['what']} {amount}, {due}")
    if said["lasting"]:
        click.echo()
        render([_shown(row, currency) for row in said["lasting"]], LASTS, "table")
    for step in said["fair_use"]:
        when = [
            f"{format_instant(step[name], zone)[:16]} at the pace of {pace}"
            for name, pace in (("week_us", "7 days"), ("period_us", "the period"))
            if step[name]
        ]
        words = "reached" if step["reached"] else ", ".join(when) or "not reached at this pace"
        click.echo(f"fair use {step['step']}: {words}")


def _money(pace: dict[str, Any], zone: str) -> str:
    """Until when the money lasts."""
    if pace["money_out_us"] is None:
        return ""
    return f", and the money lasts until {format_instant(pace['money_out_us'], zone)[:16]}"


def _shown(row: dict[str, Any], currency: str) -> dict[str, Any]:
    """A row with its quantities in words."""

    def words(number: int | None) -> str:
        if number is None:
            return ""
        if row["what"] == PotKind.CAP:
            return format_amount(number, currency)
        return seconds_in_words(number) if row["timed"] else octets_in_words(number)

    return {**row, "used": words(row["used"]), "left": words(row["left"])}

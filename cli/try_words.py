"""What `plan try` shows a person: the sums, who pays more and less, and what was left out.

The sums come as the command has made them; nothing is worked out here but a mean. Parts that few
plans have, boosters and activation fees, have a row only where there are any.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import click

from cli.output import Column, Kind, render
from cli.try_chart import chart
from domain.money import format_amount
from domain.period import format_instant
from domain.plan import Plan

ROW: Final = [
    Column("login", "LOGIN"),
    Column("before_micros", "BEFORE", Kind.MONEY),
    Column("after_micros", "DRAFT", Kind.MONEY),
    Column("difference_micros", "DIFFERENCE", Kind.MONEY),
    Column("currency", "CURRENCY", hidden=True),
]
SUMS: Final = [
    Column("what", ""),
    *ROW[1:],
]
_PARTS = (
    ("usage", "usage_", True),
    ("packages", "packages_", True),
    ("boosters", "boosters_", False),
    ("activation fees", "activation_", False),
    ("all", "", True),
)


def show(plan: Plan, other: Plan | None, found: dict[str, Any], differences: Sequence[int]) -> None:
    """The comparison for a person; `differences` are everybody's, the greatest savings first."""
    against = f"{other.name} version {other.version}" if other and other.version else ""
    against = against or (other.name if other else "what was charged")
    days = [format_instant(found[name], plan.timezone)[:16] for name in ("from_us", "to_us")]
    click.echo(f"{plan.name} against {against}, {days[0]} to {days[1]} ({plan.timezone})")
    click.echo(
        f"{found['records_n']} reports of {found['sessions_n']} sessions, "
        f"{found['subscribers_n']} subscribers"
    )
    for line in _left_out(plan, other, found):
        click.echo(line)
    if not differences:
        return
    click.echo()
    render(list(_sums(plan, found)), SUMS, "table")
    same = found["subscribers_n"] - found["pay_less_n"] - found["pay_more_n"]
    click.echo(
        f"\n{found['pay_less_n']} would pay less, {found['pay_more_n']} more, {same} the same"
    )
    for line in chart(differences, plan.currency):
        click.echo(line)
    for title, name in (("who would save most", "save_most"), ("who would pay most", "pay_most")):
        if found[name]:
            click.echo(f"\n{title}")
            render(found[name], ROW, "table")
    mean = format_amount(found["difference_micros"] // len(differences), plan.currency)
    click.echo(f"\non average {mean} for each")


def _left_out(plan: Plan, other: Plan | None, found: dict[str, Any]) -> Iterator[str]:
    """Sentences about what is not in the sums, or not as it would have been charged."""
    for number, words in (
        (found["other_currency_n"], "subscribers have another currency and were left out"),
        (found["cut_n"], "sessions began before what the journal still holds"),
        (found["beyond_n"], "reports cost more than any book can hold and were left out"),
        (
            found["unsorted_n"],
            "records of services tell no session, or their NAS was removed or has another dialect "
            "now: what they counted is priced as `other`",
        ),
    ):
        if number:
            yield f"{number} {words}"
    for one, name in ((plan, "unsold_n"), (other, "unsold_before_n")):
        unsold = found[name]
        if one is not None and unsold:
            names = ", ".join(f"{number} x {booster}" for booster, number in unsold.items())
            yield f"boosters that {one.name} does not have were left out: {names}"


def _sums(plan: Plan, found: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A row for each part of what is paid; of those that are seldom only if there is any."""
    for what, name, always in _PARTS:
        before, after = found[f"{name}before_micros"], found[f"{name}after_micros"]
        if always or before or after:
            yield {
                "what": what,
                "before_micros": before,
                "after_micros": after,
                "difference_micros": after - before,
                "currency": plan.currency,
            }

"""What is left of a subscriber's bundles, boosters, caps and the like, in words and as numbers.

In the order in which it is used up, with the ends that the next report of usage would meet. Of a
simple plan it is what is included. Read at one instant; nothing is changed.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from accounting.pot_terms import terms_of
from accounting.standing import Standing, Unit, standings
from cli.output import instant_in_words, octets_in_words, seconds_in_words
from domain.money import format_amount
from domain.period import format_instant
from domain.plan import Plan
from domain.pot import PotKind
from domain.pricing import Period
from store import office_usage
from store.office_connection import Connection
from store.office_subscribers import Customer


async def left_of(
    connection: Connection, customer: Customer, plan: Plan, now_us: int
) -> list[Standing]:
    """Everything that the subscriber's account has or counts under its plan."""
    one, account_id = customer.subscriber, customer.account.account_id
    if plan.pricing is not None:
        rows = await office_usage.of_account(connection, account_id, ends_after_us=now_us)
        return standings(plan, terms_of(one, plan), rows, now_us)
    used = await office_usage.included(connection, account_id, one.period_at_us(now_us))
    ends_us = next((us for us in one.periods_ahead_us if us > now_us), one.valid_until_us)
    included = (
        (Unit.OCTETS, plan.included_octets, used.used_octets),
        (Unit.SECONDS, plan.included_s, used.used_s),
    )
    return [
        Standing(
            PotKind.BUNDLE,
            "included",
            Period.VALIDITY,
            unit,
            granted,
            min(taken, granted),
            max(granted - taken, 0),
            ends_us if plan.package else None,
        )
        for unit, granted, taken in included
        if granted
    ]


def as_row(one: Standing) -> dict[str, Any]:
    """A standing as programs read it; the unit says what its numbers are."""
    return asdict(one)


def label(one: Standing) -> str:
    """What it is: `bundle night`, `booster more`, `day cap`, `fair use`."""
    match one.kind:
        case PotKind.CAP:
            return f"{_period(one)} cap"
        case PotKind.FAIR_USE:
            return "fair use"
        case PotKind.TIER:
            return f"{_period(one)} tiers of {one.name}"
    return f"{one.kind} {one.name}" if one.name != "included" else one.name


def in_words(one: Standing, currency: str, zone: str | None = None) -> str:
    """How much is left or was used, and until when: in a zone, or this machine's as in tables."""
    until = ""
    if one.ends_us is not None:
        until = format_instant(one.ends_us, zone) if zone else instant_in_words(one.ends_us)
        until = f" until {until}"
    used = _amount(one, one.used, currency)
    if one.kind in (PotKind.TIER, PotKind.FAIR_USE):
        step = "tier" if one.kind is PotKind.TIER else "step"
        more = (
            "" if one.left is None else f", {_amount(one, one.left, currency)} to the next {step}"
        )
        return f"{used} used{more}; counted{until or ' without end'}"
    assert one.left is not None and one.granted is not None, "only counters have no end"
    left, granted = (_amount(one, number, currency) for number in (one.left, one.granted))
    carried = ", carried over," if one.carried else ""
    return f"{left} of {granted}{carried} left{until}"


def _period(one: Standing) -> str:
    return "package" if one.period is Period.VALIDITY else str(one.period)


def _amount(one: Standing, number: int, currency: str) -> str:
    match one.unit:
        case Unit.MICROS:
            return format_amount(number, currency)
        case Unit.SECONDS:
            return seconds_in_words(number)
    return octets_in_words(number)

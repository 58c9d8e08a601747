"""How long something that is bought lasts: [package], the `validity` of a booster, [on_change].

Days and months are those of the subscriber's own calendar; the limits keep every instant that
follows from one within what the books can hold.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from domain.plan import Left, Package, Span, Validity
from rating import plan_values
from rating.plan_amounts import read_micros
from rating.plan_lines import Table

PACKAGE_KEYS: Final = ("price", "validity", "expires", "grace", "auto_renew", "pay")
ON_CHANGE_KEYS: Final = ("left",)
VALIDITY_MAX: Final = {Span.HOURS: 99_999, Span.DAYS: 36_600, Span.MONTHS: 1_200}
GRACE_MAX_S: Final = 366 * 86_400


class Expires(StrEnum):
    """When on its last day a package ends."""

    TIME = "time"  # at the time of day at which it began
    DAY = "day"  # at the end of the local day


class Pay(StrEnum):
    """When the price of a package is due."""

    AHEAD = "ahead"  # as its time begins
    AFTER = "after"  # as its time ends; until then a credit limit carries it, and nothing else


def read_package(top: Table) -> Package | None:
    """[package]; None without it. Raises PlanError."""
    table = top.table("package")
    if table is None:
        return None
    count, span = table.required("validity", read_span(table), 'validity = "30d"')
    expires = table.read("expires", plan_values.one_of(Expires)) or Expires.TIME
    grace_s = table.read("grace", plan_values.seconds) or 0
    if grace_s > GRACE_MAX_S:
        raise table.fault("grace", "at most 366 days")
    price_micros = 0
    if table.has("price"):
        price_micros = read_micros(table, "price", "leave it out if it costs nothing")
    pay_after = table.read("pay", plan_values.one_of(Pay)) is Pay.AFTER
    if pay_after and not price_micros:
        raise table.fault("pay", "without a price there is nothing to pay")
    return Package(
        Validity(count, span, expires is Expires.DAY),
        price_micros=price_micros,
        grace_s=grace_s,
        auto_renew=table.flag("auto_renew") or False,
        pay_after=pay_after,
    )


def read_on_change(top: Table) -> Left:
    """[on_change]: what becomes of paid time that is left; kept without it. Raises PlanError."""
    table = top.table("on_change")
    if table is None:
        return Left.KEEP
    if not top.has("package"):
        raise top.fault("on_change", "without [package] no time is paid for; leave it out")
    return table.required("left", table.read("left", plan_values.one_of(Left)), 'left = "refund"')


def read_span(table: Table) -> tuple[int, Span] | None:
    """`validity`: how many of which span; None without it. Raises PlanError."""
    found = table.read("validity", plan_values.span)
    if found is not None and found[0] > VALIDITY_MAX[found[1]]:
        raise table.fault("validity", f"at most {VALIDITY_MAX[found[1]]} {found[1]}")
    return found

"""A plan as an operator writes it: TOML in, a checked `Plan` out, or one line that says why not.

docs/plans.md describes every key. Unknown keys are faults, not decoration: a misspelt
`validity` must not sell a plan that never ends. Amounts are text or whole numbers and never
floats, and what a value means is decided here, so that no other room reads units.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum
from typing import Final, TypeVar

from domain.money import parse_amount, valid_currency
from domain.period import valid_timezone
from domain.plan import (
    Counted,
    Hours,
    Package,
    Plan,
    Rounding,
    Span,
    TimePrice,
    Validity,
    VolumePrice,
)
from rating import plan_values, tariff
from rating.plan_lines import PlanError, Table, read_document
from rating.plan_replies import GARDEN_KEYS, GARDENS, REPLY_KEYS, read_garden, read_replies
from rating.plan_speeds import SPEED_KEYS, read_speeds
from rating.reply_lines import Vocabulary

__all__ = ["KEYS", "PlanError", "parse_plan"]

KEYS: Final[dict[str, tuple[str, ...]]] = {
    "": (
        "name",
        "currency",
        "sessions",
        "timezone",
        "interim_s",
        "max_session_s",
        "price",
        "included",
        "speeds",
        "hours",
        "package",
        "reply",
        *GARDENS,
    ),
    "price": ("volume", "time", "session"),
    "price.volume": ("amount", "per", "count", "increment", "rounding"),
    "price.time": ("amount", "per", "increment_s", "rounding"),
    "price.session": ("fee",),
    "included": ("volume", "time"),
    **SPEED_KEYS,
    "hours": ("days", "from", "until"),
    "package": ("price", "validity", "expires", "grace", "auto_renew"),
    "reply": REPLY_KEYS,
    **dict.fromkeys(GARDENS, GARDEN_KEYS),
    **{f"{key}.reply": REPLY_KEYS for key in GARDENS},
}

SESSIONS_MAX: Final = 1_000
VALIDITY_MAX: Final = {Span.HOURS: 99_999, Span.DAYS: 36_600, Span.MONTHS: 1_200}
GRACE_MAX_S: Final = 366 * 86_400
INTERIM_S: Final = (60, 86_400)  # RFC 2869, 5.16: not below 60
MAX_SESSION_S: Final = (60, 366 * 86_400)
HOURS_MAX: Final = 50


class Expires(StrEnum):
    """When on its last day a package ends."""

    TIME = "time"  # at the time of day at which it began
    DAY = "day"  # at the end of the local day


Word = TypeVar("Word", bound=StrEnum)

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def parse_plan(
    text: str, *, plan_id: int = 0, version: int = 0, vocabulary: Vocabulary | None = None
) -> Plan:
    """Return the plan that a file's text describes, with the text kept as its source.

    `vocabulary` may only be missing where plans have no reply attributes.
    Raises PlanError, a ValueError whose message is one line: `line N: what is wrong, and what to
    write instead`.
    """
    top = read_document(text, KEYS)
    name = top.required("name", top.read("name", _name), 'name = "home-50"')
    currency = top.required("currency", top.read("currency", _currency), 'currency = "USD"')
    price = top.table("price")
    volume = _volume(price)
    time = _time(price)
    included_octets, included_s = _included(top, volume, time)
    speeds = read_speeds(top)
    plan = Plan(
        plan_id=plan_id,
        name=name,
        version=version,
        currency=currency,
        volume=volume,
        time=time,
        session_fee_micros=_session_fee(price),
        included_octets=included_octets,
        included_s=included_s,
        counted=volume.counted if volume else Counted.SUM,
        down_bps=speeds.down_bps,
        up_bps=speeds.up_bps,
        policy_down=speeds.policy_down,
        policy_up=speeds.policy_up,
        mikrotik_rate=speeds.mikrotik_rate,
        sessions_max=top.whole("sessions", 1, SESSIONS_MAX) or 1,
        hours=_hours(top),
        timezone=top.read("timezone", _timezone) or "UTC",
        interim_s=top.whole("interim_s", *INTERIM_S),
        max_session_s=top.whole("max_session_s", *MAX_SESSION_S) or 7 * 86_400,
        source=text,
        package=_package(top),
        replies=read_replies(top, vocabulary),
        on_expired=read_garden(top, "on_expired", vocabulary),
        on_no_credit=read_garden(top, "on_no_credit", vocabulary),
        on_suspended=read_garden(top, "on_suspended", vocabulary),
    )
    tariff.compile_tariff(plan)  # its limits are those of this file; a difference is our bug
    return plan


def _package(top: Table) -> Package | None:
    """[package]"""
    table = top.table("package")
    if table is None:
        return None
    found = table.required("validity", table.read("validity", plan_values.span), 'validity = "30d"')
    count, span = found
    if count > VALIDITY_MAX[span]:
        raise table.fault("validity", f"at most {VALIDITY_MAX[span]} {span}")
    expires = table.read("expires", _one_of(Expires)) or Expires.TIME
    grace_s = table.read("grace", plan_values.seconds) or 0
    if grace_s > GRACE_MAX_S:
        raise table.fault("grace", "at most 366 days")
    price_micros = 0
    if table.has("price"):
        price_micros = _amount(table, "price", "leave it out if it costs nothing")
    return Package(
        Validity(count, span, expires is Expires.DAY),
        price_micros=price_micros,
        grace_s=grace_s,
        auto_renew=table.flag("auto_renew") or False,
    )


def _volume(price: Table | None) -> VolumePrice | None:
    """[price.volume]"""
    table = price.table("volume") if price else None
    if table is None:
        return None
    amount_micros = _amount(table, "amount", "leave [price.volume] out if volume costs nothing")
    per = table.read("per", plan_values.octets)
    unit_octets = table.required("per", per, 'per = "MB"')
    _within(table, "per", unit_octets, tariff.UNIT_OCTETS_MAX)
    increment = table.text_or_whole("increment")
    if isinstance(increment, str):
        increment = table.read("increment", plan_values.octets)
    increment_octets = 1 if increment is None else int(increment)
    _within(table, "increment", increment_octets, tariff.INCREMENT_OCTETS_MAX)
    return VolumePrice(
        amount_micros=amount_micros,
        unit_octets=unit_octets,
        counted=table.read("count", _one_of(Counted)) or Counted.SUM,
        increment_octets=increment_octets,
        rounding=table.read("rounding", _one_of(Rounding)) or Rounding.DOWN,
    )


def _time(price: Table | None) -> TimePrice | None:
    """[price.time]"""
    table = price.table("time") if price else None
    if table is None:
        return None
    amount_micros = _amount(table, "amount", "leave [price.time] out if time costs nothing")
    unit_s = table.required("per", table.read("per", plan_values.seconds), 'per = "hour"')
    _within(table, "per", unit_s, tariff.UNIT_S_MAX)
    return TimePrice(
        amount_micros=amount_micros,
        unit_s=unit_s,
        increment_s=table.whole("increment_s", 1, tariff.INCREMENT_S_MAX) or 1,
        rounding=table.read("rounding", _one_of(Rounding)) or Rounding.DOWN,
    )


def _session_fee(price: Table | None) -> int:
    """[price.session], in micros; 0 without it."""
    table = price.table("session") if price else None
    if table is None:
        return 0
    return _amount(table, "fee", "leave [price.session] out if there is no fee")


def _included(top: Table, volume: VolumePrice | None, time: TimePrice | None) -> tuple[int, int]:
    """[included] as (octets, seconds)."""
    table = top.table("included")
    if table is None:
        return 0, 0
    octets = table.read("volume", plan_values.octets)
    seconds = table.read("time", plan_values.seconds)
    for key, wanted, priced in (("volume", octets, volume), ("time", seconds, time)):
        if wanted is not None and priced is None:
            raise table.fault(
                key, f"included {key} needs a [price.{key}] after it; without one all of it is free"
            )
    _within(table, "volume", octets, tariff.INCLUDED_OCTETS_MAX)
    _within(table, "time", seconds, tariff.INCLUDED_S_MAX)
    return octets or 0, seconds or 0


def _hours(top: Table) -> tuple[Hours, ...]:
    """[[hours]]; a window over midnight becomes two, the later one on the days after."""
    windows: list[Hours] = []
    for table in top.tables("hours", HOURS_MAX):
        days = table.read("days", plan_values.weekdays)
        start = table.read("from", plan_values.second_of_day)
        end = table.read("until", plan_values.second_of_day)
        days = table.required("days", days, 'days = "mon-fri"')
        from_s = table.required("from", start, 'from = "08:00"')
        until_s = table.required("until", end, 'until = "18:00"')
        if from_s == 86_400 or from_s == until_s:
            raise table.fault(
                "from", 'from and until must differ; a whole day is from "00:00" until "24:00"'
            )
        if from_s < until_s:
            windows.append(Hours(days, from_s, until_s))
            continue
        windows.append(Hours(days, from_s, 86_400))
        if until_s > 0:
            windows.append(Hours(frozenset(day % 7 + 1 for day in days), 0, until_s))
    return tuple(windows)


def _amount(table: Table, key: str, instead: str) -> int:
    """The micros of a price, which is more than nothing."""
    written = table.required(key, table.amount(key), f'{key} = "0.01"')
    try:
        micros = parse_amount(written)
    except ValueError as error:
        raise table.fault(key, f"{key}: {error}") from None
    if micros <= 0:
        raise table.fault(key, f"{key} must be more than 0; {instead}")
    if micros > tariff.AMOUNT_MICROS_MAX:
        raise table.fault(key, f"{key} is too large; the limit is 1000000000")
    return micros


def _within(table: Table, key: str, number: int | None, most: int) -> None:
    """Is a quantity, if there is one, at least 1 and not absurd?"""
    if number is not None and not 1 <= number <= most:
        raise table.fault(key, f"{key} comes to {number}; it must be 1 to {most}")


def _one_of(kind: type[Word]) -> Callable[[str], Word]:
    """A reader of one of the words of an enumeration."""

    def read(text: str) -> Word:
        try:
            return kind(text)
        except ValueError:
            words = ", ".join(f'"{word}"' for word in kind)
            raise ValueError(f"{text[:40]!r} is not one of {words}") from None

    return read


def _name(text: str) -> str:
    """A plan's name."""
    if _NAME.fullmatch(text) is None:
        raise ValueError(
            f"{text[:40]!r} is not a name; write at most 64 letters, digits, points, dashes and "
            "underscores, beginning with a letter or digit"
        )
    return text


def _currency(text: str) -> str:
    """A currency's code."""
    if not valid_currency(text):
        raise ValueError(f'{text[:40]!r} is not a currency; write three capitals such as "USD"')
    return text


def _timezone(text: str) -> str:
    """A zone's name."""
    if not valid_timezone(text):
        raise ValueError(f'{text[:40]!r} is not a time zone; write such as "Europe/Berlin"')
    return text

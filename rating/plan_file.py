"""A plan as an operator writes it: TOML in, a checked `Plan` out, or one line that says why not.

docs/plans.md describes every key. Unknown keys are faults, not decoration: a misspelt
`validity` must not sell a plan that never ends. Amounts are text or whole numbers and never
floats, and what a value means is decided here, so that no other room reads units.
"""

from __future__ import annotations

from typing import Final

from domain.money import valid_currency
from domain.period import valid_timezone
from domain.plan import Plan
from rating import plan_values, tariff
from rating.plan_hours import HOURS_KEYS, read_hours
from rating.plan_lines import PlanError, read_document
from rating.plan_pricing import BEYOND_PLAIN, PRICING_KEYS, read_plan_prices
from rating.plan_replies import GARDEN_KEYS, GARDENS, REPLY_KEYS, read_garden, read_replies
from rating.plan_speeds import SPEED_KEYS, read_speeds
from rating.plan_validity import ON_CHANGE_KEYS, PACKAGE_KEYS, read_on_change, read_package
from rating.reply_lines import Vocabulary
from rating.scheme import compile_scheme

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
        "on_change",
        *BEYOND_PLAIN,
        "reply",
        *GARDENS,
    ),
    **PRICING_KEYS,
    **SPEED_KEYS,
    "hours": HOURS_KEYS,
    "package": PACKAGE_KEYS,
    "on_change": ON_CHANGE_KEYS,
    "reply": REPLY_KEYS,
    **dict.fromkeys(GARDENS, GARDEN_KEYS),
    **{f"{key}.reply": REPLY_KEYS for key in GARDENS},
}

SESSIONS_MAX: Final = 1_000
INTERIM_S: Final = (60, 86_400)  # RFC 2869, 5.16: not below 60
MAX_SESSION_S: Final = (60, 366 * 86_400)


def parse_plan(
    text: str, *, plan_id: int = 0, version: int = 0, vocabulary: Vocabulary | None = None
) -> Plan:
    """Return the plan that a file's text describes, with the text kept as its source.

    `vocabulary` may only be missing where plans have no reply attributes.
    Raises PlanError, a ValueError whose message is one line: `line N: what is wrong, and what to
    write instead`.
    """
    top = read_document(text, KEYS)
    name = top.required("name", top.read("name", plan_values.name), 'name = "home-50"')
    currency = top.required("currency", top.read("currency", _currency), 'currency = "USD"')
    prices = read_plan_prices(top)
    speeds = read_speeds(top)
    plan = Plan(
        plan_id=plan_id,
        name=name,
        version=version,
        currency=currency,
        volume=prices.volume,
        time=prices.time,
        session_fee_micros=prices.session_fee_micros,
        included_octets=prices.included_octets,
        included_s=prices.included_s,
        counted=prices.counted,
        down_bps=speeds.down_bps,
        up_bps=speeds.up_bps,
        policy_down=speeds.policy_down,
        policy_up=speeds.policy_up,
        mikrotik_rate=speeds.mikrotik_rate,
        sessions_max=top.whole("sessions", 1, SESSIONS_MAX) or 1,
        hours=read_hours(top),
        timezone=top.read("timezone", _timezone) or "UTC",
        interim_s=top.whole("interim_s", *INTERIM_S),
        max_session_s=top.whole("max_session_s", *MAX_SESSION_S) or 7 * 86_400,
        source=text,
        package=read_package(top),
        replies=read_replies(top, vocabulary),
        on_expired=read_garden(top, "on_expired", vocabulary),
        on_no_credit=read_garden(top, "on_no_credit", vocabulary),
        on_suspended=read_garden(top, "on_suspended", vocabulary),
        pricing=prices.pricing,
        on_change=read_on_change(top),
    )
    tariff.compile_tariff(plan)  # its limits are those of this file; a difference is our bug
    try:
        compile_scheme(plan)
    except ValueError as error:  # what no single line can be blamed for
        raise top.fault(None, str(error)) from None
    return plan


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

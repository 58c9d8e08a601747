"""A plan in a few words: what it costs, how long it lasts, how fast it is, and what has changed.

The same words stand in lists, beside one plan, and between two versions of it, so that whoever
loads a changed file sees in one line what the next login pays and gets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields, replace

from cli.pricing_words import (
    allowances_in_words,
    hours_in_words,
    octets_of,
    price_words,
    seconds_of,
    sections,
    so_long,
    so_much,
    speeds_of,
    step_in_words,
    validity_of,
)
from cli.subscriber_traits import reply_lines
from domain.device import Device
from domain.money import format_amount
from domain.plan import Garden, Left, Plan
from domain.pricing import CannotSlow, Rate, Speeds
from nas.dialects import DIALECTS


def price_in_words(plan: Plan, *, short: bool = False) -> str:
    """What usage costs, in a few words: where there are rates, what [price] says.

    `short`: without tiers beyond the first, for lists.
    """
    parts = []
    if plan.pricing is not None:
        if plan.pricing.rates[-1] != Rate(counted=plan.counted):
            parts.append(price_words(plan.pricing.rates[-1], plan.currency, short=short))
    if plan.volume:
        amount = format_amount(plan.volume.amount_micros, plan.currency)
        parts.append(f"{amount} per {octets_of(plan.volume.unit_octets)} {plan.volume.counted}")
    if plan.time:
        amount = format_amount(plan.time.amount_micros, plan.currency)
        parts.append(f"{amount} per {seconds_of(plan.time.unit_s)}")
    if plan.session_fee_micros:
        parts.append(f"{format_amount(plan.session_fee_micros, plan.currency)} per session")
    return " + ".join(parts) or "nothing"


def included_in_words(plan: Plan) -> str:
    """What is included before the price applies."""
    if plan.pricing is not None:
        return allowances_in_words(plan.pricing)
    parts = []
    if plan.included_octets:
        parts.append(so_much(plan.included_octets))
    if plan.included_s:
        parts.append(so_long(plan.included_s))
    return " + ".join(parts)


def sections_in_words(plan: Plan) -> dict[str, str]:
    """Bands, rates, bundles and the like, by kind and name; none of a plain plan."""
    return {} if plan.pricing is None else sections(plan.pricing, plan.currency)


def validity_in_words(plan: Plan) -> str:
    """How long it lasts and what that costs: `30 days for 12.00 EUR`."""
    if plan.package is None:
        return ""
    words = validity_of(plan.package.validity)
    if plan.package.price_micros:
        words += f", for {format_amount(plan.package.price_micros, plan.currency)}"
    return words


def speeds_in_words(plan: Plan) -> str:
    """How fast it is, down first; what single families of devices are told follows."""
    return speeds_of(
        Speeds(plan.down_bps, plan.up_bps, plan.policy_down, plan.policy_up, plan.mikrotik_rate)
    )


def garden_in_words(garden: Garden | None) -> str:
    """What somebody is let in with who is not entitled to more."""
    if garden is None:
        return "refused"
    told = ", ".join(reply_lines(garden.replies))
    return f"walled for {so_long(garden.session_timeout_s)}: {told}"


def _package_in_words(plan: Plan) -> str:
    """[package], with what becomes of it at its end."""
    if plan.package is None:
        return ""
    grace = f", {so_long(plan.package.grace_s)} of grace" if plan.package.grace_s else ""
    return (
        validity_in_words(plan)
        + grace
        + ", renewed" * plan.package.auto_renew
        + (", paid after its time" if plan.package.pay_after else "")
    )


_TOLD: tuple[tuple[str, Callable[[Plan], str]], ...] = (
    ("name", lambda plan: plan.name),
    ("currency", lambda plan: plan.currency),
    ("price", price_in_words),
    ("included", lambda plan: "" if plan.pricing else included_in_words(plan)),
    ("package", _package_in_words),
    ("left at a change", lambda plan: "" if plan.on_change is Left.KEEP else str(plan.on_change)),
    ("speeds", speeds_in_words),
    ("sessions", lambda plan: str(plan.sessions_max)),
    ("hours", lambda plan: hours_in_words(plan.hours)),
    ("time zone", lambda plan: plan.timezone),
    ("interims", lambda plan: so_long(plan.interim_s) if plan.interim_s else ""),
    ("longest session", lambda plan: so_long(plan.max_session_s)),
    ("replies", lambda plan: ", ".join(reply_lines(plan.replies))),
    ("expired", lambda plan: garden_in_words(plan.on_expired)),
    ("no credit", lambda plan: garden_in_words(plan.on_no_credit)),
    ("suspended", lambda plan: garden_in_words(plan.on_suspended)),
)


def differences(before: Plan, after: Plan) -> list[tuple[str, str, str]]:
    """What two plans say differently: (what, before, after), empty where one says nothing."""
    told = [
        {label: words(plan) for label, words in _TOLD} | sections_in_words(plan)
        for plan in (before, after)
    ]
    labels = dict.fromkeys([*told[0], *told[1]])
    return [
        (label, told[0].get(label, ""), told[1].get(label, ""))
        for label in labels
        if told[0].get(label, "") != told[1].get(label, "")
    ]


def changes_in_words(before: Plan | None, after: Plan) -> str:
    """What the next login pays and gets otherwise than before; empty for a first version."""
    if before is None:
        return ""
    return "; ".join(
        f"{label}: {old or 'none'} -> {new or 'none'}"
        for label, old, new in differences(before, after)
    )


_ADVICE = {
    "mikrotik": "write down and up in [speeds], or [speeds.mikrotik]",
    "cisco": "write [speeds.cisco]",
}


def speed_warnings(plan: Plan, devices: Iterable[Device]) -> list[str]:
    """Dialects in use that a plan tells no speed although it tells another one; a line for each.

    Whoever writes a reply for a dialect by its name is taken to know what is missing there.
    """
    told = {name for name, dialect in DIALECTS.items() if dialect.write_speeds(plan)}
    if not told and plan.down_bps is None and plan.up_bps is None:
        return []
    silent: dict[str, list[str]] = {}
    for device in devices:
        if device.dialect not in told and not device.sample:
            silent.setdefault(device.dialect, []).append(device.name)
    return [
        f"{plan.name} tells no speed to {dialect} devices ({_some(names)}): "
        + _ADVICE.get(dialect, f'write a [[reply]] with dialect = "{dialect}"')
        for dialect, names in sorted(silent.items())
        if not any(reply.dialect == dialect for reply in plan.replies)
    ]


_STEP_ADVICE = {
    "mikrotik": "write down and up, or mikrotik, into it",
    "cisco": "write cisco into it",
}
_CANNOT = {
    CannotSlow.WAIT: "sessions there keep their speed",
    CannotSlow.DISCONNECT: "sessions there are disconnected",
}


def step_warnings(plan: Plan, devices: Iterable[Device]) -> list[str]:
    """Dialects in use that a step of fair use tells no speed; a line for each step and dialect."""
    fair = plan.pricing.fair_use if plan.pricing else None
    if plan.pricing is None or fair is None:
        return []
    in_use: dict[str, list[str]] = {}
    for device in devices:
        if not device.sample:
            in_use.setdefault(device.dialect, []).append(device.name)
    found: list[str] = []
    for step in fair.steps:
        slowed = replace(
            plan, **{one.name: getattr(step.speeds, one.name) for one in fields(Speeds)}
        )
        for dialect, names in sorted(in_use.items()):
            if not DIALECTS[dialect].write_speeds(slowed):
                found.append(
                    f"{plan.name}: fair use{step_in_words(step, plan.pricing)} tells no speed to "
                    f"{dialect} devices ({_some(names)}): "
                    + _STEP_ADVICE.get(dialect, _CANNOT[fair.cannot])
                )
    return found


def _some(names: list[str]) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(sorted(names)[:3]) + more

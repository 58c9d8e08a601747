"""A plan in a few words: what it costs, how long it lasts, how fast it is, and what has changed.

The same words stand in lists, beside one plan, and between two versions of it, so that whoever
loads a changed file sees in one line what the next login pays and gets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from cli.output import bits_in_words
from cli.subscriber_traits import reply_lines
from domain.device import Device
from domain.money import format_amount
from domain.plan import Garden, Plan
from nas.dialects import DIALECTS


def price_in_words(plan: Plan) -> str:
    """What usage costs, in a few words."""
    parts = []
    if plan.volume:
        amount = format_amount(plan.volume.amount_micros, plan.currency)
        parts.append(f"{amount} per {_unit(plan.volume.unit_octets)} {plan.volume.counted}")
    if plan.time:
        amount = format_amount(plan.time.amount_micros, plan.currency)
        parts.append(f"{amount} per {_period(plan.time.unit_s)}")
    if plan.session_fee_micros:
        parts.append(f"{format_amount(plan.session_fee_micros, plan.currency)} per session")
    return " + ".join(parts) or "nothing"


def included_in_words(plan: Plan) -> str:
    """What is included before the price applies."""
    parts = []
    if plan.included_octets:
        parts.append(_unit(plan.included_octets))
    if plan.included_s:
        parts.append(_period(plan.included_s))
    return " + ".join(parts)


def validity_in_words(plan: Plan) -> str:
    """How long it lasts and what that costs: `30 days for 12.00 EUR`."""
    if plan.package is None:
        return ""
    validity = plan.package.validity
    words = f"{validity.count} {validity.span if validity.count > 1 else validity.span[:-1]}"
    if validity.to_day_end:
        words += ", to the end of the day"
    if plan.package.price_micros:
        words += f", for {format_amount(plan.package.price_micros, plan.currency)}"
    return words


def _unit(octets: int) -> str:
    """A number of octets in the largest unit that divides it: 1000000 is MB."""
    for name, size in (
        ("GiB", 1 << 30),
        ("GB", 10**9),
        ("MiB", 1 << 20),
        ("MB", 10**6),
        ("KiB", 1 << 10),
        ("kB", 10**3),
    ):
        if octets % size == 0:
            return name if octets == size else f"{octets // size} {name}"
    return f"{octets} octets"


def _period(seconds: int) -> str:
    """A number of seconds in the largest unit that divides it."""
    for name, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds % size == 0:
            return name if seconds == size else f"{seconds // size} {name}s"
    return "second" if seconds == 1 else f"{seconds} seconds"


def speeds_in_words(plan: Plan) -> str:
    """How fast it is, down first; what single families of devices are told follows."""
    parts = []
    if plan.down_bps is not None or plan.up_bps is not None:
        down = "any" if plan.down_bps is None else bits_in_words(plan.down_bps)
        up = "any" if plan.up_bps is None else bits_in_words(plan.up_bps)
        parts.append(f"{down} down, {up} up")
    if plan.mikrotik_rate:
        parts.append(f"MikroTik {plan.mikrotik_rate}")
    if plan.policy_down or plan.policy_up:
        parts.append(f"Cisco {plan.policy_down or '-'} down, {plan.policy_up or '-'} up")
    return "; ".join(parts)


def garden_in_words(garden: Garden | None) -> str:
    """What somebody is let in with who is not entitled to more."""
    if garden is None:
        return "refused"
    return (
        f"walled for {_period(garden.session_timeout_s)}: {', '.join(reply_lines(garden.replies))}"
    )


_TOLD: tuple[tuple[str, Callable[[Plan], str]], ...] = (
    ("price", price_in_words),
    ("included", included_in_words),
    ("package", validity_in_words),
    ("speeds", speeds_in_words),
    ("sessions", lambda plan: str(plan.sessions_max)),
    ("replies", lambda plan: ", ".join(reply_lines(plan.replies))),
    ("expired", lambda plan: garden_in_words(plan.on_expired)),
    ("no credit", lambda plan: garden_in_words(plan.on_no_credit)),
    ("suspended", lambda plan: garden_in_words(plan.on_suspended)),
)


def changes_in_words(before: Plan | None, after: Plan) -> str:
    """What the next login pays and gets otherwise than before; empty for a first version."""
    if before is None:
        return ""
    found = [
        f"{label}: {words(before) or 'none'} -> {words(after) or 'none'}"
        for label, words in _TOLD
        if words(before) != words(after)
    ]
    return "; ".join(found)


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


def _some(names: list[str]) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(sorted(names)[:3]) + more

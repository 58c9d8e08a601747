"""What goes beyond one price in a plan, in words: bands, rates, tiers, bundles, caps, fair use.

One sentence for each section, under the section's kind and name, so that a plan can be shown, two
versions of it compared line by line, and a list of plans kept to a word. Nothing is computed here
but units.
"""

from __future__ import annotations

from cli.output import bits_in_words
from domain.money import format_amount
from domain.plan import Hours, Rounding, Validity
from domain.pricing import (
    Band,
    Booster,
    Bundle,
    FairStep,
    FairUse,
    Holiday,
    OnHolidays,
    Period,
    Price,
    Pricing,
    Rate,
    Scope,
    Speeds,
    TierMode,
)

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_S = 86_400


def octets_of(octets: int) -> str:
    """A number of octets in the largest unit that divides it: 1000000 is MB."""
    for name, size in (
        ("TB", 10**12),
        ("GiB", 1 << 30),
        ("GB", 10**9),
        ("MiB", 1 << 20),
        ("MB", 10**6),
        ("KiB", 1 << 10),
        ("kB", 10**3),
    ):
        if octets and octets % size == 0:
            return name if octets == size else f"{octets // size} {name}"
    return f"{octets} octets"


def seconds_of(seconds: int) -> str:
    """A number of seconds in the largest unit that divides it."""
    for name, size in (("day", DAY_S), ("hour", 3_600), ("minute", 60)):
        if seconds and seconds % size == 0:
            return name if seconds == size else f"{seconds // size} {name}s"
    return "second" if seconds == 1 else f"{seconds} seconds"


def so_much(octets: int) -> str:
    """A volume with its number: 1 GB."""
    text = octets_of(octets)
    return text if text[0].isdigit() else f"1 {text}"


def so_long(seconds: int) -> str:
    """A time with its number: 1 hour."""
    text = seconds_of(seconds)
    return text if text[0].isdigit() else f"1 {text}"


def price_words(rate: Rate, currency: str, *, short: bool = False) -> str:
    """All prices of a rate; `short`: only the first tier of each, and that there are more."""
    write = _first_tier if short else _price
    parts = [
        write(price, currency, time=name == "time", direction=direction)
        for name, direction, price in (
            ("volume", str(rate.counted), rate.volume),
            ("down", "down", rate.down),
            ("up", "up", rate.up),
            ("time", "", rate.time),
        )
        if price is not None
    ]
    return " + ".join(parts) or "nothing"


def allowances_in_words(pricing: Pricing) -> str:
    """The bundles of a plan, for a list: `included 5 GB, night 20 GB a month`."""
    return ", ".join(f"{one.name} {_amount_of(one)}{_each(one.period)}" for one in pricing.bundles)


def sections(pricing: Pricing, currency: str) -> dict[str, str]:
    """Every section but [price], by its kind and name, with what it says."""
    found: dict[str, str] = {}
    for day in pricing.holidays:
        label = f"holiday {day.name}"
        found[label] = ", ".join(filter(None, (found.get(label), _date(day))))
    for band in pricing.bands:
        found[f"band {band.name}"] = _band(band)
    for one in pricing.classes:
        found[f"class {one.name}"] = ", ".join(one.services)
    for rate in pricing.rates[:-1]:
        where = _where(rate.bands, rate.classes, pricing).strip()
        found[f"rate {where}"] = price_words(rate, currency)
    for bundle in pricing.bundles:
        found[f"bundle {bundle.name}"] = _bundle(bundle, pricing)
    for booster in pricing.boosters:
        found[f"booster {booster.name}"] = _booster(booster, pricing, currency)
    for cap in pricing.caps:
        most = format_amount(cap.most_micros, currency)
        found[f"cap of a {cap.period}"] = f"at most {most}, then {cap.then}"
    if pricing.fair_use is not None:
        found |= _fair_use(pricing.fair_use, pricing)
    if pricing.activation_fee_micros:
        found["activation fee"] = format_amount(pricing.activation_fee_micros, currency)
    return found


def hours_in_words(hours: tuple[Hours, ...]) -> str:
    """Windows of the week: `mon-fri 08:00-18:00, sat-sun`."""
    return ", ".join(_window(one) for one in hours)


def validity_of(validity: Validity) -> str:
    """How long it is: `30 days`."""
    span = validity.span if validity.count > 1 else validity.span[:-1]
    return f"{validity.count} {span}" + (", to the end of the day" if validity.to_day_end else "")


def _first_tier(price: Price, currency: str, *, time: bool, direction: str) -> str:
    """What the first of it costs; three points if more is to be said of it."""
    plain = Price(price.tiers[:1], price.mode, Period.SESSION)
    text = _price(plain, currency, time=time, direction=direction).partition(" (")[0]
    return f"{text} ..." if len(price.tiers) > 1 else text


def _price(price: Price, currency: str, *, time: bool, direction: str) -> str:
    """One price with its tiers and settings."""
    words, many = (seconds_of, so_long) if time else (octets_of, so_much)
    settings = []
    tiers = []
    for tier in price.tiers:
        cost = "free"
        if tier.amount_micros:
            started = "started " if price.mode is TierMode.PACKAGE else ""
            amount = format_amount(tier.amount_micros, currency)
            cost = f"{amount} per {started}{words(tier.unit)}"
        tiers.append(f"from {many(tier.since)} {cost}" if tier.since else cost)
    text = ", ".join(tiers)
    if time and text == "free":
        text = "time free"
    if direction:
        text = f"{text} {direction}" if len(tiers) == 1 else f"{direction}: {text}"
    if price.mode is TierMode.VOLUME:
        settings.append("all at the tier reached")
    if price.period is not Period.SESSION:
        settings.append(
            f"counted over {'the ' if price.period is Period.VALIDITY else 'a '}{price.period}"
        )
    if price.increment > 1:
        settings.append(f"in started {words(price.increment)}")
    if price.minimum:
        settings.append(f"at least {many(price.minimum)}")
    if price.rounding is not Rounding.DOWN:
        settings.append(f"rounded {price.rounding}")
    return f"{text} ({'; '.join(settings)})" if settings else text


def _amount_of(one: Bundle | Booster) -> str:
    return so_much(one.octets) if one.octets else so_long(one.seconds)


def _each(period: Period) -> str:
    return "" if period is Period.VALIDITY else f" a {period}"


def _where(bands: frozenset[str], classes: frozenset[str], pricing: Pricing) -> str:
    """The bands and classes of a scope, in the plan's order: ` in night, of local`."""
    in_order = [one.name for one in pricing.bands], [one.name for one in pricing.classes]
    parts = [
        f"{word} {', '.join(name for name in (*known, 'other') if name in named)}"
        for word, named, known in (("in", bands, in_order[0]), ("of", classes, in_order[1]))
        if named
    ]
    return "".join(f" {part}" for part in parts)


def _scope(scope: Scope, pricing: Pricing, *, volume: bool) -> str:
    """What a scope is about; the direction if it is not the plan's own."""
    own = scope.counted is pricing.rates[-1].counted or not volume
    counted = "" if own else f" ({scope.counted})"
    return counted + _where(scope.bands, scope.classes, pricing)


def _bundle(one: Bundle, pricing: Pricing) -> str:
    """One bundle."""
    text = _amount_of(one) + _each(one.period) + _scope(one.scope, pricing, volume=one.octets > 0)
    if one.priority != 100:
        text += f"; priority {one.priority}"
    if one.rollover is not None:
        words = so_much if one.octets else so_long
        periods = one.rollover.periods
        text += f"; carries {words(one.rollover.most)} over for {periods} period"
        text += "s" if periods > 1 else ""
    return text


def _booster(one: Booster, pricing: Pricing, currency: str) -> str:
    """One booster."""
    text = _amount_of(one) + _scope(one.scope, pricing, volume=one.octets > 0)
    text += f" for {format_amount(one.price_micros, currency)}"
    if one.validity is not None:
        text += f", lasts {validity_of(one.validity)}"
    return text if one.priority == 200 else f"{text}; priority {one.priority}"


def _fair_use(fair: FairUse, pricing: Pricing) -> dict[str, str]:
    """[fair_use] and its steps."""
    counts = f"counted over {'the ' if fair.period is Period.VALIDITY else 'a '}{fair.period}"
    found = {
        "fair use": counts
        + _scope(fair.scope, pricing, volume=True)
        + f"; where speeds cannot be told: {fair.cannot}"
    }
    for step in fair.steps:
        found[f"fair use{step_in_words(step, pricing)}"] = speeds_of(step.speeds)
    return found


def step_in_words(step: FairStep, pricing: Pricing) -> str:
    """When a step of fair use holds: ` above 300 GB in night`."""
    above = f" above {so_much(step.above_octets)}" if step.above_octets else ""
    return above + _where(step.bands, frozenset(), pricing)


def speeds_of(speeds: Speeds) -> str:
    """How fast it is, down first; what single families of devices are told follows."""
    parts = []
    if speeds.down_bps is not None or speeds.up_bps is not None:
        down = "any" if speeds.down_bps is None else bits_in_words(speeds.down_bps)
        up = "any" if speeds.up_bps is None else bits_in_words(speeds.up_bps)
        parts.append(f"{down} down, {up} up")
    if speeds.mikrotik_rate:
        parts.append(f"MikroTik {speeds.mikrotik_rate}")
    if speeds.policy_down or speeds.policy_up:
        parts.append(f"Cisco {speeds.policy_down or '-'} down, {speeds.policy_up or '-'} up")
    return "; ".join(parts)


def _date(day: Holiday) -> str:
    year = "" if day.year is None else f"{day.year:04d}-"
    return f"{year}{day.month:02d}-{day.day:02d}"


def _band(band: Band) -> str:
    holidays = {
        OnHolidays.AS_WEEKDAY: "",
        OnHolidays.ALSO: "; holidays too",
        OnHolidays.ONLY: "; on holidays only",
        OnHolidays.NEVER: "; never on holidays",
    }
    return hours_in_words(band.hours) + holidays[band.on_holidays]


def _window(hours: Hours) -> str:
    """One window, without what is all of it."""
    days = sorted(hours.days)
    runs: list[list[int]] = []
    for day in days:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    named = ",".join(
        DAYS[run[0] - 1] if len(run) == 1 else f"{DAYS[run[0] - 1]}-{DAYS[run[-1] - 1]}"
        for run in runs
    )
    whole = (hours.from_s, hours.until_s) == (0, DAY_S)
    times = f"{_clock(hours.from_s)}-{_clock(hours.until_s)}"
    parts = ["" if len(days) == len(DAYS) else named, "" if whole else times]
    return " ".join(part for part in parts if part) or "always"


def _clock(second: int) -> str:
    return f"{second // 3_600:02d}:{second // 60 % 60:02d}"

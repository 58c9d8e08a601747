"""From a whole plan to the scheme that the rater walks; every limit of it is checked here.

The limits keep the arithmetic exact, the state of a session small and the mistakes of a tired
operator out; a plan that passes can only fail to price usage by a result beyond 63 bits. Where the
pieces lie is said by `rating.scheme_layout`. This is also the door to the compiled rooms: others
import the walk and the state from here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from domain.plan import Plan
from domain.plan_words import Counted
from domain.pricing import (
    OTHER,
    AtCap,
    Booster,
    Bundle,
    Cap,
    Period,
    Price,
    Pricing,
    Rate,
    Scope,
    TierMode,
)
from rating._lines import charged, price
from rating._rater import Tariff
from rating._rater import price as simple_price
from rating._reach import reach
from rating._scheme import Scheme, Uses
from rating._walk import ALWAYS_US, CAP, FAIR, NEVER_US, TIERS, Draw, Meter, Rise, spread, walk
from rating.plan_whole import whole_of
from rating.scheme_layout import Layout, allowances, counted_of, layout_of, metered, parts
from rating.tariff import (
    AMOUNT_MICROS_MAX,
    INCLUDED_OCTETS_MAX,
    INCLUDED_S_MAX,
    INCREMENT_OCTETS_MAX,
    INCREMENT_S_MAX,
    ROUNDINGS,
    UNIT_OCTETS_MAX,
    UNIT_S_MAX,
    check,
)

__all__ = [
    "ALWAYS_US",
    "CAP",
    "FAIR",
    "NEVER_US",
    "TIERS",
    "Draw",
    "Meter",
    "Rise",
    "Scheme",
    "Uses",
    "charged",
    "compile_scheme",
    "price",
    "reach",
    "scheme_of_simple",
    "spread",
    "walk",
]

BANDS_MAX: Final = 8  # beside the time outside of all
CLASSES_MAX: Final = 8  # beside all other traffic
CELLS_MAX: Final = 64
TIERS_MAX: Final = 16  # of one price
LINES_MAX: Final = 256  # tiers of all prices together
BUNDLES_MAX: Final = 32
CAPS_MAX: Final = 8

# The order in which the rater numbers them.
MODES: Final = (TierMode.GRADUATED, TierMode.VOLUME, TierMode.PACKAGE)

# What a price may say, by the kind of what it counts: unit, increment, and the end of tiers.
_OCTETS: Final = (UNIT_OCTETS_MAX, INCREMENT_OCTETS_MAX, INCLUDED_OCTETS_MAX)
_SECONDS: Final = (UNIT_S_MAX, INCREMENT_S_MAX, INCLUDED_S_MAX)


def compile_scheme(plan: Plan) -> Scheme | None:
    """Return the scheme of a plan with pricing; None if it has none and is a tariff alone.

    Raises ValueError with one sentence for anything out of limits.
    """
    pricing = plan.pricing
    if pricing is None:
        return None
    check("the session fee", plan.session_fee_micros, 0, AMOUNT_MICROS_MAX)
    check("the activation fee", pricing.activation_fee_micros, 0, AMOUNT_MICROS_MAX)
    _check_counts(pricing)
    _check_names(pricing)
    for rate in pricing.rates:
        _check_rate(rate)
    for allowance in allowances(pricing):
        _check_allowance(allowance)
    for cap in pricing.caps:
        check("the most of a cap", cap.most_micros, 1, AMOUNT_MICROS_MAX)
    return _flat(plan.session_fee_micros, pricing, layout_of(pricing))


def scheme_of_simple(plan: Plan) -> Scheme:
    """Return a plan without pricing as a scheme: one rate, and its included usage as bundles.

    It prices as the plan's tariff does, which shows that both speak one language.
    """
    scheme = compile_scheme(whole_of(plan))
    assert scheme is not None
    return scheme


def _flat(fee_micros: int, pricing: Pricing, layout: Layout) -> Scheme:
    """The numbers of a checked plan as the rater takes them."""
    lines_n = len(layout.lines)
    if lines_n > LINES_MAX or sum(len(f.part.price.tiers) for f in layout.families) > LINES_MAX:
        raise ValueError(f"the prices of a plan have at most {LINES_MAX} tiers together")
    fair = pricing.fair_use
    return Scheme(
        (len(layout.bands), len(layout.classes), layout.larger),
        fee_micros,
        layout.ways,
        tuple(_family(family.part.price) for family in layout.families),
        (len(pricing.bundles), bool(pricing.boosters)),
        (*layout.fair, fair.period is not Period.SESSION) if fair and layout.fair else None,
        tuple(_cap(cap) for cap in pricing.caps),
    )


def _family(
    price: Price,
) -> tuple[int, bool, int, tuple[tuple[int, int, int, int, int], ...]]:
    """One price as the rater takes it."""
    rounding = ROUNDINGS.index(price.rounding)
    first = price.tiers[0]
    tariff = Tariff(0, 0, (first.amount_micros, first.unit, price.increment, rounding), None)
    try:
        minimum_micros = simple_price(tariff, price.minimum, 0, 0, 0, False)[1]
    except OverflowError:
        raise ValueError("the minimum of a price costs more than any book can hold") from None
    tiers = tuple(
        (tier.since, tier.amount_micros, tier.unit, price.increment, rounding)
        for tier in price.tiers
    )
    return MODES.index(price.mode), metered(price), minimum_micros, tiers


def _cap(cap: Cap) -> tuple[bool, int, bool]:
    """One cap as the rater takes it."""
    return cap.period is not Period.SESSION, cap.most_micros, cap.then is AtCap.STOP


def _check_counts(pricing: Pricing) -> None:
    """Are there not too many of anything?"""
    bands_n, classes_n = len(pricing.bands), len(pricing.classes)
    for what, count, most in (
        ("bands", bands_n, BANDS_MAX),
        ("classes", classes_n, CLASSES_MAX),
        ("bundles", len(pricing.bundles), BUNDLES_MAX),
        ("boosters", len(pricing.boosters), BUNDLES_MAX),
        ("caps", len(pricing.caps), CAPS_MAX),
    ):
        if count > most:
            raise ValueError(f"a plan has at most {most} {what}, not {count}")
    cells_n = (1 + bands_n) * (1 + classes_n)
    if cells_n > CELLS_MAX:
        raise ValueError(
            f"{bands_n} bands and {classes_n} classes make {cells_n} cells, counting the time and "
            f"the traffic outside of them; at most {CELLS_MAX}"
        )
    counted = counted_of(pricing)
    if Counted.LARGER in counted and any(each is not Counted.LARGER for each in counted):
        raise ValueError("a plan counts the larger direction everywhere or nowhere")


def _check_names(pricing: Pricing) -> None:
    """Does everything exist that is spoken of, and once?"""
    scopes: list[Rate | Scope] = list(pricing.rates)
    scopes += [each.scope for each in allowances(pricing)]
    bands = [band.name for band in pricing.bands]
    classes = [each.name for each in pricing.classes]
    _once("band", bands)
    _once("class", classes)
    _once("bundle", [each.name for each in pricing.bundles])
    _once("booster", [each.name for each in pricing.boosters])
    spoken_of = [scope.bands for scope in scopes]
    if pricing.fair_use:
        scopes.append(pricing.fair_use.scope)
        spoken_of.append(pricing.fair_use.scope.bands)
        spoken_of += [step.bands for step in pricing.fair_use.steps]
    _exist("band", {name for names in spoken_of for name in names}, bands)
    _exist("class", {name for scope in scopes for name in scope.classes}, classes)


def _once(what: str, names: list[str]) -> None:
    """Has every name a meaning of its own?"""
    for name in names:
        if name in ("", OTHER) or names.count(name) > 1:
            raise ValueError(f'each {what} needs a name of its own, and "{name}" is not one')


def _exist(what: str, wanted: Iterable[str], names: list[str]) -> None:
    """Is there one for every name?"""
    for name in sorted(set(wanted).difference(names, [OTHER])):
        raise ValueError(f'there is no {what} "{name}"')


def _check_rate(rate: Rate) -> None:
    """Can the rater take each price of a rate?"""
    if rate.volume and (rate.down or rate.up):
        raise ValueError("a rate has one price of volume or prices of down and up, not both")
    if rate.time and rate.classes and OTHER not in rate.classes:
        raise ValueError("a rate for classes of traffic cannot price time, which has no class")
    for part in parts(rate):
        _check_price(part.name, part.price, *(_SECONDS if part.name == "time" else _OCTETS))


def _check_price(what: str, price: Price, unit_max: int, increment_max: int, most: int) -> None:
    """Can the rater take this price?"""
    if not 1 <= len(price.tiers) <= TIERS_MAX:
        raise ValueError(f"the price of {what} has {len(price.tiers)} tiers; 1 to {TIERS_MAX}")
    check(f"the increment of {what}", price.increment, 1, increment_max)
    check(f"the minimum of {what}", price.minimum, 0, most)
    below = -1
    for tier in price.tiers:
        check(f"the price of {what}", tier.amount_micros, 0, AMOUNT_MICROS_MAX)
        check(f"the unit of {what}", tier.unit, 1, unit_max)
        check(f"the beginning of a tier of {what}", tier.since, below + 1, most)
        below = tier.since
    if price.tiers[0].since != 0:
        raise ValueError(f"the first tier of {what} begins at 0, not {price.tiers[0].since}")
    if price.mode is TierMode.PACKAGE and (
        len(price.tiers) > 1 or price.minimum or price.increment != 1
    ):
        raise ValueError(
            f"packages of {what} have one price, and no minimum or increment beside their size"
        )


def _check_allowance(allowance: Bundle | Booster) -> None:
    """Is it either octets or seconds, and not absurd?"""
    what = f'"{allowance.name}"'
    check(f"the volume of {what}", allowance.octets, 0, INCLUDED_OCTETS_MAX)
    check(f"the time of {what}", allowance.seconds, 0, INCLUDED_S_MAX)
    if bool(allowance.octets) is bool(allowance.seconds):
        raise ValueError(f"{what} brings either volume or time")
    if allowance.seconds and allowance.scope.classes:
        raise ValueError(f"{what} brings time, which has no class of traffic")

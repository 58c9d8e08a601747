"""What an account has left under a plan at an instant, in the order in which it is used up.

Bundles and boosters as usage would draw on them now, then what tiers, caps and fair use have
counted in their periods. The rows, ends and order are those of charging (`accounting.pots`), so
what is shown is what the next report meets. A row that usage has not opened yet is shown as the
period would open it. Nothing is changed here.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from accounting.pot_terms import Terms
from accounting.pots import Drawn, Metered, Pots, family_name
from domain.plan import Plan
from domain.pot import Pot, PotKind
from domain.pricing import Bundle, Period, Pricing
from rating.scheme_layout import Layout, layout_of


class Unit(enum.StrEnum):
    """What the numbers of a standing are."""

    OCTETS = "octets"
    SECONDS = "s"
    MICROS = "micros"


@dataclass(frozen=True, slots=True)
class Standing:
    """One thing that an account has or counts.

    `granted` is what a bundle or booster brought, what a cap allows, or, of fair use and tiers,
    the volume or time at which the next step begins (None: there is no next one). `left` is up to
    there. `ends_us` is where it ends or begins anew; None: no end is known.
    """

    kind: PotKind
    name: str  # of a bundle or booster, or the price that a tier is of; else empty
    period: Period | None  # None: a booster
    unit: Unit
    granted: int | None
    used: int
    left: int | None
    ends_us: int | None
    carried: bool = False  # it is left of an earlier period


def standings(plan: Plan, terms: Terms, rows: Sequence[Pot], now_us: int) -> list[Standing]:
    """Return what is left of everything under a plan with pricing, in the order of consumption.

    `rows` are the account's pots, as `Pots.view` wants them. What was used up of boosters and of
    what was carried over is left out.
    """
    assert plan.pricing is not None, "a plan without pricing has no pots"
    layout = layout_of(plan.pricing)
    view = Pots(plan, layout).view(terms, rows, now_us, now_us)
    found = [_of_drawn(one, terms) for one in view.drawn]
    kept = [one for one in found if one.left or (one.period is not None and not one.carried)]
    return kept + [_of_metered(one, plan.pricing, layout, terms, now_us) for one in view.metered]


class Dropped(NamedTuple):
    """Something left of a bundle or booster that another plan does not use."""

    standing: Standing
    lost: bool  # it would not be there if the subscriber came back at once


def dropped(
    plans: tuple[Plan, Plan], terms: tuple[Terms, Terms], rows: Sequence[Pot], now_us: int
) -> list[Dropped]:
    """What a change from one of the plans to the other leaves behind, in the order of consumption.

    `terms` are the subscriber's before and after it. A plan without pricing has no pots.
    """
    old, new = plans
    kept = set(_drawn(new, terms[1], rows, now_us))
    back = set(_drawn(old, terms[1], rows, now_us))
    return [
        Dropped(_of_drawn(one, terms[0]), key not in back)
        for key, one in _drawn(old, terms[0], rows, now_us).items()
        if key not in kept
    ]


def _drawn(
    plan: Plan, terms: Terms, rows: Sequence[Pot], now_us: int
) -> dict[tuple[str, int], Drawn]:
    """What can be drawn on now and is not used up, by the keys of its rows."""
    if plan.pricing is None:
        return {}
    view = Pots(plan).view(terms, rows, now_us, now_us)
    return {(one.pot.pot, one.pot.period_start_us): one for one in view.drawn if one.draw.left}


def drawn_end_us(one: Drawn, terms: Terms) -> int | None:
    """Where what is left of a bundle or booster ends, as far as it is known."""
    carries = isinstance(one.allowance, Bundle) and one.allowance.rollover is not None
    return terms.until_us if one.ends_us is None and not carries else one.ends_us


def counted_until_us(pot: Pot, terms: Terms, now_us: int) -> int | None:
    """Where what counts for a tier, a cap or fair use begins anew, as far as it is known."""
    if pot.pot.split("/", 2)[1] == Period.VALIDITY:
        return next((us for us in terms.starts_us if us > now_us), terms.until_us)
    return pot.until_us


def _of_drawn(one: Drawn, terms: Terms) -> Standing:
    """A bundle's or booster's row."""
    pot, allowance = one.pot, one.allowance
    is_bundle = isinstance(allowance, Bundle)
    return Standing(
        kind=PotKind.BUNDLE if is_bundle else PotKind.BOOSTER,
        name=allowance.name,
        period=allowance.period if isinstance(allowance, Bundle) else None,
        unit=Unit.OCTETS if allowance.octets else Unit.SECONDS,
        granted=pot.granted,
        used=pot.used,
        left=one.draw.left,
        ends_us=drawn_end_us(one, terms),
        carried=not one.timely,
    )


def _of_metered(
    one: Metered, pricing: Pricing, layout: Layout, terms: Terms, now_us: int
) -> Standing:
    """What is counted for a tier, a cap or fair use."""
    pot = one.pot
    _, word, _, *rest = pot.pot.split("/", 3)
    period, name, unit = Period(word), "", Unit.OCTETS
    if pot.kind is PotKind.CAP:
        unit = Unit.MICROS
        steps = [cap.most_micros for cap in pricing.caps if cap.period is period]
    elif pot.kind is PotKind.FAIR_USE:
        assert pricing.fair_use is not None
        steps = [step.above_octets for step in pricing.fair_use.steps]
    else:
        name = rest[0]
        families = {family_name(family, pricing): family for family in layout.families}
        part = families[name].part
        unit = Unit.SECONDS if part.name == "time" else Unit.OCTETS
        steps = [tier.since for tier in part.price.tiers]
    following = next((step for step in steps if step > pot.used), None)
    if pot.kind is PotKind.CAP:
        following = steps[0]
    return Standing(
        kind=pot.kind,
        name=name,
        period=period,
        unit=unit,
        granted=following,
        used=pot.used,
        left=None if following is None else max(following - pot.used, 0),
        ends_us=counted_until_us(pot, terms, now_us),
    )

"""Which version of a plan holds for a subscriber: what was bought, until its period is over.

Versions of a plan are added and never edited. A new one changes no session that runs and no period
that somebody is in, unless the operator has said that it holds at once. A validity period has the
version that it was bought as; where a plan sells no time, but counts by days, weeks or months, the
longest of these that runs has the version that was the newest when it began. A plan that has no
periods at all has its newest version from the next login on.

Pure: the versions, the subscriber and the clock enter, one of the versions leaves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from accounting.pot_terms import terms_of
from domain.account import Subscriber
from domain.anchor import period_start_us
from domain.period import DAY_US
from domain.plan import Plan
from domain.pricing import Period, Pricing
from domain.seams import US_PER_S

# No day, week or month that runs began longer ago.
PERIOD_MAX_US: Final = 32 * DAY_US
_LENGTHS: Final = (Period.MONTH, Period.WEEK, Period.DAY)


class Version(NamedTuple):
    """A version of a plan, and how it came to be."""

    plan: Plan
    loaded_us: int
    at_once: bool  # the operator has said that it holds for periods and sessions that run


def ends_us(subscriber: Subscriber, plan: Plan) -> int | None:
    """When the service ends: at expiry and the grace of the package; None: never."""
    if subscriber.valid_until_us is None:
        return None
    grace_s = plan.package.grace_s if plan.package is not None else 0
    return subscriber.valid_until_us + grace_s * US_PER_S


def bought_as(plan: Plan) -> int:
    """What a subscriber remembers of a period that begins with this version; 0: nothing."""
    return plan.plan_id if plan.package is not None else 0


def in_force(
    versions: Sequence[Version],
    subscriber: Subscriber,
    now_us: int,
    *,
    bought: Plan | None = None,
    running: Plan | None = None,
) -> Plan:
    """The version of the subscriber's plan that holds at an instant.

    `versions`, newest first: the newest one, the newest that holds at once, those that were loaded
    in the `PERIOD_MAX_US` before the newest, and the one before these. `bought` is the version
    that the validity period of the instant was bought as, `running` the one that a session began
    with, if it is asked for a session; of another plan they count for nothing.
    """
    floor = _floor(versions, subscriber, now_us, bought, running)
    for one in versions:
        if one.plan.version <= floor.version:
            break
        if one.at_once:
            return one.plan
    return floor


def changes_us(subscriber: Subscriber, now_us: int) -> int | None:
    """When a period begins that was bought ahead, as another version than this one; None: never."""
    plan_id = subscriber.plan_id_at(now_us)
    ahead = sorted(start_us for start_us in subscriber.periods_ahead_us if start_us > now_us)
    return next((us for us in ahead if subscriber.plan_id_at(us) != plan_id), None)


def longest_period(plan: Plan) -> Period | None:
    """The longest of days, weeks and months that the plan counts anything by; None: none."""
    if plan.pricing is None:
        return None
    used = set(_periods(plan.pricing))
    return next((period for period in _LENGTHS if period in used), None)


def _floor(
    versions: Sequence[Version],
    subscriber: Subscriber,
    now_us: int,
    bought: Plan | None,
    running: Plan | None,
) -> Plan:
    """The version that holds but for what the operator has said."""
    if bought is not None and bought.name == subscriber.plan_name:
        end_us = ends_us(subscriber, bought)
        if end_us is not None and now_us < end_us:
            return bought
    elif running is not None and running.name == subscriber.plan_name:
        return running
    return _by_period(versions, subscriber, now_us)


def _by_period(versions: Sequence[Version], subscriber: Subscriber, now_us: int) -> Plan:
    """Each version holds from the first period on that the one before it begins after it."""
    plan = versions[-1].plan
    for one in reversed(versions[:-1]):
        since_us = _running_since_us(plan, subscriber, now_us)
        if one.at_once or since_us is None or one.loaded_us <= since_us:
            plan = one.plan
    return plan


def _running_since_us(plan: Plan, subscriber: Subscriber, now_us: int) -> int | None:
    """Since when the longest period of the plan runs for the subscriber; None: it has none."""
    if plan.package is not None:
        return None  # whoever is not in a period of it has to buy one
    period = longest_period(plan)
    if period is None:
        return None
    terms = terms_of(subscriber, plan)
    # Nobody was in a period of a plan before being put on it.
    begun_us = period_start_us(now_us, period, terms.anchor_us, terms.timezone)
    return max(begun_us, subscriber.period_start_us)


def _periods(pricing: Pricing) -> Iterator[Period]:
    """What anything of the plan is counted over."""
    for bundle in pricing.bundles:
        yield bundle.period
    for rate in pricing.rates:
        for price in (rate.volume, rate.down, rate.up, rate.time):
            if price is not None:
                yield price.period
    for cap in pricing.caps:
        yield cap.period
    if pricing.fair_use is not None:
        yield pricing.fair_use.period

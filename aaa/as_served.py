"""A plan as it is served to somebody now: with the speeds that fair use gives at this instant.

Everything that is told of a service is made of a plan (`aaa.telling`, `aaa.grants`). So fair use is
one plan among several that differ in nothing but their speeds, and a step that holds or no longer
holds is told like a plan that has changed. Prices are never taken from here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from aaa.bands import view_at
from aaa.books import Books
from accounting.pots import View
from accounting.uses import fairly_counted
from domain.account import Subscriber
from domain.plan import Plan
from domain.pot import PotKind
from domain.pricing import Booster, FairUse, Period, Speeds
from domain.session import Session
from rating.fair_use import speeds_now
from rating.scheme import Uses

_PLANS_MAX_N: Final = 1_024
_plans: dict[tuple[int, Speeds], tuple[Plan, Plan]] = {}


def as_served(books: Books, session: Session, owner: Subscriber, plan: Plan, now_us: int) -> Plan:
    """The plan with the speeds that its fair use gives this session now."""
    fair = plan.pricing.fair_use if plan.pricing is not None else None
    if fair is None:
        return plan
    timetable = books.sheets.timetable(plan, owner.timezone)
    band = books.sheets.of(plan).layout.bands[timetable.band_at(now_us)]
    view = view_at(books, owner, plan, now_us)
    used = _used(books, session, plan, fair, view)
    speeds = speeds_now(fair, used_octets=used, band=band, boosted=_boosted(books, plan, view))
    return plan if speeds is None else _slowed(plan, speeds)


def variants(plan: Plan) -> list[Plan]:
    """The plan as it is and with the speeds of each step of its fair use."""
    fair = plan.pricing.fair_use if plan.pricing is not None else None
    return [plan, *(_slowed(plan, step.speeds) for step in (fair.steps if fair else ()))]


def _used(books: Books, session: Session, plan: Plan, fair: FairUse, view: View) -> int:
    """The octets that fair use counts so far: of the account's period, or of this session."""
    if fair.period is not Period.SESSION:
        return sum(one.pot.used for one in view.metered if one.pot.kind is PotKind.FAIR_USE)
    if session.plan_id != plan.plan_id:
        return 0  # what it used is written down by the prices it began with
    sheet = books.sheets.of(plan)
    return fairly_counted(sheet, Uses(sheet.scheme, session.uses))


def _boosted(books: Books, plan: Plan, view: View) -> bool:
    """Has a booster something left of what fair use counts?"""
    layout, pricing = books.sheets.of(plan).layout, plan.pricing
    masks = layout.fair
    assert pricing is not None
    assert masks is not None
    lifting = {
        booster.name
        for booster, reached in zip(pricing.boosters, layout.boosters, strict=True)
        if any(
            reached.flows >> flow & 1 and reached.cells & cells for flow, cells in enumerate(masks)
        )
    }
    return any(
        isinstance(one.allowance, Booster) and one.allowance.name in lifting and one.draw.left > 0
        for one in view.drawn
    )


def _slowed(plan: Plan, speeds: Speeds) -> Plan:
    """The same object for the same step, so that what is made of it is made once."""
    key = (plan.plan_id, speeds)
    known = _plans.get(key)
    if known is None or known[0] is not plan:
        if len(_plans) >= _PLANS_MAX_N:
            _plans.clear()
        slowed = replace(
            plan,
            down_bps=speeds.down_bps,
            up_bps=speeds.up_bps,
            policy_down=speeds.policy_down,
            policy_up=speeds.policy_up,
            mikrotik_rate=speeds.mikrotik_rate,
        )
        known = _plans[key] = (plan, slowed)
    return known[1]

"""Walls before live sessions: putting one up, taking it down, and telling what has changed.

Where the device can change all of it while the session runs, it is told by CoA and the session
goes on: behind the wall without hold and unrated, in the service with a hold and rated from then
on. Where it cannot, the session is ended, and the next login finds what there is. A session that is
to end stays rated as it is until its device obeys.
"""

from __future__ import annotations

from aaa import closing, telling
from aaa.as_served import variants
from aaa.entitled import REASON_OF, same_prices, untouched
from aaa.grants import timeout_stale
from aaa.limits import Deal, exhausted, free_slots, give_back, hold_more, reach_of
from aaa.orders import cut, tell_limits, tell_service
from aaa.turn import Turn
from accounting import hold
from domain.pricing import CannotSlow, FairUse
from domain.session import HoldState, Walled

RESTORED = "restored"
SERVICE_CHANGED = "service-changed"
FAIR_USE = "fair-use"


def put_up(turn: Turn, deal: Deal, wall: Walled) -> None:
    """Put the wall before an open session, by CoA into the plan's garden or by its end."""
    session = deal.session
    reason = REASON_OF[wall]
    has_garden = telling.has_garden(deal, wall)
    if has_garden and session.walled is wall and not telling.doubted(deal):
        return
    change = telling.change(deal, wall) if has_garden else None
    if not change or not deal.device.coa_port:
        cut(turn, deal, reason)
        return
    enter(turn, deal, wall)
    tell_service(turn, deal, change, reason)


def enter(turn: Turn, deal: Deal, wall: Walled) -> None:
    """From here on the session stands behind the wall: it holds no money and is not rated."""
    closing.release(turn, deal.session, HoldState.POSTED)
    deal.session.walled = wall
    turn.notes[f"walled-{REASON_OF[wall]}"] += 1


def take_down(turn: Turn, deal: Deal) -> None:
    """Give an open session that stands behind a wall its service again, if it is paid and free.

    Without money it goes behind that wall instead; without a free place it stays where it is.
    """
    session = deal.session
    if free_slots(turn, deal.account.account_id, deal.offer, but=[session]) <= 0:
        return
    fitting = _rated_by(turn, deal)
    if fitting is None:
        cut(turn, deal, "plan-changed")
        return
    if not _held(turn, fitting):
        put_up(turn, deal, Walled.NO_CREDIT)
        return
    change = telling.change(fitting, Walled.NO)
    if change is None or not deal.device.coa_port:
        closing.release(turn, session, HoldState.VOID)
        cut(turn, deal, RESTORED)
        return
    _leave(turn, fitting)
    tell_service(turn, fitting, change, RESTORED)


def let_in(turn: Turn, deal: Deal) -> Deal | None:
    """Its device asks anew about a session behind a wall: rate it from here on, if that is paid.

    Answers the deal that it is rated by; None: there is no money, it stays behind a wall.
    """
    fitting = _rated_by(turn, deal) or deal
    if not _held(turn, fitting):
        return None
    _leave(turn, fitting)
    return fitting


def _leave(turn: Turn, deal: Deal) -> None:
    deal.session.plan_id = deal.plan.plan_id
    deal.session.walled = Walled.NO
    turn.notes["restored"] += 1


def _rated_by(turn: Turn, deal: Deal) -> Deal | None:
    """The deal by which the session is rated from now on; None if only a new login can be.

    While nothing was rated it is that of the newest plan. Afterwards its own prices go on, unless
    the subscriber has another plan by now whose prices are others.
    """
    if untouched(deal.session):
        return deal._replace(plan=deal.offer, tariff=turn.books.tariff(deal.offer))
    return None if outdated(deal) else deal


def outdated(deal: Deal) -> bool:
    """Has the subscriber another plan by now, whose prices no running session can change to?"""
    return deal.offer.name != deal.plan.name and not same_prices(deal.offer, deal.plan)


def _held(turn: Turn, deal: Deal) -> bool:
    """Take a hold for a session that had none behind its wall; is anything paid by it?"""
    if not deal.plan.priced:
        return True
    session = deal.session
    hold.forget(session)
    more_micros = hold_more(turn, deal)
    if not exhausted(deal, reach_of(turn, deal)):
        return True
    if more_micros:
        give_back(turn, deal, more_micros)
    return False


def retell(turn: Turn, deal: Deal) -> bool:
    """Tell an open session what has changed of its service; answers whether it was told or ended.

    The device hears what differs from what it was told last, by CoA if it can change it live. If
    it cannot, the session ends, unless it is only slower or faster by a fair use that can wait.
    """
    session = deal.session
    if session.cut_order_id:
        return True
    if not session.walled and outdated(deal):
        cut(turn, deal, "plan-changed")
        return True
    if telling.differs(deal, session.walled):
        change = telling.change(deal, session.walled)
        fair = _of_fair_use(turn, deal)
        if change is None or not deal.device.coa_port:
            if fair is not None and fair.cannot is CannotSlow.WAIT:
                return False
            reason = FAIR_USE if fair is not None else SERVICE_CHANGED
            if telling.readdressed(deal, session.walled):
                reason = "address-changed"
            telling.doubt(deal)
            turn.books.touch(session)
            cut(turn, deal, reason)
            return True
        tell_service(turn, deal, change, SERVICE_CHANGED if fair is None else FAIR_USE)
        return True
    if timeout_stale(turn, deal):
        tell_limits(turn, deal, "validity-changed")
        return True
    return False


def paced(turn: Turn, deal: Deal) -> bool:
    """Tell an open session the speeds of fair use as they are now, if it was told others.

    Answers whether it was told or ended.
    """
    pricing = deal.offer.pricing
    fair = pricing is not None and pricing.fair_use is not None
    return fair and telling.differs(deal, deal.session.walled) and retell(turn, deal)


def _of_fair_use(turn: Turn, deal: Deal) -> FairUse | None:
    """The fair use of the plan, if what was told differs from what is given by its steps alone."""
    plan = turn.books.plan_of(deal.subscriber, turn.now_us, running=deal.plan)
    if plan is None or deal.session.walled:
        return None
    given = [telling.service(deal, Walled.NO, one) for one in variants(plan)]
    told = telling.before(deal)
    return plan.pricing.fair_use if plan.pricing and told in given else None


def refused(turn: Turn, deal: Deal, reason: str) -> None:
    """A device did not take a service order: draw the consequence, or only note it.

    Who stands before a wall must not stay in the service, and who paid must not stay behind one,
    so those sessions end; what was used meanwhile in the full service is rated. A speed that was
    refused is left as it is: it is told again with the next change or login.
    """
    session = deal.session
    if reason in (SERVICE_CHANGED, FAIR_USE):
        turn.notes["service-refused"] += 1
        return
    if session.walled and reason == REASON_OF[session.walled]:
        session.walled = Walled.NO
        hold.forget(session)
    telling.doubt(deal)
    turn.books.touch(session)
    cut(turn, deal, reason)

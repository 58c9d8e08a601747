"""What follows from a session's state: nothing, a longer grant, or the end of it.

Called after usage was charged and after money or status changed elsewhere. Orders are rows of the
same transaction; a device that does not obey is told again at the next record (COA-16).
"""

from __future__ import annotations

from aaa import closing, ghosts, telling, walls
from aaa.bands import look_us
from aaa.entitled import unfit, wall_of
from aaa.grants import misstated, overstated
from aaa.limits import (
    Deal,
    deal_of,
    exhausted,
    for_usage,
    give_back,
    hold_more,
    reach_of,
)
from aaa.orders import ACK_GRACE_US, cut, tell_limits
from aaa.request import Settled
from aaa.turn import Turn
from domain.grant import Order, OrderKind, OrderResult, OrderState
from domain.session import HoldState, Session, SessionState, Walled

NO_SUCH_SESSION = 503  # Error-Cause (COA-11)


def enforce(turn: Turn, session: Session, known: Deal | None = None) -> None:
    """Cut, wall, extend or leave alone an open session (Prepaid; COA-16).

    `known` is its deal, where the caller has made it already and changed nothing since.
    """
    deal = known or deal_of(turn, session)
    if deal is None or session.state is not SessionState.OPEN:
        return
    whole = deal.plan.pricing is not None or deal.offer.pricing is not None
    if not (whole and session.look_us is not None and session.look_us > turn.now_us):
        _aim(turn, deal)  # a record moves no end of a band or period: that was looked up before
    reason = unfit(deal.subscriber, session)
    if session.replaced_by and not reason:
        over = ghosts.must_end(turn, session)
        if over is None:
            return
        reason = "replaced" if over else ""
    if reason:
        cut(turn, deal, reason)
        return
    wall = wall_of(deal.subscriber, deal.offer, turn.now_us)
    if session.cut_order_id and (wall or session.walled):
        return  # its end is under way; if that fails, the next record is looked at again
    if wall:
        walls.put_up(turn, deal, wall)
    elif session.walled:
        walls.take_down(turn, deal)
    elif telling.doubted(deal):
        cut(turn, deal, walls.SERVICE_CHANGED)
    elif walls.outdated(deal):
        cut(turn, deal, "plan-changed")
    elif not walls.paced(turn, deal):
        _see_to_money(turn, deal)


def _aim(turn: Turn, deal: Deal) -> None:
    """Keep when time alone will change what the session gets; the desk looks at it then."""
    at_us = look_us(turn.books, deal.subscriber, deal.plan, deal.offer, turn.now_us)
    if at_us != deal.session.look_us:
        deal.session.look_us = at_us
        turn.books.touch(deal.session)


def _see_to_money(turn: Turn, deal: Deal) -> None:
    """Let the session have another share at the end of its hold; without one it ends here."""
    reach = reach_of(turn, deal)
    if not exhausted(deal, reach):
        if overstated(turn, deal, reach) or misstated(deal, reach):
            tell_limits(turn, deal, "used otherwise")
        return
    more_micros = hold_more(turn, deal)
    if more_micros:
        reach = reach_of(turn, deal)
        if not exhausted(deal, reach):
            tell_limits(turn, deal, "re-held")
            return
        give_back(turn, deal, more_micros)
    walls.put_up(turn, deal, Walled.NO_CREDIT)


def recheck(turn: Turn, account_id: int) -> None:
    """Money, status or plan changed elsewhere: bring every live session in line at once."""
    for session in turn.books.live_sessions(account_id):
        look(turn, session)


def look(turn: Turn, session: Session) -> None:
    """Something beside usage has changed for a live session: bring it in line, and tell it."""
    deal = deal_of(turn, session)
    if deal is None or not session.live:
        if session.look_us is not None:
            session.look_us = None  # its device is gone, so there is nobody to tell
            turn.books.touch(session)
        return
    _aim(turn, deal)
    wall = wall_of(deal.subscriber, deal.offer, turn.now_us)
    if session.state is SessionState.ACCEPTED:
        if unfit(deal.subscriber, session) or (wall and not session.walled):
            closing.lapse(turn, session, HoldState.VOID)
        elif deal.plan.priced and not session.walled:
            _fit_hold(turn, deal)
        return
    fitted = False
    if deal.plan.priced and not (wall or session.walled or session.replaced_by):
        fitted = _fit_hold(turn, deal)
    before = session.told, session.walled, session.cut_order_id
    enforce(turn, session)
    after = session.told, session.walled, session.cut_order_id
    deal = deal_of(turn, session)
    if before != after or session.state is not SessionState.OPEN or deal is None:
        return
    told = bool(wall) is bool(session.walled) and walls.retell(turn, deal)
    if fitted and not told and not session.walled and not exhausted(deal, reach_of(turn, deal)):
        tell_limits(turn, deal, "money changed")


def begin(turn: Turn, session: Session) -> None:
    """A session has started: money that came or went since its Accept counts for it now."""
    look(turn, session)
    _share_included(turn, session)


def _share_included(turn: Turn, begun: Session) -> None:
    """A session has joined others: their parts of what is included are smaller than was told."""
    for session in turn.books.live_sessions(begun.account_id):
        deal = deal_of(turn, session) if session is not begun else None
        if deal is None or session.state is not SessionState.OPEN or session.cut_order_id:
            continue
        if session.walled:
            continue
        reach = reach_of(turn, deal)
        if not exhausted(deal, reach) and overstated(turn, deal, reach):
            tell_limits(turn, deal, "included usage shared")


def _fit_hold(turn: Turn, deal: Deal) -> bool:
    """Bring a hold in line with the account; answers whether that changed it.

    A login that has not begun gets no more: it may never begin, and it cannot be told. It would
    keep a top-up from the login that comes next.
    """
    session = deal.session
    before = session.granted_micros
    short_micros = -for_usage(turn, deal)
    if short_micros > 0 and session.hold_state is HoldState.HELD:
        give_back(turn, deal, short_micros)
    elif session.state is SessionState.OPEN:
        hold_more(turn, deal)
    if session.granted_micros == before:
        return False
    turn.books.touch(session)
    return session.state is SessionState.OPEN


def settled(turn: Turn, told_back: Settled) -> None:
    """A device answered an order, or stayed silent: write it down and draw the consequence."""
    order = turn.books.orders.get(told_back.order_id)
    acknowledged = told_back.result is OrderResult.ACK
    if order is not None and order.state is OrderState.DONE and acknowledged:
        # Written down by a commit of unknown fate; that we wait for the Stop is not.
        _await_stop(turn, order, told_back.at_us)
        return
    if order is None or order.state is not OrderState.PENDING:
        return
    order.state = OrderState.DONE if acknowledged else OrderState.FAILED
    order.result = told_back.result
    order.error_cause = told_back.error_cause
    order.attempts_n = told_back.attempts_n
    order.done_us = told_back.at_us
    turn.books.draft.changed_orders[order.order_id] = order
    turn.notes[f"order-{order.kind}-{told_back.result}"] += 1
    session = turn.books.sessions.get(order.session_id)
    if session is None or not session.live:
        return
    if told_back.result is OrderResult.NAK and told_back.error_cause == NO_SUCH_SESSION:
        # The device does not know it: it is over, at its last known usage (COA-11, F-03).
        _end(turn, session, closing.LOST_SERVICE)
    elif order.kind is OrderKind.DISCONNECT:
        session.cut_order_id = 0
        if acknowledged:
            _await_stop(turn, order, told_back.at_us)
        turn.books.touch(session)
    elif order.kind is OrderKind.SERVICE and not acknowledged:
        deal = deal_of(turn, session)
        if deal is not None and told_back.result is OrderResult.OBSOLETE:
            # A Disconnect took its place; should that fail, nobody knows what the device has.
            telling.doubt(deal)
            turn.books.touch(session)
        elif deal is not None:
            walls.refused(turn, deal, order.reason)


def _await_stop(turn: Turn, order: Order, acked_us: int) -> None:
    """A device says that it has ended the session: without a Stop it is closed in a while."""
    session = turn.books.sessions.get(order.session_id)
    if order.kind is OrderKind.DISCONNECT and session is not None and session.live:
        turn.acked[session.session_id] = acked_us


def end_without_stop(turn: Turn, session: Session, acked_us: int) -> None:
    """A Disconnect was acknowledged and no Stop came: close at last usage (Q-26, F-46).

    Not if the session was heard of since: then it goes on, whatever the device said.
    """
    if session.live and session.last_seen_us <= acked_us + ACK_GRACE_US:
        _end(turn, session, closing.ADMIN_RESET)


def end_stale(turn: Turn, session: Session) -> None:
    """A session that fell silent while its device talked on: close at last usage (F-03, A10)."""
    if session.state is SessionState.OPEN:
        _end(turn, session, closing.LOST_SERVICE)


def _end(turn: Turn, session: Session, cause: int) -> None:
    if session.state is SessionState.ACCEPTED:
        closing.lapse(turn, session, HoldState.EXPIRED)
        return
    closing.close(turn, session, cause=cause, stop_us=session.last_event_us, synthetic=True)

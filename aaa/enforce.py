"""What follows from a session's state: nothing, a longer grant, or the end of it.

Called after usage was charged and after money or status changed elsewhere. Orders are rows of the
same transaction; a device that does not obey is told again at the next record (COA-16).
"""

from __future__ import annotations

from aaa import closing, ghosts
from aaa.limits import (
    Deal,
    deal_of,
    exhausted,
    grant_of,
    hold_more,
    overstated,
    reach_of,
    told,
)
from aaa.request import Settled
from aaa.turn import Turn
from accounting import hold
from domain.account import Status
from domain.grant import Order, OrderKind, OrderResult, OrderState
from domain.seams import US_PER_S
from domain.session import HoldState, Session, SessionState
from radius import encode_attributes

NO_SUCH_SESSION = 503  # Error-Cause (COA-11)
ACK_GRACE_US = 5 * US_PER_S  # records that were under way when the device acknowledged a cut


def enforce(turn: Turn, session: Session) -> None:
    """Cut, extend or leave alone an open session (Prepaid; COA-16)."""
    deal = deal_of(turn, session)
    if deal is None or session.state is not SessionState.OPEN:
        return
    reason = _barred(turn, deal)
    if session.replaced_by and not reason:
        over = ghosts.must_end(turn, session)
        if over is None:
            return
        reason = "replaced" if over else ""
    if reason:
        cut(turn, deal, reason)
        return
    reach = reach_of(turn, deal)
    if not exhausted(deal, reach):
        if overstated(turn, deal, reach):
            _tell_limits(turn, deal, "used otherwise")
        return
    more_micros = hold_more(turn, deal)
    if more_micros:
        reach = reach_of(turn, deal)
        if not exhausted(deal, reach):
            _tell_limits(turn, deal, "re-held")
            return
        _return(turn, deal, more_micros)
    cut(turn, deal, "exhausted")


def _barred(turn: Turn, deal: Deal) -> str:
    """Why the subscriber may not be online at all, money aside."""
    if deal.subscriber.status is not Status.ACTIVE:
        return str(deal.subscriber.status)
    until_us = deal.subscriber.valid_until_us
    if until_us is not None and turn.now_us >= until_us:
        return "expired"
    return ""


def _return(turn: Turn, deal: Deal, amount_micros: int) -> None:
    back = hold.give_back(deal.session, amount_micros)
    deal.account.held_micros -= back
    turn.books.move(deal.account, held=-back)


def recheck(turn: Turn, account_id: int) -> None:
    """Money, status or plan changed elsewhere: bring every live session in line at once."""
    for session in turn.books.live_sessions(account_id):
        deal = deal_of(turn, session)
        if deal is None:
            continue
        if _barred(turn, deal):
            if session.state is SessionState.ACCEPTED:
                closing.lapse(turn, session, HoldState.VOID)
            else:
                enforce(turn, session)
            continue
        if deal.plan.priced:
            if not session.replaced_by:
                _fit_hold(turn, deal)
            enforce(turn, session)


def begin(turn: Turn, session: Session) -> None:
    """A session has started: money that came or went since its Accept counts for it now."""
    deal = deal_of(turn, session)
    if deal is not None and deal.plan.priced and not _barred(turn, deal):
        _fit_hold(turn, deal)
    enforce(turn, session)
    _share_included(turn, session)


def _share_included(turn: Turn, begun: Session) -> None:
    """A session has joined others: their parts of what is included are smaller than was told."""
    for session in turn.books.live_sessions(begun.account_id):
        deal = deal_of(turn, session) if session is not begun else None
        if deal is None or session.state is not SessionState.OPEN or session.cut_order_id:
            continue
        reach = reach_of(turn, deal)
        if not exhausted(deal, reach) and overstated(turn, deal, reach):
            _tell_limits(turn, deal, "included usage shared")


def _fit_hold(turn: Turn, deal: Deal) -> None:
    """Bring a hold in line with the account, and tell the device.

    A login that has not begun gets no more: it may never begin, and it cannot be told. It would
    keep a top-up from the login that comes next.
    """
    session = deal.session
    before = session.granted_micros
    if deal.account.available_micros < 0 and session.hold_state is HoldState.HELD:
        _return(turn, deal, -deal.account.available_micros)
    elif session.state is SessionState.OPEN:
        hold_more(turn, deal)
    if session.granted_micros == before:
        return
    turn.books.touch(session)
    if session.state is SessionState.OPEN and not exhausted(deal, reach_of(turn, deal)):
        _tell_limits(turn, deal, "money changed")


def cut(turn: Turn, deal: Deal, reason: str) -> None:
    """Order a Disconnect, unless one is under way or was just acknowledged."""
    session = deal.session
    acked_us = turn.acked.get(session.session_id)
    if session.cut_order_id or not deal.device.coa_port or not deal.dialect.has_disconnect:
        return
    if acked_us is not None and turn.now_us - acked_us < ACK_GRACE_US:
        return
    keys = deal.dialect.session_keys(session, for_coa=False)
    session.cut_order_id = _order(turn, deal, OrderKind.DISCONNECT, reason, keys)
    turn.books.touch(session)
    turn.notes[f"cut-{reason}"] += 1


def _tell_limits(turn: Turn, deal: Deal, reason: str) -> None:
    """Send new limits by CoA where the dialect can and there is something to tell."""
    session, dialect = deal.session, deal.dialect
    grant = grant_of(turn, deal, reach_of(turn, deal), start_us=session.start_us, spread=False)
    before = (session.timeout_s, session.limit_octets)
    told(session, grant)
    turn.books.touch(session)
    if before == (session.timeout_s, session.limit_octets):
        return
    if not dialect.has_limit_coa or not deal.device.coa_port:
        return
    content = dialect.session_keys(session, for_coa=True) + dialect.write_limits(grant)
    _order(turn, deal, OrderKind.LIMITS, reason, content)


def _order(
    turn: Turn, deal: Deal, kind: OrderKind, reason: str, content: list[tuple[int, bytes]]
) -> int:
    session, device = deal.session, deal.device
    order = Order(
        order_id=turn.ids.next(),
        account_id=session.account_id,
        session_id=session.session_id,
        device_id=session.device_id,
        kind=kind,
        reason=reason,
        attributes=encode_attributes(content),
        address=session.source_address,
        port=device.coa_port,
        created_us=turn.now_us,
    )
    turn.books.add_order(order)
    return order.order_id


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
    turn.books.changed_orders[order.order_id] = order
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

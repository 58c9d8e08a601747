"""Orders: what a device is told about a session outside of a reply.

An order is a row of the transaction that decides it; the server carries it out afterwards. A
Disconnect ends a session, limits say how far it may go, a service says what it is given beside its
limits. Nothing is ordered of a device that does not listen, and no Disconnect twice.
"""

from __future__ import annotations

from aaa import telling
from aaa.grants import grant_of, told
from aaa.limits import Deal, reach_of
from aaa.turn import Turn
from domain.grant import Order, OrderKind
from domain.seams import US_PER_S
from nas.dialect import Attribute
from radius import encode_attributes

ACK_GRACE_US = 5 * US_PER_S  # records that were under way when the device acknowledged a cut


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


def tell_limits(turn: Turn, deal: Deal, reason: str) -> None:
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


def tell_service(turn: Turn, deal: Deal, change: list[Attribute], reason: str) -> None:
    """Send a changed service by CoA, and the limits that hold with it.

    The session stands where it will stand: `session.walled`, its hold and its plan say what its
    limits are. An empty change tells limits alone. Only for a device that listens to orders.
    """
    session, dialect = deal.session, deal.dialect
    telling.remember(deal, telling.service(deal, session.walled))
    if not change:
        tell_limits(turn, deal, reason)
        return
    grant = grant_of(turn, deal, reach_of(turn, deal), start_us=session.start_us, spread=False)
    content = dialect.session_keys(session, for_coa=True) + change
    if dialect.has_limit_coa:
        told(session, grant)
        content += dialect.write_limits(grant)
    turn.books.touch(session)
    _order(turn, deal, OrderKind.SERVICE, reason, content)
    turn.notes[f"service-{reason}"] += 1


def _order(turn: Turn, deal: Deal, kind: OrderKind, reason: str, content: list[Attribute]) -> int:
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

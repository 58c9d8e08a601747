"""Orders: what is written for a device that listens, and that nothing is for one that does not."""

from __future__ import annotations

from typing import Any

import pytest

from aaa import orders, telling
from aaa.limits import Deal, deal_of
from domain.device import Device
from domain.grant import Order, OrderKind
from domain.session import SessionState
from radius import decode_attributes
from tests.aaa.gate import SECRET
from tests.aaa.room import Room
from tests.accounting.makers import at, plan

FILTER = (11, b"news")


def room_with(dialect: str = "mikrotik", coa_port: int = 3799) -> tuple[Room, Deal]:
    """A room whose device speaks this dialect, and a session of it that runs on a hold."""
    room = Room(plan(), device=Device(1, "nas", SECRET, ("10.0.0.0/16",), dialect, coa_port))
    deal = room.deal(
        state=SessionState.OPEN,
        acct_session_id="A",
        user_name="alice",
        source_address="10.0.0.1",
        granted_micros=1_000_000,
    )
    return room, deal


def written(room: Room) -> list[Order]:
    """The orders of the turn."""
    return list(room.end(room.turn(0)).orders_new)


def content(order: Order) -> dict[int, bytes]:
    return dict(decode_attributes(order.attributes))


def test_a_cut_names_the_session_and_goes_where_its_packets_come_from() -> None:
    room, deal = room_with()
    orders.cut(room.turn(5), deal, "exhausted")
    (order,) = written(room)
    assert (order.kind, order.reason) == (OrderKind.DISCONNECT, "exhausted")
    assert (order.address, order.port, order.created_us) == ("10.0.0.1", 3799, at(5))
    assert content(order)[44] == b"A" and content(order)[1] == b"alice"
    assert deal.session.cut_order_id == order.order_id


def test_nothing_is_cut_twice_while_the_first_order_is_under_way() -> None:
    room, deal = room_with()
    for reason in ("exhausted", "suspended"):
        orders.cut(room.turn(5), deal, reason)
    assert [order.reason for order in written(room)] == ["exhausted"]


@pytest.mark.parametrize(("t", "orders_n"), [(14, 0), (15, 1)])
def test_what_was_acknowledged_a_moment_ago_is_not_cut_again(t: int, orders_n: int) -> None:
    room, deal = room_with()
    room.acked[deal.session.session_id] = at(10)
    orders.cut(room.turn(t), deal, "exhausted")
    assert len(written(room)) == orders_n


def test_a_device_that_does_not_listen_is_ordered_nothing() -> None:
    room, deal = room_with(coa_port=0)
    turn = room.turn(0)
    orders.cut(turn, deal, "exhausted")
    orders.tell_limits(turn, deal, "money changed")
    assert written(room) == [] and deal.session.cut_order_id == 0


def test_limits_that_were_told_already_are_not_told_again() -> None:
    room, deal = room_with()
    orders.tell_limits(room.turn(0), deal, "money changed")
    orders.tell_limits(room.turn(0), deal, "money changed")
    (order,) = written(room)
    assert order.kind is OrderKind.LIMITS
    assert deal.session.limit_octets > 0 and 27 in content(order)
    deal.session.granted_micros *= 2
    orders.tell_limits(room.turn(0), deal, "money changed")
    assert len(written(room)) == 1, "these are others"


def test_a_cisco_is_told_no_limits_for_its_coa_cannot_carry_them() -> None:
    room, deal = room_with("cisco")
    orders.tell_limits(room.turn(0), deal, "money changed")
    assert written(room) == []


@pytest.mark.parametrize(("dialect", "with_limits"), [("mikrotik", True), ("cisco", False)])
def test_a_service_carries_the_limits_that_hold_with_it(dialect: str, with_limits: bool) -> None:
    room, deal = room_with(dialect)
    orders.tell_service(room.turn(0), deal, [FILTER], "renewed")
    (order,) = written(room)
    assert (order.kind, content(order)[11]) == (OrderKind.SERVICE, b"news")
    assert (27 in content(order)) is with_limits
    assert not telling.doubted(deal) and deal.session.told[:1] == telling.TOLD


def test_a_service_that_changes_nothing_is_a_change_of_limits() -> None:
    room, deal = room_with()
    orders.tell_service(room.turn(0), deal, [], "renewed")
    assert [order.kind for order in written(room)] == [OrderKind.LIMITS]


def test_orders_are_of_the_session_and_its_device() -> None:
    room, deal = room_with()
    turn = room.turn(0)
    orders.cut(turn, deal, "exhausted")
    orders.tell_service(turn, deal, [FILTER], "renewed")
    found: Any = deal_of(turn, deal.session)
    keys = {(one.account_id, one.session_id, one.device_id) for one in written(room)}
    assert keys == {(found.account.account_id, found.session.session_id, 1)}
    assert turn.notes == {"cut-exhausted": 1, "service-renewed": 1}

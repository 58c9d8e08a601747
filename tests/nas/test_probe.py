"""The order behind `nas test`."""

from __future__ import annotations

import pytest

from domain.device import Device
from domain.grant import OrderKind
from nas.dialects import DIALECTS
from nas.probe import probe_order
from radius import decode_attributes


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_probe_names_a_session_that_cannot_exist(dialect: str) -> None:
    device = Device(4, "core", b"s" * 16, ("192.0.2.1",), dialect, 1700)
    order = probe_order(device, address="192.0.2.1", tag="x7q2", now_us=5)
    assert order.kind is OrderKind.DISCONNECT
    assert (order.address, order.port, order.device_id) == ("192.0.2.1", 1700, 4)
    assert (order.account_id, order.session_id, order.order_id) == (0, 0, 0)
    named = dict(decode_attributes(order.attributes))
    assert named[44] == b"tollhouse-x7q2"
    assert set(named) <= {1, 44}
    assert b"x7q2" in named.get(1, b"x7q2")

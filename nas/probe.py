"""The order behind `nas test`: a Disconnect for a session that cannot exist.

It uses the road of every real order, keys of the dialect included, so that its answer speaks for
theirs; see `nas.answers.explain_answer`.
"""

from __future__ import annotations

from domain.device import Device
from domain.grant import Order, OrderKind
from domain.session import Session, SessionState
from nas.dialects import DIALECTS
from radius import encode_attributes


def probe_order(device: Device, *, address: str, tag: str, now_us: int) -> Order:
    """A Disconnect of an invented session, to `address` at the device's port.

    `tag` is a few random characters, so that the name cannot be that of a real session. The order
    belongs to no account and is never stored.
    """
    session = Session(
        session_id=0,
        account_id=0,
        subscriber_id=0,
        device_id=device.device_id,
        plan_id=0,
        state=SessionState.OPEN,
        version=0,
        acct_session_id=f"tollhouse-{tag}",
        user_name=f"tollhouse-test-{tag}",
    )
    keys = DIALECTS[device.dialect].session_keys(session, for_coa=False)
    return Order(
        order_id=0,
        account_id=0,
        session_id=0,
        device_id=device.device_id,
        kind=OrderKind.DISCONNECT,
        reason="test",
        attributes=encode_attributes(keys),
        address=address,
        port=device.coa_port,
        created_us=now_us,
    )

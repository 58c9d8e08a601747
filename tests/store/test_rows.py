"""Rows and records are each other's image."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from domain.account import CredentialKind, MacMode, Status
from domain.device import Policy
from domain.grant import OrderKind, OrderResult, OrderState
from domain.ledger import EntryKind
from domain.session import HoldState, Session, SessionState, Walled
from store import rows
from tests.store.house import (
    account,
    charge,
    decision,
    device,
    order,
    session,
    subscriber,
    suspended_usage,
    top_up,
)

NUMBERS = some.integers(min_value=0, max_value=2**63 - 1)
VALUES = {
    "int": NUMBERS,
    "int | None": some.none() | NUMBERS,
    "str": some.text(),
    "str | None": some.none() | some.text(),
    "bytes": some.binary(),
    "Walled": some.sampled_from(Walled),
    "bool": some.booleans(),
    "SessionState": some.sampled_from(SessionState),
    "HoldState": some.sampled_from(HoldState),
}


@given(some.builds(Session, **{one.name: VALUES[str(one.type)] for one in fields(Session)}))
def test_any_session_comes_back_from_its_row(one: Session) -> None:
    # SQLite gives numbers for flags and states, PostgreSQL gives bools.
    stored = [
        int(value) if isinstance(value, bool) else value for value in rows.SESSIONS.to_row(one)
    ]
    back = rows.session_of(stored)
    assert back == one
    for name in ("state", "hold_state", "walled", "adopted", "start_seen", "synthetic", "fee_due"):
        assert type(getattr(back, name)) is type(getattr(one, name))


@pytest.mark.parametrize(
    ("shape", "record"),
    [
        (rows.ACCOUNTS, account(1)),
        (rows.CHARGES, charge(session(10), 5)),
        (rows.SUSPENSE, suspended_usage(60)),
        (rows.DECISIONS, decision("user1", 3)),
        (
            rows.ORDERS,
            order(50, session(10), state=OrderState.DONE, result=OrderResult.SILENCE, done_us=9),
        ),
        (rows.ORDERS, order(50, session(10))),
        (
            rows.SUBSCRIBERS,
            subscriber(1, device_ids=(5, 2**62), mac="aa:bb:cc:dd:ee:ff", valid_until_us=7),
        ),
        (rows.SUBSCRIBERS, subscriber(1, status=Status.CLOSED, mac_mode=MacMode.FIXED)),
        (rows.SUBSCRIBERS, subscriber(1, periods_ahead_us=(2**50, 2**51), auto_renew=False)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_every_other_record_comes_back_from_its_row(shape: rows.Shape, record: Any) -> None:
    plain = [str(one) if isinstance(one, str) else one for one in shape.to_row(record)]
    assert shape.of_row(plain) == record


def test_members_of_enumerations_are_members_again() -> None:
    found = rows.subscriber_of(rows.subscriber_row(subscriber(1)))
    assert type(found.status) is Status
    assert type(found.credential_kind) is CredentialKind
    sent = rows.order_of(rows.ORDERS.to_row(order(50, session(10))))
    assert (type(sent.kind), type(sent.state)) == (OrderKind, OrderState)
    entry = top_up(account(1), 5, seq=1)
    back = rows.entry_of(rows.ENTRIES.to_row(entry), entry.postings)
    assert back == entry and type(back.kind) is EntryKind
    box = device()
    back_box = rows.device_of(rows.DEVICES.to_row(box))
    assert type(back_box.limit_proxy_state) is Policy
    assert (back_box.name, back_box.prefixes, back_box.latches) == (box.name, (), set())

"""Rows and records, both ways, side by side.

A record of `domain` is its row: same names, same order. What differs is said here once: members of
enumerations are stored as their values, ids in a list as text, and a few fields live in tables of
their own. `SHAPES` is what the statements of `store.statements` are built from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any

import msgspec
from sqlalchemy import Column, Table

from aaa.ports import Decision
from domain.account import (
    Account,
    Allowance,
    Purchase,
    Subscriber,
)
from domain.deed import Deed
from domain.device import Device, Observation, Policy
from domain.grant import Order, OrderKind, OrderResult, OrderState
from domain.ledger import Entry, EntryKind, Posting
from domain.pot import Pot
from domain.session import (
    Charge,
    DeviceMark,
    Session,
    Suspense,
)
from store import schema
from store.columns import ids_of_text, ids_text, replies_of_text, replies_text

Row = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Shape:
    """How one kind of record lies in its table: the columns in order, and both directions."""

    table: Table
    names: tuple[str, ...]
    of_row: Callable[[Row], Any]
    to_row: Callable[[Any], tuple[Any, ...]]

    @property
    def columns(self) -> list[Column[Any]]:
        """The columns, in the order of `names`."""
        return [self.table.c[name] for name in self.names]


def session_of(row: Row) -> Session:
    """A session, from a row of either database."""
    return Session(*row)


def subscriber_of(row: Row) -> Subscriber:
    """A subscriber; `device_ids` and `replies` may come as text or as values already."""
    values = list(row)
    for at, read in _READ_LISTS:
        if isinstance(values[at], str):
            values[at] = read(values[at])
    return Subscriber(*values)


def subscriber_row(subscriber: Subscriber) -> tuple[Any, ...]:
    """The row of a subscriber, ids and replies as text."""
    row = list(_SUBSCRIBER_FIELDS(subscriber))
    row[_DEVICE_IDS_AT] = ids_text(subscriber.device_ids)
    row[_REPLIES_AT] = replies_text(subscriber.replies)
    row[_AHEAD_AT] = ids_text(subscriber.periods_ahead_us)
    row[_PLANS_AHEAD_AT] = ids_text(subscriber.plan_ids_ahead)
    return tuple(row)


def order_of(row: Row) -> Order:
    """An order."""
    order = Order(*row)
    order.kind = OrderKind(order.kind)
    order.state = OrderState(order.state)
    order.result = None if order.result is None else OrderResult(order.result)
    order.attributes = bytes(order.attributes)
    return order


def device_of(row: Row) -> Device:
    """A device as stored: `secret` still sealed, addresses and latches not yet added."""
    values = dict(zip(DEVICE_NAMES, row, strict=True))
    for name in ("gigawords", "gigawords_trusted", "swap", "sample"):
        values[name] = bool(values[name])
    for name in ("require_message_authenticator", "limit_proxy_state"):
        values[name] = Policy(values[name])
    values["secret"] = bytes(values["secret"])
    return Device(prefixes=(), **values)


def decision_of(row: Row) -> Decision:
    """A decision about a login; what was asked and answered is JSON in its row."""
    found = Decision(*row)
    asked: Any = found.request
    answered: Any = found.reply
    found.request, found.reply = _JSON.decode(asked), _JSON.decode(answered)
    return found


def decision_row(one: Decision) -> tuple[Any, ...]:
    """The row of a decision."""
    request, reply = json_octets(one.request).decode(), json_octets(one.reply).decode()
    return (*_DECISION_FIELDS(one), request, reply)


def entry_of(row: Row, postings: tuple[Posting, ...]) -> Entry:
    """An entry and its postings, which are rows of their own."""
    values = dict(zip(ENTRY_NAMES, row, strict=True))
    values["kind"] = EntryKind(values["kind"])
    return Entry(postings=postings, **values)


def _names(record: type, *elsewhere: str) -> tuple[str, ...]:
    return tuple(field.name for field in fields(record) if field.name not in elsewhere)


def _plain(table: Table, record: type) -> Shape:
    """A record whose fields are its columns as they are."""
    names = _names(record)
    return Shape(table, names, lambda row: record(*row), attrgetter(*names))


DEVICE_NAMES = _names(Device, "prefixes", "latches")
ENTRY_NAMES = _names(Entry, "postings")
_DECISION_FIELDS = attrgetter(*_names(Decision, "request", "reply"))
_JSON = msgspec.json.Decoder(dict[str, Any])
json_octets = msgspec.json.Encoder().encode
_SUBSCRIBER_NAMES = _names(Subscriber)
_SUBSCRIBER_FIELDS = attrgetter(*_SUBSCRIBER_NAMES)
_DEVICE_IDS_AT = _SUBSCRIBER_NAMES.index("device_ids")
_REPLIES_AT = _SUBSCRIBER_NAMES.index("replies")
_AHEAD_AT = _SUBSCRIBER_NAMES.index("periods_ahead_us")
_PLANS_AHEAD_AT = _SUBSCRIBER_NAMES.index("plan_ids_ahead")
_READ_LISTS: tuple[tuple[int, Callable[[str], tuple[Any, ...]]], ...] = (
    (_DEVICE_IDS_AT, ids_of_text),
    (_REPLIES_AT, replies_of_text),
    (_AHEAD_AT, ids_of_text),
    (_PLANS_AHEAD_AT, ids_of_text),
)

ACCOUNTS = _plain(schema.accounts, Account)
ALLOWANCES = _plain(schema.allowances, Allowance)
POTS = _plain(schema.pots, Pot)
CHARGES = _plain(schema.charges, Charge)
SUSPENSE = _plain(schema.suspense, Suspense)
MARKS = _plain(schema.device_marks, DeviceMark)
DECISIONS = Shape(schema.decisions, _names(Decision), decision_of, decision_row)
PURCHASES = _plain(schema.purchases, Purchase)
OBSERVATIONS = _plain(schema.device_observations, Observation)
DEEDS = Shape(
    schema.audit,
    _names(Deed),
    lambda row: Deed(*row),
    attrgetter(*_names(Deed)),
)
SESSIONS = Shape(schema.sessions, _names(Session), session_of, attrgetter(*_names(Session)))
FACTS = attrgetter(*schema.session_facts.c.keys())
TOTALS = attrgetter(*schema.session_totals.c.keys())
SUBSCRIBERS = Shape(schema.subscribers, _SUBSCRIBER_NAMES, subscriber_of, subscriber_row)
ORDERS = Shape(schema.orders, _names(Order), order_of, attrgetter(*_names(Order)))
DEVICES = Shape(schema.devices, DEVICE_NAMES, device_of, attrgetter(*DEVICE_NAMES))
ENTRIES = Shape(
    schema.entries, ENTRY_NAMES, lambda row: entry_of(row, ()), attrgetter(*ENTRY_NAMES)
)

# What a question can be answered with besides plain rows.
RECORDS: dict[type[Any], Callable[[Row], Any]] = {
    Session: session_of,
    Account: ACCOUNTS.of_row,
    Subscriber: subscriber_of,
    Allowance: ALLOWANCES.of_row,
}

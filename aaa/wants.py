"""What a batch names: the rows its decisions will look at, as far as they are known by now.

Loading goes in rounds, because one row leads to the next: a record to its session, a session to
its account, an order to its session. Each round names a little more, until nothing is missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from aaa.books import Books
from aaa.decisions import login_key
from aaa.identify import session_key
from aaa.ports import Want
from aaa.request import Item, Recheck, Request, Settled, Sweep
from aaa.token import session_of
from domain.login import canonical_login
from domain.plan import Plan
from domain.usage import RecordKind, Usage
from nas.dialects import DIALECTS
from nas.login import LoginHints

ACCOUNTING_REQUEST = 4

Parsed = Usage | LoginHints | None
"""What a packet says; None for a task of our own."""


class Named(NamedTuple):
    """An item of a batch, where it is in it, and what its packet says."""

    at: int
    item: Item
    read: Parsed


def parse(item: Item) -> Parsed:
    """What a packet says, to be read once; its device is the one it was verified with."""
    if not isinstance(item, Request):
        return None
    packet, device = item.packet, item.device
    dialect = DIALECTS[device.dialect]
    if packet.code == ACCOUNTING_REQUEST:
        return dialect.read_usage(packet, device, item.arrived_us, item.source_address)
    return dialect.read_login(packet)


def wants(batch: Sequence[Item], parsed: Sequence[Parsed], books: Books, class_key: bytes) -> Want:
    """All that the batch names, whether it is held or not."""
    want = Want()
    for item, read in zip(batch, parsed, strict=True):
        if isinstance(read, LoginHints):
            want.logins.add(login_key(read))
        elif isinstance(read, Usage):
            assert isinstance(item, Request)
            _name_usage(want, books, item.device.device_id, read, class_key=class_key)
        else:
            _name_task(want, books, item)
    if books.has_pricing:
        _name_pots(want, books)
    return want


def _name_pots(want: Want, books: Books) -> None:
    """The pots of everybody named whose plans have pricing by now: they may be held without."""
    held = map(books.subscribers.get, sorted(want.logins))
    named = {one.account_id for one in held if one is not None}
    for account_id in sorted(named | want.account_ids):
        plans: list[Plan | None] = []
        for owner in books.people_of(account_id):
            plans += books.plans_of(owner)
        plans += [books.plans.get(one.plan_id) for one in books.live_sessions(account_id)]
        if any(plan is not None and plan.pricing is not None for plan in plans):
            want.pots_of.add(account_id)
    # What is over is held without its account, and its subscriber may have another plan since.
    sessions = [books.sessions.get(session_id) for session_id in sorted(want.session_ids)]
    for key in sorted(want.session_keys):
        sessions += books.with_id(*key)
    for session in sessions:
        plan = books.plans.get(session.plan_id) if session is not None else None
        if session is not None and plan is not None and plan.pricing is not None:
            want.pots_of.add(session.account_id)


def _name_task(want: Want, books: Books, item: Item) -> None:
    if isinstance(item, Recheck):
        want.account_ids |= item.account_ids
        want.plan_ids |= item.plan_ids
    elif isinstance(item, Settled):
        order = books.orders.get(item.order_id)
        want.order_ids.add(item.order_id)
        if order is not None:
            want.session_ids.add(order.session_id)
            want.account_ids.add(order.account_id)
    elif isinstance(item, Sweep):
        want.session_ids |= item.session_ids
        want.account_ids |= {
            books.sessions[key].account_id for key in item.session_ids if key in books.sessions
        }


def _name_usage(
    want: Want, books: Books, device_id: int, usage: Usage, *, class_key: bytes
) -> None:
    if usage.kind in (RecordKind.ON, RecordKind.OFF):
        want.live_of_devices.add(device_id)
        want.mark_devices.add(device_id)
        for session in books.sessions_on(device_id):
            want.account_ids.add(session.account_id)
        return
    key = (device_id, usage.parent_id or session_key(usage))
    want.session_keys.add(key)
    want.logins.add(canonical_login(usage.user_name))
    session_id = session_of(usage.classes, class_key)
    named = books.with_id(*key)
    if session_id is not None:
        want.session_ids.add(session_id)
        if session_id in books.sessions:
            named.append(books.sessions[session_id])
    for session in named:
        want.account_ids.add(session.account_id)
        if session.plan_id:
            want.plan_ids.add(session.plan_id)
        if session.replaced_by:
            want.session_ids.add(session.replaced_by)
        if session.account_id == 0 or session.review_input or session.review_output:
            want.suspense_of.add(session.session_id)

"""What a change of plan looks up and writes: fees that were paid once, time that was paid for.

The rules are in `billing`; here is what they are asked about. All of it happens in the transaction
of the change itself, so that a fee is charged once and no money comes back twice (P1, L9).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from billing import activation
from billing.booster import BOOSTER
from billing.change import CHANGE, Change, refund_key
from domain.account import Purchase
from domain.ledger import Entry
from domain.plan import Plan
from store import office_money, schema
from store.office_money import values
from store.office_subscribers import Customer
from store.rows import PURCHASES

REFUNDED_N: Final = 100  # purchases that are looked at for a refund: nobody has bought more ahead

_B = schema.purchases.c


async def activation_due(connection: AsyncConnection, account_id: int, plan: Plan) -> bool:
    """Has the plan a fee that this account has never paid (P1)?"""
    if not activation.fee_of(plan):
        return False
    return (
        await office_money.entry_with_key(connection, account_id, activation.key_of(plan)) is None
    )


async def begins_with_fee(connection: AsyncConnection, one: Customer, plan: Plan) -> bool:
    """Is the fee of the plan to be paid with a renewal of it now?"""
    if not activation.begins(one.subscriber, plan):
        return False
    return await activation_due(connection, one.account.account_id, plan)


async def refundable(connection: AsyncConnection, one: Customer, now_us: int) -> list[Purchase]:
    """The purchases of a subscriber whose time has not ended, newest first, and what came between.

    Of one whose entry was undone nothing is left to give back: its price is 0 here.
    """
    found: list[Purchase] = []
    query = (
        select(*PURCHASES.columns)
        .where(_B.subscriber_id == one.subscriber.subscriber_id, _B.kind != BOOSTER)
        .order_by(_B.created_us.desc(), _B.purchase_id.desc())
        .limit(REFUNDED_N)
    )
    for bought in map(PURCHASES.of_row, (await connection.execute(query)).all()):
        entry_id, price_micros = bought.entry_id, bought.price_micros
        if entry_id is not None:
            undone = await office_money.correcting(connection, bought.account_id, entry_id)
            price_micros = 0 if undone is not None else price_micros
        if bought.until_us is not None and bought.until_us < now_us and bought.kind != CHANGE:
            break
        found.append(replace(bought, price_micros=price_micros))
    return found


async def refund_of(connection: AsyncConnection, sold: Entry) -> Entry | None:
    """The entry, not undone itself, that gave back a part of the price of this package."""
    query = select(*PURCHASES.columns).where(
        _B.account_id == sold.account_id, _B.entry_id == sold.entry_id
    )
    row = (await connection.execute(query)).first()
    if row is None:
        return None
    bought: Purchase = PURCHASES.of_row(row)
    given_up = (
        select(_B.purchase_id, _B.until_us)
        .where(
            _B.subscriber_id == bought.subscriber_id,
            _B.kind == CHANGE,
            _B.created_us >= bought.created_us,
            _B.purchase_id > bought.purchase_id,
        )
        .order_by(_B.created_us, _B.purchase_id)
        .limit(1)
    )
    change = (await connection.execute(given_up)).first()
    if change is None or bought.until_us is None or bought.until_us <= change.until_us:
        return None
    account_id = bought.account_id
    refund = await office_money.entry_with_key(connection, account_id, refund_key(change[0]))
    if refund is None:
        return None
    undone = await office_money.correcting(connection, account_id, refund.entry_id)
    return refund if undone is None else None


async def write_change(connection: AsyncConnection, change: Change) -> None:
    """Write what a change of plan costs and gives back; the subscriber is the caller's. Raises
    Raced."""
    for payment in change.payments:
        await office_money.book(connection, payment)
    if change.purchase is not None:
        await connection.execute(insert(schema.purchases), [values(PURCHASES, change.purchase)])

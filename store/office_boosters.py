"""Boosters as they are written and found: a sale is one transaction, and what it brought one row.

Entry, purchase and pot go together (L9), and the change feed says in the same transaction that the
account has changed, so that a running server reads its pots anew and looks at its sessions at once.
A key makes a sale happen once (P1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from accounting.pots import booster_name
from billing.booster import BOOSTER, Boost
from domain.account import Purchase
from domain.pot import Pot, PotKind
from store import office_money, schema
from store.feed import record_change
from store.office_money import values
from store.rows import POTS, PURCHASES

_T, _B = schema.pots.c, schema.purchases.c
# A range and not LIKE, so that the index is used: all keys that begin with the kind.
_FIRST: Final = f"{PotKind.BOOSTER}/"
_BEYOND: Final = f"{PotKind.BOOSTER}0"  # "0" comes after "/"


@dataclass(frozen=True, slots=True)
class Bought:
    """A booster that was bought: what is left of it, and the purchase."""

    pot: Pot
    purchase: Purchase


async def write(connection: AsyncConnection, made: Boost) -> None:
    """Write a booster that was bought. Raises Raced."""
    if made.payment is not None:
        await office_money.book(connection, made.payment)
    await connection.execute(insert(schema.purchases), [values(PURCHASES, made.purchase)])
    await connection.execute(insert(schema.pots), [values(POTS, made.pot)])
    await record_change(connection, "account", made.pot.account_id)


async def of_account(connection: AsyncConnection, account_id: int) -> list[Bought]:
    """Every booster that an account has bought, the oldest first."""
    query = (
        select(*POTS.columns, *PURCHASES.columns)
        .join_from(
            schema.pots,
            schema.purchases,
            (_B.account_id == _T.account_id) & (_B.purchase_id == _T.purchase_id),
        )
        .where(_T.account_id == account_id, _T.pot >= _FIRST, _T.pot < _BEYOND)
        .order_by(_T.period_start_us, _T.purchase_id)
    )
    cut = len(POTS.names)
    return [_bought(row, cut) for row in await connection.execute(query)]


async def names(connection: AsyncConnection, purchases: Sequence[Purchase]) -> dict[int, str]:
    """What those of these purchases that are boosters bought: the booster's name by their ids."""
    ids = [one.purchase_id for one in purchases if one.kind == BOOSTER]
    if not ids:
        return {}
    query = select(*POTS.columns).where(
        _T.account_id.in_({one.account_id for one in purchases}),
        _T.pot >= _FIRST,
        _T.pot < _BEYOND,
        _T.purchase_id.in_(ids),
    )
    pots = [POTS.of_row(row) for row in await connection.execute(query)]
    return {pot.purchase_id: booster_name(pot) for pot in pots}


def _bought(row: Any, cut: int) -> Bought:
    return Bought(POTS.of_row(row[:cut]), PURCHASES.of_row(row[cut:]))

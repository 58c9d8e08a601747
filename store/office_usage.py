"""What an account has used of what its plan brings, and by the day: for those who show it.

The office reads here what the desk keeps in memory: pots of plans with bands and bundles, the
included usage of simple ones, and the charges of days. Each is one statement; a row that usage has
not opened yet is not there. Nothing is written here.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.account import Allowance
from domain.pot import Pot
from rating import Step
from store import schema
from store.rows import ALLOWANCES, POTS


class Day(NamedTuple):
    """What an account used on a local day, by the time of its reports, and what it cost."""

    day: int  # days since 1970-01-01
    up: int
    down: int
    seconds: int
    amount_micros: int
    fees_micros: int  # of it, for sessions that began


async def of_account(
    connection: AsyncConnection, account_id: int, *, ends_after_us: int | None = None
) -> list[Pot]:
    """The pots of an account, the oldest first; only those that last longer, if it is said."""
    table = schema.pots.c
    query = (
        select(*POTS.columns)
        .where(table.account_id == account_id)
        .order_by(table.period_start_us, table.pot)
    )
    if ends_after_us is not None:
        query = query.where(or_(table.ends_us.is_(None), table.ends_us > ends_after_us))
    return [POTS.of_row(row) for row in await connection.execute(query)]


async def included(connection: AsyncConnection, account_id: int, period_start_us: int) -> Allowance:
    """What an account has used of what a simple plan includes in a validity period."""
    table = schema.allowances.c
    query = select(*ALLOWANCES.columns).where(
        table.account_id == account_id, table.period_start_us == period_start_us
    )
    row = (await connection.execute(query)).first()
    if row is None:
        return Allowance(account_id, period_start_us, 0, 0)
    found: Allowance = ALLOWANCES.of_row(row)
    return found


async def days(connection: AsyncConnection, account_id: int, since_day: int) -> list[Day]:
    """What an account used from a local day on, each day of which there is something."""
    table = schema.charges.c
    fees = case((table.step == int(Step.FEE), table.amount_micros), else_=0)
    query = (
        select(
            table.day,
            func.sum(table.input_octets),
            func.sum(table.output_octets),
            func.sum(table.session_s),
            func.sum(table.amount_micros),
            func.sum(fees),
        )
        .where(table.account_id == account_id, table.day >= since_day)
        .group_by(table.day)
        .order_by(table.day)
    )
    return [Day(*map(int, row)) for row in await connection.execute(query)]

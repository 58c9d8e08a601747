"""What an account has used of its allowances, as the office reads it to show it.

Of a plan with pricing these are the pots that charging would look at now, of a simple plan the row
of its period of included usage. Each is one statement; nothing is written here, and a row that
usage has not opened yet is not there.
"""

from __future__ import annotations

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.pot import Pot
from store import schema
from store.rows import POTS

_T, _A = schema.pots.c, schema.allowances.c


async def of_account(connection: AsyncConnection, account_id: int, *, now_us: int) -> list[Pot]:
    """The pots of an account that have not ended for good at an instant."""
    query = (
        select(*POTS.columns)
        .where(_T.account_id == account_id, or_(_T.ends_us.is_(None), _T.ends_us > now_us))
        .order_by(_T.pot, _T.period_start_us)
    )
    return [POTS.of_row(row) for row in await connection.execute(query)]


async def included_used(
    connection: AsyncConnection, account_id: int, period_start_us: int
) -> tuple[int, int]:
    """The octets and seconds that an account has used of what a simple plan includes."""
    query = select(_A.used_octets, _A.used_s).where(
        _A.account_id == account_id, _A.period_start_us == period_start_us
    )
    row = (await connection.execute(query)).first()
    return (row.used_octets, row.used_s) if row else (0, 0)

"""What devices have been seen to do, read for people: `nas show`, `nas list`, `doctor`.

The server writes these rows (`DeskStore.observed`); a device that was never heard of has none.
Beside them stands what the sessions tell: how many are live, and how many have been open for long
without a single report, which is how a device without interims looks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.device import Observation
from domain.session import SessionState
from store import schema
from store.rows import OBSERVATIONS

_LIVE = text("sessions.state < 2")  # as the partial index says it


class Crowd(NamedTuple):
    """The live sessions of one device."""

    live_n: int = 0
    old_n: int = 0  # open since before the instant that was asked for
    unheard_n: int = 0  # of these, those that have never reported usage


async def everyone(connection: AsyncConnection) -> Mapping[int, Observation]:
    """By device id."""
    found = await connection.execute(select(*OBSERVATIONS.columns))
    return {row.device_id: OBSERVATIONS.of_row(row) for row in found}


async def crowds(connection: AsyncConnection, *, old_us: int) -> Mapping[int, Crowd]:
    """The live sessions by device id; `old_us`: those that were open then are old."""
    table = schema.sessions.c
    is_old = (table.state == SessionState.OPEN) & (table.created_us < old_us)
    unheard = is_old & ~or_(table.session_s > 0, table.input_octets > 0, table.output_octets > 0)
    query = (
        select(
            table.device_id,
            func.count(),
            func.count().filter(is_old),
            func.count().filter(unheard),
        )
        .where(_LIVE)
        .group_by(table.device_id)
    )
    return {row[0]: Crowd(*row[1:]) for row in await connection.execute(query)}

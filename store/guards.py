"""What a commit only looks at: rows that a decision depends on and does not write.

A guard is a step like any other, but it meets a row by finding it as it was when the batch was
decided. It comes under the locks of its accounts and before anything is written, so that what it
has seen stays so until the commit.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, literal_column, select

from aaa.ports import LIVE_MODULUS
from store import live_sessions, schema
from store.columns import INT64
from store.statements import Parameters, Query, types_of

_S = schema.sessions.c
_MODULUS: Any = literal_column(str(LIVE_MODULUS), INT64)
_NOTHING: Any = literal_column("0")


def _same_live(p: Parameters) -> Any:
    """One row if the account's live sessions are those that were decided upon, else none."""
    sign = func.coalesce(func.sum(_S.version + _S.session_id % _MODULUS), _NOTHING)
    return (
        select(func.count())
        .select_from(schema.sessions)
        .where(live_sessions.of_account(p["account_id"]))
        .having(func.count() == p["live_n"], sign == p["sign"])
    )


def _same_named(p: Parameters) -> Any:
    """One row if from a session on so many had this name at this device, else none."""
    return (
        select(func.count())
        .select_from(schema.sessions)
        .where(
            _S.device_id == p["device_id"],
            _S.acct_session_id == p["acct_session_id"],
            _S.session_id >= p["session_id"],
        )
        .having(func.count() == p["named_n"])
    )


SAME_NAMED = Query(
    {**types_of(_S.device_id, _S.acct_session_id, _S.session_id), "named_n": INT64}, _same_named
)
SAME_LIVE = Query({**types_of(_S.account_id), "live_n": INT64, "sign": INT64}, _same_live)

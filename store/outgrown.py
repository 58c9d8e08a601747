"""What a login has outgrown: decisions about it of which it keeps only the newest.

A decision that let a session begin goes with its session. All others are bounded here, in the
transaction that adds to them: whoever guesses passwords or names fills no disk. What is deleted
was never more than a few rows, at the end of an index.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, literal_column, select

from store import schema
from store.columns import INT64
from store.statements import Parameters, Update, types_of


def _outgrown(p: Parameters) -> Any:
    """Of what was decided about a login and began no session only the newest stay."""
    table, newest = schema.decisions, schema.decisions.alias("newest").c
    first_gone = (
        select(newest.n)
        .where(newest.login == p["login"], newest.session_id != newest.n)
        .order_by(newest.n.desc())
        .limit(literal_column("1"))
        .offset(p["kept_n"])
        .scalar_subquery()
    )
    own = (table.c.login == p["login"], table.c.session_id != table.c.n)
    return delete(table).where(*own, table.c.n <= first_gone)


OUTGROWN = Update({**types_of(schema.decisions.c.login), "kept_n": INT64}, _outgrown)

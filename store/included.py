"""How what an account has used of its allowances moves: relatively, and only to where it should.

Included usage of simple plans is an allowance, what a plan with `pricing` brings or counts is a
pot. Both are rows that several sessions of one account take from, perhaps at several servers: a
row that somebody else has moved meanwhile is not met, and its batch is decided again.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import update

from store import rows, schema
from store.columns import INT64
from store.statements import Parameters, Update, types_of

POT_KEY = ("account_id", "pot", "period_start_us")


def _use(p: Parameters) -> Any:
    """Included usage, relative, and only if it comes to what was expected."""
    table = schema.allowances.c
    return (
        update(schema.allowances)
        .values(used_octets=table.used_octets + p["add_octets"], used_s=table.used_s + p["add_s"])
        .where(
            table.used_octets + p["add_octets"] == p["used_octets"],
            table.used_s + p["add_s"] == p["used_s"],
        )
    )


def _pour(p: Parameters) -> Any:
    """Of a pot, relative, and only if it is the one decided upon and comes to what was expected."""
    table = schema.pots.c
    used, lost = table.used + p["add_used"], table.lost + p["add_lost"]
    return (
        update(schema.pots)
        .values(used=used, lost=lost)
        .where(
            table.granted == p["granted"],
            used == p["used"],
            lost == p["lost"],
        )
    )


USE = Update(
    {**types_of(*rows.ALLOWANCES.columns), "add_octets": INT64, "add_s": INT64},
    _use,
    key=("account_id", "period_start_us"),
)
POUR = Update(
    {
        **types_of(*(schema.pots.c[name] for name in POT_KEY)),
        **types_of(*(schema.pots.c[name] for name in ("granted", "used", "lost"))),
        "add_used": INT64,
        "add_lost": INT64,
    },
    _pour,
    key=POT_KEY,
)

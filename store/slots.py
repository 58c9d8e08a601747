"""Rows that take turns in a ring: a decision about a login has a number, and by it a slot.

A login keeps its last few decisions, and the unknown share one ring, so that a row is written over
what its slot had before. Two servers may give one number to two decisions. What neither may do is
to write over the other's as if it had been made long ago.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import literal_column, or_

from store import schema


def into_its_slot(adding: Any) -> Any:
    """A decision takes its slot from an older one only; else no row is met (ATH-07).

    In the ring of the unknown one more or less tells nothing, and whoever guesses must not make two
    servers decide again and again.
    """
    table, given = schema.decisions.c, adding.excluded
    key = [one.name for one in schema.decisions.primary_key]
    return adding.on_conflict_do_update(
        index_elements=key,
        set_={name: given[name] for name in table.keys() if name not in key},
        where=or_(table.n < given.n, table.login == literal_column("''")),
    )

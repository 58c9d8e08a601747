"""Several writes as one statement of PostgreSQL's, so that a batch costs few round trips.

What each table gets is a part of it, in a fixed order, accounts first, and each part meets its rows
in the order of their keys (L11). All parts look at the same snapshot, so no two of them may write
the same row. Charges are three parts: rows that are there are added to, and closed if their part of
the session closes; those that are not there are added by a part that does nothing while all are;
and what closes the other rows leaves the first ones alone. Parts that only look see what was there
before. Nothing here does I/O.

Nobody has to look whether all parts have met the rows that they had to: the statement fails where
one has not, before what follows is tried. So it can be a transaction by itself, in one round trip.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final, NamedTuple

from store._arrays import columns_of
from store._packed import Rows as PackedRows
from store.reading import QUERIES
from store.rows import CHARGES
from store.statements import postgresql_sql
from store.writes import ADDED, CHARGE_KEY, WRITES
from store.writing import CLOSE, LIVE, NAMED, Step

# What interims write, and what may come with it: a statement has the first and any of the others,
# whole, so that there are few of them to be planned.
PLAIN: Final = frozenset(("move", "journal", "advance", "charges"))
_MORE: Final = (
    frozenset((LIVE, NAMED, "sessions_new", "totals_new", "decisions")),
    frozenset(("change", "entries", "postings", CLOSE)),
    frozenset(("orders_new", "settle")),
)
TOGETHER: Final = PLAIN.union(*_MORE)
# Who was there first shows before what would be broken by it.
_ORDER: Final = (
    *(LIVE, NAMED, "move", "journal", "advance", "charges", CLOSE, "change", "sessions_new"),
    *("totals_new", "entries", "postings", "orders_new", "settle", "decisions"),
)

_FEED: Final = postgresql_sql(QUERIES["feed_seq"])
_ALL_CHARGES: Final = f"${CHARGES.names.index(ADDED[0]) + 1}"  # as many as there are rows


class Together(NamedTuple):
    """One statement for writes of these names, in order, and how many parameters each takes.

    One more parameter is an array: the newest change, and how many rows each but CLOSE must meet.
    If that does not come true, a word is cast to a number, the only way for SQL to fail.
    """

    names: tuple[str, ...]
    taken: tuple[int, ...]
    sql: str


def together(writes: Iterable[str]) -> Together:
    """The statement for these writes, and for some more that are given no rows."""
    found = frozenset(writes)
    assert found <= TOGETHER, found
    return _joined(PLAIN.union(*(names for names in _MORE if found & names)))


class Packed(NamedTuple):
    """A statement and its parameters."""

    sql: str
    given: list[Any]


def hot_steps(steps: Iterable[Step]) -> dict[str, Step]:
    """Those of the steps that are one statement, by the names of their writes."""
    return {step.write: step for step in steps if step.write in TOGETHER}


def packed_steps(feed_seq: int | None, steps: Mapping[str, Step]) -> Packed:
    """The statement for these steps, each by the name of its write, with what it takes.

    Raises OverflowError, ValueError for rows that the driver could not be given.
    """
    statement = together(steps)
    names = [name for name in statement.names if name != CLOSE]
    met = [len(steps[name].rows) if name in steps else 0 for name in names]
    return Packed(statement.sql, [*arrays(statement, steps), [feed_seq, *met]])


def arrays(statement: Together, steps: Mapping[str, Step]) -> list[Any]:
    """Rows as the parameters of a statement; what is not written has none."""
    given: list[Any] = []
    for name, taken_n in zip(statement.names, statement.taken, strict=True):
        step = steps.get(name)
        given += [()] * taken_n if step is None else columns(step.rows)
    return given


def columns(rows: PackedRows | list[tuple[Any, ...]]) -> Iterable[Any]:
    """What a statement takes of these rows: its columns, some of them in octets already."""
    return columns_of(rows) if isinstance(rows, PackedRows) else zip(*rows, strict=True)


@cache
def _joined(writes: frozenset[str]) -> Together:
    """PostgreSQL works out a CASE in its order, and each part when its answer is needed."""
    names = tuple(name for name in _ORDER if name in writes)
    parts: list[str] = []
    taken: list[int] = []
    answers = {"changes": f"({_FEED})"}
    for name in names:
        before_n = sum(taken)
        taken.append(max(map(int, re.findall(r"\$(\d+)", _SQL[name]))))
        for part, sql in _PARTS.get(name, {name: _SQL[name]}).items():
            told = _CHARGE_KEY if part == "added" and CLOSE in names else "1"
            returning = "" if name in (LIVE, NAMED) else f" RETURNING {told}"
            parts.append(f"{part} AS ({_behind(before_n, sql)}{returning})")
        counts = [f"(SELECT count(*) FROM {part})" for part in _PARTS.get(name, (name,))]
        if name != CLOSE:  # as nobody asks for its answer, it is worked out last
            answers[name] = " + ".join(counts)
    expected = f"(${sum(taken) + 1}::BIGINT[])"
    unmet = " ".join(
        f"WHEN {answer} <> {expected}[{n}] THEN '{name} not as expected'"
        for n, (name, answer) in enumerate(answers.items(), 1)
    )
    sql = f"WITH {', '.join(parts)} SELECT CAST(CASE {unmet} ELSE '1' END AS INTEGER)"
    return Together(names, tuple(taken), sql)


def _behind(before_n: int, sql: str) -> str:
    """A statement whose parameters come behind so many others."""
    return re.sub(r"\$(\d+)", lambda found: f"${int(found[1]) + before_n}", sql)


def _added() -> str:
    """Add to charge rows that are there, given all columns of a row that is not."""
    place = [f"${CHARGES.names.index(name) + 1}" for name in ADDED]
    adding = postgresql_sql(WRITES["charge"])
    return re.sub(r"\$(\d+)", lambda found: place[int(found[1]) - 1], adding)


def _missing() -> str:
    """Add the rows that were not there, if there are such; the others do nothing."""
    adding = postgresql_sql(WRITES["charges_new"])
    rows, conflict, nothing = adding.partition(" ON CONFLICT")
    assert conflict and " WHERE " not in rows, adding
    some = f"(SELECT count(*) FROM added) < cardinality({_ALL_CHARGES}::BIGINT[])"
    return f"{rows} WHERE {some}{conflict}{nothing}"


def _others() -> str:
    """Close the rows of a part that the batch adds nothing to."""
    row = ", ".join(f"added.{name}" for name in CHARGE_KEY)
    return f"{postgresql_sql(WRITES[CLOSE])} AND ({_CHARGE_KEY}) NOT IN (SELECT {row} FROM added)"


_CHARGE_KEY: Final = ", ".join(f"charges.{name}" for name in CHARGE_KEY)
_SQL: Final = {name: postgresql_sql(WRITES[name]) for name in TOGETHER}
_PARTS: Final = {"charges": {"added": _added(), "missing": _missing()}, CLOSE: {CLOSE: _others()}}

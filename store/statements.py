"""From one Core expression to the SQL of both databases, for one row or for arrays of rows.

The hot road sends many rows with one statement. SQLite is told the statement once and handed rows
or keys one by one (a loop inside one hop); PostgreSQL is handed one array for each parameter and
unnests them. A `Recipe` writes its statement once against `p.name` and does not know which of the
two it is. Nothing here executes anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnClause,
    Select,
    Table,
    bindparam,
    column,
    func,
    select,
    table,
    true,
    tuple_,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import asyncpg as asyncpg_dialect
from sqlalchemy.sql.expression import ClauseElement, ColumnElement, FromClause
from sqlalchemy.types import TypeEngine

Parameters = Mapping[str, ColumnElement[Any]]
Types = Mapping[str, TypeEngine[Any]]

GIVEN_COLUMNS_N = 64

_BOUND = re.compile(r"(?<!:):(p_\w+)")
_SQLITE = sqlite.dialect(paramstyle="named")
_POSTGRESQL = asyncpg_dialect.dialect(paramstyle="named")  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class Query:
    """What to read for one key. `read(p)` is a SELECT that mentions the key as `p["name"]`."""

    key: Types
    read: Callable[[Parameters], Select[Any]]


@dataclass(frozen=True, slots=True)
class Insert:
    """Rows to add; `merge` turns the insert into an upsert, given `excluded`."""

    table: Table
    names: tuple[str, ...]
    merge: Callable[[Any], Any] | None = None
    only: Callable[[Parameters], Any] | None = None  # rows of which this holds; others are left out


@dataclass(frozen=True, slots=True)
class Update:
    """Rows to change: `change(p)` gives an UPDATE that mentions the row as `p["name"]`.

    `key` are those that say which row it is: columns that an index begins with, in its order. They
    are asked for here and not by `change`.
    """

    row: Types
    change: Callable[[Parameters], Any]
    key: tuple[str, ...] = ()


Recipe = Query | Insert | Update


def types_of(*columns: Column[Any]) -> dict[str, TypeEngine[Any]]:
    """Parameters that are columns of a table, under their names."""
    return {one.name: one.type for one in columns}


def sqlite_sql(recipe: Recipe) -> str:
    """The statement for one row, parameters `?1`, `?2` ... in the order of the recipe."""
    names = _names(recipe)
    if isinstance(recipe, Query):
        statement: ClauseElement = recipe.read({name: bindparam(f"p_{name}") for name in names})
    elif isinstance(recipe, Insert):
        given: Parameters = {name: bindparam(f"p_{name}") for name in names}
        adding = sqlite.insert(recipe.table)
        if recipe.only is None:
            adding = adding.values(given)
        else:
            chosen = select(*given.values()).where(recipe.only(given))
            adding = adding.from_select(list(names), chosen)
        statement = recipe.merge(adding) if recipe.merge else adding
    else:
        given = {name: bindparam(f"p_{name}") for name in names}
        changed = recipe.change(given)
        statement = changed.where(*(changed.table.c[name] == given[name] for name in recipe.key))
    return _numbered(str(statement.compile(dialect=_SQLITE)), names, "?")


def sqlite_set_sql(recipe: Insert) -> str:
    """The statement for all rows at once, which finds them in the table `given` (`_given.h`).

    A row that violates a constraint undoes the transaction, which whoever carries it out would do
    anyway: SQLite need not keep what each page was before the statement.
    """
    columns: list[ColumnClause[Any]] = [column(f"c{n}") for n, _ in enumerate(recipe.names, 1)]
    assert len(columns) <= GIVEN_COLUMNS_N, "more than the table has"
    given = table("given", *columns)
    rows: Parameters = dict(zip(recipe.names, given.c, strict=True))
    chosen = true() if recipe.only is None else recipe.only(rows)  # an upsert asks for a condition
    adding = sqlite.insert(recipe.table).prefix_with("OR ROLLBACK")
    adding = adding.from_select(list(recipe.names), select(given).where(chosen))
    statement = recipe.merge(adding) if recipe.merge else adding
    return str(statement.compile(dialect=_SQLITE))


def postgresql_sql(recipe: Recipe) -> str:
    """The statement for arrays of rows, parameters `$1`, `$2` ... in the order of the recipe."""
    names = _names(recipe)
    if isinstance(recipe, Query):
        if names:
            rows = _unnested(recipe.key)
            found = recipe.read(_parameters(rows)).lateral("found")
            statement: ClauseElement = select(found).select_from(rows.join(found, true()))
        else:
            statement = recipe.read({})
    elif isinstance(recipe, Insert):
        rows = _unnested(types_of(*(recipe.table.c[name] for name in names)))
        chosen = select(rows)
        if recipe.only is not None:
            chosen = chosen.where(recipe.only(_parameters(rows)))
        adding = postgresql.insert(recipe.table).from_select(list(names), chosen)
        statement = recipe.merge(adding) if recipe.merge else adding
    else:
        given = _parameters(_unnested(recipe.row)) if names else {}
        changed = recipe.change(given)
        if recipe.key:
            changed = changed.where(*_found(changed.table, given, recipe.key))
        statement = changed
    return numbered_postgresql(statement, names)


def _found(table: Any, given: Parameters, key: tuple[str, ...]) -> list[ColumnElement[Any]]:
    """That the key is the given one, said so that a row can be found by its key and not otherwise.

    Whether rows are looked up one by one, in the order of the arrays, is the planner's choice. If
    it thinks the table nearly empty, as it was when it was looked at last, it goes over the whole
    table in the order of an index, and over the arrays for each row of it, for as long as it keeps
    the plan. It does so only for the sake of what is equal, so no less and no more is said.
    """
    columns: Any = [table.c[name] for name in key]
    values: Any = [given[name] for name in key]
    if len(key) > 1:
        columns, values = [tuple_(*columns)], [tuple_(*values)]
    return [columns[0] >= values[0], columns[0] <= values[0]]


def numbered_postgresql(statement: ClauseElement, names: tuple[str, ...]) -> str:
    """A statement of PostgreSQL's whose parameters are bound as `p_NAME`, in that order."""
    return _numbered(str(statement.compile(dialect=_POSTGRESQL)), names, "$")


def _names(recipe: Recipe) -> tuple[str, ...]:
    if isinstance(recipe, Insert):
        return recipe.names
    return tuple(recipe.key if isinstance(recipe, Query) else recipe.row)


def _unnested(types: Types) -> FromClause:
    """Arrays side by side as a table `given`."""
    arrays = [bindparam(f"p_{name}", type_=ARRAY(kind)) for name, kind in types.items()]
    columns = [column(name, kind) for name, kind in types.items()]
    return func.unnest(*arrays).table_valued(*columns).render_derived(name="given")


def _parameters(rows: FromClause) -> dict[str, ColumnElement[Any]]:
    return dict(rows.c.items())


def _numbered(sql: str, names: tuple[str, ...], sign: str) -> str:
    """Named parameters as numbered ones, so that a row is bound as the plain tuple that it is."""
    place = {f"p_{name}": f"{sign}{at}" for at, name in enumerate(names, 1)}
    numbered = _BOUND.sub(lambda found: place[found[1]], sql)
    assert not re.search(r"(?<!:):\w", numbered), f"a value that is no parameter: {numbered}"
    return numbered

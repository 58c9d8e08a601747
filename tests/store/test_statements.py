"""One statement, two databases: the parameters are the recipe's, in its order."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from store import schema
from store.columns import INT64
from store.reading import QUERIES
from store.statements import (
    Insert,
    Query,
    Recipe,
    Update,
    postgresql_sql,
    sqlite_set_sql,
    sqlite_sql,
    types_of,
)
from store.writes import WRITES

ACCOUNTS = schema.accounts.c
ALL: dict[str, Recipe] = {**QUERIES, **WRITES}


def test_a_query_asks_for_one_key_or_for_arrays_of_keys() -> None:
    query = Query(
        types_of(ACCOUNTS.account_id),
        lambda p: select(ACCOUNTS.currency).where(ACCOUNTS.account_id == p["account_id"]),
    )
    one, many = (" ".join(sql.split()) for sql in (sqlite_sql(query), postgresql_sql(query)))
    assert one == "SELECT accounts.currency FROM accounts WHERE accounts.account_id = ?1"
    assert "FROM unnest($1::BIGINT[]) AS given(account_id) JOIN LATERAL" in many
    assert many.endswith("WHERE accounts.account_id = given.account_id) AS found ON true")


def test_a_parameter_may_be_used_twice() -> None:
    change = Update(
        {"account_id": INT64, "n": INT64},
        lambda p: (
            update(schema.accounts)
            .values(entries_n=ACCOUNTS.entries_n + p["n"])
            .where(ACCOUNTS.account_id == p["account_id"], ACCOUNTS.entries_n < p["n"])
        ),
    )
    assert sqlite_sql(change).count("?2") == 2
    assert "FROM unnest($1::BIGINT[], $2::BIGINT[]) AS given(account_id, n)" in postgresql_sql(
        change
    )


def test_rows_to_change_are_found_by_their_key_and_not_by_what_is_equal() -> None:
    """Of columns that are equal PostgreSQL's planner may begin with either side."""
    recipe = Update(
        types_of(*(schema.orders.c[name] for name in ("account_id", "order_id", "state"))),
        lambda p: update(schema.orders).values(state=p["state"]),
        key=("account_id", "order_id"),
    )
    one, many = (" ".join(sql.split()) for sql in (sqlite_sql(recipe), postgresql_sql(recipe)))
    assert one.endswith("WHERE orders.account_id = ?1 AND orders.order_id = ?2")
    column, value = (
        ", ".join(f"{whose}.{name}" for name in recipe.key) for whose in ("orders", "given")
    )
    assert many.endswith(f"WHERE ({column}) >= ({value}) AND ({column}) <= ({value})")
    alone = postgresql_sql(replace(recipe, key=("order_id",)))
    assert alone.endswith("orders.order_id >= given.order_id AND orders.order_id <= given.order_id")


def test_an_insert_names_its_columns() -> None:
    add = Insert(schema.knocks, ("address", "count_n"))
    assert sqlite_sql(add) == "INSERT INTO knocks (address, count_n) VALUES (?1, ?2)"
    assert "unnest($1::TEXT[], $2::BIGINT[]) AS given(address, count_n)" in postgresql_sql(add)


def test_an_insert_by_set_takes_the_columns_of_the_table_given_in_its_order() -> None:
    add = Insert(schema.knocks, ("address", "count_n"))
    assert " ".join(sqlite_set_sql(add).split()) == (
        "INSERT OR ROLLBACK INTO knocks (address, count_n) "
        "SELECT given.c1, given.c2 FROM given WHERE 1 = 1"
    )


@pytest.mark.parametrize("name", [name for name, one in WRITES.items() if isinstance(one, Insert)])
def test_every_insert_by_set_names_what_its_rows_have_and_adds_as_the_other_does(name: str) -> None:
    recipe = WRITES[name]
    assert isinstance(recipe, Insert)
    one, many = (" ".join(write(recipe).split()) for write in (sqlite_sql, sqlite_set_sql))
    assert set(re.findall(r"given\.c(\d+)", many)) == {
        str(n) for n, _ in enumerate(recipe.names, 1)
    }
    assert one.partition(" ON CONFLICT")[1:] == many.partition(" ON CONFLICT")[1:]


def test_a_value_hidden_in_a_statement_is_refused() -> None:
    query = Query({}, lambda p: select(ACCOUNTS.currency).where(ACCOUNTS.account_id == 7))
    with pytest.raises(AssertionError, match="no parameter"):
        sqlite_sql(query)


@pytest.mark.parametrize("name", ALL)
def test_every_statement_of_the_hot_road_has_its_parameters_and_no_others(name: str) -> None:
    recipe = ALL[name]
    if isinstance(recipe, Insert):
        given_n = len(recipe.names)
    else:
        given_n = len(recipe.key if isinstance(recipe, Query) else recipe.row)
    expected = {str(n) for n in range(1, given_n + 1)}
    assert set(re.findall(r"\?(\d+)", sqlite_sql(recipe))) == expected
    assert set(re.findall(r"\$(\d+)", postgresql_sql(recipe))) == expected

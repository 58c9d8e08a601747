"""Columns hold what they are meant to hold, on both databases."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy.dialects import postgresql, sqlite

from store import schema  # noqa: F401  (fills the MetaData)
from store.columns import METADATA, Flag, IdList, ids_of_text, ids_text

STRICT_TYPES = {"INTEGER", "TEXT", "BLOB"}


@given(some.lists(some.integers(min_value=1, max_value=2**63 - 1)))
def test_a_list_of_ids_comes_back_from_its_text(ids: list[int]) -> None:
    assert ids_of_text(ids_text(tuple(ids))) == tuple(ids)


def test_every_table_is_strict_and_every_type_allowed_in_a_strict_table() -> None:
    dialect = sqlite.dialect()
    for table in METADATA.tables.values():
        assert table.dialect_options["sqlite"]["strict"], table.name
        for column in table.columns:
            assert column.type.compile(dialect=dialect) in STRICT_TYPES, column


def test_money_octets_and_instants_are_64_bits_wide() -> None:
    dialect, seen_n = postgresql.dialect(), 0
    for table in METADATA.tables.values():
        for column in table.columns:
            measure = column.name.endswith(("_micros", "_us", "_octets", "_id", "_s", "_n"))
            if measure and column.type.python_type is int:
                assert column.type.compile(dialect=dialect) == "BIGINT", column
                seen_n += 1
    assert seen_n > 80


def test_a_flag_is_a_bool_in_python_whatever_the_database_stores() -> None:
    for dialect in (sqlite.dialect(), postgresql.dialect()):
        assert Flag().process_result_value(1, dialect) is True
        assert Flag().process_result_value(False, dialect) is False
        assert Flag().process_result_value(None, dialect) is None
        assert Flag().process_bind_param(True, dialect) == 1
        assert IdList().process_result_value("3,4", dialect) == (3, 4)

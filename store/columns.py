"""Column types and the one MetaData: what a column may be on both databases.

SQLite tables are STRICT, so a sum that overflows is refused instead of becoming a float; STRICT
knows only INTEGER, TEXT and BLOB, which is why every type here has a spelling for each database.
Nothing here knows a table.
"""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.types import TypeDecorator, TypeEngine

from domain.plan import Reply

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# No single amount may come near the end of 63 bits, so that a sum of two never wraps (1.1).
AMOUNT_MAX_MICROS = 4_000_000_000_000_000_000

INT64 = BigInteger().with_variant(Integer(), "sqlite")
SMALL = SmallInteger().with_variant(Integer(), "sqlite")


class Flag(TypeDecorator[bool]):
    """A boolean: BOOLEAN on PostgreSQL, INTEGER 0 or 1 on SQLite; always a bool in Python."""

    impl = Boolean
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The column type of `dialect`."""
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else Boolean())

    def process_bind_param(self, value: bool | None, dialect: Dialect) -> Any:
        """True and False as the driver wants them."""
        return value if value is None or dialect.name != "sqlite" else int(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> bool | None:
        """A bool again."""
        return None if value is None else bool(value)


class ReplyList(TypeDecorator[tuple[Reply, ...]]):
    """Reply attributes in one text column, as JSON; read with their row, never sought."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[Reply, ...] | None, dialect: Dialect) -> str | None:
        """The text of the replies."""
        return None if value is None else replies_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> tuple[Reply, ...] | None:
        """The replies of the text."""
        return None if value is None else replies_of_text(value)


_REPLIES = msgspec.json.Decoder(tuple[Reply, ...])


def replies_text(replies: tuple[Reply, ...]) -> str:
    """Replies as they stand in a ReplyList column; nothing is the empty text."""
    return msgspec.json.encode(replies).decode() if replies else ""


def replies_of_text(text: str) -> tuple[Reply, ...]:
    """The replies of a ReplyList column."""
    return _REPLIES.decode(text) if text else ()


class IdList(TypeDecorator[tuple[int, ...]]):
    """A few ids in one text column, as `3,14,15`; they are read with their row, never sought."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[int, ...] | None, dialect: Dialect) -> str | None:
        """The text of the ids."""
        return None if value is None else ids_text(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> tuple[int, ...] | None:
        """The ids of the text."""
        return None if value is None else ids_of_text(value)


def ids_text(ids: tuple[int, ...]) -> str:
    """Ids as they stand in an IdList column."""
    return ",".join(map(str, ids))


def ids_of_text(text: str) -> tuple[int, ...]:
    """The ids of an IdList column."""
    return tuple(map(int, text.split(","))) if text else ()


def big(name: str, *, null: bool = False, primary: bool = False) -> Column[int]:
    """A 64-bit integer: ids, octets, seconds, micros, microseconds."""
    return Column(name, INT64, nullable=null, primary_key=primary, autoincrement=False)


def small(name: str) -> Column[int]:
    """A small number: a state, a step, a port, a count that cannot grow."""
    return Column(name, SMALL, nullable=False)


def words(name: str, *, null: bool = False, primary: bool = False) -> Column[str]:
    """Text, safe to print (S30)."""
    return Column(name, Text(), nullable=null, primary_key=primary)


def key_words(name: str, *, primary: bool = False) -> Column[str]:
    """Text ordered by its octets on both databases, so that its index answers prefixes too."""
    return Column(
        name,
        Text().with_variant(Text(collation="C"), "postgresql"),
        nullable=False,
        primary_key=primary,
    )


def octets(name: str, *, null: bool = False) -> Column[bytes]:
    """Raw octets: a sealed secret, encoded attributes, a journal row."""
    return Column(name, LargeBinary(), nullable=null)


def flag(name: str) -> Column[bool]:
    """Yes or no."""
    return Column(name, Flag(), nullable=False)


def one_of(column: str, values: type[Any]) -> CheckConstraint:
    """The column holds a member of this enumeration of words."""
    listed = ", ".join(f"'{member.value}'" for member in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def flags(*names: str) -> list[CheckConstraint]:
    """On SQLite, where a flag is a number, it is 0 or 1; trivially true elsewhere."""
    return [
        CheckConstraint(f"{name} IN (0, 1)", name=name).ddl_if(dialect="sqlite") for name in names
    ]


class SessionKey(PrimaryKeyConstraint):
    """Account and session; on SQLite the session alone, which makes it the number of the row.

    New rows are then the last of their table, whosever they are, and a row is found by a number.
    """

    inherit_cache = True


@compiles(SessionKey, "sqlite")
def _row_number(key: SessionKey, _compiler: Any, **_kw: Any) -> str:
    return f"CONSTRAINT pk_{key.table.name} PRIMARY KEY (session_id)"

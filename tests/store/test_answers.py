"""Answers that C reads from SQLite are what the driver reads, as rows and as records."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from domain.account import Account, Allowance, CredentialKind, MacMode, Status, Subscriber
from domain.plan import Reply
from domain.session import DeviceMark, HoldState, Session, SessionState, Walled
from store import rows
from store._answers import Reader
from store._packed import Writer
from store.rows import RECORDS
from tests.store.house import account, session, subscriber
from tests.store.test_packed import NEWEST, STATEMENTS, TABLES, compare_places

NUMBER = some.integers(-(2**63), 2**63 - 1)
INSTANT = some.integers(-(2**63) + 1, 2**63 - 1)  # the smallest stands for None in a record
WORD = some.text(some.characters(exclude_categories=["Cs"]), max_size=12)
VALUE = some.none() | NUMBER | WORD | some.binary(max_size=12)
QUESTIONS = {
    "one": "SELECT id, number, word, raw FROM things WHERE id = ?1",
    "from": "SELECT id, word FROM things WHERE id >= ?1 AND number < ?2 ORDER BY id",
    "echo": "SELECT ?1, ?2",
    "half": "SELECT 0.5",
    "torn": "SELECT CAST(x'ff' AS TEXT)",
    "many": "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < ?1) "
    "SELECT i, 'a text of row ' || i FROM n",
    "late": "SELECT abs(CASE id WHEN 2 THEN -9223372036854775808 ELSE id END) FROM things",
}


class Asked:
    """A connection with a reader on it."""

    def __init__(self, script: str, questions: dict[str, str]) -> None:
        self.connection: sqlite3.Connection = sqlite3.connect(":memory:", isolation_level=None)
        self.connection.executescript(TABLES + script)
        self.writer = Writer(self.connection, STATEMENTS, NEWEST)
        self.reader = Reader(self.writer, questions)

    def close(self) -> None:
        """In the order in which it has to be."""
        self.reader.close()
        self.writer.close()
        self.connection.close()


@pytest.fixture
def asked() -> Iterator[Asked]:
    """A database with two things in it."""
    made = Asked("", QUESTIONS)
    yield made
    made.close()


@settings(max_examples=30)
@given(some.lists(some.tuples(VALUE, VALUE), max_size=5))
def test_every_value_comes_back_as_the_driver_gives_it(keys: list[tuple[Any, Any]]) -> None:
    asked = Asked("", {"echo": QUESTIONS["echo"]})
    by_the_driver = [asked.connection.execute(QUESTIONS["echo"], key).fetchone() for key in keys]
    assert asked.reader.read("echo", keys) == by_the_driver == keys
    asked.close()


def test_all_keys_are_answered_in_their_order(asked: Asked) -> None:
    two, one = (2, 2, "two", None), (1, 1, "one", b"\x01")
    assert asked.reader.read("one", [(2,), (7,), (1,), (2,)]) == [two, one, two]
    assert asked.reader.read("from", [(1, 9), (2, 9), (1, 2)]) == [
        *[(1, "one"), (2, "two")],
        (2, "two"),
        (1, "one"),
    ]
    assert asked.reader.read("one", []) == []


@pytest.mark.parametrize("rows_n", [8_191, 8_192, 8_193, 20_000])
def test_an_answer_may_take_many_pages(asked: Asked, rows_n: int) -> None:
    expected = [(n, f"a text of row {n}") for n in range(1, rows_n + 1)]
    assert asked.reader.read("many", [(rows_n,), (2,)]) == expected + expected[:2]


def test_what_the_driver_refuses_is_refused_and_the_next_question_is_answered(asked: Asked) -> None:
    for name, kind in (
        ("late", sqlite3.OperationalError),
        ("torn", sqlite3.OperationalError),
        ("half", sqlite3.IntegrityError),
    ):
        with pytest.raises(kind):
            asked.reader.read(name, [()])
        assert asked.reader.read("one", [(2,)]) == [(2, 2, "two", None)]
    with pytest.raises(OverflowError):
        asked.reader.read("one", [(2**63,)])
    with pytest.raises(UnicodeEncodeError):
        asked.reader.read("one", [("\ud800",)])
    asked.connection.execute("BEGIN EXCLUSIVE")  # nothing is left half read
    asked.connection.execute("COMMIT")


def test_a_question_without_sense_is_refused_at_once() -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such table: absent"):
        Asked("", {"bad": "SELECT 1 FROM absent"})


def test_a_closed_reader_answers_nothing(asked: Asked) -> None:
    asked.reader.close()
    asked.reader.close()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        asked.reader.read("one", [(1,)])
    asked.writer.close()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        Reader(asked.writer, QUESTIONS)


def test_an_answer_becomes_a_record_of_its_own_columns_only(asked: Asked) -> None:
    with pytest.raises(TypeError, match="DeviceMark"):
        asked.reader.read("one", [(1,)], DeviceMark)
    with pytest.raises(TypeError, match="does not answer"):
        asked.reader.read("one", [(1,)], Account)


SESSION_ODD = {
    "state": some.sampled_from(SessionState),
    "hold_state": some.sampled_from(HoldState),
    "walled": some.sampled_from(Walled),
    **{name: some.booleans() for name in ("start_seen", "synthetic", "fee_due", "adopted")},
    **{name: some.none() | INSTANT for name in ("nas_port", "stop_us", "candidate_event_us")},
    "look_us": some.none() | INSTANT,
    "told": some.binary(max_size=9),
    "uses": some.binary(max_size=9),
    "mac": some.none() | WORD,
}
SUBSCRIBER_ODD = {
    "status": some.sampled_from(Status),
    "credential_kind": some.sampled_from(CredentialKind),
    "credential": some.binary(max_size=9),
    "mac": some.none() | WORD,
    "mac_mode": some.sampled_from(MacMode),
    "device_ids": some.sampled_from([(), (3,), (3, 14, 15)]),
    **{name: some.none() | INSTANT for name in ("valid_until_us", "anchor_us", "paid_anchor_us")},
    "sample": some.booleans(),
    "replies": some.sampled_from([(), (Reply(("Filter-Id = x",), b"x"),)]),
    "auto_renew": some.sampled_from([None, True, False]),
    "periods_ahead_us": some.sampled_from([(), (7, 9)]),
    "plan_ids_ahead": some.sampled_from([(), (7, 9)]),
    **{
        name: some.none() | WORD
        for name in ("framed_ip_address", "framed_ipv6", "delegated_ipv6_prefix", "next_plan_name")
    },
}


def fields_of(example: Any, odd: dict[str, Any]) -> some.SearchStrategy[Any]:
    """Records like an example, with other values in every field."""
    values = {}
    for name in example.__dataclass_fields__:
        value = getattr(example, name)
        values[name] = odd[name] if name in odd else WORD if isinstance(value, str) else NUMBER
    return some.builds(type(example), **values)


RECORD = {
    Session: fields_of(session(1), SESSION_ODD),
    Subscriber: fields_of(subscriber(1), SUBSCRIBER_ODD),
    Account: fields_of(account(1), {}),
    Allowance: fields_of(Allowance(1, 2, 3, 4), {}),
}
TO_ROW = {
    Session: rows.SESSIONS.to_row,
    Subscriber: rows.SUBSCRIBERS.to_row,
    Account: rows.ACCOUNTS.to_row,
    Allowance: rows.ALLOWANCES.to_row,
}


@pytest.mark.parametrize("record", RECORD)
@settings(max_examples=20)
@given(given_=some.data())
def test_a_row_becomes_the_record_that_its_constructor_makes(
    record: type[Any], given_: some.DataObject
) -> None:
    records = given_.draw(some.lists(RECORD[record], min_size=1, max_size=2))
    width = len(record.__dataclass_fields__)
    sql = f"SELECT {', '.join(f'?{n}' for n in range(1, width + 1))}"
    asked = Asked("", {"echo": sql})
    keys = [
        tuple(int(v) if isinstance(v, int) else v for v in TO_ROW[record](one)) for one in records
    ]
    found = asked.reader.read("echo", keys, record)
    made = [RECORDS[record](asked.connection.execute(sql, key).fetchone()) for key in keys]
    assert found == made == records
    for one, other in zip(found, records, strict=True):
        for name in record.__dataclass_fields__:
            assert type(getattr(one, name)) is type(getattr(other, name)), name
    asked.close()


@pytest.mark.parametrize("record", RECORD)
def test_a_value_of_another_type_is_no_field(record: type[Any]) -> None:
    width = len(record.__dataclass_fields__)
    asked = Asked("", {"wrong": f"SELECT {', '.join(['x'] * width)} FROM (SELECT ?1 AS x)"})
    for value in (None, "five", b"five", *([] if record is Allowance else [5])):
        with pytest.raises((sqlite3.DataError, KeyError)):
            asked.reader.read("wrong", [(value,)], record)
    asked.close()


def test_what_few_rows_say_differently_is_one_object(asked: Asked) -> None:
    record = rows.SESSIONS.to_row(session(1, nas_identifier="router", told=b"told"))
    key = tuple(int(v) if isinstance(v, int) else v for v in record)
    sql = f"SELECT {', '.join(f'?{n}' for n in range(1, len(key) + 1))}"
    made = Asked("", {"echo": sql})
    one, other = made.reader.read("echo", [key, key], Session)
    assert one.nas_identifier is other.nas_identifier
    assert one.access is other.access
    made.close()


def test_the_places_of_sqlite_s_functions_are_those_of_the_names() -> None:
    compare_places("_answers_c.c")

"""Rows that C hands to SQLite fare as those of the driver's `executemany`, errors included."""

from __future__ import annotations

import ctypes
import random
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as some
from pysqlite3 import _sqlite3

from accounting.journal import VERSION, packed
from store._packed import Writer, pack, pack_journal
from store.journal import journal_digest
from store.writing import TUPLES

NEWEST = "SELECT coalesce(max(n), 0) FROM seq"
TABLES = """
    CREATE TABLE seq (n INTEGER PRIMARY KEY) STRICT;
    CREATE TABLE things (
        id INTEGER NOT NULL PRIMARY KEY, number INTEGER, word TEXT, raw BLOB,
        CHECK (number < 1000)
    ) STRICT;
    INSERT INTO things VALUES (1, 1, 'one', x'01'), (2, 2, 'two', NULL);
"""
STATEMENTS = {
    "add": "INSERT INTO things VALUES (?1, ?2, ?3, ?4)",
    "ignore": "INSERT INTO things VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
    "merge": (
        "INSERT INTO things VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE "
        "SET number = things.number + excluded.number WHERE things.word = excluded.word"
    ),
    "change": "UPDATE things SET number = ?2 WHERE id <= ?1",
    "drop": "DELETE FROM things WHERE id > ?1",
    "ask": "SELECT id FROM things WHERE id >= ?1",
}
BY_SET = {
    name: STATEMENTS[name]
    .replace("INSERT", "INSERT OR ROLLBACK")
    .replace("VALUES (?1, ?2, ?3, ?4)", "SELECT c1, c2, c3, c4 FROM given WHERE true")
    for name in ("add", "ignore", "merge")
}
VALUES = {
    "numbers": some.none() | some.integers(-(2**70), 2**70) | some.integers(-5, 1500),
    "words": some.none() | some.text(max_size=9) | some.just("one") | some.just("\ud800"),
    "raws": some.none() | some.binary(max_size=9),
}
ROWS = some.lists(
    some.tuples(some.integers(-2, 9) | VALUES["numbers"], *VALUES.values()), max_size=6
)

Outcome = tuple[Any, ...]
FAILURES = (sqlite3.Error, OverflowError, UnicodeEncodeError)


def opened(path: Path | str = ":memory:", **extra: Any) -> sqlite3.Connection:
    """A database with two tables."""
    connection: sqlite3.Connection = sqlite3.connect(path, isolation_level=None, **extra)
    connection.executescript(TABLES)
    return connection


def left(connection: sqlite3.Connection) -> list[tuple[Any, ...]]:
    """What is in the table."""
    return connection.execute("SELECT * FROM things ORDER BY id").fetchall()


def by_the_driver(connection: sqlite3.Connection, steps: list[tuple[str, Any]]) -> Outcome:
    """The reference: one `executemany` for each step, all or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        met = [connection.executemany(STATEMENTS[name], rows).rowcount for name, rows in steps]
        connection.execute("COMMIT")
    except FAILURES as error:
        connection.execute("ROLLBACK")
        return kind_of(error)
    return tuple(met)


def by_us(connection: sqlite3.Connection, steps: list[tuple[str, Any]], by_set: Any) -> Outcome:
    """The same as one batch; what `by_set` names takes all its rows at once."""
    words = {name: BY_SET[name] if name in by_set else STATEMENTS[name] for name in STATEMENTS}
    writer = Writer(connection, words, NEWEST, by_set=by_set)
    try:
        batch = writer.batch([(name, pack(rows), False) for name, rows in steps])
        writer.run(batch)
        return tuple(batch.met())
    except FAILURES as error:
        return kind_of(error)
    finally:
        writer.close()


def kind_of(error: Exception) -> Outcome:
    """What tells two errors apart."""
    code = getattr(error, "sqlite_errorcode", None)
    return type(error), code, str(error) if code is not None else None


@given(
    some.lists(some.tuples(some.sampled_from(["add", "ignore", "merge"]), ROWS), max_size=4),
    some.sets(some.sampled_from(sorted(BY_SET))),
)
def test_l9_a_batch_does_what_executemany_does_or_fails_as_it_does(
    steps: list[tuple[str, Any]], by_set: set[str]
) -> None:
    reference, ours = opened(), opened()
    expected, found = by_the_driver(reference, steps), by_us(ours, steps, by_set)
    if expected and isinstance(expected[0], type):
        # What cannot be packed fails before anything is begun, so another row may fail first.
        assert found and isinstance(found[0], type)
        unpackable = (OverflowError, UnicodeEncodeError)
        assert found == expected or found[0] in unpackable
    else:
        assert found == expected
    assert left(ours) == left(reference)
    assert not ours.in_transaction
    ours.close()
    reference.close()


@given(some.lists(some.integers(-9, 9), max_size=5), some.sampled_from(["change", "drop"]))
def test_rows_that_were_met_are_counted_as_the_driver_counts_them(
    keys: list[int], name: str
) -> None:
    rows: list[Any] = [(key, 7) if name == "change" else (key,) for key in keys]
    reference, ours = opened(), opened()
    assert by_us(ours, [(name, rows)], ()) == by_the_driver(reference, [(name, rows)])
    assert left(ours) == left(reference)


def test_a_statement_by_set_finds_the_rows_of_its_step_and_nothing_between_steps() -> None:
    connection = opened()
    words = {"copy": "INSERT INTO things (id, word) SELECT c1, c2 FROM given", "drop": "SELECT 1"}
    made = Writer(connection, words, NEWEST, by_set=["copy"])
    first, none, second = pack([(5, "a"), (6, "b")]), pack([]), pack([(7, "c")])
    batch = made.batch([("copy", rows, True) for rows in (first, none, second)])
    assert made.run(batch)[1] == -1 and batch.met() == [2, 0, 1]
    assert [row[0::2] for row in left(connection)[2:]] == [(5, "a"), (6, "b"), (7, "c")]
    assert connection.execute("SELECT count(*) FROM given").fetchone() == (0,)
    made.close()
    connection.close()


def test_a_step_by_set_that_misses_a_row_undoes_the_batch() -> None:
    connection = opened()
    before = left(connection)
    made = Writer(connection, BY_SET, NEWEST, by_set=BY_SET)
    row = (1, 1, "one", b"1")
    batch = made.batch([("add", pack([(5, 5, "five", None)]), True), ("ignore", pack([row]), True)])
    assert made.run(batch)[1] == 1 and batch.met() == [1, 0]
    assert left(connection) == before and not connection.in_transaction
    made.close()
    connection.close()


def test_a_question_meets_the_rows_that_it_answers() -> None:
    assert by_us(opened(), [("ask", [(1,), (2,), (3,)])], ()) == (3,)


@pytest.fixture
def writer() -> Iterator[tuple[sqlite3.Connection, Writer]]:
    """A connection and a writer on it."""
    connection = opened()
    made = Writer(connection, STATEMENTS, NEWEST)
    yield connection, made
    made.close()
    connection.close()


def test_a_step_that_misses_a_row_it_must_meet_undoes_the_batch(
    writer: tuple[sqlite3.Connection, Writer],
) -> None:
    connection, made = writer
    before = left(connection)
    steps = [
        ("add", pack([(5, 5, "five", None)]), True),
        ("change", pack([(1, 9), (0, 9)]), True),
        ("drop", pack([(0,)]), True),
    ]
    batch = made.batch(steps)
    assert made.run(batch) == (0, 1, 0)
    assert batch.met() == [1, 1, 0]
    assert left(connection) == before and not connection.in_transaction
    assert made.run(made.batch([(name, rows, False) for name, rows, _ in steps]))[1] == -1
    assert left(connection) == []


def test_a_batch_counts_only_at_the_change_it_was_decided_at(
    writer: tuple[sqlite3.Connection, Writer],
) -> None:
    connection, made = writer
    connection.execute("INSERT INTO seq VALUES (4)")
    steps = [("drop", pack([(0,)]), False)]
    before = left(connection)
    assert made.run(made.batch(steps, 3))[0] == 4
    assert left(connection) == before and not connection.in_transaction
    assert made.run(made.batch(steps, 4))[0] == 4
    assert left(connection) == []


def test_a_transaction_that_was_begun_is_ended(
    writer: tuple[sqlite3.Connection, Writer],
) -> None:
    connection, made = writer
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT INTO things VALUES (9, 9, 'nine', NULL)")
    made.run(made.batch([("change", pack([(0, 1)]), False)]), True)
    assert len(left(connection)) == 3 and not connection.in_transaction
    connection.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.IntegrityError):
        made.run(made.batch([("add", pack([(9, 9, "nine", None)]), False)]), True)
    assert not connection.in_transaction


def test_a_batch_can_be_carried_out_again_after_it_met_a_lock(tmp_path: Path) -> None:
    path = tmp_path / "locked.db"
    opened(path).close()
    other = sqlite3.connect(path, isolation_level=None)
    connection = sqlite3.connect(path, isolation_level=None, timeout=0)
    made = Writer(connection, STATEMENTS, NEWEST)
    batch = made.batch([("add", pack([(7, 7, "seven", b"7")]), True)])
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError, match="locked") as caught:
        made.run(batch)
    assert caught.value.sqlite_errorcode == sqlite3.SQLITE_BUSY
    other.execute("COMMIT")
    made.run(batch)
    assert batch.met() == [1]
    made.close()
    connection.close()
    assert len(left(other)) == 3


def wal_of(path: Path) -> sqlite3.Connection:
    """A database in WAL mode whose page cache holds next to nothing."""
    connection = opened(path)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "wal_autocheckpoint=0", "cache_size=5"):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    return connection


@given(
    some.lists(
        some.tuples(
            *(some.booleans(), some.integers(1, 60), some.integers(0, 9_000), some.booleans()),
            some.sampled_from([0, 0, 50_000, 300_000]),
        ),
        min_size=1,
        max_size=12,
    )
)
@example([(False, 60, 9_000, True, 0), (True, 60, 9_000, False, 0), (False, 60, 9_000, False, 0)])
@example([(False, 1, 9, False, 300_000), (True, 60, 9_000, False, 0), (False, 9, 9, False, 50_000)])
@settings(max_examples=25)
def test_a1_what_a_commit_gathered_is_in_the_file_when_it_returns(
    work: list[tuple[bool, int, int, bool, int]],
) -> None:
    """Two writers in turn, batches that miss a row, pages that do not fit, a WAL that is laid out
    ahead: copies of the files agree with a plain table after each commit."""
    with tempfile.TemporaryDirectory() as room:
        path = Path(room) / "books.db"
        connections = [wal_of(path), sqlite3.connect(path, isolation_level=None)]
        connections[1].execute("PRAGMA wal_autocheckpoint=0").fetchall()
        writers = [Writer(one, STATEMENTS, NEWEST) for one in connections]
        model = {row[0]: row[3] for row in left(connections[0])}
        key = 10
        for turn, rows_n, size, misses, laid_octets in work:
            connections[turn].execute("BEGIN IMMEDIATE")
            assert writers[turn].lay(laid_octets)
            connections[turn].execute("ROLLBACK")
            assert Path(f"{path}-wal").stat().st_size >= laid_octets
            added = [(key + n, n, None, bytes([n]) * size) for n in range(rows_n)]
            steps = [("add", pack(added), True), ("change", pack([(0, 1)] * misses), True)]
            newest, missed, _ = writers[turn].run(writers[turn].batch(steps))
            assert (newest, missed) == (0, 1 if misses else -1)
            if not misses:
                model |= {row[0]: row[3] for row in added}
                key += rows_n
            for suffix in ("", "-wal"):
                copied = Path(room) / f"copy.db{suffix}"
                copied.write_bytes(Path(f"{path}{suffix}").read_bytes())
            (Path(room) / "copy.db-shm").unlink(missing_ok=True)
            for looked_at in (path, Path(room) / "copy.db"):
                reader = sqlite3.connect(looked_at)
                assert {row[0]: row[3] for row in left(reader)} == model
                assert reader.execute("PRAGMA integrity_check").fetchone() == ("ok",)
                reader.close()
        for one, writer in zip(connections, writers, strict=True):
            one.close()  # before its writer: the file goes with the last statement
            writer.close()


def test_what_a_batch_refers_to_lives_as_long_as_the_batch(
    writer: tuple[sqlite3.Connection, Writer],
) -> None:
    connection, made = writer
    steps = [
        ("add", pack([(n, n, f"word {n}" * 50, bytes([n]) * 500)]), True) for n in range(10, 200)
    ]
    batch = made.batch(steps)
    del steps
    made.run(batch)
    found = left(connection)[2:]
    assert found == [(n, n, f"word {n}" * 50, bytes([n]) * 500) for n in range(10, 200)]


def test_a_writer_that_was_closed_writes_nothing(
    writer: tuple[sqlite3.Connection, Writer],
) -> None:
    _connection, made = writer
    batch = made.batch([("drop", pack([(0,)]), False)])
    made.close()
    made.close()
    for attempt in (lambda: made.run(batch), lambda: made.batch([])):
        with pytest.raises(sqlite3.ProgrammingError, match="closed"):
            attempt()


def test_a_statement_that_is_none_is_refused_when_the_writer_is_made() -> None:
    with pytest.raises(sqlite3.OperationalError, match="syntax"):
        Writer(opened(), {"wrong": "INSERT things"}, NEWEST)


@pytest.mark.parametrize("rows", [[(1.5,)], [(1,), (1, 2)], [([],)], [(bytearray(b"x"),)]])
def test_what_is_no_row_is_not_packed(rows: list[tuple[Any, ...]]) -> None:
    with pytest.raises(sqlite3.ProgrammingError):
        pack(rows)


@given(ROWS)
def test_packed_rows_are_the_rows_that_were_packed(rows: list[tuple[Any, ...]]) -> None:
    try:
        packed = pack(rows)
    except (OverflowError, UnicodeEncodeError):
        return
    assert packed.unpacked() == rows and len(packed) == len(rows)


@given(some.lists(some.tuples(some.integers(0, 3), some.integers(-1, 1), some.text(max_size=2))))
def test_l11_packed_rows_are_in_the_order_of_their_keys(rows: list[Any]) -> None:
    assert pack(rows, 2).unpacked() == sorted(rows, key=lambda row: row[:2])


@given(some.integers(0, 400), some.integers(1, 63), some.integers(1, 63), some.randoms())
def test_l11_many_packed_rows_of_numbers_of_any_size_are_in_order_as_well(
    rows_n: int, first_bits: int, second_bits: int, chance: random.Random
) -> None:
    rows = [
        (
            chance.randrange(-(2**first_bits), 2**first_bits),
            chance.randrange(-(2**second_bits), 2**second_bits) >> (n % 2 * second_bits),
            n,
        )
        for n in range(rows_n)
    ]
    assert pack(rows, 1).unpacked() == sorted(rows, key=lambda row: row[:1])
    assert pack(rows, 2).unpacked() == sorted(rows, key=lambda row: row[:2])
    repeated = [row for row in rows for _ in range(3)]
    assert pack(repeated, 2).unpacked() == sorted(repeated, key=lambda row: row[:2])


@given(
    some.integers(0, 2**62), some.integers(0, 2**62), some.binary() | some.text().map(str.encode)
)
@example(1, 2, b"")
@example(3, 4, random.Random(1).randbytes(300_000) + bytes(1_000_000))
def test_a_journal_row_is_made_as_the_journal_packs_and_digests_it(
    row_id: int, at_us: int, body: bytes
) -> None:
    edges = (47, 48, 49, 55, 56, 111, 112, 8_192, 8_193, 16_384, 16_385)  # of digest and window
    for size in {len(body), *(min(len(body), n) for n in edges)}:
        kept = packed(body[:size])
        connection = sqlite3.connect(":memory:", isolation_level=None)
        connection.execute("CREATE TABLE seq (n)")
        connection.execute("CREATE TABLE journal (id, at_us, body, digest)")
        writer = Writer(connection, {"journal": "INSERT INTO journal VALUES (?,?,?,?)"}, NEWEST)
        batch = writer.batch([("journal", pack_journal(row_id, at_us, VERSION, body[:size]), True)])
        writer.run(batch)
        writer.run(batch)
        writer.close()
        found = connection.execute("SELECT * FROM journal").fetchall()
        assert found == [(row_id, at_us, kept, journal_digest(row_id, at_us, kept))] * 2
        connection.close()


def compare_places(name: str) -> None:
    """In the table that an extension is handed, and in what the bundled library exports."""
    source = (Path(__file__).parents[2] / "store" / name).read_text()
    lines = [line.strip() for line in source.splitlines()]
    places = {
        line.split(" = ")[0].removeprefix("AT_").lower(): int(line.split(" = ")[1].strip(","))
        for line in lines
        if line.startswith("AT_") and " = " in line
    }
    assert len(places) >= 16
    library = ctypes.CDLL(_sqlite3.__file__)
    table: list[int] = []

    def look(_db: int, _why: int, functions: int) -> int:
        found = ctypes.cast(functions, ctypes.POINTER(ctypes.c_void_p))
        table.extend(found[at] or 0 for at in range(max(places.values()) + 1))
        return 0

    entry = ctypes.CFUNCTYPE(ctypes.c_int, *[ctypes.c_void_p] * 3)(look)
    library.sqlite3_auto_extension(entry)
    try:
        sqlite3.connect(":memory:").close()
    finally:
        library.sqlite3_cancel_auto_extension(entry)
    for name, at in places.items():
        exported = ctypes.cast(getattr(library, f"sqlite3_{name}"), ctypes.c_void_p).value
        assert table[at] == exported, name


def test_the_places_of_sqlite_s_functions_are_those_of_the_names() -> None:
    compare_places("_packed_c.c")


def test_an_interpreter_that_has_zlib_built_in_or_out_of_reach_starts_all_the_same() -> None:
    """Debian's has it built in: the module is no file then."""
    said = "import zlib; zlib.__dict__.pop('__file__', None); import store.desk_sqlite"
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_journal_row_is_the_same_where_the_interpreter_packs_it() -> None:
    ((row_id, at_us, kept, digest),) = TUPLES["journal"]([(7, 9, VERSION, b"a body")])
    assert (row_id, at_us, kept) == (7, 9, packed(b"a body"))
    assert digest == journal_digest(7, 9, kept)

# cython: language_level=3, auto_pickle=False, autotestdict=False
"""A whole batch handed to SQLite with the interpreter's lock given away once.

`executemany` takes and gives that lock for each row, and beside a busy main thread each taking
waits for the interpreter to switch. Here rows are packed while the lock is held, by the thread that
made them; then begin, the look at the change number, every row of every step, and commit run as one
stretch of C (`_packed_c.c`) on the thread of the connection.

The connection stays the driver's: SQLite itself hands it to us, when it loads this module's shared
object as an extension. Errors are the driver's too, with its classes and codes, so whoever judges
them (`store.outages`) need not know which road a row took. The same steps through `executemany` are
the reference of the tests.
"""

import sqlite3
import zlib

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_CheckExact, PyBytes_GET_SIZE
from cpython.long cimport PyLong_AsLongLong, PyLong_Check
from cpython.object cimport PyObject
from cpython.unicode cimport PyUnicode_AsUTF8AndSize, PyUnicode_Check
from libc.stdint cimport int32_t, int64_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memset


cdef enum:
    NO_MEMORY = 7   # SQLite's code

cdef bint find_zlib(path) except -1:
    # 0: found.
    if path is None:
        return th_find_journal(NULL)
    return th_find_journal(path.encode())


# The module is a file that is linked to zlib, or is built into the interpreter, which then is; some
# interpreters hide theirs, and the journal is packed by the module itself.
HAS_ZLIB = not find_zlib(getattr(zlib, "__file__", None))


# ---------------------------------------------------------------- rows

@cython.final
cdef class Rows:
    """Rows of one statement, packed: numbers by value, octets by reference, which is kept."""

    def __cinit__(self, Py_ssize_t rows_n, Py_ssize_t columns_n):
        self.cells = <th_cell *> malloc(max(rows_n * columns_n, 1) * sizeof(th_cell))
        if self.cells == NULL:
            raise MemoryError
        self.rows_n = rows_n
        self.columns_n = columns_n
        self.kept = []
        self.made = NULL
        self.version = 0

    def __dealloc__(self):
        free(self.cells)
        free(self.made)

    def __len__(self):
        return self.rows_n

    def unpacked(self):
        """The rows as tuples, for whoever wants to look at them."""
        cdef Py_ssize_t row, column
        cdef th_cell *cell = self.cells
        found = []
        for row in range(self.rows_n):
            values = []
            for column in range(self.columns_n):
                values.append(value_of(cell))
                cell += 1
            found.append(tuple(values))
        return found

    cdef int sort(self, Py_ssize_t keys_n) except -1:
        cdef int failed
        with nogil:
            failed = th_sort(&self.cells, self.rows_n, self.columns_n, keys_n)
        if failed:
            raise MemoryError
        return 0


cdef object value_of(const th_cell *cell):
    if cell.kind == TH_NULL:
        return None
    if cell.kind == TH_NUMBER:
        return cell.value.number
    octets = (<const char *> cell.value.octets)[:cell.size]
    return octets.decode() if cell.kind == TH_TEXT else octets


cdef int pack_value(Rows into, th_cell *cell, PyObject *given) except -1:
    cdef object value = <object> given
    cdef Py_ssize_t size = 0
    if PyLong_Check(value):
        cell.value.number = PyLong_AsLongLong(value)  # OverflowError, as the driver raises it
        cell.kind = TH_NUMBER
        return 0
    if value is None:
        cell.kind = TH_NULL
        return 0
    if PyUnicode_Check(value):
        cell.value.octets = PyUnicode_AsUTF8AndSize(value, &size)
        cell.kind = TH_TEXT
    elif PyBytes_CheckExact(value):
        cell.value.octets = PyBytes_AS_STRING(value)
        size = PyBytes_GET_SIZE(value)
        cell.kind = TH_BLOB
    else:
        raise sqlite3.ProgrammingError(f"type '{type(value).__name__}' is not supported")
    if size > 0x7FFFFFFF:
        raise OverflowError("a value is too long for SQLite")
    cell.size = <int32_t> size
    into.kept.append(value)
    return 0


def pack(rows, Py_ssize_t keys_n=0):
    """Tuples of one length as Rows, in the order of their first `keys_n` values (numbers).

    A value is an int, a str, bytes or None. Raises OverflowError, UnicodeEncodeError,
    sqlite3.ProgrammingError for a value that SQLite cannot hold.
    """
    cdef Py_ssize_t columns_n = len(rows[0]) if rows else 0
    cdef Rows made = Rows(len(rows), columns_n)
    cdef th_cell *cell = made.cells
    cdef tuple row
    for row in rows:
        if len(row) != columns_n:
            raise sqlite3.ProgrammingError("rows of one statement differ in length")
        for value in row:
            pack_value(made, cell, <PyObject *> value)
            cell += 1
    if keys_n:
        check_keys(made, keys_n)
        made.sort(keys_n)
    return made


cdef int check_keys(Rows rows, Py_ssize_t keys_n) except -1:
    cdef Py_ssize_t row, key
    for row in range(rows.rows_n):
        for key in range(keys_n):
            if rows.cells[row * rows.columns_n + key].kind != TH_NUMBER:
                raise sqlite3.ProgrammingError("a key is no number")
    return 0


def pack_journal(int64_t journal_id, int64_t created_us, int version, bytes body not None):
    """The row of the statement `journal`; the writer compresses and digests it on its thread.

    The row is (id, time, `accounting.journal.packed` of the body, `journal_digest` of these).
    """
    cdef Rows made = Rows(1, 4)
    cdef th_cell *row = made.cells
    if not 0 < version < 256:
        raise ValueError("a version is one octet and not 0")
    put(put(row, journal_id), created_us)
    pack_value(made, row + 2, <PyObject *> body)
    row[3].kind = TH_NULL
    made.version = version
    return made


# ---------------------------------------------------------------- steps

@cython.final
cdef class Batch:
    """Steps of one transaction, ready to be carried to the connection's thread."""

    def __cinit__(self):
        self.steps = NULL

    def __dealloc__(self):
        free(self.steps)

    def met(self):
        """How many rows each step has written."""
        return [self.steps[n].met_n for n in range(self.steps_n)]


@cython.final
cdef class Writer:
    """The statements of a connection, prepared once, and the road that batches of rows take."""

    def __cinit__(self):
        self.db = self.begin = self.newest = self.commit = self.rollback = NULL
        self.gather = NULL
        self.given = NULL
        self.prepared = NULL
        self.prepared_n = 0

    def __init__(self, connection, statements, str newest, *, by_set=()):
        """Call on the thread of the connection. `newest` asks for the newest change number.

        `statements` is SQL by the name of the step that it writes; those named in `by_set` take all
        rows of a step at once, from the table `given`. Raises sqlite3.Error.
        """
        cdef bytes sql
        self.db = loaded_by(connection)
        self.prepared = <void **> calloc(len(statements) + 1, sizeof(void *))
        if self.prepared == NULL:
            raise MemoryError
        self.by_set = set(by_set)
        self.given = th_given_of(self.db)
        if self.given == NULL:
            raise MemoryError
        prepare(self.db, b"BEGIN IMMEDIATE", &self.begin)
        prepare(self.db, b"COMMIT", &self.commit)
        prepare(self.db, b"ROLLBACK", &self.rollback)
        prepare(self.db, newest.encode(), &self.newest)
        self.statements = {}
        for name, text in statements.items():
            prepare(self.db, text.encode(), &self.prepared[self.prepared_n])
            self.statements[name] = self.prepared_n
            self.prepared_n += 1
        connection.execute(newest).fetchall()  # a read opens the WAL
        self.gather = th_gather_wal(self.db)

    def __dealloc__(self):
        self.let_go()

    def lay(self, int64_t octets):
        """Have the WAL begin with so many octets that are on the disk already; was it done?

        Call on the thread of the connection, in a transaction that writes: nobody else may append.
        """
        cdef int failed
        if self.db == NULL:
            raise sqlite3.ProgrammingError("the writer is closed")
        with nogil:
            failed = th_lay_wal(self.gather, octets)
        return not failed

    def close(self):
        """Give the statements back, so that the connection can be closed. Safe to call again."""
        self.let_go()

    cdef void let_go(self) noexcept:
        cdef Py_ssize_t n
        if self.db == NULL:
            return
        th_gather_no_more(self.gather)
        self.gather = NULL
        for n in range(self.prepared_n):
            th_finalize(self.prepared[n])
        th_finalize(self.begin)
        th_finalize(self.newest)
        th_finalize(self.commit)
        th_finalize(self.rollback)
        free(self.prepared)
        self.prepared = NULL
        self.prepared_n = 0
        self.db = NULL

    def batch(self, steps, feed_seq=None):
        """A transaction of these steps: each is (name, Rows, must it meet all its rows?).

        With `feed_seq`, only while that is the newest change.
        """
        cdef Batch made = Batch()
        cdef Rows rows
        cdef Py_ssize_t n
        if self.db == NULL:
            raise sqlite3.ProgrammingError("the writer is closed")
        made.writer = self
        made.kept = list(steps)
        made.steps_n = len(made.kept)
        made.feed_seq = -1 if feed_seq is None else feed_seq
        made.steps = <th_step *> calloc(made.steps_n + 1, sizeof(th_step))
        if made.steps == NULL:
            raise MemoryError
        for n, (name, rows, must_meet_all) in enumerate(made.kept):
            made.steps[n].statement = self.prepared[<Py_ssize_t> self.statements[name]]
            made.steps[n].given = self.given if name in self.by_set else NULL
            made.steps[n].cells = rows.cells
            made.steps[n].rows_n = rows.rows_n
            made.steps[n].columns_n = rows.columns_n
            made.steps[n].version = &rows.version
            made.steps[n].made = &rows.made
            made.steps[n].must_meet_all = must_meet_all
        return made

    def run(self, Batch batch, bint begun=False, bint flushed=True):
        """Carry a batch out, all of it or nothing. Call on the thread of the connection.

        `begun`: the caller has begun the transaction. Not `flushed`: it is on the disk after the
        next `flush`; if that fails nobody knows what is. Returns (newest change, step that met too
        few rows or -1, pages of the WAL that are not in the database yet). It is committed unless
        the change is not the one that was wanted or a step met too few. Raises sqlite3.Error; then
        nothing is committed, unless it says I/O.
        """
        cdef th_fate fate
        cdef Py_ssize_t n
        cdef int code, full
        if self.db == NULL or batch.writer is not self:
            raise sqlite3.ProgrammingError("the writer is closed")
        with nogil:
            memset(&fate, 0, sizeof(fate))
            fate.missed = -1
            for n in range(batch.steps_n):
                batch.steps[n].met_n = 0
            full = th_make_journals(batch.steps, batch.steps_n)
            th_hold(self.db)
            code = NO_MEMORY if full else th_begin(
                self.db, NULL if begun else self.begin, self.newest, batch.feed_seq, &fate
            )
            if code == 0 and not fate.raced:
                code = th_write(self.db, batch.steps, batch.steps_n, &fate)
            if code == 0 and not fate.raced and fate.missed < 0:
                code = th_commit(self.db, self.commit, self.gather, flushed, &fate)
            th_undo(self.db, self.rollback)
            th_let_go(self.db)
        if full:
            raise MemoryError
        if code:
            raise error_of(&fate)
        return fate.newest, fate.missed, fate.pages_n

    def flush(self):
        """Have all that is committed reach the disk. On any thread. Raises sqlite3.Error."""
        cdef th_fate fate
        memset(&fate, 0, sizeof(fate))
        with nogil:
            th_flush_wal(self.gather, &fate)
        if fate.code:
            raise error_of(&fate)

    def forgive(self):
        """Forget that a flush has failed: all was moved into the database, and is on the disk."""
        th_forgive(self.gather)


@cython.final
cdef class BooksFile:
    """The file of a connection's database."""

    def __init__(self, connection):
        """Call on the thread of the connection, which has to outlive this. Raises sqlite3.Error."""
        self.db = loaded_by(connection)

    def flush(self):
        """Have all that was written to it reach the disk. Call on the thread of the connection.

        Raises sqlite3.Error.
        """
        cdef th_fate fate
        memset(&fate, 0, sizeof(fate))
        with nogil:
            th_flush_file(self.db, &fate)
        if fate.code:
            raise error_of(&fate)


cdef void *loaded_by(connection) except NULL:
    """What SQLite handed to our extension's entry when `connection` loaded it in this thread."""
    cdef void *db
    connection.enable_load_extension(True)
    try:
        connection.load_extension(__file__)
    finally:
        connection.enable_load_extension(False)
    db = th_take_loaded()
    if db == NULL:
        raise sqlite3.InterfaceError("the connection did not load the rows' extension")
    return db


cdef const void *functions() noexcept:
    return th_functions()


cdef int prepare(void *db, bytes sql, void **statement) except -1:
    cdef th_fate fate
    memset(&fate, 0, sizeof(fate))
    if th_prepare(db, sql, statement, &fate):
        raise error_of(&fate)
    return 0


_CLASSES = {
    2: sqlite3.InternalError,
    7: MemoryError,
    11: sqlite3.DatabaseError,
    12: sqlite3.InternalError,
    18: sqlite3.DataError,
    19: sqlite3.IntegrityError,
    20: sqlite3.IntegrityError,
    21: sqlite3.ProgrammingError,
    25: sqlite3.InterfaceError,
}
_OPERATIONAL = frozenset({1, 3, 4, 5, 6, 8, 9, 10, 13, 14, 15, 16, 17})


cdef object error_of(th_fate *fate):
    """The driver's exception for a code of SQLite."""
    primary = fate.code & 0xFF
    kind = _CLASSES.get(primary)
    if kind is None:
        kind = sqlite3.OperationalError if primary in _OPERATIONAL else sqlite3.DatabaseError
    error = kind(fate.said.decode(errors="replace"))
    if kind is not MemoryError:
        error.sqlite_errorcode = primary
    return error

"""The data sheet of packed rows: what another compiled module may make of them directly.

`Rows` is an array of cells, row by row, that a maker fills while it holds the interpreter's lock;
what a cell refers to is kept in `kept`. `_packed.h` has the C half.
"""

from cpython.object cimport PyObject
from libc.stdint cimport int32_t, int64_t


cdef extern from "_packed.h" nogil:
    enum:
        TH_NULL
        TH_NUMBER
        TH_TEXT
        TH_BLOB
    union th_value "":
        int64_t number
        const void *octets
    struct th_cell:
        th_value value "is"
        int32_t size
        int32_t kind
    struct th_given:
        pass
    struct th_step:
        void *statement
        th_given *given
        th_cell *cells
        int *version
        void **made
        int64_t rows_n
        int64_t columns_n
        int64_t met_n
        int must_meet_all
    struct th_fate:
        int code
        int missed
        int raced
        int64_t newest
        int64_t pages_n
        char said[240]
    void *th_take_loaded()
    const void *th_functions()
    th_given *th_given_of(void *db)
    int th_prepare(void *db, const char *sql, void **statement, th_fate *fate)
    void th_finalize(void *statement)
    int th_in_transaction(void *db)
    int th_sort(th_cell **cells, int64_t rows_n, int64_t columns_n, int64_t keys_n)
    int th_find_journal(const char *zlib_path)
    int th_make_journals(th_step *steps, int64_t steps_n)
    int th_begin(void *db, void *begin, void *newest, int64_t feed_seq, th_fate *fate)
    int th_write(void *db, th_step *steps, int64_t steps_n, th_fate *fate)
    int th_commit(void *db, void *commit, void *gather, int flushed, th_fate *fate)
    int th_flush_wal(void *gather, th_fate *fate)
    void th_forgive(void *gather)
    void *th_gather_wal(void *db)
    void th_gather_no_more(void *gather)
    int th_flush_file(void *db, th_fate *fate)
    int th_lay_wal(void *gather, int64_t octets)
    void th_undo(void *db, void *rollback)
    void th_hold(void *db)
    void th_let_go(void *db)


# The next cell, filled: with a number, or with a value that `into` keeps.
cdef inline th_cell *put(th_cell *at, int64_t number) noexcept:
    at.value.number = number
    at.kind = TH_NUMBER
    return at + 1

cdef int pack_value(Rows into, th_cell *cell, PyObject *given) except -1
# What a cell holds, as the int, str or bytes that was packed; None for NULL.
cdef object value_of(const th_cell *cell)


cdef class Rows:
    cdef th_cell *cells
    cdef readonly Py_ssize_t rows_n
    cdef readonly Py_ssize_t columns_n
    cdef list kept  # the owners of octets
    cdef void *made  # octets of our own
    cdef int version  # of a journal row that is still to be made; 0: of none

    cdef int sort(self, Py_ssize_t keys_n) except -1


cdef class Batch:
    cdef th_step *steps
    cdef Py_ssize_t steps_n
    cdef list kept
    cdef Writer writer
    cdef readonly int64_t feed_seq


cdef class Writer:
    cdef void *db
    cdef void *begin
    cdef void *newest
    cdef void *commit
    cdef void *rollback
    cdef void *gather  # stands before the WAL
    cdef dict statements  # the place in `prepared` by name
    cdef th_given *given
    cdef set by_set  # the names of those that take all rows at once
    cdef void **prepared
    cdef Py_ssize_t prepared_n

    cdef void let_go(self) noexcept


cdef class BooksFile:
    cdef void *db


# For the room that reads on the same connection: SQLite's functions, and the driver's exceptions.
cdef const void *functions() noexcept
cdef object error_of(th_fate *fate)

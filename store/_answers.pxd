"""The data sheet of answers: the reader's statements and the page that they are read onto."""

from libc.stdint cimport int64_t

from store._packed cimport Writer, th_cell, th_fate


cdef extern from "_answers.h" nogil:
    struct th_page:
        th_cell *cells
        int64_t cells_n
        char *octets
        int64_t octets_n
        int64_t rows_n
    struct th_question:
        void *db
        void *statement
        const th_cell *keys
        int64_t keys_n
        int64_t key_columns_n
        int64_t columns_n
        int64_t at
        int begun
    void th_find_answers(const void *functions)
    int th_prepare_question(
        void *db, const char *sql, void **statement, int64_t *columns_n, th_fate *fate
    )
    void th_forget_question(void *statement)
    int th_answer(th_question *question, th_page *page, th_fate *fate)
    void th_end_question(th_question *question)


cdef class Reader:
    cdef Writer writer  # whose connection this is
    cdef dict places  # of statements by name
    cdef th_question *questions
    cdef Py_ssize_t questions_n
    cdef th_page page
    cdef th_cell *cell  # the next one to be read
    cdef list lately  # what common columns said last

    cdef void let_go(self) noexcept
    cdef int take(self, Py_ssize_t columns_n, maker, list found) except -1
    cdef int64_t number(self) except? -1
    cdef int64_t number_or(self, int64_t nothing) except? -1
    cdef int place_in(self, tuple members) except -1
    cdef object flag_or_none(self)
    cdef bint is_null(self) noexcept
    cdef object text(self)
    cdef object text_or_none(self)
    cdef object octets(self)
    cdef object common_text(self, Py_ssize_t slot)
    cdef object common_octets(self, Py_ssize_t slot)
    cdef object value(self)

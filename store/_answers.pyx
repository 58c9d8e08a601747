# cython: language_level=3, auto_pickle=False, autotestdict=False
"""Whole answers of SQLite: read a page at a time without the interpreter, and made into records.

The driver makes an object of each value of each row and takes the interpreter's lock for each row;
a session has seventy values, and at the start there are a million of them. Here a question is asked
for all its keys in one stretch of C (`_answers_c.c`), which fills a page with plain cells; then, in
one stretch with the lock, each row becomes the compiled record that it is, number by number.

The driver and the records' own constructors (`store.rows`) are the reference of the tests. Nothing
is decided here, and nothing is known of what a question means.
"""

import sqlite3

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.unicode cimport PyUnicode_AsUTF8AndSize, PyUnicode_DecodeUTF8
from libc.stdint cimport int64_t
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcmp, memset

from domain._account cimport KIND, MAC_MODE, NEVER_US, SAMPLE, STATUS
from domain._account cimport KIND_AT, KINDS, MAC_MODE_AT, MAC_MODES, STATUS_AT, STATUSES
from domain._account cimport Account, Allowance, Subscriber
from domain._row cimport alike, index_of, keep_texts
from domain._session cimport ADOPTED, FEE_DUE, START_SEEN, SYNTHETIC
from domain._session cimport CANDIDATE_EVENT_US, CANDIDATE_INPUT, CANDIDATE_OUTPUT, CANDIDATE_S
from domain._session cimport CLASS_SESSION_ID, CLOSED_MICROS, CUT_ORDER_ID, EPOCH, HOLD, HOLDS
from domain._session cimport INPUT_BASE, NOTHING, OUTPUT_BASE, PART, RARE_N, REPLACED_BY
from domain._session cimport REVIEW_INPUT, REVIEW_OUTPUT, SESSION_BASE_S, STATE, STATES, STOP_US
from domain._session cimport STRANDS, TERMINATE_CAUSE, UNRATED_INPUT, UNRATED_OUTPUT, UNRATED_S
from domain._session cimport USES, WALL, WALLS
from domain._session cimport Session, keep_rare, keep_said
from store._packed cimport (
    TH_BLOB,
    TH_NULL,
    TH_NUMBER,
    TH_TEXT,
    Rows,
    Writer,
    error_of,
    functions,
    th_cell,
    th_fate,
)

from store._packed import pack
from store.columns import ids_of_text, replies_of_text


cdef enum:
    CELLS_N = 16_384        # of a page: a quarter of a megabyte, about 230 sessions
    OCTETS_N = 64 * 1024    # to begin with
    SLOTS_N = 8             # common values of one row


@cython.final
cdef class Reader:
    """The questions of a connection, prepared once, and the page that answers are read onto."""

    def __cinit__(self):
        self.questions = NULL
        self.questions_n = 0
        memset(&self.page, 0, sizeof(self.page))

    def __init__(self, Writer writer not None, statements):
        """Call on the thread of the connection, which is the writer's and is closed after us.

        `statements` is SQL by the name of the question. Raises sqlite3.Error.
        """
        cdef th_fate fate
        cdef th_question *question
        cdef bytes sql
        if writer.db == NULL:
            raise sqlite3.ProgrammingError("the writer is closed")
        self.writer = writer
        th_find_answers(functions())
        self.questions = <th_question *> calloc(len(statements) + 1, sizeof(th_question))
        self.page.cells = <th_cell *> malloc(CELLS_N * sizeof(th_cell))
        self.page.cells_n = CELLS_N
        self.page.octets = <char *> malloc(OCTETS_N)
        self.page.octets_n = OCTETS_N
        if self.questions == NULL or self.page.cells == NULL or self.page.octets == NULL:
            raise MemoryError
        self.places = {}
        memset(&fate, 0, sizeof(fate))
        for name, text in statements.items():
            question = &self.questions[self.questions_n]
            question.db = writer.db
            sql = text.encode()
            if th_prepare_question(
                writer.db, sql, &question.statement, &question.columns_n, &fate
            ):
                raise error_of(&fate)
            self.places[name] = self.questions_n
            self.questions_n += 1

    def __dealloc__(self):
        self.let_go()
        free(self.page.cells)
        free(self.page.octets)

    def close(self):
        """Give the statements back, so that the connection can be closed. Safe to call again."""
        self.let_go()

    cdef void let_go(self) noexcept:
        cdef Py_ssize_t n
        for n in range(self.questions_n):
            th_forget_question(self.questions[n].statement)
        free(self.questions)
        self.questions = NULL
        self.questions_n = 0

    def read(self, str name not None, list keys not None, record=None):
        """The answers to a question for all its keys, key by key, in one list.

        Each is a tuple, or a `record` if that is one of Session, Account, Subscriber and Allowance:
        then the question answers its columns, in the order of its fields. Call on the thread of the
        connection. Raises sqlite3.Error, OverflowError, UnicodeEncodeError.
        """
        cdef th_question *question
        cdef th_fate fate
        cdef Rows packed
        cdef list found = []
        cdef int code
        if self.questions == NULL:
            raise sqlite3.ProgrammingError("the reader is closed")
        maker = tuple if record is None else record
        if maker not in MAKERS:
            raise TypeError(f"no answer can be a {record}")
        packed = pack(keys)
        question = &self.questions[<Py_ssize_t> self.places[name]]
        if MAKERS[maker] and question.columns_n != MAKERS[maker]:
            raise TypeError(f"{name} does not answer a {record}")
        question.keys, question.keys_n = packed.cells, packed.rows_n
        question.key_columns_n = packed.columns_n
        question.at = 0
        self.lately = [None] * SLOTS_N
        memset(&fate, 0, sizeof(fate))
        try:
            while True:
                with nogil:
                    code = th_answer(question, &self.page, &fate)
                if code:
                    raise error_of(&fate)
                if self.page.rows_n:
                    self.cell = self.page.cells
                    self.take(question.columns_n, maker, found)
                if question.at == question.keys_n:
                    return found
        finally:
            th_end_question(question)

    cdef int take(self, Py_ssize_t columns_n, maker, list found) except -1:
        # The page as records.
        cdef int64_t row
        if maker is Session:
            for row in range(self.page.rows_n):
                found.append(session_of(self))
        elif maker is Subscriber:
            for row in range(self.page.rows_n):
                found.append(subscriber_of(self))
        elif maker is Account:
            for row in range(self.page.rows_n):
                found.append(account_of(self))
        elif maker is Allowance:
            for row in range(self.page.rows_n):
                found.append(allowance_of(self))
        else:
            for row in range(self.page.rows_n):
                found.append(tuple([self.value() for _ in range(columns_n)]))
        return 0

    # ------------------------------------------------------------ one cell, then the next

    cdef int64_t number(self) except? -1:
        cdef th_cell *cell = self.cell
        self.cell += 1
        if cell.kind != TH_NUMBER:
            raise mismatch()
        return cell.value.number

    cdef int64_t number_or(self, int64_t nothing) except? -1:
        cdef int64_t number
        if self.is_null():
            return nothing
        number = self.number()
        if number == nothing:
            raise OverflowError("the smallest number of 64 bits is none of a record's")
        return number

    cdef int place_in(self, tuple members) except -1:
        cdef int64_t place = self.number()
        if not 0 <= place < len(members):
            raise sqlite3.DataError(f"{place} is no member")
        return <int> place

    cdef object flag_or_none(self):
        return None if self.is_null() else self.number() != 0

    cdef bint is_null(self) noexcept:
        if self.cell.kind != TH_NULL:
            return False
        self.cell += 1
        return True

    cdef object text(self):
        cdef th_cell *cell = self.cell
        self.cell += 1
        if cell.kind != TH_TEXT:
            raise mismatch()
        try:
            return PyUnicode_DecodeUTF8(self.page.octets + cell.value.number, cell.size, NULL)
        except UnicodeDecodeError as error:
            raise sqlite3.OperationalError("a text is no UTF-8") from error

    cdef object text_or_none(self):
        return None if self.is_null() else self.text()

    cdef object octets(self):
        cdef th_cell *cell = self.cell
        self.cell += 1
        if cell.kind != TH_BLOB:
            raise mismatch()
        return PyBytes_FromStringAndSize(self.page.octets + cell.value.number, cell.size)

    cdef object common_text(self, Py_ssize_t slot):
        # Of what few different rows say; mostly it is what the row before said.
        cdef th_cell *cell = self.cell
        cdef Py_ssize_t size = -1
        cdef const char *known = NULL
        cdef object last = self.lately[slot]
        if last is not None:
            known = PyUnicode_AsUTF8AndSize(last, &size)
        if cell.kind == TH_TEXT and cell.size == size:
            if memcmp(known, self.page.octets + cell.value.number, size) == 0:
                self.cell += 1
                return last
        last = self.lately[slot] = self.text()
        return last

    cdef object common_octets(self, Py_ssize_t slot):
        cdef th_cell *cell = self.cell
        cdef object last = self.lately[slot]
        if last is not None and cell.kind == TH_BLOB and cell.size == PyBytes_GET_SIZE(last):
            if memcmp(
                PyBytes_AS_STRING(last), self.page.octets + cell.value.number, cell.size
            ) == 0:
                self.cell += 1
                return last
        last = self.lately[slot] = self.octets()
        return last

    cdef object value(self):
        if self.cell.kind == TH_NUMBER:
            return self.number()
        if self.cell.kind == TH_TEXT:
            return self.text()
        return None if self.is_null() else self.octets()


cdef object mismatch():
    return sqlite3.DataError("datatype mismatch")


# ---------------------------------------------------------------- records, field by field

cdef Session session_of(Reader read):
    cdef Session one = Session.__new__(Session)
    cdef int64_t[RARE_N] rare
    cdef list own = [None] * 13
    cdef list place = [None] * 5
    one.session_id = read.number()
    one.account_id = read.number()
    one.subscriber_id = read.number()
    one.device_id = read.number()
    one.plan_id = read.number()
    one.members[STATE] = read.place_in(STATES)
    one.version = read.number()
    own[0] = read.text()                        # acct_session_id
    rare[CLASS_SESSION_ID] = read.number()
    own[1] = read.text()                        # user_name
    own[2] = read.text()                        # calling_station_id
    place[0] = read.common_text(0)              # called_station_id
    one.port = read.number_or(NOTHING)          # nas_port
    own[4] = read.common_text(1)                # nas_port_id
    place[1] = read.common_text(2)              # nas_ip_address
    place[2] = read.common_text(3)              # nas_identifier
    place[3] = read.common_text(4)              # source_address
    own[5] = read.text()                        # framed_ip_address
    own[6] = read.text()                        # framed_ipv6_prefix
    own[7] = read.text()                        # acct_multi_session_id
    one.created_us = read.number()
    one.start_us = read.number()
    one.last_event_us = read.number()
    one.last_seen_us = read.number()
    rare[STOP_US] = read.number_or(NOTHING)
    rare[TERMINATE_CAUSE] = read.number()
    one.flags = START_SEEN if read.number() else 0
    one.flags |= SYNTHETIC if read.number() else 0
    session_counters(one, read, rare)
    session_terms(one, read, rare)
    place[4] = read.common_text(5)              # access
    own[10] = read.common_octets(6)             # told
    rare[UNRATED_INPUT] = read.number()
    rare[UNRATED_OUTPUT] = read.number()
    rare[UNRATED_S] = read.number()
    one.flags |= ADOPTED if read.number() else 0
    rare[REPLACED_BY] = read.number()
    own[3] = read.text_or_none()                # mac
    own[8] = read.text()                        # framed_ipv6_address
    own[9] = read.text()                        # delegated_ipv6_prefix
    own[STRANDS] = read.text()
    own[USES] = read.common_octets(7)
    keep_rare(one, rare)
    keep_said(one, own, tuple(place))
    return one


cdef int session_counters(Session one, Reader read, int64_t *rare) except -1:
    one.input_octets = read.number()
    one.output_octets = read.number()
    one.session_s = read.number()
    rare[INPUT_BASE] = read.number()
    rare[OUTPUT_BASE] = read.number()
    rare[SESSION_BASE_S] = read.number()
    rare[EPOCH] = read.number()
    rare[CANDIDATE_EVENT_US] = read.number_or(NOTHING)
    rare[CANDIDATE_INPUT] = read.number()
    rare[CANDIDATE_OUTPUT] = read.number()
    rare[CANDIDATE_S] = read.number()
    rare[REVIEW_INPUT] = read.number()
    rare[REVIEW_OUTPUT] = read.number()
    one.free_octets = read.number()
    one.free_s = read.number()
    return 0


cdef int session_terms(Session one, Reader read, int64_t *rare) except -1:
    one.flags |= FEE_DUE if read.number() else 0
    one.charged_micros = read.number()
    rare[CLOSED_MICROS] = read.number()
    rare[PART] = read.number()
    one.members[HOLD] = read.place_in(HOLDS)
    one.granted_micros = read.number()
    one.used_micros = read.number()
    one.hold_until_us = read.number()
    one.slot_until_us = read.number()
    one.timeout_s = read.number()
    one.limit_octets = read.number()
    one.interim_s = read.number()
    rare[CUT_ORDER_ID] = read.number()
    one.journal_last = read.number()
    one.records_n = read.number()
    one.members[WALL] = read.place_in(WALLS)
    one.look = read.number_or(NOTHING)          # look_us
    return 0


cdef Account account_of(Reader read):
    cdef Account one = Account.__new__(Account)
    one.account_id = read.number()
    one.alike = alike((read.common_text(0),))
    one.credit_limit_micros = read.number()
    one.posted_micros = read.number()
    one.open_micros = read.number()
    one.held_micros = read.number()
    one.entries_n = read.number()
    return one


cdef Subscriber subscriber_of(Reader read):
    cdef Subscriber one = Subscriber.__new__(Subscriber)
    cdef list own = [None] * 7
    cdef list alike_ones = [None] * 9
    one.subscriber_id = read.number()
    one.account_id = read.number()
    own[0] = read.text()                        # login
    one.members[STATUS] = index_of(read.common_text(0), STATUSES, STATUS_AT)
    alike_ones[0] = read.common_text(1)         # plan_name
    one.members[KIND] = index_of(read.common_text(2), KINDS, KIND_AT)
    own[6] = read.octets()                      # credential
    own[1] = read.text_or_none()                # mac
    one.members[MAC_MODE] = index_of(read.common_text(3), MAC_MODES, MAC_MODE_AT)
    alike_ones[1] = ids_of(read.text())         # device_ids
    one.period_start_us = read.number()
    one.until_us = read.number_or(NEVER_US)     # valid_until_us
    one.flags = SAMPLE if read.number() else 0
    one.created_us = read.number()
    own[2] = read.text()                        # name
    alike_ones[2] = read.common_text(4)         # group_name
    alike_ones[3] = read.common_text(5)         # language
    alike_ones[4] = read.common_text(6)         # timezone
    own[3] = read.text_or_none()                # framed_ip_address
    own[4] = read.text_or_none()                # framed_ipv6
    own[5] = read.text_or_none()                # delegated_ipv6_prefix
    replies = read.text()
    alike_ones[5] = replies_of_text(replies) if replies else ()
    one.auto_renew = read.flag_or_none()
    alike_ones[6] = read.text_or_none()         # next_plan_name
    alike_ones[7] = ids_of(read.text())         # periods_ahead_us
    one.anchored_us = read.number_or(NEVER_US)  # anchor_us
    one.paid_anchored_us = read.number_or(NEVER_US)
    one.plan_id = read.number()
    alike_ones[8] = ids_of(read.text())         # plan_ids_ahead
    keep_texts(one, own)
    one.alike = alike(tuple(alike_ones))
    return one


cdef tuple ids_of(str text):
    return ids_of_text(text) if text else ()


cdef Allowance allowance_of(Reader read):
    cdef Allowance one = Allowance.__new__(Allowance)
    one.account_id = read.number()
    one.period_start_us = read.number()
    one.used_octets = read.number()
    one.used_s = read.number()
    return one


# What an answer can become, and of how many values; a tuple has as many as there are.
cdef dict MAKERS = {tuple: 0} | {
    record: len(record.__dataclass_fields__)
    for record in (Session, Account, Subscriber, Allowance)
}

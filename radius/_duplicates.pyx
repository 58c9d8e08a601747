# cython: language_level=3, auto_pickle=False, autotestdict=False
"""The memory of answers, compiled: a table of tickets, and a line of those that were answered.

The rules are told in `radius.duplicates`. Here is only how it is kept: tickets hang in buckets by
what they are known by, whoever was answered also stands in a line, oldest first, and since all
replies are kept equally long the head of the line is always the first to expire. Nothing is walked
but for a socket that closes, so the cost of a request does not depend on how many are remembered.
"""

cimport cython
from cpython.bytes cimport PyBytes_GET_SIZE
from cpython.object cimport Py_EQ, PyObject, PyObject_Hash, PyObject_RichCompareBool
from cpython.ref cimport Py_DECREF, Py_INCREF
from libc.stdint cimport int64_t, uint8_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcmp, memcpy

from radius._codec cimport octets_from, octets_of

from radius.codes import Discard

cdef enum:
    FIRST_BUCKETS = 1024

cdef object PENDING = Discard.PENDING
cdef object FULL = Discard.FULL
cdef int64_t MIN_KEEP_US = 5_000_000
cdef int64_t MAX_KEEP_US = 30_000_000


@cython.final
@cython.no_gc
@cython.freelist(256)
cdef class Ticket:
    """A request that is being worked on; hand it back with the answer.

    It points at nothing that could point back, so the collector need not know of it.
    """

    @property
    def key(self):
        """(socket, source address, source port, identifier, code)."""
        return self.socket_n, self.peer[0], self.peer[1], self.identifier, self.code

    @property
    def authenticator(self):
        """The 16 octets that tell it from others under its key."""
        return octets_from(self.asked, 16)

    @property
    def reply(self):
        """What was answered, None while it is being worked on."""
        return self.told


cdef inline uint64_t mix(int socket_n, tuple peer, uint8_t identifier, uint8_t code) except? 0:
    # Only a place in the table: no order of anything comes of it.
    cdef uint64_t mixed = <uint64_t> PyObject_Hash(peer)
    mixed ^= (<uint64_t> socket_n << 16) | (<uint64_t> code << 8) | identifier
    mixed *= <uint64_t> 0x9E3779B97F4A7C15
    return mixed ^ (mixed >> 29)


@cython.final
cdef class Duplicates:
    """The requests that are pending and the replies that were sent lately.

    `keep_us` is how long a reply is kept (5 to 30 seconds, DUP-06), `limit` how many requests
    are remembered at most: when it is reached the oldest reply gives way, never a pending
    request (DUP-12).
    """

    def __cinit__(self, *, keep_us=5_000_000, limit=65_536):
        if not MIN_KEEP_US <= keep_us <= MAX_KEEP_US:
            raise ValueError("replies are kept for 5 to 30 seconds")
        if limit < 1:
            raise ValueError("at least one request must be remembered")
        self.keep_us = keep_us
        self.limit_n = limit
        self.buckets_n = FIRST_BUCKETS
        self.buckets = <PyObject **> calloc(self.buckets_n, sizeof(PyObject *))
        if self.buckets == NULL:
            raise MemoryError

    def __dealloc__(self):
        cdef Py_ssize_t n
        cdef PyObject *at
        cdef PyObject *behind
        if self.buckets == NULL:
            return
        for n in range(self.buckets_n):
            at = self.buckets[n]
            while at != NULL:
                behind = (<Ticket> at).behind
                (<Ticket> at).stage = FORGOTTEN
                Py_DECREF(<object> at)
                at = behind
        free(self.buckets)

    def __len__(self):
        return self.remembered_n

    # ---------------------------------------------------------------- the table and the line

    cdef Ticket find(
        self, uint64_t mixed, int socket_n, tuple peer, uint8_t identifier, uint8_t code
    ):
        cdef PyObject *at = self.buckets[mixed & <uint64_t> (self.buckets_n - 1)]
        cdef Ticket one
        while at != NULL:
            one = <Ticket> at
            if (
                one.mixed == mixed and one.identifier == identifier and one.code == code
                and one.socket_n == socket_n
                and (one.peer is peer or PyObject_RichCompareBool(one.peer, peer, Py_EQ))
            ):
                return one
            at = one.behind
        return None

    cdef int grow(self) except -1:
        # Twice as many buckets; amortised over as many requests as there are in it.
        cdef Py_ssize_t n, wider_n = self.buckets_n * 2
        cdef PyObject **wider = <PyObject **> calloc(wider_n, sizeof(PyObject *))
        cdef PyObject *at
        cdef PyObject *behind
        cdef uint64_t place
        if wider == NULL:
            raise MemoryError
        for n in range(self.buckets_n):
            at = self.buckets[n]
            while at != NULL:
                behind = (<Ticket> at).behind
                place = (<Ticket> at).mixed & <uint64_t> (wider_n - 1)
                (<Ticket> at).behind = wider[place]
                wider[place] = at
                at = behind
        free(self.buckets)
        self.buckets = wider
        self.buckets_n = wider_n
        return 0

    cdef int put(self, Ticket ticket) except -1:
        cdef uint64_t place
        if self.remembered_n >= self.buckets_n:
            self.grow()
        place = ticket.mixed & <uint64_t> (self.buckets_n - 1)
        ticket.behind = self.buckets[place]
        self.buckets[place] = <PyObject *> ticket
        Py_INCREF(ticket)
        self.remembered_n += 1
        return 0

    cdef void drop(self, Ticket ticket) noexcept:
        """Take one out of the table, and out of the line if it stands there."""
        cdef PyObject **link = &self.buckets[ticket.mixed & <uint64_t> (self.buckets_n - 1)]
        while link[0] != <PyObject *> ticket:
            link = &(<Ticket> link[0]).behind
        link[0] = ticket.behind
        if ticket.stage == ANSWERED:
            if ticket.older == NULL:
                self.oldest = ticket.newer
            else:
                (<Ticket> ticket.older).newer = ticket.newer
            if ticket.newer == NULL:
                self.newest = ticket.older
            else:
                (<Ticket> ticket.newer).older = ticket.older
        ticket.stage = FORGOTTEN
        ticket.behind = ticket.older = ticket.newer = NULL
        self.remembered_n -= 1
        Py_DECREF(ticket)

    # ---------------------------------------------------------------- the rules

    cdef object take_in(
        self, int socket_n, tuple peer, uint8_t identifier, uint8_t code,
        const uint8_t *authenticator, int64_t now_us,
    ):
        cdef uint64_t mixed = mix(socket_n, peer, identifier, code)
        cdef Ticket known, ticket
        while self.oldest != NULL and (<Ticket> self.oldest).expires_us <= now_us:
            self.drop(<Ticket> self.oldest)
        known = self.find(mixed, socket_n, peer, identifier, code)
        if known is not None:
            if memcmp(known.asked, authenticator, 16) == 0:
                return PENDING if known.stage == OPEN else known.told
            self.drop(known)
        elif self.remembered_n >= self.limit_n:
            if self.oldest == NULL:
                return FULL
            self.drop(<Ticket> self.oldest)
        ticket = Ticket.__new__(Ticket)
        ticket.peer = peer
        ticket.mixed = mixed
        ticket.socket_n = socket_n
        ticket.identifier = identifier
        ticket.code = code
        ticket.stage = OPEN
        ticket.behind = ticket.older = ticket.newer = NULL
        memcpy(ticket.asked, authenticator, 16)
        self.put(ticket)
        return ticket

    cdef bint remember(self, Ticket ticket, bytes reply, int64_t now_us) except -1:
        if ticket.stage != OPEN:
            return False
        ticket.told = reply
        ticket.expires_us = now_us + self.keep_us
        ticket.stage = ANSWERED
        ticket.older = self.newest
        if self.newest == NULL:
            self.oldest = <PyObject *> ticket
        else:
            (<Ticket> self.newest).newer = <PyObject *> ticket
        self.newest = <PyObject *> ticket
        return True

    def arrive(self, tuple key not None, bytes authenticator not None, int64_t now_us):
        """Say what to do with a request: work on it (a Ticket), send these octets again, or
        drop it.

        Another authenticator under the same key is a new request: the client gave up on the
        old one, whose answer will not be sent (DUP-01 to DUP-04).
        """
        socket_n, address, port, identifier, code = key
        if PyBytes_GET_SIZE(authenticator) != 16:
            raise ValueError("an authenticator has 16 octets")
        return self.take_in(
            socket_n, (address, port), identifier, code, octets_of(authenticator), now_us
        )

    def answer(self, Ticket ticket not None, bytes reply not None, int64_t now_us):
        """Remember the reply of a request; False if it must not be sent, because its client
        has asked something newer under the same identifier since (DUP-04)."""
        return self.remember(ticket, reply, now_us)

    def abandon(self, Ticket ticket not None):
        """Forget a request that will not be answered, so that its repetition is worked on."""
        if ticket.stage == OPEN:
            self.drop(ticket)

    def forget_socket(self, int socket):
        """Forget everything that came by one socket, as when it closes (DUP-09)."""
        cdef Py_ssize_t n
        cdef PyObject *at
        cdef list going = []
        for n in range(self.buckets_n):
            at = self.buckets[n]
            while at != NULL:
                if (<Ticket> at).socket_n == socket:
                    going.append(<Ticket> at)
                at = (<Ticket> at).behind
        for ticket in going:
            self.drop(<Ticket> ticket)

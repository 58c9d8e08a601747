"""The data sheet of the datagram batches: the two ends of a socket, what they keep, and a timer.

The kernel's side is C (`_datagrams.h`). Nothing here is used by another compiled module: the door
gets datagrams as tuples and hands replies over as octets, so a simulated network needs none of it.
"""

from libc.stdint cimport uint8_t, uint16_t, uint32_t


cdef extern from "_datagrams.h" nogil:
    enum:
        TH_NAME_OCTETS
        TH_ORIGIN_OCTETS
        TH_POSTS_MAX
    ctypedef struct th_datagram:
        const uint8_t *octets
        const uint8_t *peer
        const uint8_t *local
        uint32_t octets_n
        uint32_t peer_n
        uint32_t local_n
    ctypedef struct th_inbox:
        th_datagram *found
        int drained
    ctypedef struct th_post:
        const uint8_t *octets
        const uint8_t *target
        const uint8_t *origin
        uint32_t octets_n
        uint32_t target_n
        uint32_t origin_n
    ctypedef struct th_outbox:
        th_post *posts
    int th_prepare(int fd, int six, int wild)
    int th_read(int fd, th_inbox *box)
    int th_send(int fd, th_outbox *box, int posts_n, int *segmenting)
    int th_origin(const uint8_t *address, int address_n, uint8_t *control)
    int th_name(
        const uint8_t *address, int address_n, uint16_t port, uint32_t scope, uint8_t *name
    )
    int th_timer()
    void th_timer_set(int fd, uint32_t delay_us)
    int th_timer_rang(int fd)


cdef class Inlet:
    cdef int fd
    cdef str host
    cdef th_inbox *box
    cdef dict peers                 # socket address to (address, port)
    cdef dict names                 # our own addresses: octets to text
    cdef tuple peer_of(self, const uint8_t *name, uint32_t name_n)
    cdef str local_of(self, const uint8_t *address, uint32_t address_n)


cdef class Outlet:
    cdef int fd
    cdef bint wild
    cdef int segmenting
    cdef int posts_n
    cdef Py_ssize_t unsent_n
    cdef th_outbox *box
    cdef list held                  # octets and addresses that the posts point into
    cdef dict targets               # (address, port) to a socket address
    cdef dict origins               # our own addresses: text to a control message
    cdef bytes target_of(self, tuple address)
    cdef bytes origin_of(self, str source)
    cdef void hand_over(self)
    cdef void flush_before_forgetting(self)


cdef class Timer:
    cdef int fd                     # -1: closed

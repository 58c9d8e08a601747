# cython: language_level=3, auto_pickle=False, autotestdict=False
"""Datagrams of one UDP socket in batches: many for one call of the kernel, in and out.

An Inlet reads what has come, an Outlet collects replies and hands them over at once. Addresses are
objects that are made once: the same router costs no new text, tuple or socket address. Both forget
theirs when there are too many, so that a flood of invented sources finds a bound.

What the kernel does not take is counted and lost, like any datagram: the peer repeats.

A Timer tells when to read next. An event loop counts its own timers in whole milliseconds, and
rounds up: one of a millisecond comes after one and a half, in which half a batch can be committed.
"""

cimport cython
from cpython.bytes cimport PyBytes_GET_SIZE
from libc.stdint cimport uint8_t, uint16_t, uint32_t
from libc.stdlib cimport calloc, free
from posix.unistd cimport close as close_file

from radius._codec cimport octets_from, octets_of

import os
import socket
import sys

cdef enum:
    ADDRESSES_MAX = 65536       # of peers, as text and as socket addresses
    OWN_MAX = 1024              # of our own addresses
    PAYLOAD_MAX = 65507         # octets that fit into a datagram at all


def prepare(int fd, *, bint six, bint wild):
    """Have the kernel put datagrams of one peer together, and, where `wild`, tell the address of
    ours that each came to. Raises OSError."""
    cdef int refused = th_prepare(fd, six, wild)
    if refused:
        raise OSError(refused, os.strerror(refused))


@cython.final
cdef class Inlet:
    """Where the datagrams of a socket come in; `host` is what it is bound to."""

    def __cinit__(self, int fd, str host not None):
        self.fd = fd
        self.host = host
        self.peers = {}
        self.names = {}
        self.box = <th_inbox *> calloc(1, sizeof(th_inbox))
        if self.box == NULL:
            raise MemoryError

    def __dealloc__(self):
        free(self.box)

    def take(self, int most_n):
        """What has come, as [(octets, (address, port), our address)]; nothing waits for more.

        A few more than `most_n` may come at once, when the kernel has put them together.
        """
        cdef list found = []
        cdef int n, read_n, all_n = 0
        cdef th_datagram *one
        cdef const uint8_t *name = NULL
        cdef tuple peer = None
        cdef str local = self.host
        while all_n < most_n:
            with nogil:
                read_n = th_read(self.fd, self.box)
            name = NULL
            for n in range(read_n):
                one = &self.box.found[n]
                if one.peer != name:                # others of the same message
                    name = one.peer
                    peer = self.peer_of(name, one.peer_n)
                    if one.local != NULL:
                        local = self.local_of(one.local, one.local_n)
                    else:
                        local = self.host
                found.append((octets_from(one.octets, one.octets_n), peer, local))
            all_n += read_n
            if self.box.drained:
                break
        return found

    cdef tuple peer_of(self, const uint8_t *name, uint32_t name_n):
        cdef bytes key = octets_from(name, name_n)
        cdef object known = self.peers.get(key)
        if known is None:
            if len(self.peers) >= ADDRESSES_MAX:
                self.peers.clear()
            known = self.peers[key] = spelt(key)
        return <tuple> known

    cdef str local_of(self, const uint8_t *address, uint32_t address_n):
        cdef bytes key = octets_from(address, address_n)
        cdef object known = self.names.get(key)
        if known is None:
            if len(self.names) >= OWN_MAX:
                self.names.clear()
            family = socket.AF_INET if address_n == 4 else socket.AF_INET6
            known = self.names[key] = socket.inet_ntop(family, key)
        return <str> known


cdef tuple spelt(bytes name):
    """A socket address as text and number; the scope of a link-local one is part of the text."""
    cdef int port = int.from_bytes(name[2:4], "big")
    if PyBytes_GET_SIZE(name) < TH_NAME_OCTETS:
        return socket.inet_ntop(socket.AF_INET, name[4:8]), port
    address = socket.inet_ntop(socket.AF_INET6, name[8:24])
    scope = int.from_bytes(name[24:28], sys.byteorder)
    return (f"{address}%{scope}" if scope else address), port


cdef bytes octets_of_address(str address):
    """The 4 or 16 octets of an address as text, without its scope; raises OSError."""
    plain = address.partition("%")[0]
    return socket.inet_pton(socket.AF_INET6 if ":" in plain else socket.AF_INET, plain)


@cython.final
cdef class Outlet:
    """Where the replies of a socket go out; `wild`: it has several addresses of ours."""

    def __cinit__(self, int fd, *, bint wild):
        self.fd = fd
        self.wild = wild
        self.segmenting = 1
        self.held = []
        self.targets = {}
        self.origins = {}

    def __dealloc__(self):
        free(self.box)

    def post(self, bytes octets not None, tuple address not None, str source):
        """Put a datagram to `address` from our `source` into the next flush."""
        cdef th_post *post
        cdef bytes target, origin = None
        try:
            target = self.target_of(address)
            if self.wild and source is not None:
                origin = self.origin_of(source)
        except (OSError, ValueError, OverflowError):
            self.unsent_n += 1                      # no such address
            return
        if PyBytes_GET_SIZE(octets) > PAYLOAD_MAX:
            self.unsent_n += 1
            return
        if self.box == NULL:
            self.box = <th_outbox *> calloc(1, sizeof(th_outbox))
            if self.box == NULL:
                raise MemoryError
        if self.posts_n == TH_POSTS_MAX:
            self.hand_over()
        post = &self.box.posts[self.posts_n]
        post.octets = octets_of(octets)
        post.octets_n = <uint32_t> PyBytes_GET_SIZE(octets)
        post.target = octets_of(target)
        post.target_n = <uint32_t> PyBytes_GET_SIZE(target)
        post.origin = NULL
        post.origin_n = 0
        if origin is not None:
            post.origin = octets_of(origin)
            post.origin_n = <uint32_t> PyBytes_GET_SIZE(origin)
        self.held.append(octets)
        self.posts_n += 1

    def close(self):
        """Hand over what waits, and nothing from now on: the number of the socket is another's."""
        if self.posts_n:
            self.hand_over()
        self.fd = -1

    def flush(self):
        """Hand everything over; how many the kernel did not take since the last time."""
        cdef Py_ssize_t unsent_n
        if self.posts_n:
            self.hand_over()
        unsent_n = self.unsent_n
        self.unsent_n = 0
        return unsent_n

    cdef void hand_over(self):
        cdef int posts_n = self.posts_n
        cdef int unsent_n
        cdef list held = self.held                  # nobody lets go of them meanwhile
        self.posts_n = 0
        self.held = []
        with nogil:
            unsent_n = th_send(self.fd, self.box, posts_n, &self.segmenting)
        self.unsent_n += unsent_n

    cdef bytes target_of(self, tuple address):
        cdef uint8_t[TH_NAME_OCTETS] name
        cdef object known = self.targets.get(address)
        cdef bytes plain
        cdef uint32_t scope = 0
        if known is None:
            if len(self.targets) >= ADDRESSES_MAX:
                self.flush_before_forgetting()
                self.targets.clear()
            plain = octets_of_address(address[0])
            if "%" in address[0]:
                scope = int(address[0].partition("%")[2])
            known = octets_from(name, th_name(
                octets_of(plain), <int> PyBytes_GET_SIZE(plain), address[1], scope, name
            ))
            self.targets[address] = known
        return <bytes> known

    cdef bytes origin_of(self, str source):
        cdef uint8_t[TH_ORIGIN_OCTETS] control
        cdef object known = self.origins.get(source)
        cdef bytes plain
        if known is None:
            if len(self.origins) >= OWN_MAX:
                self.flush_before_forgetting()
                self.origins.clear()
            plain = octets_of_address(source)
            known = octets_from(
                control, th_origin(octets_of(plain), <int> PyBytes_GET_SIZE(plain), control)
            )
            self.origins[source] = known
        return <bytes> known

    cdef void flush_before_forgetting(self):
        # What waits points into the addresses that are about to go.
        if self.posts_n:
            self.hand_over()


@cython.final
cdef class Timer:
    """A timer of the kernel's that is a file, so that a loop can wait for it; raises OSError."""

    def __cinit__(self):
        self.fd = -1
        self.fd = th_timer()
        if self.fd < 0:
            raise OSError(-self.fd, os.strerror(-self.fd))

    def __dealloc__(self):
        if self.fd >= 0:
            close_file(self.fd)

    def fileno(self):
        """What a loop waits for: readable when it has rung."""
        return self.fd

    def set(self, uint32_t delay_us):
        """Ring once in so many microseconds, and no more as it was set before; 0: not at all."""
        th_timer_set(self.fd, delay_us)

    def rang(self):
        """Has it rung since it was set? It is told once."""
        return bool(th_timer_rang(self.fd))

    def close(self):
        """Give the file back, once; its number is another's from now on."""
        if self.fd >= 0:
            close_file(self.fd)
        self.fd = -1

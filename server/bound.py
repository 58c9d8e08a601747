"""A UDP socket and its place: bound for us alone, or shared by several workers.

Workers share an address and port by having a socket each. Which of them a datagram reaches is for
the kernel to say, by a few steps of arithmetic that it is given here once: it must not depend on
who runs and who does not, or a repeat would reach a worker that knows nothing of the first.
"""

from __future__ import annotations

import socket
import struct
from array import array
from typing import Final

SEND_BUFFER_OCTETS: Final = 2 * 1024 * 1024

# From Linux's headers, which Python 3.11 does not name.
_SO_ATTACH_REUSEPORT_CBPF: Final = 51
_NET_HEADER: Final = 0x1_0000_0000 - 0x10_0000  # where a packet filter finds the IP header
# The words of a packet filter that are needed (linux/filter.h).
_LOAD, _TO_X, _XOR_X, _MULTIPLY = 0x20, 0x07, 0xAC, 0x24
_SHIFT, _MODULO, _ANSWER = 0x74, 0x94, 0x16


def bound_udp(
    host: str, port: int, receive_buffer_octets: int, *, shared: bool = False
) -> socket.socket:
    """A bound UDP socket that does not block. Raises OSError.

    `shared`: others of the same user may be bound beside it, and each datagram reaches one of them.
    """
    six = ":" in host
    bound = socket.socket(socket.AF_INET6 if six else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        bound.setblocking(False)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_octets)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_OCTETS)
        if shared:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if six:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    return bound


def steer(bound: socket.socket, workers_n: int) -> None:
    """Give all datagrams of one sender to one of the sockets that share an address and port.

    The kernel chooses by address and port of the sender. But a router logs in from one port and
    reports from another, and what one worker hears of it should be all: so the choice is by the
    sender's address alone. To be called once the last has been bound; they are counted in the
    order of binding. Raises OSError where the kernel cannot.
    """
    begin = [(_LOAD, _NET_HEADER + 12)]
    if bound.family == socket.AF_INET6:  # all four words of the address, one upon the other
        begin = [(_LOAD, _NET_HEADER + 8)]
        for at in (12, 16, 20):
            begin += [(_TO_X, 0), (_LOAD, _NET_HEADER + at), (_XOR_X, 0)]
    steps = [*begin, (_MULTIPLY, 0x9E3779B1), (_SHIFT, 16), (_MODULO, workers_n), (_ANSWER, 0)]
    program = b"".join(struct.pack("=HBBI", step, 0, 0, number) for step, number in steps)
    kept = array("B", program)
    wanted = struct.pack("@HP", len(steps), kept.buffer_info()[0])  # how many, and where they are
    bound.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_REUSEPORT_CBPF, wanted)

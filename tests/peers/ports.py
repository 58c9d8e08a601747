"""Ports for servers that the tests start, which nobody else takes before the server has them.

A port found by binding port 0 and closing the socket is the next one that the kernel may give to
any client, so now and then a test loses it. Those given out here lie outside the range that the
kernel gives out itself. Two runs of the tests, or two workers of one, cannot meet either: each
process takes a block of ports for as long as it lives, by binding a name that the kernel frees when
the process ends, however it ends. What somebody else has bound all the same is passed over.
"""

from __future__ import annotations

import os
import socket
import threading
from pathlib import Path

RANGE_FILE = Path("/proc/sys/net/ipv4/ip_local_port_range")
FIRST, LAST = 10_000, 32_000
BLOCK_N = 160  # ports of one process; a run asks for some dozens at once and closes them again


def room(ephemeral: tuple[int, int]) -> range:
    """Ports that the kernel does not give out, `ephemeral` being the first and last that it does.

    They lie below its range if there is room, else above; a system whose range leaves no room for a
    few blocks gets the ports of the usual place, where only the probe protects them.
    """
    below, above = range(FIRST, min(LAST, ephemeral[0])), range(ephemeral[1] + 1, 65_536)
    return next((some for some in (below, above) if len(some) >= 8 * BLOCK_N), range(FIRST, LAST))


def is_free(port: int) -> bool:
    """Can a server bind this port just now, of UDP and of TCP, at any address of this machine?"""
    dual = socket.has_dualstack_ipv6()
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(socket.AF_INET6 if dual else socket.AF_INET, kind) as probe:
            if dual:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            try:
                probe.bind(("::" if dual else "", port))
            except OSError:
                return False
    return True


class Block:
    """The ports of one process, one after another, and again from the first."""

    def __init__(self, ports: range) -> None:
        """Take the first block of `ports` that no living process has; raises OSError without any.

        The search begins at a place that depends on the process, so that a block which was left a
        moment ago is not the first to be tried.
        """
        blocks_n = len(ports) // BLOCK_N
        self.owner = os.getpid()
        for n in range(blocks_n):
            first = ports[(self.owner + n) % blocks_n * BLOCK_N]
            if self._take(f"\0tollhouse-ports-{first}"):
                self.ports = range(first, first + BLOCK_N)
                break
        else:
            raise OSError(f"all {blocks_n} blocks of ports are taken by running tests")
        self._turn = 0

    def _take(self, name: str) -> bool:
        # An abstract name lives in the network namespace, as ports do, and dies with its socket.
        self._claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            self._claim.bind(name)
        except OSError:
            self._claim.close()
            return False
        return True

    def free(self) -> int:
        """The next port of the block that nobody uses; raises OSError if all are in use."""
        for _ in self.ports:
            port = self.ports[self._turn % BLOCK_N]
            self._turn += 1
            if is_free(port):
                return port
        raise OSError(f"ports {self.ports[0]} to {self.ports[-1]} are all in use")

    def close(self) -> None:
        """Leave the block to others."""
        self._claim.close()


_lock = threading.Lock()
_block: Block | None = None


def free_port() -> int:
    """A port, of UDP and of TCP, that is free on every address and that no other test gets."""
    global _block
    with _lock:
        if _block is None or _block.owner != os.getpid():  # a fork has the block of its parent
            first, last = map(int, RANGE_FILE.read_text().split())
            _block = Block(room((first, last)))
        return _block.free()

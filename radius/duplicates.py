"""The memory of answers: a request that comes again gets the same octets, or silence.

Devices repeat a request when they hear nothing for a while (RFC 5080 s2.2.1), with the same
identifier and authenticator. While the first copy is being worked on, further ones are dropped;
after the answer they get that answer again, octet for octet, and nothing happens a second time.

This memory only saves work and keeps replies steady. It is no judge of what was billed: a
repeated accounting record can come with a new identifier, and the books must see that. Ask it
only about requests whose sums are right, so that a forged one cannot touch it (DUP-05).
"""

from __future__ import annotations

from radius._duplicates import Duplicates, Ticket
from radius.codes import Discard

__all__ = ["Discard", "Duplicates", "Key", "Ticket"]

Key = tuple[int, str | bytes, int, int, int]
"""(socket, source address, source port, identifier, code): what one client can have open."""

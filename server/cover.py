"""When does one waiting interim say all that another one said? Then the later one goes first.

Counters are cumulative, so of two reports of one session the later one holds what the earlier one
told (RFC 2869 section 2.1 lets a device keep only the newest). Routers that hear nothing repeat a
record under a new identifier with a higher Acct-Delay-Time; in a backlog these repeats outnumber
the news. Here is only the question; who waits for whom is the queue's affair, and what a record
does to the books is decided, and journaled, for each one by the same rules as ever.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from aaa.request import Request
from nas import attribute_types as kinds

_INTERIM: Final = (3).to_bytes(4, "big")
_NAMES: Final = (
    kinds.ACCT_SESSION_ID,
    kinds.USER_NAME,
    kinds.CALLING_STATION_ID,
    kinds.FRAMED_IP_ADDRESS,
    kinds.NAS_PORT,
    kinds.NAS_IDENTIFIER,
)
_COUNTERS: Final = (kinds.ACCT_SESSION_TIME, kinds.ACCT_INPUT_OCTETS, kinds.ACCT_OUTPUT_OCTETS)
_UPPER: Final = {
    kinds.ACCT_INPUT_OCTETS: kinds.ACCT_INPUT_GIGAWORDS,
    kinds.ACCT_OUTPUT_OCTETS: kinds.ACCT_OUTPUT_GIGAWORDS,
}

Key = tuple[object, ...]
"""Device, source address and all that names a session: equal for reports of one connection."""


class Report(NamedTuple):
    """What an interim is about, and its octets on the wire: seconds, input, output."""

    key: Key
    counters: tuple[int, ...]

    def covers(self, earlier: Report) -> bool:
        """Is none of its counters lower? Only asked of reports with one key."""
        return all(map(int.__ge__, self.counters, earlier.counters))


def report_of(request: Request) -> Report | None:
    """The report in a request; None if it is no interim that another one could cover.

    Differences (F-23) cover nothing, and a counter that is absent cannot be compared.
    """
    found = dict(reversed(request.packet.attributes))  # of several instances the first one
    if found.get(kinds.ACCT_STATUS_TYPE) != _INTERIM or not found.get(kinds.ACCT_SESSION_ID):
        return None
    if request.device.counter_mode == "delta":
        return None
    counters = []
    for kind in _COUNTERS:
        octets = found.get(kind)
        if octets is None:
            return None
        counters.append(int.from_bytes(found.get(_UPPER.get(kind, 0), b"") + octets, "big"))
    names = tuple(map(found.get, _NAMES))
    classes = tuple(request.packet.all(kinds.CLASS))
    key = (request.device.device_id, request.source_address, classes, *names)
    return Report(key, tuple(counters))

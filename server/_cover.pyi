"""The types of reports; what they mean is said in `_cover.pyx`."""

from typing import final

from aaa.request import Request

@final
class Report:
    """What an interim is about, and its octets on the wire."""

    @property
    def key(self) -> bytes:
        """Device, source address and all that names a session."""
    @property
    def counters(self) -> tuple[int, ...]:
        """Seconds, input, output."""
    def covers(self, earlier: Report) -> bool:
        """Is none of its counters lower? Only asked of reports with one key."""

def report_of(request: Request) -> Report | None:
    """The report in a request; None if it is no interim that another one could cover."""

"""When does one waiting interim say all that another one said? Then the later one goes first.

Counters are cumulative, so of two reports of one session the later one holds what the earlier one
told (RFC 2869 section 2.1 lets a device keep only the newest). Routers that hear nothing repeat a
record under a new identifier with a higher Acct-Delay-Time; in a backlog these repeats outnumber
the news. Here is only the question; who waits for whom is the queue's affair, and what a record
does to the books is decided, and journaled, for each one by the same rules as ever. Reading a
report is compiled (`_cover.pyx`): it is done for each interim that a flood brings.
"""

from __future__ import annotations

from server._cover import Report, report_of

__all__ = ["Key", "Report", "report_of"]

Key = bytes
"""Device, source address and all that names a session: equal for reports of one connection."""

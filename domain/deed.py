"""What somebody did, for the audit: who, when, to what, from what to what, and why.

A deed is written in the transaction of the change it tells of, so there is no change without one
and none without a change. Rows form a chain: each digest covers the row and the digest before it,
so that a row that is changed, taken out or put elsewhere later is found (S40).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Deed:
    """One row of the audit. `before` and `after` are JSON objects of what changed, no secrets."""

    seq: int  # 1, 2, 3 ... without gaps
    at_us: int
    who: str  # operating-system user, or `server`
    action: str  # such as `subscriber set`
    kind: str  # what was changed: subscriber, account, device, plan, session, house
    row_id: int  # 0: not a single row
    subject: str  # its name as people say it
    before: str
    after: str
    reason: str
    digest: bytes = b""

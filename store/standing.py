"""Of which sessions a commit writes the totals alone: of those whose facts are what they were.

A session has some fifty facts, many of them in an index, and an interim changes none. A session is
determined by its id and version, so it is enough to remember, for each that this process has
committed, the version and a hash of the facts: if the next version has the same hash, only the
totals are written. Both are kept as their sum, one number for each of a million sessions. What is
not remembered is written in full. Nothing here does I/O.
"""

from __future__ import annotations

from collections.abc import Iterable

from aaa._index import Numbers
from domain.session import Session

KEPT_N = 4_000_000  # sessions remembered; beyond that all are forgotten and written in full once
MOST = (1 << 63) - 1


def known_as(session: Session, version: int) -> int:
    """The number that is remembered of a session as it stands, in a version of it."""
    return (session.standing() + version) & MOST


class Standing:
    """What this process knows of the rows that it has committed."""

    def __init__(self) -> None:
        """Nothing is known."""
        self._known = Numbers()

    def split(self, sessions: Iterable[Session]) -> tuple[list[Session], list[Session]]:
        """(Those where only totals changed since the version before, the others)."""
        moved: list[Session] = []
        changed: list[Session] = []
        for session in sessions:
            before = self._known.get(session.session_id)
            unmoved = before is not None and before == known_as(session, session.version - 1)
            (moved if unmoved else changed).append(session)
        return moved, changed

    def committed(self, moved: Iterable[Session], changed: Iterable[Session]) -> None:
        """These versions are durable now; what is known of `moved` stays what it was."""
        known = self._known
        for session in moved:
            before = known.get(session.session_id)
            if before is not None:  # of whatever version: it stays as far behind as it was
                known[session.session_id] = (before + 1) & MOST
        for session in changed:
            if session.live:
                known[session.session_id] = known_as(session, session.version)
            elif session.session_id in known:
                del known[session.session_id]
        if len(known) > KEPT_N:
            self._known = Numbers()

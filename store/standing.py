"""Of which sessions a commit writes the totals alone: of those whose facts are what they were.

A session has some fifty facts, many of them in an index, and an interim changes none. A session is
determined by its id and version, so it is enough to remember, for each that this process has
committed, the version and a hash of the facts: if the next version has the same hash, only the
totals are written. What is not remembered is written in full. Nothing here does I/O.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter

from domain.session import Session
from store.writes import FACTS

KEPT_N = 1_000_000  # sessions remembered; beyond that all are forgotten and written in full once

# An enumeration's members hash slowly; as numbers they do not.
_NUMBERS = ("state", "hold_state", "walled")
_STANDING = attrgetter(*(name for name in FACTS if name not in _NUMBERS))


def standing_of(session: Session) -> int:
    """A hash of the facts."""
    return hash((session.state + 0, session.hold_state + 0, session.walled + 0, _STANDING(session)))


class Standing:
    """What this process knows of the rows that it has committed."""

    def __init__(self) -> None:
        """Nothing is known."""
        self._known: dict[int, tuple[int, int]] = {}

    def split(self, sessions: Iterable[Session]) -> tuple[list[Session], list[Session]]:
        """(Those where only totals changed since the version before, the others)."""
        moved: list[Session] = []
        changed: list[Session] = []
        known = self._known
        for session in sessions:
            before = (session.version - 1, standing_of(session))
            (moved if known.get(session.session_id) == before else changed).append(session)
        return moved, changed

    def committed(self, moved: Iterable[Session], changed: Iterable[Session]) -> None:
        """These versions are durable now; what is known of `moved` stays what it was."""
        known = self._known
        for session in moved:
            before = known.get(session.session_id)
            if before is not None and before[0] == session.version - 1:
                known[session.session_id] = (session.version, before[1])
        for session in changed:
            if session.live:
                known[session.session_id] = (session.version, standing_of(session))
            else:
                known.pop(session.session_id, None)
        if len(known) > KEPT_N:
            known.clear()

"""Of which sessions a commit writes the totals alone: of those whose facts are what they were.

A session has some fifty facts, many of them in an index, and an interim changes none. A session is
determined by its id and version, so it is enough to remember, for each that this process has
committed, the version and a hash of the facts: if the next version has the same hash, only the
totals are written. Both are kept as their sum, one number for each of a million sessions. What is
not remembered is written in full. Nothing here does I/O.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from aaa._index import Numbers
from domain.session import Session

KEPT_N = 4_000_000  # sessions remembered; beyond that all are forgotten and written in full once
MOST = (1 << 63) - 1


def known_as(session: Session, version: int) -> int:
    """The number that is remembered of a session as it stands, in a version of it."""
    return (session.standing() + version) & MOST


class News(NamedTuple):
    """What a commit will have told of rows."""

    moved: list[int]  # sessions of which only the version is another
    known: dict[int, int]  # session to `known_as`
    gone: list[int]  # sessions that are over

    def tells_of(self, sessions: Iterable[Session]) -> bool:
        """Is any of these among them?"""
        named = {session.session_id for session in sessions}
        told = named and (*self.moved, *self.known, *self.gone)
        return not named.isdisjoint(told)


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

    def after(self, moved: Iterable[Session], changed: Iterable[Session]) -> News:
        """What will be known when these versions are durable; of `moved` that stays what it was.

        To be asked before the commit: records may change again while it is under way.
        """
        news = News([session.session_id for session in moved], {}, [])
        for session in changed:
            if session.live:
                news.known[session.session_id] = known_as(session, session.version)
            else:
                news.gone.append(session.session_id)
        return news

    def learn(self, news: News) -> None:
        """These versions are durable now."""
        known = self._known
        known.rise(news.moved)  # of whatever version: one stays as far behind as it was
        for session_id, number in news.known.items():
            known[session_id] = number
        for session_id in news.gone:
            if session_id in known:
                del known[session_id]
        if len(known) > KEPT_N:
            self._known = Numbers()

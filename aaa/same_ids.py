"""Which sessions of a device were called by one Acct-Session-Id, as far as that was read.

A name is either known, with all the sessions that had it (none, too), or must be asked of the
store. Most names are of one session: then it is held itself and not a list of ids. Names are held
as the hash of device and text, since a million of them are kept: it is secret and of 63 bits, and
who asks compares what the session says of itself.
"""

from __future__ import annotations

from aaa._index import ById
from domain.session import Session

Key = tuple[int, str]
"""A device, and what it calls a session."""


class SameIds:
    """Sessions by device and name; ids are newest first, since ids rise with time."""

    def __init__(self) -> None:
        """No name is known. `aaa._intake` adds to `by_number` by itself."""
        self.by_number: ById[Session | tuple[int, ...]] = ById()

    def __contains__(self, key: Key) -> bool:
        """Is the name known?"""
        return number_of(key) in self.by_number

    def __len__(self) -> int:
        """How many names are known."""
        return len(self.by_number)

    def ids(self, key: Key) -> tuple[int, ...]:
        """The sessions that had the name; none where it is not known."""
        found = self.by_number.get(number_of(key), ())
        return found if isinstance(found, tuple) else (found.session_id,)

    def know(self, key: Key) -> None:
        """Whoever has the name is told by `add` from now on."""
        self.by_number.setdefault(number_of(key), ())

    def add(self, key: Key, session: Session) -> None:
        """A session has the name, which is known."""
        number, ids = number_of(key), self.ids(key)
        assert number in self.by_number, "the name is known"
        if session.session_id in ids:
            return
        both = tuple(sorted((*ids, session.session_id), reverse=True))
        self.by_number[number] = both if ids else session

    def forget(self, key: Key) -> None:
        """The name has to be asked for again."""
        self.by_number.pop(number_of(key))


def number_of(key: Key) -> int:
    """The number that a name is held by."""
    return hash(key) >> 1

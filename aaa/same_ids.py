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
        """No name is known."""
        self._found: ById[Session | tuple[int, ...]] = ById()

    def __contains__(self, key: Key) -> bool:
        """Is the name known?"""
        return _number(key) in self._found

    def __len__(self) -> int:
        """How many names are known."""
        return len(self._found)

    def ids(self, key: Key) -> tuple[int, ...]:
        """The sessions that had the name; none where it is not known."""
        found = self._found.get(_number(key), ())
        return found if isinstance(found, tuple) else (found.session_id,)

    def names_on(self, device_id: int) -> dict[str, Session | tuple[int, ...]]:
        """The names of a device that are known, for `aaa._intake`, which adds to them."""
        return self._devices.setdefault(device_id, {})

    def know(self, key: Key) -> None:
        """Whoever has the name is told by `add` from now on."""
        self._found.setdefault(_number(key), ())

    def add(self, key: Key, session: Session) -> None:
        """A session has the name, which is known."""
        number, ids = _number(key), self.ids(key)
        assert number in self._found, "the name is known"
        if session.session_id in ids:
            return
        both = tuple(sorted((*ids, session.session_id), reverse=True))
        self._found[number] = both if ids else session

    def forget(self, key: Key) -> None:
        """The name has to be asked for again."""
        self._found.pop(_number(key))

    def forget_empty(self) -> None:
        """Forget the names that nobody had."""
        for number, found in self._found.items():
            if found == ():
                del self._found[number]


def _number(key: Key) -> int:
    return hash(key) >> 1

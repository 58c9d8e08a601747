"""Which sessions of a device were called by one Acct-Session-Id, as far as that was read.

A name is either known, with all the sessions that had it (none, too), or must be asked of the
store. Most names are of one session: then it is held itself and not a list of ids, and the name is
its own text, since a million of them are kept.
"""

from __future__ import annotations

from collections.abc import Iterator

from domain.account import Subscriber
from domain.session import Session

Key = tuple[int, str]
"""A device, and what it calls a session."""


class SameIds:
    """Sessions by device and name; ids are newest first, since ids rise with time."""

    def __init__(self) -> None:
        """No name is known."""
        self._devices: dict[int, dict[str, Session | tuple[int, ...]]] = {}

    def __contains__(self, key: Key) -> bool:
        """Is the name known?"""
        return key[1] in self._devices.get(key[0], ())

    def __iter__(self) -> Iterator[Key]:
        """Every name that is known."""
        for device_id, names in self._devices.items():
            for name in names:
                yield device_id, name

    def ids(self, key: Key) -> tuple[int, ...]:
        """The sessions that had the name; none where it is not known."""
        found = self._devices.get(key[0], {}).get(key[1], ())
        return found if isinstance(found, tuple) else (found.session_id,)

    def names_on(self, device_id: int) -> dict[str, Session | tuple[int, ...]]:
        """The names of a device that are known, for `aaa._intake`, which adds to them."""
        return self._devices.setdefault(device_id, {})

    def know(self, key: Key) -> None:
        """Whoever has the name is told by `add` from now on."""
        self._devices.setdefault(key[0], {}).setdefault(key[1], ())

    def add(self, key: Key, session: Session) -> None:
        """A session has the name, which is known."""
        names, ids = self._devices[key[0]], self.ids(key)
        if session.session_id in ids:
            return
        if not ids and session.acct_session_id == key[1]:
            del names[key[1]]
            names[session.acct_session_id] = session
        else:
            names[key[1]] = tuple(sorted((*ids, session.session_id), reverse=True))

    def forget(self, key: Key) -> None:
        """The name has to be asked for again."""
        self._devices.get(key[0], {}).pop(key[1], None)

    def forget_empty(self) -> None:
        """Forget the names that nobody had."""
        for names in self._devices.values():
            for name in [name for name, found in names.items() if found == ()]:
                del names[name]


def share_texts(session: Session, owner: Subscriber | None) -> None:
    """What a session and its subscriber say alike is one text: it is kept as long as both are."""
    if owner is not None:
        if session.user_name == owner.login:
            session.user_name = owner.login
        if session.mac == owner.mac:
            session.mac = owner.mac
    if session.mac == session.calling_station_id:
        session.calling_station_id = session.mac

"""Subscribers by login, without keeping each login twice: as a key, and in the row.

A login is found by its hash, which is secret and of 63 bits, in a table by number: a million of
them take a quarter of the room that texts as keys would. A row found says its own login, and is
asked for it, so no subscriber is ever taken for another; should two hash alike, the later one is
held and the other read again whenever it is named.
"""

from __future__ import annotations

from aaa._index import ById
from domain.account import Subscriber


class Logins:
    """What a dictionary from logins to subscribers does, as far as it is needed."""

    def __init__(self) -> None:
        """Nobody is known."""
        self.by_number: ById[Subscriber] = ById()  # by `number_of` the login; `aaa._intake` adds

    def __len__(self) -> int:
        """How many are known."""
        return len(self.by_number)

    def __contains__(self, login: str) -> bool:
        """Is the subscriber known?"""
        return self.get(login) is not None

    def __getitem__(self, login: str) -> Subscriber:
        """The subscriber, who is known; KeyError: not so."""
        found = self.get(login)
        if found is None:
            raise KeyError(login)
        return found

    def __setitem__(self, login: str, subscriber: Subscriber) -> None:
        """The subscriber has this login."""
        self.by_number[number_of(login)] = subscriber

    def get(self, login: str) -> Subscriber | None:
        """The subscriber with a login, if known."""
        found = self.by_number.get(number_of(login))
        return found if found is not None and found.login == login else None

    def forget(self, login: str) -> None:
        """The login has to be asked for again."""
        if login in self:
            self.by_number.pop(number_of(login))

    def values(self) -> list[Subscriber]:
        """All who are known."""
        return self.by_number.values()


def number_of(login: str) -> int:
    """What a login is found by; `aaa._intake` works it out by itself."""
    return hash(login) >> 1

"""What is heard of changes made elsewhere, and the looks at sessions that they ask for.

A change of the feed is heard once: the rows it names are dropped from memory and read anew, and
accounts with live sessions ask to be looked at. While a batch is being decided or committed, its
rows have to stay as they are: changes wait unheard meanwhile. `looked_seq` says how far the feed
was dealt with; it may only move on when all that was asked for is durable, for whoever waits for it
takes it that the sessions have been told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from aaa.books import Books
from aaa.ports import Change
from aaa.request import Item, Recheck

RECHECKED_MAX = 500  # accounts in one batch: a plan of many must not keep packets waiting


class News:
    """Changes that came, heard or not yet, and what has to be looked at for them."""

    def __init__(self) -> None:
        self.unheard: list[Change] = []
        self.looked_seq = 0  # changes up to here are heard, and what they ask for is durable
        self._heard_seq = 0  # the newest change that was heard
        self._recheck: set[int] = set()  # accounts
        self._recheck_next: list[int] = []  # those before them, the next last
        self._new_plans: set[int] = set()  # versions that running sessions may have to hear of
        self._rechecks_n = 0  # rechecks that were asked for and are not durable yet

    def hear(self, books: Books) -> None:
        """Drop what has changed from the books, and note what needs a look."""
        changes, self.unheard = self.unheard, []
        self._recheck |= books.hear(changes)
        self._new_plans |= {change.row_id for change in changes if change.kind == "plan"}
        self._heard_seq = max([self._heard_seq, *(change.seq for change in changes)])
        waiting = self._recheck or self._recheck_next or self._new_plans
        if not waiting and not self._rechecks_n:
            self.looked_seq = self._heard_seq

    def look_at(self, account_ids: Iterable[int]) -> None:
        """The sessions of these accounts need a look as well."""
        self._recheck.update(account_ids)

    def tasks(self) -> list[Item]:
        """What is to be done in the next batch; each is given once."""
        if not self._recheck_next:
            self._recheck_next = sorted(self._recheck, reverse=True)
            self._recheck = set()
        if not self._recheck_next and not self._new_plans:
            return []
        self._rechecks_n += 1
        plans, self._new_plans = frozenset(self._new_plans), set()
        accounts = frozenset(self._recheck_next[-RECHECKED_MAX:])
        del self._recheck_next[-RECHECKED_MAX:]
        return [Recheck(accounts, plans)]

    def done(self, batch: Sequence[Item]) -> None:
        """A batch is durable, and with it whatever tasks were in it."""
        if self._rechecks_n:
            self._rechecks_n -= sum(isinstance(item, Recheck) for item in batch)

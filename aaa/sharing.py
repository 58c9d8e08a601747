"""What a desk does because others may write to its database: workers beside it, or another server.

Memory is a cache that the commit checks, but a commit checks only what it writes. A login that is
refused because of a session that has ended elsewhere writes nothing that would show it, and one
that is accepted beside a session that began elsewhere meets no row of it. So the live sessions that
a login was decided beside are compared in the commit. Where others are known to be there, what a
batch decides upon without writing it is read anew before, which saves deciding twice.

A batch that lost its race is decided again with its accounts locked, so that it cannot lose for
ever against others who are always a little quicker. Nothing here does I/O.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Final

from aaa.books import Books
from aaa.decisions import login_key
from aaa.identify import session_key
from aaa.ports import Changes, sign_of_live
from aaa.request import Item, Recheck, Request, Settled, Sweep
from aaa.token import session_of
from aaa.wants import Parsed
from domain.login import canonical_login
from domain.seams import US_PER_S
from domain.session import Session
from domain.share import Share
from domain.usage import RecordKind, Usage
from nas.login import LoginHints

EXPECTED_US: Final = 3_600 * US_PER_S  # so long after a lost race others are taken to be there
ROUND_N: Final = 200  # sessions that are looked at anew in one sweep
QUIET_US: Final = 1_200 * US_PER_S  # a session of which nothing was heard here for so long


class Company:
    """What one desk knows of others, and does about them."""

    def __init__(self, share: Share) -> None:
        self.share = share
        self._expected_until_us = 0
        self._live: dict[int, tuple[int, int]] = {}  # account: live sessions, and their sign
        self._logins: set[int] = set()  # accounts that a login of this batch is about
        self._held: set[int] = set()
        self._round: list[int] = []

    def expected(self, now_us: int) -> bool:
        """Are others known to write, too?"""
        return self.share.of > 1 or now_us < self._expected_until_us

    @property
    def mine(self) -> Callable[[int], bool] | None:
        """Which session ids this worker counts; None: all of them."""
        return None if self.share.of == 1 else self.share.mine

    def ours(self, session_ids: Collection[int]) -> Collection[int]:
        """Those of these that this worker counts: added up over all, each is counted once."""
        if self.share.of == 1:
            return session_ids
        return [one for one in session_ids if self.share.mine(one)]

    def round(self, books: Books, now_us: int) -> set[int]:
        """Sessions to be looked at anew, a few each time: they may have ended elsewhere."""
        if self.share.of == 1:
            return set()
        if not self._round:
            self._round = list(books.sessions)
        taken, self._round = self._round[-ROUND_N:], self._round[:-ROUND_N]
        found = [books.sessions[one] for one in taken if one in books.sessions]
        return {one.session_id for one in found if now_us - one.last_seen_us > QUIET_US}

    # ---------------------------------------------------------------- around a decision

    def look(self, books: Books, parsed: Iterable[Parsed]) -> None:
        """Remember beside which sessions is decided: of those who may be given another."""
        if not self.share.guarded:
            return
        self._live.clear()
        self._logins.clear()
        for read in parsed:
            if isinstance(read, LoginHints):
                accounts = _account_of(books, login_key(read))
                self._logins |= accounts
            elif isinstance(read, Usage):
                accounts = _account_of(books, canonical_login(read.user_name))
            else:
                continue
            for account_id in sorted(accounts - self._live.keys()):
                live = books.live_sessions(account_id)
                self._live[account_id] = (len(live), sign_of_live(live))

    def guard(self, books: Books, changes: Changes) -> None:
        """Have the commit compare the live sessions of everybody a login or a birth is about.

        One that a record has begun may be over at once, or nobody's: then those of its name.
        """
        if changes and self.share.guarded:
            born = {session.account_id for session in changes.sessions_new}
            compared = sorted((self._logins | born) & self._live.keys())
            changes.live = [(account_id, *self._live[account_id]) for account_id in compared]
            fresh = {one.session_id for one in changes.sessions_new}
            for key in sorted({_key(one) for one in changes.sessions_new if one.records_n}):
                known = [one for one in books.same_id.ids(key) if one not in fresh]
                changes.named.append((*key, min(known, default=0), len(known)))

    def lost(self, changes: Changes, now_us: int) -> None:
        """Somebody else was there first: hold what the batch is about when it is decided again."""
        if self.share.guarded:
            self._expected_until_us = now_us + EXPECTED_US
            moved = {move.after.account_id for move in changes.accounts}
            sessions = (*changes.sessions, *changes.moved, *changes.sessions_new)
            live = {account_id for account_id, _, _ in changes.live}
            self._held = (moved | live | {one.account_id for one in sessions}) - {0}

    @property
    def holding(self) -> bool:
        """Are there accounts to be held from the next load on?"""
        return bool(self._held)

    def take_held(self) -> set[int]:
        """The accounts to be held from the next load on; each is named once."""
        held, self._held = self._held, set()
        return held


def forget(
    books: Books, batch: Sequence[Item], parsed: Sequence[Parsed], class_key: bytes
) -> set[int]:
    """Drop what this batch must see as it is now; answers accounts that had live sessions."""
    accounts: set[int] = set()
    sessions: list[Session] = []
    for item, read in zip(batch, parsed, strict=True):
        if isinstance(read, LoginHints):
            accounts |= _account_of(books, login_key(read))
        elif isinstance(read, Usage):
            assert isinstance(item, Request)
            found = _of_record(books, item.device.device_id, read, class_key)
            if found is not None:
                sessions += found
                accounts |= _account_of(books, canonical_login(read.user_name))
        elif isinstance(item, Recheck):
            accounts |= item.account_ids
        elif isinstance(item, Settled):
            order = books.orders.pop(item.order_id, None)
            accounts |= {order.account_id} if order is not None else set()
        elif isinstance(item, Sweep):
            sessions += [books.sessions[key] for key in item.session_ids if key in books.sessions]
    accounts |= {session.account_id for session in sessions}
    accounts.discard(0)
    alive = {one for one in accounts if books.has_live(one)}
    for session in sessions:
        books.forget_session(session)
    for account_id in sorted(accounts):
        books.drop_account(account_id)
    return alive


def _key(session: Session) -> tuple[int, str]:
    return session.device_id, session.acct_session_id


def _account_of(books: Books, login: str) -> set[int]:
    found = books.subscribers.get(login)
    return {found.account_id} if found is not None else set()


def _of_record(
    books: Books, device_id: int, usage: Usage, class_key: bytes
) -> list[Session] | None:
    """The sessions a record is about, to be read anew; None: its commit checks all there is."""
    if usage.kind in (RecordKind.ON, RecordKind.OFF):
        books.marks.pop(device_id, None)
        return books.sessions_on(device_id)
    key = (device_id, session_key(usage))
    named = books.with_id(*key)
    session_id = session_of(usage.classes, class_key)
    if session_id is not None and session_id in books.sessions:
        named = [books.sessions[session_id]]
    if len(named) == 1 and named[0].live:
        return None
    books.same_id.forget(key)
    return named

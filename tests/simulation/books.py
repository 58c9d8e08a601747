"""The books as they lie on the disk: read with plain SQL, by nobody's rows and nobody's check.

`Books` keeps what it has seen and reads what is new after a commit: all accounts, all sums, the
sessions whose version rose, the entries that were added. So a look costs a fraction of a
millisecond while a house is small, and what must never change is compared with what it was.

Nothing here judges; `laws.py` does. No snapshot outlives a look, for a reader that stays would
keep the server from tidying up its log. Money is micros, instants are the server's UTC micros.
"""

from __future__ import annotations

from collections import defaultdict
from copy import copy
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pysqlite3 import dbapi2 as sqlite3

from tests.simulation.oracle import PriceList, Usage, read

ACCEPTED, OPEN, CLOSED, LAPSED = range(4)  # states of a session
NONE, HELD, POSTED, VOID, EXPIRED = range(5)  # states of a hold


class Account(NamedTuple):
    """One purse and its cached sums."""

    account_id: int
    currency: str
    credit_limit_micros: int
    posted_micros: int
    open_micros: int
    held_micros: int
    entries_n: int

    @property
    def available_micros(self) -> int:
        """What a new promise may take (L7)."""
        return self.above_floor_micros - self.held_micros

    @property
    def above_floor_micros(self) -> int:
        """How far facts have left it above its floor; below zero is overdraft (L8)."""
        return self.posted_micros - self.open_micros + self.credit_limit_micros


class Session(NamedTuple):
    """What the judges look at of a session."""

    session_id: int
    account_id: int
    subscriber_id: int
    device_id: int
    plan_id: int
    state: int
    version: int
    acct_session_id: str
    class_session_id: int
    user_name: str
    start_us: int
    start_seen: int
    synthetic: int
    input_octets: int
    output_octets: int
    session_s: int
    review_input: int
    review_output: int
    free_octets: int
    free_s: int
    fee_due: int
    charged_micros: int
    closed_micros: int
    hold_state: int
    granted_micros: int
    used_micros: int
    hold_until_us: int
    timeout_s: int
    limit_octets: int
    interim_s: int
    cut_order_id: int
    journal_last: int
    records_n: int
    adopted: int
    replaced_by: int
    walled: int
    unrated_input: int
    unrated_output: int
    unrated_s: int
    last_event_us: int
    uses: bytes

    @property
    def unrated(self) -> Usage:
        """What of its counters is nobody's to pay: behind a wall, or before its adoption."""
        return Usage(self.unrated_input, self.unrated_output, self.unrated_s)

    @property
    def rated(self) -> Usage:
        """What is charged."""
        return Usage(*(all_ - free for all_, free in zip(self.usage, self.unrated, strict=True)))

    @property
    def usage(self) -> Usage:
        """Its counters."""
        return Usage(self.input_octets, self.output_octets, self.session_s)

    @property
    def with_review(self) -> Usage:
        """Its counters, and what was put aside for somebody to look at (A9)."""
        return Usage(
            self.input_octets + self.review_input,
            self.output_octets + self.review_output,
            self.session_s,
        )

    @property
    def held_micros(self) -> int:
        """What it keeps from others."""
        return self.granted_micros - self.used_micros if self.hold_state == HELD else 0


class Posting(NamedTuple):
    """One side of an entry."""

    book: str
    account_id: int
    amount_micros: int


class Entry(NamedTuple):
    """One movement of money with its sides."""

    entry_id: int
    account_id: int
    seq: int
    kind: str
    key: str
    currency: str
    session_id: int | None
    overrun_micros: int
    postings: tuple[Posting, ...]

    def purse_micros(self, account_id: int) -> int:
        """What it did to a purse."""
        sides = [p for p in self.postings if p.book == "customer" and p.account_id == account_id]
        return sum(side.amount_micros for side in sides)


class Refusal(NamedTuple):
    """A login that was refused for want of money."""

    login: str
    n: int
    plan_name: str


SESSION_COLUMNS = ", ".join(Session._fields)
ENTRY_COLUMNS = ", ".join(Entry._fields[:-1])
_REFUSALS = """SELECT d.login, d.n, s.plan_name FROM decisions d JOIN subscribers s
 ON s.login = d.login WHERE d.code = 'no-credit'"""
_CHARGES = """SELECT account_id, session_id, sum(amount_micros),
 sum(CASE WHEN entry_id IS NULL THEN amount_micros ELSE 0 END),
 sum(CASE WHEN step = 1 THEN input_octets ELSE 0 END),
 sum(CASE WHEN step = 1 THEN output_octets ELSE 0 END),
 sum(CASE WHEN step = 2 THEN session_s ELSE 0 END)
 FROM charges GROUP BY account_id, session_id"""


class Charged(NamedTuple):
    """The charge rows of one session, summed."""

    micros: int
    open_micros: int
    input_octets: int
    output_octets: int
    session_s: int


NO_CHARGES = Charged(0, 0, 0, 0, 0)


@dataclass(slots=True)
class News:
    """What a look found to be new since the one before."""

    accounts: list[tuple[Account | None, Account]] = field(default_factory=list)  # before, now
    sessions: list[tuple[Session | None, Session]] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)  # sessions that are no more


SEEN = ("accounts", "sessions", "charged", "entries", "written", "purse_micros", "_refused")


class Books:
    """All that was seen of one run's database, and the connection it is seen through."""

    def __init__(self, connection: Any) -> None:
        """`connection` is an open sqlite3 connection; it is closed by `close`."""
        self._connection = connection
        self.accounts: dict[int, Account] = {}
        self.sessions: dict[int, Session] = {}
        self.charged: dict[int, Charged] = {}
        self.entries: dict[tuple[int, int], Entry] = {}
        self.entries_n = 0  # as counted now
        self.postings: tuple[int, int, int] = (0, 0, 0)  # count, sum, sum of sizes
        self.written: tuple[int, int, int] = (0, 0, 0)  # the same of the entries that were seen
        self.purse_micros: dict[int, int] = defaultdict(int)
        self.allowances: dict[int, tuple[int, int, int]] = {}  # periods, octets, seconds
        self.devices: dict[int, str] = {}
        self.price_lists: dict[int, PriceList] = {}
        self.plan_texts: dict[int, str] = {}
        self.subscribers: dict[int, tuple[str, int]] = {}  # login, account
        self._refused: set[tuple[str, int]] = set()

    def see_through(self, connection: Any) -> None:
        """Go on with another connection, on what survived; what was seen stays."""
        self._connection = connection

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()

    def reread(self) -> list[str]:
        """Sentences about entries that are no longer what they were when first seen (L4)."""
        found = []
        for key, entry in self.entries.items():
            rows = self.ask(
                f"SELECT {ENTRY_COLUMNS} FROM entries WHERE account_id = ? AND entry_id = ?", *key
            )
            if not rows:
                found.append(f"entry {entry.entry_id} of account {entry.account_id} is gone")
            elif (now := self._whole(rows[0])) != entry:
                found.append(f"entry {entry.entry_id} was {entry} and is {now}")
        return found

    def ask(self, sql: str, *values: Any) -> list[Any]:
        """All rows of one query."""
        found: list[Any] = self._connection.execute(sql, values).fetchall()
        return found

    def look(self) -> News:
        """Read what is new, from one moment. A look that fails half-way has seen nothing."""
        self._connection.execute("BEGIN")
        before = {name: copy(getattr(self, name)) for name in SEEN}
        try:
            return self._look()
        except sqlite3.Error:
            for name, value in before.items():
                setattr(self, name, value)
            raise
        finally:
            if self._connection.in_transaction:
                self._connection.execute("COMMIT")

    def _look(self) -> News:
        news = News()
        for row in self.ask(f"SELECT {', '.join(Account._fields)} FROM accounts"):
            account = Account._make(row)
            before = self.accounts.get(account.account_id)
            if account != before:
                news.accounts.append((before, account))
                self.accounts[account.account_id] = account
        self._look_at_sessions(news)
        self.charged = {row[1]: Charged._make(row[2:]) for row in self.ask(_CHARGES)}
        self._look_at_entries(news)
        for row in self.ask(
            "SELECT account_id, count(*), sum(used_octets), sum(used_s)"
            " FROM allowances GROUP BY account_id"
        ):
            self.allowances[row[0]] = tuple(row[1:])
        for row in self.ask(_REFUSALS):
            refusal = Refusal._make(row)
            if refusal[:2] not in self._refused:
                self._refused.add(refusal[:2])
                news.refusals.append(refusal)
        return news

    def _look_at_sessions(self, news: News) -> None:
        versions = self.ask("SELECT session_id, version, account_id FROM sessions")
        for session_id, version, account_id in versions:
            known = self.sessions.get(session_id)
            if known is not None and known.version == version and known.account_id == account_id:
                continue
            (row,) = self.ask(
                f"SELECT {SESSION_COLUMNS} FROM sessions WHERE account_id = ? AND session_id = ?",
                account_id,
                session_id,
            )
            session = Session._make(row)
            news.sessions.append((known, session))
            self.sessions[session_id] = session
            self._learn(session)
        if len(versions) != len(self.sessions):
            there = {row[0] for row in versions}
            news.gone = [key for key in self.sessions if key not in there]

    def _learn(self, session: Session) -> None:
        """What a session refers to, if it is new here."""
        if session.plan_id and session.plan_id not in self.price_lists:
            for plan_id, text in self.ask("SELECT plan_id, source FROM plans"):
                self.plan_texts[plan_id] = text
                self.price_lists[plan_id] = read(text)
        if session.device_id not in self.devices:
            self.devices.update(self.ask("SELECT device_id, name FROM devices"))
        if session.subscriber_id and session.subscriber_id not in self.subscribers:
            for subscriber_id, login, account_id in self.ask(
                "SELECT subscriber_id, login, account_id FROM subscribers"
            ):
                self.subscribers[subscriber_id] = (login, account_id)

    def _look_at_entries(self, news: News) -> None:
        for before, account in news.accounts:
            if before is not None and before.entries_n == account.entries_n:
                continue
            found = self.ask(
                f"SELECT {ENTRY_COLUMNS} FROM entries"
                " WHERE account_id = ? AND seq > ? ORDER BY seq",
                account.account_id,
                before.entries_n if before is not None else 0,
            )
            news.entries += [self._whole(row) for row in found]
        for entry in news.entries:
            self.entries[entry.account_id, entry.entry_id] = entry
            count, total, size = self.written
            for side in entry.postings:
                count, total, size = count + 1, total + side[2], size + abs(side[2])
                if side.book == "customer":
                    self.purse_micros[side.account_id] += side.amount_micros
            self.written = (count, total, size)
        ((self.entries_n,),) = self.ask("SELECT count(*) FROM entries")
        (sums,) = self.ask(
            "SELECT count(*), coalesce(sum(amount_micros), 0), coalesce(sum(abs(amount_micros)), 0)"
            " FROM postings"
        )
        self.postings = tuple(sums)

    def _whole(self, row: Any) -> Entry:
        sides = self.ask(
            "SELECT book, account_id, amount_micros FROM postings"
            " WHERE entry_account_id = ? AND entry_id = ? ORDER BY n",
            row[1],
            row[0],
        )
        return Entry._make([*row, tuple(Posting._make(side) for side in sides)])

    # ---------------------------------------------------------------- names

    def price_list(self, session: Session) -> PriceList | None:
        """What the session is charged by; None if it is nobody's."""
        return self.price_lists.get(session.plan_id) if session.account_id else None

    def login_of(self, session: Session) -> str:
        """Whose session it is: its subscriber's login, or the User-Name of somebody unknown."""
        found = self.subscribers.get(session.subscriber_id)
        return found[0] if found else session.user_name.lower()

    def account_of(self, login: str) -> int | None:
        """The account of a login."""
        found = self.ask("SELECT account_id FROM subscribers WHERE login = ?", login)
        return found[0][0] if found else None

"""What the desk needs of a store and of a lock for secrets; adapters fit these by shape.

The store has two verbs on the hot road, `load` and `commit`, and one beside it, `feed`. Between a
load and its commit nothing waits. A commit is all or nothing: when it raises `Conflict` somebody
else changed a row and the batch is decided again; when it raises `StoreUnavailable` the outcome is
unknown, nobody is answered, and the rows of the batch are read anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from aaa._moves import AccountMove as AccountMove
from accounting.in_force import Version
from domain.account import Account, Allowance, Subscriber
from domain.deed import Deed
from domain.device import Latch
from domain.grant import Order
from domain.ledger import Entry
from domain.plan import Plan
from domain.pot import Pot
from domain.session import Charge, DeviceMark, Session, Suspense

LIVE_MODULUS = 1_000_003


class StoreUnavailable(Exception):
    """The database cannot be reached, is full, or died at a commit whose fate is unknown."""


class Conflict(Exception):
    """A row was changed elsewhere since it was loaded; nothing was committed."""


@dataclass(slots=True)
class Want:
    """What a batch names. The store answers with whole accounts (see `Loaded`)."""

    logins: set[str] = field(default_factory=set)
    account_ids: set[int] = field(default_factory=set)
    session_ids: set[int] = field(default_factory=set)
    session_keys: set[tuple[int, str]] = field(default_factory=set)  # (device, Acct-Session-Id)
    live_of_devices: set[int] = field(default_factory=set)  # every live session of these
    plan_ids: set[int] = field(default_factory=set)
    plan_names: set[str] = field(default_factory=set)  # their newest version
    mark_devices: set[int] = field(default_factory=set)  # On/Off marks of these
    order_ids: set[int] = field(default_factory=set)
    suspense_of: set[int] = field(default_factory=set)  # open suspense of these sessions
    pots_of: set[int] = field(default_factory=set)  # of accounts that are held without
    all_live: bool = False  # at start: every live session
    others_max_n: int = 0  # at start, with all that live: so many accounts without live sessions
    held_for_us: set[int] = field(default_factory=set)
    # ^ accounts that nobody else may write under from now until the next commit is over

    def __bool__(self) -> bool:
        """Is there anything to load?"""
        return any(getattr(self, name) for name in self.__slots__)


@dataclass(slots=True)
class Loaded:
    """What was found. For every account that is named, directly or by a login or a session:

    the account, its subscribers, its live sessions, its allowances, and the plans these refer to
    (by id, and the newest version of each subscriber's plan). For a session key: its newest few
    sessions, live or not.
    """

    accounts: list[Account] = field(default_factory=list)
    subscribers: list[Subscriber] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    allowances: list[Allowance] = field(default_factory=list)
    plans: list[Plan] = field(default_factory=list)
    marks: list[DeviceMark] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    suspense: list[Suspense] = field(default_factory=list)
    pots: dict[int, list[Pot]] = field(default_factory=dict)
    # ^ by account, of those whose subscribers or sessions have plans with `pricing`, perhaps none
    newest_plans: dict[str, int] = field(default_factory=dict)  # plan name to newest plan_id
    versions: dict[str, list[Version]] = field(default_factory=dict)
    # ^ of plans with several: those that may hold for somebody beside what was bought, newest first
    keys_shared: set[tuple[int, str]] = field(default_factory=set)
    # ^ at start: session keys of live sessions that other sessions have had as well


class Change(NamedTuple):
    """One row of the change feed: somebody else changed this row."""

    seq: int
    kind: str  # account, subscriber, device, plan, session, order
    row_id: int


@dataclass(slots=True)
class Decision:
    """One login decided, kept for `explain reject`.

    What let a session begin stays as long as it; of all others each login keeps the last 20.
    """

    login: str  # canonical; empty: the login is unknown, and shares a bounded list with others
    n: int  # the session's id if it has let it begin, else an id of its own: they rise with time
    decided_us: int
    device_id: int
    user_name: str
    mac: str
    code: str  # accepted, or a refusal's code
    session_id: int
    request: Mapping[str, Any]  # input attributes as text, secrets left out; kept as JSON
    reply: Mapping[str, Any]  # what was answered, or the facts the rule fired on


@dataclass(slots=True)
class Changes:
    """Everything one batch changes; one transaction."""

    now_us: int
    feed_seq: int  # the change number the decisions were made at
    accounts: list[AccountMove] = field(default_factory=list)
    sessions_new: list[Session] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)  # version already raised by one
    moved: list[Session] = field(default_factory=list)
    # ^ likewise, but only `domain.session.MOVING` changed since the version that was committed
    charges: list[Charge] = field(default_factory=list)  # amounts to add to their rows
    closings: list[tuple[int, int, int, int]] = field(default_factory=list)
    # ^ (account, session, part, entry): charges of the part that this entry closes
    entries: list[Entry] = field(default_factory=list)
    allowances: list[tuple[Allowance, int, int]] = field(default_factory=list)
    # ^ (after, octets to add, seconds to add); the row is made when it is missing
    pots: list[tuple[Pot, int, int]] = field(default_factory=list)
    # ^ (after, `used` to add, `lost` to add); the row is made when it is missing
    orders_new: list[Order] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    suspense: list[Suspense] = field(default_factory=list)  # inserted, or replaced by id
    macs: list[tuple[int, str]] = field(default_factory=list)  # (subscriber, learned MAC)
    latches: list[tuple[int, str, Latch]] = field(default_factory=list)
    marks: list[DeviceMark] = field(default_factory=list)
    deeds: list[Deed] = field(default_factory=list)  # drafts; the store numbers them
    live: list[tuple[int, int, int]] = field(default_factory=list)
    # ^ (account, live sessions, what `sign_of_live` makes of them) as decided upon: a login is
    # right only beside these, and none of them may be written by it
    named: list[tuple[int, str, int, int]] = field(default_factory=list)
    # ^ (device, Acct-Session-Id, session, sessions of that name from that one on) as decided upon:
    # a record begins a session only where no other has begun it
    journal_id: int = 0
    journal: bytes = b""  # the body of the batch, not packed; empty: no accounting in it

    def __bool__(self) -> bool:
        """Is there anything to commit?"""
        moved = self.accounts or self.moved or self.charges or self.journal or self.journal_id
        return bool(moved) or not self.only_moves

    @property
    def only_moves(self) -> bool:
        """Is there nothing but counters and sums that moved, as of interims on the lane?"""
        return not (
            self.sessions_new
            or self.sessions
            or self.closings
            or self.entries
            or self.allowances
            or self.pots
            or self.orders_new
            or self.orders
            or self.decisions
            or self.suspense
            or self.macs
            or self.latches
            or self.marks
            or self.deeds
            or self.live
            or self.named
        )


def sign_of_live(sessions: Iterable[Session]) -> int:
    """A number that tells these sessions as they are now from others; the database adds alike."""
    return sum(one.version + one.session_id % LIVE_MODULUS for one in sessions)


class Store(Protocol):
    """The database, as the desk sees it."""

    async def load(self, want: Want) -> Loaded:
        """Read what is wanted in as few statements as it takes. Raises StoreUnavailable."""

    async def commit(self, changes: Changes) -> None:
        """Make all changes durable in one transaction, or none.

        What is written is what the records say when this is called, or when it was prepared, not
        what they say later.
        Raises Conflict when a session's version, an account's sums or the change number are not
        those the decisions were made with; StoreUnavailable when the outcome is unknown.
        """

    def prepare(self, changes: Changes) -> None:
        """Do now what `commit` of these would do first, while another commit is under way. Their
        records stay as they are until then; if they come to nothing, so does this."""

    async def feed(self, since_seq: int) -> list[Change]:
        """The changes made elsewhere after `since_seq`, oldest first."""

    async def feed_seq(self) -> int:
        """The newest change number."""


class Sealer(Protocol):
    """Keeps secrets readable only with the key file, which is outside the database."""

    class_key: bytes
    decrypts: dict[bytes, Callable[[bytes, bytes, bytes], bytes]]
    # ^ by the first octets of what is sealed: what opens the rest, see `aaa._unsealed`

    def seal(self, purpose: str, row: str, clear: bytes) -> bytes:
        """Encrypt for one row of one purpose, so that rows cannot be exchanged."""

    def open(self, purpose: str, row: str, sealed: bytes) -> bytes:
        """Decrypt, or raise ValueError for another key, row or purpose."""

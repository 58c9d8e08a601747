"""The oracle: what a NAS knows of the truth against what a server's books say.

Plain lines and exact fractions, sharing nothing with the server but the numbers it is given. It
takes the generator's two lists and a small model of the books (`tests.chaos.books` reads it from
a database) and answers with findings; sound books have none.

* lost: something was acknowledged and the books hold less than that.
* doubled: the books hold, or charge, more than ever happened.
* priced: a session costs what its counters cost, whatever way they took (A2).
* balance: the sums on an account are those of its rows, and the money is what was paid in less
  what sessions cost (L1-L3).
* hold: money is kept for a session whose Stop was acknowledged, or was resolved twice (L6).
* overrun: obedient routers took an account further below zero than the bound allows (L7, L8).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from tests.chaos.records import AGAIN, LOGIN, STOP, Record

LIVE, CLOSED = "live", "closed"
ACCEPTED, LAPSED = "accepted", "lapsed"  # logins without a Start


class Finding(NamedTuple):
    """One thing that is not as it must be."""

    kind: str
    text: str


@dataclass(frozen=True)
class Tariff:
    """What a plan costs, in exact numbers. Rounding is `down`, `up` or `half-up`, of each part."""

    per_octet: Fraction = Fraction(0)  # micros
    octets_increment: int = 1
    per_second: Fraction = Fraction(0)
    seconds_increment: int = 1
    fee_micros: int = 0
    rounding: str = "down"

    def price_micros(self, octets: int, seconds: int, *, begun: bool = True) -> int:
        """The price of a session's total; a session that began owes the fee."""
        volume = self.per_octet * _whole(octets, self.octets_increment)
        time = self.per_second * _whole(seconds, self.seconds_increment)
        fee = self.fee_micros if begun else 0
        return fee + self._rounded(volume) + self._rounded(time)

    def _rounded(self, exact: Fraction) -> int:
        if self.rounding == "down":
            return math.floor(exact)
        return math.ceil(exact) if self.rounding == "up" else math.floor(exact + Fraction(1, 2))


def _whole(quantity: int, increment: int) -> int:
    """In whole increments, a started one counted."""
    return math.ceil(Fraction(quantity, increment)) * increment


@dataclass
class SessionRow:
    """One session as the books have it. Money is None where the books keep none (radacct)."""

    session: str
    login: str
    state: str
    input_octets: int
    output_octets: int
    session_s: int
    charged_micros: int | None = None
    closed_micros: int | None = None  # the part that is in entries
    held_micros: int | None = None  # what is still kept for it

    @property
    def octets(self) -> int:
        """Both directions."""
        return self.input_octets + self.output_octets


@dataclass
class AccountRow:
    """One account as the books have it, and what its rows really sum to."""

    login: str
    posted_micros: int
    open_micros: int
    held_micros: int
    credit_limit_micros: int = 0
    postings: list[tuple[str, int]] = field(default_factory=list)  # (kind of entry, micros)

    @property
    def balance_micros(self) -> int:
        """What the subscriber has: entries less open charges."""
        return self.posted_micros - self.open_micros


class PotRow(NamedTuple):
    """What one period of an account brought or counts."""

    login: str
    pot: str  # kind, period, plan and name; a booster: kind, name and number
    granted: int
    used: int
    lost: int


@dataclass
class Books:
    """Everything that is read from a server at one moment."""

    sessions: list[SessionRow]
    accounts: list[AccountRow] = field(default_factory=list)
    pots: list[PotRow] = field(default_factory=list)
    all_postings_micros: int = 0  # over all books; always 0
    damage: list[str] = field(default_factory=list)  # what the database's own check says


@dataclass
class Truth:
    """What the NAS knows: watermarks by session."""

    sent: dict[str, Record] = field(default_factory=dict)  # the furthest that was sent
    acked: dict[str, Record] = field(default_factory=dict)  # the furthest acknowledged
    stopped: set[str] = field(default_factory=set)  # their Stop was acknowledged
    begun: set[str] = field(default_factory=set)  # a record of accounting was sent
    accepted: set[str] = field(default_factory=set)
    acked_n: int = 0
    waited_us: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, sent: Iterable[Record], acked: Iterable[Record]) -> Truth:
        """Take in both lists whole."""
        truth = cls()
        truth.add_sent(sent)
        truth.add_acked(acked)
        return truth

    @classmethod
    def together(cls, truths: Sequence[Truth]) -> Truth:
        """The truth of several generators, whose sessions have different names."""
        if len(truths) == 1:
            return truths[0]
        whole = cls()
        for truth in truths:
            whole.sent |= truth.sent
            whole.acked |= truth.acked
            whole.stopped |= truth.stopped
            whole.begun |= truth.begun
            whole.accepted |= truth.accepted
            whole.acked_n += truth.acked_n
            whole.waited_us += truth.waited_us
        return whole

    def add_sent(self, records: Iterable[Record]) -> None:
        """Take in what was sent."""
        for record in records:
            if record.kind != LOGIN:
                self.begun.add(record.session)
                _raise(self.sent, record)

    def add_acked(self, records: Iterable[Record]) -> None:
        """Take in what was acknowledged."""
        for record in records:
            self.acked_n += 1
            if record.answer != AGAIN:
                self.waited_us.append(record.waited_us)
            if record.kind == LOGIN:
                if record.answer == "accept":
                    self.accepted.add(record.session)
                continue
            _raise(self.acked, record)
            if record.kind == STOP:
                self.stopped.add(record.session)


def _raise(watermarks: dict[str, Record], record: Record) -> None:
    """Counters of a router that plays by the rules only rise, so the furthest has the most."""
    known = watermarks.get(record.session)
    if known is None or _usage(record) >= _usage(known):
        watermarks[record.session] = record


def _usage(record: Record) -> tuple[int, int, int]:
    return (record.input_octets, record.output_octets, record.session_s)


@dataclass
class Verdict:
    """What the oracle found, and the figures of what it looked at."""

    findings: list[Finding] = field(default_factory=list)
    lost_n: int = 0
    doubled_n: int = 0
    committed_unacked_n: int = 0  # sessions with more in the books than was acknowledged
    overdraft_max_micros: int = 0

    def add(self, kind: str, text: str) -> None:
        """Note a finding."""
        self.findings.append(Finding(kind, text))
        self.lost_n += kind == "lost"
        self.doubled_n += kind == "doubled"


def judge(
    truth: Truth,
    books: Books,
    tariffs: Mapping[str, Tariff],
    *,
    paid_micros: Mapping[str, int] | None = None,
    bound_micros: Mapping[str, int] | None = None,
) -> Verdict:
    """Compare. `tariffs`, `paid_micros` and `bound_micros` are by login.

    `paid_micros` is all money that was paid in, `bound_micros` how far below its credit limit an
    account may end; what is not named there is not checked for it. The acknowledgements must have
    been read before the books.
    """
    verdict = Verdict()
    rows: dict[str, list[SessionRow]] = defaultdict(list)
    for row in books.sessions:
        rows[row.session].append(row)
    for session in sorted(truth.acked.keys() | truth.accepted):
        _judge_kept(verdict, truth, session, rows.get(session, []))
    for session, of_session in rows.items():
        _judge_not_doubled(verdict, truth, session, of_session)
    by_login: dict[str, list[SessionRow]] = defaultdict(list)
    for row in books.sessions:
        by_login[row.login].append(row)
        tariff = tariffs.get(row.login)
        if tariff is not None and row.charged_micros is not None:
            _judge_price(verdict, truth, row, tariff)
        elif not row.login and row.session in truth.begun:
            verdict.add("priced", f"{row.session} is nobody's: {row.octets} octets are not billed")
        _judge_hold(verdict, truth, row)
    for account in books.accounts:
        _judge_account(verdict, account, by_login[account.login])
        if paid_micros is not None and account.login in paid_micros:
            _judge_paid(verdict, account, paid_micros[account.login])
        if bound_micros is not None and account.login in bound_micros:
            _judge_overrun(verdict, account, bound_micros[account.login])
    if books.all_postings_micros:
        verdict.add("balance", f"all postings sum to {books.all_postings_micros} micros, not to 0")
    for words in books.damage:
        verdict.add("damage", words)
    return verdict


def _judge_kept(verdict: Verdict, truth: Truth, session: str, rows: list[SessionRow]) -> None:
    """Nothing that was acknowledged is missing."""
    if not rows:
        verdict.add("lost", f"{session} was acknowledged and is not in the books")
        return
    acked = truth.acked.get(session)
    if acked is None:
        return
    kept = tuple(sum(values) for values in zip(*map(_stored, rows), strict=True))
    if any(have < want for have, want in zip(kept, _usage(acked), strict=True)):
        verdict.add("lost", f"{session}: {_usage(acked)} was acknowledged, {kept} is kept")
    elif kept != _usage(acked):
        verdict.committed_unacked_n += 1
    if session in truth.stopped and not any(row.state == CLOSED for row in rows):
        verdict.add("lost", f"{session}: its Stop was acknowledged and it is {rows[0].state}")
    if all(row.state in (ACCEPTED, LAPSED) for row in rows):
        verdict.add("lost", f"{session}: its accounting was acknowledged and it never began")


def _stored(row: SessionRow) -> tuple[int, int, int]:
    return (row.input_octets, row.output_octets, row.session_s)


def _judge_not_doubled(
    verdict: Verdict, truth: Truth, session: str, rows: list[SessionRow]
) -> None:
    """Nothing is counted that did not happen, and nothing twice."""
    sent = truth.sent.get(session)
    most = _usage(sent) if sent is not None else (0, 0, 0)
    kept = tuple(sum(values) for values in zip(*map(_stored, rows), strict=True))
    if any(have > limit for have, limit in zip(kept, most, strict=True)):
        verdict.add("doubled", f"{session}: {most} was ever sent, {kept} is counted")
    begun = [row for row in rows if row.state not in (ACCEPTED, LAPSED)]
    if len(begun) > 1:
        verdict.add("doubled", f"{session} is {len(begun)} sessions in the books")


def _judge_price(verdict: Verdict, truth: Truth, row: SessionRow, tariff: Tariff) -> None:
    """A session costs what its stored counters cost, and no more than what really happened."""
    begun = row.state not in (ACCEPTED, LAPSED)
    price = tariff.price_micros(row.octets, row.session_s, begun=begun)
    if row.charged_micros != price:
        verdict.add(
            "priced",
            f"{row.session}: {row.octets} octets and {row.session_s} s cost {price} micros, "
            f"{row.charged_micros} is charged",
        )
    sent = truth.sent.get(row.session)
    octets = sent.input_octets + sent.output_octets if sent else 0
    most = tariff.price_micros(octets, sent.session_s if sent else 0, begun=sent is not None)
    if row.charged_micros is not None and row.charged_micros > most:
        verdict.add("doubled", f"{row.session}: {row.charged_micros} micros for usage worth {most}")
    if row.state == CLOSED and row.closed_micros != row.charged_micros:
        verdict.add(
            "balance",
            f"{row.session} is closed; {row.charged_micros} micros are charged and "
            f"{row.closed_micros} are in entries",
        )


def _judge_hold(verdict: Verdict, truth: Truth, row: SessionRow) -> None:
    if row.held_micros is None:
        return
    if row.held_micros < 0:
        verdict.add("hold", f"{row.session}: more was used of its hold than was granted")
    # A login that was repeated and never began keeps its hold until it lapses: that is no session.
    stopped = row.state == LIVE and row.session in truth.stopped
    if row.held_micros and (row.state in (CLOSED, LAPSED) or stopped):
        verdict.add("hold", f"{row.session} is over and {row.held_micros} micros are held for it")


def _judge_account(verdict: Verdict, account: AccountRow, rows: list[SessionRow]) -> None:
    """The sums that are kept are the sums of the rows."""
    sums = {
        "posted": (account.posted_micros, sum(micros for _, micros in account.postings)),
        "open": (
            account.open_micros,
            sum((row.charged_micros or 0) - (row.closed_micros or 0) for row in rows),
        ),
        "held": (account.held_micros, sum(row.held_micros or 0 for row in rows)),
        "in charges": (
            -sum(micros for kind, micros in account.postings if kind == "charge"),
            sum(row.closed_micros or 0 for row in rows),
        ),
    }
    for name, (kept, real) in sums.items():
        if kept != real:
            verdict.add("balance", f"{account.login}: {name} {kept} micros, its rows say {real}")


def _judge_paid(verdict: Verdict, account: AccountRow, paid_micros: int) -> None:
    found = sum(micros for kind, micros in account.postings if kind != "charge")
    if found < paid_micros:
        verdict.add("lost", f"{account.login}: {paid_micros} micros were paid, {found} is booked")
    if found > paid_micros:
        verdict.add("doubled", f"{account.login}: {found} micros are booked, {paid_micros} paid")


def _judge_overrun(verdict: Verdict, account: AccountRow, bound_micros: int) -> None:
    below = -account.credit_limit_micros - account.balance_micros
    verdict.overdraft_max_micros = max(verdict.overdraft_max_micros, below)
    if below > bound_micros:
        verdict.add(
            "overrun",
            f"{account.login} is {below} micros below its limit; the bound is {bound_micros}",
        )

"""What a batch has changed so far, until one transaction is made of it.

Every decision of a batch writes here what it does to money, sessions and orders, beside changing
the records of the books in place. Sums move relatively, and moves of one account, one allowance or
one charge row add up, so a batch writes each row once. A draft is thrown away with its batch,
durable or not, and is never carried over: what it says may be committed at most once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from aaa.ports import AccountMove, Changes, Decision
from domain.account import Account, Allowance
from domain.deed import Deed
from domain.device import Latch
from domain.grant import Order
from domain.ledger import Entry
from domain.pot import Pot
from domain.session import Charge, DeviceMark, Session, Suspense

PotMove: TypeAlias = tuple[Pot, int, int]  # as it is now, `used` and `lost` to add to its row


class Draft:
    """The changes of the batch under way, by the keys of their rows."""

    def __init__(self) -> None:
        self.moves: dict[int, AccountMove] = {}
        self.new_sessions: dict[int, Session] = {}
        self.changed_sessions: dict[int, Session] = {}
        self.moved_sessions: dict[int, Session] = {}  # by the lane: only counters moved
        self.charge_rows: dict[tuple[int, int, int, int], Charge] = {}
        self.closings: list[tuple[int, int, int, int]] = []
        self.entries: list[Entry] = []
        self.allowance_moves: dict[tuple[int, int], list[int]] = {}
        self.pot_moves: dict[tuple[int, str, int], PotMove] = {}
        self.new_orders: list[Order] = []
        self.changed_orders: dict[int, Order] = {}
        self.decisions: list[Decision] = []
        self.changed_suspense: dict[int, Suspense] = {}
        self.macs: list[tuple[int, str]] = []
        self.latches: list[tuple[int, str, Latch]] = []
        self.changed_marks: dict[tuple[int, str], DeviceMark] = {}
        self.deeds: list[Deed] = []

    def touch(self, session: Session) -> None:
        """The session was changed; its commit checks the version it was read with."""
        session_id = session.session_id
        if session_id in self.moved_sessions:
            self.changed_sessions[session_id] = self.moved_sessions.pop(session_id)
        elif session_id not in self.new_sessions and session_id not in self.changed_sessions:
            session.version += 1
            self.changed_sessions[session_id] = session

    def names(self, session: Session) -> bool:
        """Has the batch made, changed or moved this session?"""
        session_id = session.session_id
        kept = (self.changed_sessions, self.moved_sessions, self.new_sessions)
        return any(session_id in one for one in kept)

    def account_ids(self) -> set[int]:
        """The accounts whose money, usage or sessions the batch has moved; 0 for nobody's."""
        account_ids = {*self.moves, *(session.account_id for session in self.touched())}
        account_ids |= {account_id for account_id, _ in self.allowance_moves}
        account_ids |= {account_id for account_id, _, _ in self.pot_moves}
        return account_ids

    def touched(self) -> list[Session]:
        """The sessions that the batch made, changed or moved."""
        return [
            *self.changed_sessions.values(),
            *self.moved_sessions.values(),
            *self.new_sessions.values(),
        ]

    def move(
        self,
        account: Account,
        *,
        posted: int = 0,
        opened: int = 0,
        held: int = 0,
        entries: int = 0,
        promise: bool = False,
    ) -> None:
        """Remember by how much the sums of an account were moved (micros)."""
        move = self.moves.get(account.account_id)
        if move is None:
            move = self.moves[account.account_id] = AccountMove(account)
        move.posted_micros += posted
        move.open_micros += opened
        move.held_micros += held
        move.entries_n += entries
        move.promise |= promise

    def held_moved_micros(self) -> int:
        """By how much the batch moves what all accounts together hold."""
        return sum(move.held_micros for move in self.moves.values())

    def add_charge(self, charge: Charge) -> None:
        """Add to the open charge row of its session, part, step and day."""
        key = (charge.session_id, charge.part, charge.step, charge.day)
        row = self.charge_rows.get(key)
        if row is None:
            self.charge_rows[key] = charge
            return
        row.amount_micros += charge.amount_micros
        row.input_octets += charge.input_octets
        row.output_octets += charge.output_octets
        row.session_s += charge.session_s

    def consume(self, allowance: Allowance, octets: int, seconds: int) -> None:
        """Remember by how much an allowance was consumed (its `used_*` is raised already)."""
        if octets or seconds:
            key = (allowance.account_id, allowance.period_start_us)
            moved = self.allowance_moves.setdefault(key, [0, 0])
            moved[0] += octets
            moved[1] += seconds

    def pour(self, pot: Pot, used: int, lost: int = 0) -> None:
        """Remember by how much a pot was moved (which it is already); 0 for one just opened."""
        key = (pot.account_id, pot.pot, pot.period_start_us)
        before = self.pot_moves.get(key, (pot, 0, 0))
        self.pot_moves[key] = (pot, before[1] + used, before[2] + lost)

    def as_changes(
        self,
        now_us: int,
        *,
        feed_seq: int,
        allowances: Mapping[int, Mapping[int, Allowance]],
        journal_id: int,
        journal: bytes,
    ) -> Changes:
        """Everything the batch changed, as one transaction; `allowances` by account and period.

        A promise was checked where it was made (L7), and the commit checks it again, unless facts
        of the same batch have since taken the account below its floor: those post all the same.
        """
        for move in self.moves.values():
            move.promise = move.promise and move.after.available_micros >= 0
        return Changes(
            now_us=now_us,
            feed_seq=feed_seq,
            accounts=list(self.moves.values()),
            sessions_new=list(self.new_sessions.values()),
            sessions=list(self.changed_sessions.values()),
            moved=list(self.moved_sessions.values()),
            charges=list(self.charge_rows.values()),
            closings=self.closings,
            entries=self.entries,
            allowances=[
                (allowances[account_id][period_us], moved[0], moved[1])
                for (account_id, period_us), moved in self.allowance_moves.items()
            ],
            pots=list(self.pot_moves.values()),
            orders_new=self.new_orders,
            orders=list(self.changed_orders.values()),
            decisions=self.decisions,
            suspense=list(self.changed_suspense.values()),
            macs=self.macs,
            latches=self.latches,
            marks=list(self.changed_marks.values()),
            deeds=self.deeds,
            journal_id=journal_id,
            journal=journal,
        )

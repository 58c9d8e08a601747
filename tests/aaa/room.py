"""The desk's rooms without a store: books filled by hand, decisions called one by one.

A tenth of a millisecond for a record, so Hypothesis can try what no list of sequences thinks of.
Nothing is committed; what a commit would have written is taken from the books after each record.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from aaa import sealing, token
from aaa.books import Books
from aaa.hearing import Hearing
from aaa.limits import Deal, deal_of
from aaa.login import decide_login
from aaa.outcome import Outcome
from aaa.ports import Changes, Loaded, Want
from aaa.record import decide_record, session_key
from aaa.request import Request
from aaa.turn import DeskSettings, Turn
from accounting import journal
from accounting.journal import Record
from domain.account import CredentialKind, Subscriber
from domain.device import Device
from domain.plan import Plan
from domain.session import Session
from domain.usage import RecordKind
from nas.dialects import DIALECTS
from nas.login import LoginHints
from radius import Packet
from tests.aaa.gate import SECRET, Chance, Ids, record_pairs
from tests.accounting import makers
from tests.accounting.makers import at

SEALER = sealing.KeyRing(sealing.new_key_file(Chance().octets), Chance().octets)


class Room:
    """One account with one login `alice`, one device, one plan; every amount in micros."""

    def __init__(
        self,
        sold: Plan | None = None,
        *,
        balance_micros: int = 5_000_000,
        credit_limit_micros: int = 0,
        device: Device | None = None,
        settings: DeskSettings | None = None,
        **traits: Any,
    ) -> None:
        self.plan = sold or makers.plan()
        self.account = makers.account(balance_micros, credit_limit_micros=credit_limit_micros)
        self.subscriber: Subscriber = makers.subscriber(
            credential_kind=CredentialKind.NONE, login="02:00:00:00:00:01", **traits
        )
        self.device = device or Device(1, "nas", SECRET, ("10.0.0.0/16",), "mikrotik", 3799)
        self.settings = settings or DeskSettings()
        self.ids, self.chance, self.hearing = Ids(), Chance(), Hearing()
        self.books = Books()
        self.books.take_in(
            Want(logins={self.subscriber.login}, mark_devices={1}),
            Loaded(
                accounts=[self.account],
                subscribers=[self.subscriber, replace(self.subscriber, login="alice")],
                plans=[self.plan],
                newest_plans={self.plan.name: self.plan.plan_id},
            ),
        )
        self.changes: list[Changes] = []
        self.journal: list[tuple[int, Record]] = []
        self.acked: dict[int, int] = {}

    def turn(self, t: int) -> Turn:
        """A turn of its own for what happens `t` seconds after T0."""
        return Turn(
            now_us=at(t),
            books=self.books,
            settings=self.settings,
            ids=self.ids,
            randomness=self.chance,
            sealer=SEALER,
            hearing=self.hearing,
            devices={self.device.device_id: self.device},
            journal_id=self.ids.next(),
            acked=self.acked,
        )

    def end(self, turn: Turn) -> Changes:
        """What the desk would commit now; the books go on from there."""
        if turn.records:
            kept = journal.decode(journal.packed(turn.records.octets()))
            self.journal += [(turn.journal_id, record) for record in kept]
        self.changes.append(self.books.take_changes(turn.now_us, turn.journal_id, b""))
        self.books.settle()
        return self.changes[-1]

    def record(self, kind: str, a: int = 0, **said: Any) -> Outcome:
        """An accounting record that arrives `a` seconds after T0; see `gate.record_pairs`."""
        packet = Packet(4, 1, bytes(16), record_pairs(kind, **said))
        request = Request(packet, self.device, "10.0.0.1", at(a), signed=True)
        usage = DIALECTS[self.device.dialect].read_usage(packet, self.device, at(a), "10.0.0.1")
        if usage.kind not in (RecordKind.ON, RecordKind.OFF):
            key = (self.device.device_id, session_key(usage))
            if key not in self.books.same_id:
                self.books.take_in(Want(session_keys={key}), Loaded())
        turn = self.turn(a)
        outcome = decide_record(turn, request, usage)
        self.end(turn)
        return outcome

    def login(self, a: int = 0, **hints: Any) -> Session | str:
        """A login by MAC; the session that was accepted, or the code of the refusal."""
        name = self.subscriber.login
        packet = Packet(1, 1, bytes(16), [(1, name.encode()), (6, (10).to_bytes(4, "big"))])
        request = Request(packet, self.device, "10.0.0.1", at(a), signed=True)
        turn = self.turn(a)
        outcome = decide_login(turn, request, LoginHints(name.encode(), name, **hints))
        new = self.end(turn).sessions_new
        return new[0] if outcome.reply_code == 2 else outcome.label

    def token(self, session: Session) -> bytes:
        """The Class that the session's Accept carried."""
        return token.issue(session.session_id, SEALER.class_key)

    @property
    def sessions(self) -> list[Session]:
        """Every session, oldest first."""
        return [self.books.sessions[key] for key in sorted(self.books.sessions)]

    def open_session(self, **traits: Any) -> Session:
        """A live session put into the books as if it had been loaded."""
        one = makers.session(**({"session_id": self.ids.next()} | traits))
        self.books.add_session(one)
        self.books.take_changes(at(0), 0, b"")
        self.books.settle()
        return one

    def deal(self, **traits: Any) -> Deal:
        """Such a session of the room's account with its deal."""
        found = deal_of(self.turn(0), self.open_session(**traits))
        assert found is not None
        return found

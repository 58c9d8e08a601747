"""The journal as evidence: which packets are in it, and what rating them again comes to.

A packet that was acknowledged must be there as it was sent (A1). A journaled record is recognised
by what the router wrote into it: device, Acct-Session-Id, kind and the low words of its counters,
read here octet by octet. Rating again goes through the house's own replay (A11), for that is what
`explain charge --rerate` shows an operator; the oracle has priced the result before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from accounting.journal import Record, decode
from accounting.replay import Bands, replay
from accounting.uses import sheet_of
from domain.device import Device
from rating import Tariff, compile_tariff
from rating.timetable import Timetable
from store.journal import sound
from store.plans import plan_of
from store.rows import device_of
from tests.simulation.books import CLOSED, Books, Session
from tests.simulation.truth import Told, TrueSession

KINDS = {1: "start", 2: "stop", 3: "interim"}
STATUS, SESSION_ID, INPUT, OUTPUT, TIME = 40, 44, 42, 43, 46
WORD = 1 << 32


class Packet(NamedTuple):
    """What tells one journaled record from another. Counters are low words."""

    device_id: int
    acct_session_id: str
    kind: str
    said: tuple[int, int, int]


class Journal:
    """All rows that were read so far, decoded once. Nothing ever changes in them (L4)."""

    def __init__(self, books: Books) -> None:
        """Reads through the books' connection, when asked."""
        self._books = books
        self._rows: dict[int, list[Record]] = {}
        self._packets: Counter[Packet] = Counter()

    def read(self) -> Iterator[str]:
        """Take in the rows that are new; sentences about rows that are damaged or gone."""
        there = {row[0] for row in self._books.ask("SELECT journal_id FROM journal")}
        for journal_id in sorted(self._rows.keys() - there):
            yield f"A1: journal row {journal_id} is gone"
        for journal_id in sorted(there - self._rows.keys()):
            (row,) = self._books.ask(
                "SELECT journal_id, created_us, body, digest FROM journal WHERE journal_id = ?",
                journal_id,
            )
            if not sound(*row):
                yield f"A1: journal row {journal_id} does not match its digest"
                continue
            records = self._rows[journal_id] = decode(row[2])
            self._packets.update(map(_packet_of, records))

    def has(self, device_ids: list[int], true: TrueSession, told: Told) -> bool:
        """Is the record there, as it was said?"""
        low = (told.as_said[0] % WORD, told.as_said[1] % WORD, told.as_said[2] % WORD)
        said = (0, 0, 0) if told.kind == "start" else low
        return any(
            self._packets[Packet(device_id, true.acct_session_id, told.kind, said)]
            for device_id in device_ids
        )

    def of(self, session: Session) -> list[tuple[int, Record]]:
        """The records of a session along their chain, oldest first."""
        found: list[tuple[int, Record]] = []
        at = session.journal_last
        while at in self._rows:
            mine = [one for one in self._rows[at] if one.session_id == session.session_id]
            found += [(at, record) for record in reversed(mine)]
            at = mine[0].previous if mine and mine[0].previous != at else 0
        return found[::-1]

    # ---------------------------------------------------------------- rating again

    def rerate(self, session: Session, skew_limit_s: int) -> Iterator[str]:
        """A11, A3: rated again from the journal, and once more with every record repeated."""
        records = self.of(session)
        if len(records) != session.records_n:
            yield (
                f"A11: session {session.session_id} had {session.records_n} records, "
                f"its chain has {len(records)}"
            )
            return
        device = self.device(session.device_id)
        if device is None or not records:
            return
        tariff, bands = self._prices(session)
        wanted = (*session.rated, session.charged_micros)
        twice = records
        doubted = not device.gigawords and any(one.effect == "low-stop" for _, one in records)
        # A Stop in review may be understood at its second coming, when wraps have been seen.
        if session.state == CLOSED and not session.synthetic and not doubted:
            twice = records + _repeated(records)
        for rule, some in (("A11", records), ("A3", twice)):
            again = replay(
                some,
                device,
                tariff,
                skew_limit_s=skew_limit_s,
                interim_s=session.interim_s,
                fee_owed=not session.class_session_id and not session.adopted,
                bands=bands,
            )
            total = again.lines[-1].after
            found = (total.input_octets, total.output_octets, total.session_s)
            if (*found, again.charged_micros) != wanted:
                yield (
                    f"{rule}: session {session.session_id} has {wanted} (input, output, seconds, "
                    f"micros), replayed it comes to {(*found, again.charged_micros)}"
                )
                return
            if rule == "A11":
                yield from again.differences[:1]

    def _prices(self, session: Session) -> tuple[Tariff, Bands | None]:
        """What a session is charged by."""
        (row,) = self._books.ask(
            "SELECT body, source, sample FROM plans WHERE plan_id = ?", session.plan_id
        )
        plan = plan_of(row)
        tariff, sheet = compile_tariff(plan), sheet_of(plan)
        if sheet is None:
            return tariff, None
        ((zone,),) = self._books.ask(
            "SELECT timezone FROM subscribers WHERE subscriber_id = ?", session.subscriber_id
        )
        return tariff, Bands(sheet, Timetable.of(plan, zone))

    def device(self, device_id: int) -> Device | None:
        """A device as it is now."""
        rows = self._books.ask("SELECT * FROM devices WHERE device_id = ?", device_id)
        return device_of(rows[0]) if rows else None


def _packet_of(record: Record) -> Packet:
    """Read a record's attributes octet by octet; the first of each type counts."""
    octets, at = record.attributes, 0
    found: dict[int, bytes] = {}
    while at + 2 <= len(octets) and octets[at + 1] >= 2:
        end = at + octets[at + 1]
        found.setdefault(octets[at], octets[at + 2 : end])
        at = end
    kind = KINDS.get(int.from_bytes(found.get(STATUS, b""), "big"), "other")
    said = tuple(int.from_bytes(found.get(one, b""), "big") for one in (INPUT, OUTPUT, TIME))
    return Packet(
        record.device_id,
        found.get(SESSION_ID, b"").decode("utf-8", "backslashreplace"),
        kind,
        (0, 0, 0) if kind == "start" else (said[0], said[1], said[2]),
    )


def _repeated(records: list[tuple[int, Record]]) -> list[tuple[int, Record]]:
    """Every record once more. An old one says what was taken then; a repeat takes nothing."""
    last = records[-1][1]
    return [
        (
            at,
            one._replace(
                free_octets=last.free_octets,
                free_s=last.free_s,
                uses=last.uses,
                unrated_input=last.unrated_input,
                unrated_output=last.unrated_output,
                unrated_s=last.unrated_s,
            ),
        )
        for at, one in records
    ]

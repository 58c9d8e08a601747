"""Rating a session again from the journal: the same records give the same money (A11).

Each record is understood, advanced and priced anew, without looking at what was concluded then;
the result is compared with what was written down. `explain charge` prints these lines, and the
ledger check uses the comparison. Replaying never changes a book.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from accounting import strands
from accounting.charging import Total, begun, charged
from accounting.counters import Step, restore, snapshot
from accounting.event_time import event_time
from accounting.journal import ACCEPTED, ASSIGNED, Record
from accounting.reading import read_into
from accounting.suspense import take_review
from accounting.uses import Sheet, rise_of, since_us
from domain.device import Device
from domain.seams import US_PER_S
from domain.session import Session, SessionState
from domain.usage import RecordKind, Usage
from nas.dialects import DIALECTS
from radius import Packet, decode_attributes
from rating import Tariff
from rating.scheme import Uses, spread
from rating.scheme import charged as scheme_charged
from rating.timetable import Timetable

ACCOUNTING_REQUEST = 4


class Bands(NamedTuple):
    """A plan with `pricing`, compiled, and when its bands hold for the subscriber.

    The bands of all usage are worked out again, and so is the price. What bundles covered, where
    tiers of the account stood and what caps let go is taken from each record, as it depended on the
    other sessions too; so is whether a rise was too much for any book.
    """

    sheet: Sheet
    timetable: Timetable


@dataclass(frozen=True, slots=True)
class ReplayedRecord:
    """One record with its effect, as recomputed. Money is micros of the session's total."""

    journal_id: int
    record: Record
    usage: Usage
    effect: str
    from_us: int  # since when the session has used what the record raises it by
    to_us: int
    before: Total
    after: Total
    charged_before_micros: int
    charged_micros: int


@dataclass(slots=True)
class Replay:
    """A session rated again."""

    lines: list[ReplayedRecord] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)  # to what was written down; none is right

    @property
    def charged_micros(self) -> int:
        """What the session costs by the replay."""
        return self.lines[-1].charged_micros if self.lines else 0


def replay(
    records: Iterable[tuple[int, Record]],
    device: Device,
    tariff: Tariff | None,
    *,
    skew_limit_s: int,
    interim_s: int,
    fee_owed: bool = True,
    bands: Bands | None = None,
) -> Replay:
    """Rate the records of one session again, in journal order.

    `records` are (journal row, record); `tariff` None: nobody's session, no money.
    `bands`: the plan has pricing, and the tariff says nothing.
    `fee_owed` False: the session continues another under the same Class, whose fee counts (F-54).
    Differences may also mean that the device's settings were changed since.
    Included usage is taken from what each record says the session had consumed by then: how much
    was left for it depended on the other sessions of the account. So is what was nobody's to pay:
    whether it stood behind a wall depended on the subscriber, not on the device.
    """
    found = Replay()
    terms = _Terms(device, tariff, skew_limit_s, fee_owed, bands)
    session: Session | None = None
    ended = False
    for journal_id, record in records:
        usage = usage_of(record, device)
        if session is None:
            session = _fresh(record, usage, interim_s)
        before, charged_before = Total.of(session), session.charged_micros
        when = event_time(usage, skew_limit_s)
        from_us = since_us(session, usage, when.at_us)
        if record.effect in (ASSIGNED, ACCEPTED):
            effect = record.effect
            from_us = next((one.from_us for one in found.lines if one.after != one.before), from_us)
            found.differences += _by_office(session, record, terms, from_us)
        elif usage.service:
            effect = f"class-{strands.note(session, usage, device, when, session.interim_s)}"
        else:
            effect = str(_take(session, usage, record, terms, found.differences, ended=ended))
            ended = ended or usage.kind is RecordKind.STOP
        found.lines.append(
            ReplayedRecord(
                *(journal_id, record, usage, effect),
                *(from_us, session.last_event_us, before, Total.of(session)),
                charged_before_micros=charged_before,
                charged_micros=session.charged_micros,
            )
        )
        found.differences += _compare(journal_id, record, session)
    return found


class _Terms(NamedTuple):
    """By what a session is rated again; see `replay`."""

    device: Device
    tariff: Tariff | None
    skew_limit_s: int
    fee_owed: bool
    bands: Bands | None


def _take(
    session: Session,
    usage: Usage,
    record: Record,
    terms: _Terms,
    differences: list[str],
    *,
    ended: bool,
) -> Step:
    """Move the session by a record of its own, and charge the rise; adds what differs."""
    before, kept, counted = Total.of(session), snapshot(session), session.strands
    unrated = session.unrated_input, session.unrated_output
    when = event_time(usage, terms.skew_limit_s)
    from_us = since_us(session, usage, when.at_us)
    step = read_into(
        session, usage, terms.device, when=when, ended=ended, interval_s=session.interim_s
    )
    session.start_seen = session.start_seen or usage.kind is RecordKind.START
    session.records_n += 1
    session.free_octets, session.free_s = record.free_octets, record.free_s
    _take_unrated(session, record)
    up, down = session.unrated_input - unrated[0], session.unrated_output - unrated[1]
    strands.pass_over(session, up, down)
    session.fee_due = terms.fee_owed and _used(session, record.walled)
    try:
        if terms.bands is not None:
            differences += _spend(session, before, terms.bands, record, from_us)
        elif terms.tariff is not None:
            session.charged_micros = charged(terms.tariff, Total.of(session))
    except OverflowError:
        restore(session, kept)
        session.strands = counted
        _take_unrated(session, record)
        session.fee_due = before.fee_due
        return Step.ABSURD
    return step


def _by_office(session: Session, record: Record, terms: _Terms, from_us: int) -> list[str]:
    """Take in what an operator decided of the session; sentences about what differs.

    It becomes somebody's, and what was put aside of it counts, spread over its time since then.
    """
    before = Total.of(session)
    session.account_id = record.account_id
    take_review(session)
    session.free_octets, session.free_s = record.free_octets, record.free_s
    _take_unrated(session, record)
    if terms.bands is not None:
        return _spend(session, before, terms.bands, record, from_us)
    if terms.tariff is not None:
        session.charged_micros = charged(terms.tariff, Total.of(session))
    return []


def usage_of(record: Record, device: Device) -> Usage:
    """What a journaled record said, read again by its device's dialect."""
    return said_again(record.attributes, record.arrived_us, device)


def said_again(attributes: bytes, arrived_us: int, device: Device) -> Usage:
    """What the attributes of a journaled record said, read again by its device's dialect."""
    packet = Packet(ACCOUNTING_REQUEST, 0, bytes(16), decode_attributes(attributes))
    return DIALECTS[device.dialect].read_usage(packet, device, arrived_us, "")


def _fresh(record: Record, usage: Usage, interim_s: int) -> Session:
    return Session(
        session_id=record.session_id,
        account_id=record.account_id,
        subscriber_id=0,
        device_id=record.device_id,
        plan_id=0,
        state=SessionState.OPEN,
        version=1,
        acct_session_id=usage.acct_session_id,
        start_us=record.event_us - (usage.session_s or 0) * US_PER_S,
        interim_s=interim_s,
    )


def _spend(
    session: Session, before: Total, bands: Bands, record: Record, from_us: int
) -> list[str]:
    """Use by bands what the record says, and charge it; sentences about what differs.

    Of nobody's session only the cells are worked out: whoever it is given to is charged by them.
    Raises OverflowError for a rise that was too much for any book.
    """
    if record.effect == str(Step.ABSURD):
        raise OverflowError
    scheme, after = bands.sheet.scheme, Total.of(session)
    try:
        uses, written = Uses(scheme, session.uses), Uses(scheme, record.uses)
    except ValueError as error:
        return [f"A11: a journal row's uses cannot be read: {error}"]
    if after != before:
        rise, session.strands = rise_of(session, before, bands.sheet, from_us)
        spread(scheme, uses, rise, bands.timetable.pieces(from_us, session.last_event_us))
    if not record.account_id:
        session.uses = uses.pack()
        return []
    session.uses = record.uses
    session.charged_micros = scheme_charged(scheme, written, session.fee_due)
    if uses.same_usage(written):
        return []
    cells = len(bands.sheet.layout.bands) * len(bands.sheet.layout.classes)
    said, found = written.numbers()[: 2 * cells], uses.numbers()[: 2 * cells]
    return [
        f"A11: a record at {record.event_us} leaves {said} in the cells (input and output octets "
        f"of each), the replay finds {found}"
    ]


def _take_unrated(session: Session, record: Record) -> None:
    """What was nobody's to pay by then; never more than was counted."""
    session.unrated_input = min(record.unrated_input, session.input_octets)
    session.unrated_output = min(record.unrated_output, session.output_octets)
    session.unrated_s = min(record.unrated_s, session.session_s)


def _used(session: Session, walled: int) -> bool:
    return session.fee_due or begun(session, walled=bool(walled))


def _totals(session: Session) -> tuple[int, int, int]:
    return session.input_octets, session.output_octets, session.session_s


def _compare(journal_id: int, record: Record, session: Session) -> list[str]:
    """Sentences about what differs between the replay and what was written down."""
    found = []
    written = (record.input_octets, record.output_octets, record.session_s)
    if written != _totals(session):
        found.append(
            f"A11: journal row {journal_id} says totals {written} (input and output octets, "
            f"seconds) after its record, the replay finds {_totals(session)}"
        )
    if record.account_id and record.charged_micros != session.charged_micros:
        found.append(
            f"A11: journal row {journal_id} says {record.charged_micros} micros were charged, "
            f"the replay finds {session.charged_micros}"
        )
    unrated = (record.unrated_input, record.unrated_output, record.unrated_s)
    if any(one > total for one, total in zip(unrated, _totals(session), strict=True)):
        found.append(
            f"A11: journal row {journal_id} leaves {unrated} unrated (input and output octets, "
            f"seconds), the replay counts but {_totals(session)}"
        )
    return found

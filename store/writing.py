"""A batch as rows: what a commit writes, in which order, and what each statement must meet.

Purses come first, for their expected sums are where a decision made on old figures shows; then the
books, then the sessions and what hangs on them. Rows go in key order, so that two writers meet
them alike (L11). Nothing here does I/O.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

from aaa.ports import Changes, Decision
from accounting.journal import VERSION, packed
from domain.session import Charge, Session
from store import rows
from store.journal import journal_digest
from store.writes import TOTALS

DECISIONS_PER_LOGIN = 20  # besides those that have let a session begin
DECISIONS_OF_UNKNOWN = 1000  # of all unknown logins together

LIVE, NAMED = "live", "named"  # what only looks, under the locks of its accounts
CLOSE = "close"  # the write that meets any number of rows
DEEDS = "deeds"  # the write whose rows are drafts, numbered and chained in the transaction

# The row of a move, as names of an AccountMove.
MOVED = (
    "after.account_id",
    *("posted_micros", "open_micros", "held_micros", "entries_n"),
    *("after.posted_micros", "after.open_micros", "after.held_micros", "after.entries_n"),
    "promise",
)

Rows = list[tuple[Any, ...]]
Form = Callable[[list[Any]], Any]


class Expect(enum.Enum):
    """What it means when a statement met fewer rows than it was given."""

    ANY = "nothing"
    CONFLICT = "somebody else changed a row"
    INVARIANT = "a broken invariant"


class Step(NamedTuple):
    """Rows for one statement, and what it means when it meets fewer."""

    write: str
    rows: Any  # tuples, or what the road's own form makes of records
    expect: Expect = Expect.ANY


def commit_steps(
    changes: Changes,
    moved: list[Session],
    changed: list[Session],
    forms: Mapping[str, Form],
) -> list[Step]:
    """The batch as rows for WRITES, in order; statements without rows are left out.

    `moved` and `changed` are `changes.sessions` and `changes.moved`, split by `store.standing`.
    `forms` makes the rows of the busy statements (those of TUPLES) in a road's own way.
    """
    if changes.only_moves and not changed:  # a batch of interims: the same in a quarter of the time
        return _moving_steps(changes, moved, forms)
    steps = [
        Step(LIVE, sorted(changes.live), Expect.CONFLICT),
        Step(NAMED, changes.named, Expect.CONFLICT),
        Step("move", forms["move"](changes.accounts), Expect.CONFLICT),
        Step("journal", forms["journal"](_journal_drafts(changes))),
        *_entry_steps(changes),
        Step("sessions_new", forms["facts"](changes.sessions_new)),
        Step("totals_new", forms["advance"](changes.sessions_new)),
        Step("advance", forms["advance"]([*moved, *changed]), Expect.CONFLICT),
        Step("change", forms["facts"](changed), Expect.CONFLICT),
        Step("charges", forms["charges"](_with_entries(changes)), Expect.INVARIANT),
        Step(CLOSE, sorted(changes.closings)),
        *_allowance_steps(changes),
        *_pot_steps(changes),
        Step("orders_new", [rows.ORDERS.to_row(order) for order in changes.orders_new]),
        Step("settle", sorted(map(rows.ORDERS.to_row, changes.orders)), Expect.INVARIANT),
        Step("decisions", forms["decisions"](changes.decisions)),
        Step("outgrown", _kept(changes.decisions)),
        Step("suspense", _newest(rows.SUSPENSE.to_row(one) for one in changes.suspense)),
        Step("learn", sorted(changes.macs), Expect.CONFLICT),
        Step(
            "latches",
            sorted(
                (device, source, latch.value, changes.now_us)
                for device, source, latch in changes.latches
            ),
        ),
        Step("marks", _mark_rows(changes)),
        Step(DEEDS, [rows.DEEDS.to_row(one) for one in changes.deeds]),
    ]
    return [step for step in steps if step.rows]


def _moving_steps(changes: Changes, moved: list[Session], forms: Mapping[str, Form]) -> list[Step]:
    """The steps of a batch in which counters and sums have moved and nothing else."""
    steps = [
        Step("move", forms["move"](changes.accounts), Expect.CONFLICT),
        Step("journal", forms["journal"](_journal_drafts(changes))),
        Step("advance", forms["advance"](moved), Expect.CONFLICT),
        Step("charges", forms["charges"](changes.charges), Expect.INVARIANT),
    ]
    return [step for step in steps if step.rows]


def touched_accounts(changes: Changes) -> list[int]:
    """Every account the batch writes under, in the order in which their locks are taken (L11)."""
    ids = {move.after.account_id for move in changes.accounts}
    ids.update(session.account_id for session in changes.sessions)
    ids.update(session.account_id for session in changes.moved)
    ids.update(session.account_id for session in changes.sessions_new)
    ids.update(account_id for account_id, _, _ in changes.live)
    return sorted(ids - {0})


def _journal_drafts(changes: Changes) -> list[tuple[int, int, int, bytes]]:
    """(Id, time, version, body as written), if the batch has accounting in it."""
    if not changes.journal:
        return []
    return [(changes.journal_id, changes.now_us, VERSION, changes.journal)]


def _entry_steps(changes: Changes) -> list[Step]:
    """Entries and their postings, proved balanced once more before they can never change (L2)."""
    postings: Rows = []
    for entry in changes.entries:
        assert sum(posting.amount_micros for posting in entry.postings) == 0, "L2"
        postings += (
            (entry.account_id, entry.entry_id, n, one.book, one.account_id, one.amount_micros)
            for n, one in enumerate(entry.postings)
        )
    return [
        Step("entries", [rows.ENTRIES.to_row(entry) for entry in changes.entries]),
        Step("postings", postings),
    ]


def _facts(sessions: Iterable[Session]) -> Rows:
    """What does not move, by session."""
    return sorted(map(rows.FACTS, sessions), key=itemgetter(0))


def _sorted(names: tuple[str, ...]) -> Form:
    """Records as rows of these attributes, in their order."""
    row_of = attrgetter(*names)
    return lambda records: sorted(map(row_of, records))


def _with_entries(changes: Changes) -> list[Charge]:
    """The charges; what comes to a part that closes belongs to its entry at once."""
    if not changes.closings:
        return changes.charges
    entries = {closing[:3]: closing[3] for closing in changes.closings}
    keys = [(one.account_id, one.session_id, one.part) for one in changes.charges]
    return [
        replace(one, entry_id=entries[key]) if key in entries else one
        for key, one in zip(keys, changes.charges, strict=True)
    ]


def _charge_rows(charges: list[Charge]) -> Rows:
    """One row per charge; several additions to one are one, for a statement meets a row once."""
    added: dict[tuple[int, ...], Charge] = {}
    for one in charges:
        key = (one.account_id, one.session_id, one.part, one.step, one.day)
        seen = added.get(key)
        if seen is not None:
            one = replace(
                seen,
                input_octets=seen.input_octets + one.input_octets,
                output_octets=seen.output_octets + one.output_octets,
                session_s=seen.session_s + one.session_s,
                amount_micros=seen.amount_micros + one.amount_micros,
            )
        added[key] = one
    return [rows.CHARGES.to_row(added[key]) for key in sorted(added)]


def _allowance_steps(changes: Changes) -> list[Step]:
    """A row is made empty if there is none, and then moved like every other."""
    empty, used = [], []
    for after, add_octets, add_s in changes.allowances:
        empty.append((after.account_id, after.period_start_us, 0, 0))
        used.append((*rows.ALLOWANCES.to_row(after), add_octets, add_s))
    return [
        Step("allowances_new", sorted(empty)),
        Step("use", sorted(used), Expect.CONFLICT),
    ]


def _pot_steps(changes: Changes) -> list[Step]:
    """A pot is opened empty if there is none, and then moved like every other."""
    opened, moved = [], []
    for after, add_used, add_lost in changes.pots:
        opened.append(rows.POTS.to_row(replace(after, used=0, lost=0)))
        key = (after.account_id, after.pot, after.period_start_us)
        moved.append((*key, after.granted, after.used, after.lost, add_used, add_lost))
    return [
        Step("pots_new", sorted(opened, key=itemgetter(0, 1, 2))),
        Step("pour", sorted(moved), Expect.CONFLICT),
    ]


def _decision_rows(decisions: list[Decision]) -> Rows:
    return sorted(map(rows.DECISIONS.to_row, decisions), key=itemgetter(1))


def _kept(decisions: list[Decision]) -> list[tuple[str, int]]:
    """Whose decisions are more now, and how many each keeps; what a session has goes with it."""
    logins = sorted({one.login for one in decisions if one.n != one.session_id})
    return [(one, DECISIONS_PER_LOGIN if one else DECISIONS_OF_UNKNOWN) for one in logins]


def _newest(found: Iterable[tuple[Any, ...]]) -> Rows:
    """Rows by their first column, the last of each."""
    by_id = {row[0]: row for row in found}
    return [by_id[key] for key in sorted(by_id)]


def _mark_rows(changes: Changes) -> Rows:
    newest: dict[tuple[int, str], tuple[Any, ...]] = {}
    for mark in sorted(changes.marks, key=lambda one: one.event_us):
        newest[mark.device_id, mark.nas_identifier] = rows.MARKS.to_row(mark)
    return [newest[key] for key in sorted(newest)]


def _journal_rows(drafts: list[tuple[int, int, int, bytes]]) -> Rows:
    """Bodies as they are kept, each behind its version, with their digests."""
    kept = [(row_id, at_us, packed(body)) for row_id, at_us, _version, body in drafts]
    return [(*row, journal_digest(*row)) for row in kept]


TUPLES: Mapping[str, Form] = {
    "move": _sorted(MOVED),
    "advance": _sorted(TOTALS),
    "charges": _charge_rows,
    "facts": _facts,
    "decisions": _decision_rows,
    "journal": _journal_rows,
}

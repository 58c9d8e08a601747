"""Proves the books against themselves: what `tollhouse ledger check` and the reconciler run.

Every sum that is kept is computed again from the rows it stands for, rule by rule. What differs
is a finding with the id of the invariant it breaks; sound books have none. Queries return only
offenders, at most `FINDINGS_N` for each rule, so a damaged house does not fill the memory.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any, NamedTuple

from sqlalchemy import Row, Select, case, exists, func, literal, or_, select, union_all
from sqlalchemy.sql.expression import ColumnElement

from domain.ledger import Book, EntryKind
from domain.session import HoldState
from store import schema
from store.database import Database
from store.journal import sound
from store.sales_check import faults_of_sales
from store.uses_check import faults_of_uses

FINDINGS_N = 100  # offenders listed for one rule
_MOST_N = 10 * FINDINGS_N  # a house whose every session by bands is damaged says enough
_JOURNAL_CHUNK_N = 200

_A, _S = schema.accounts.c, schema.sessions.c
_E, _P, _C = schema.entries.c, schema.postings.c, schema.charges.c
_G = schema.purged.c


class Finding(NamedTuple):
    """One thing that is not as it must be."""

    invariant: str
    text: str
    account_id: int = 0


Rule = tuple[Select[Any], Callable[[Row[Any]], Finding]]


async def check_books(database: Database) -> list[Finding]:
    """Everything that is wrong; an empty list for sound books.

    Each rule is one statement, which sees one moment, and no snapshot outlives it: on SQLite a
    reader that stays keeps the server from tidying up its log.
    """
    findings: list[Finding] = []
    for query, describe in _rules():
        async with database.reading() as connection:
            found = await connection.execute(query.limit(FINDINGS_N))
            findings += [describe(row) for row in found]
    async for said, account_id in faults_of_uses(database):
        findings += [Finding("A2", said, account_id)] if len(findings) < _MOST_N else []
    findings += [Finding(*fault) async for fault in faults_of_sales(database)]
    findings += [finding async for finding in _damaged_journal(database)]
    return findings


def _total(column: ColumnElement[int]) -> ColumnElement[int]:
    """A sum that is 0, not NULL, over no rows; PostgreSQL's numeric comes back as an integer."""
    return func.coalesce(func.sum(column), 0)


def _rules() -> list[Rule]:
    return [
        _balanced_currencies(),
        _balanced_entries(),
        _gapless_entries(),
        _cached("posted", _A.posted_micros, _customer_postings()),
        _cached("open", _A.open_micros, _open_charges()),
        _cached("open", _A.open_micros, _unclosed_sessions()),
        _cached("held", _A.held_micros, _holds()),
        _session_charges(),
        _closed_charges(),
        _allowances(),
        _purged_charges(),
        _one_currency(),
    ]


def _balanced_currencies() -> Rule:
    """L2: what is in one book is missing in another."""
    total = _total(_P.amount_micros)
    query = (
        select(_E.currency, total.label("total"))
        .join_from(schema.postings, schema.entries, _of_entry())
        .group_by(_E.currency)
        .having(total != 0)
    )
    return query, lambda row: Finding(
        "L2", f"all postings in {row.currency} sum to {int(row.total)} micros instead of 0"
    )


def _of_entry() -> ColumnElement[bool]:
    return (_P.entry_account_id == _E.account_id) & (_P.entry_id == _E.entry_id)


def _balanced_entries() -> Rule:
    """L1, L2: each entry by itself."""
    total, sides_n = _total(_P.amount_micros), func.count(_P.n)
    query = (
        select(_E.account_id, _E.entry_id, total.label("total"), sides_n.label("sides_n"))
        .join_from(schema.entries, schema.postings, _of_entry(), isouter=True)
        .group_by(_E.account_id, _E.entry_id)
        .having(or_(total != 0, sides_n < 2))
    )
    return query, lambda row: Finding(
        "L1",
        f"entry {row.entry_id} has {row.sides_n} postings that sum to {int(row.total)} micros",
        row.account_id,
    )


def _gapless_entries() -> Rule:
    """L10: entries of an account are numbered 1, 2, 3 ... and counted on the account."""
    count, newest = func.count(_E.entry_id), func.coalesce(func.max(_E.seq), 0)
    query = (
        select(_A.account_id, _A.entries_n, count.label("found_n"), newest.label("newest"))
        .join_from(schema.accounts, schema.entries, _E.account_id == _A.account_id, isouter=True)
        .group_by(_A.account_id, _A.entries_n)
        .having(or_(count != _A.entries_n, newest != _A.entries_n))
    )
    return query, lambda row: Finding(
        "L10",
        f"{row.found_n} entries up to number {row.newest}, the account counts {row.entries_n}",
        row.account_id,
    )


def _cached(name: str, kept: ColumnElement[int], sums: Select[Any]) -> Rule:
    """L3: a sum on the account is the sum of the rows behind it."""
    behind = sums.subquery()
    real = func.coalesce(behind.c.total, 0)
    query = (
        select(_A.account_id, kept.label("kept"), real.label("real"))
        .join_from(schema.accounts, behind, behind.c.account_id == _A.account_id, isouter=True)
        .where(kept != real)
    )
    return query, lambda row: Finding(
        "L3",
        f"{name} is {row.kept} micros on the account and {int(row.real)} in its rows",
        row.account_id,
    )


def _sum_by_account(
    account: ColumnElement[int], amount: ColumnElement[int], *where: ColumnElement[bool]
) -> Select[Any]:
    columns: list[ColumnElement[Any]] = [
        account.label("account_id"),
        func.sum(amount).label("total"),
    ]
    return select(*columns).where(*where).group_by(account)


def _customer_postings() -> Select[Any]:
    return _sum_by_account(_P.account_id, _P.amount_micros, _P.book == Book.CUSTOMER.value)


def _open_charges() -> Select[Any]:
    return _sum_by_account(_C.account_id, _C.amount_micros, _C.entry_id.is_(None))


def _unclosed_sessions() -> Select[Any]:
    return _sum_by_account(_S.account_id, _S.charged_micros - _S.closed_micros)


def _holds() -> Select[Any]:
    held = _S.hold_state == int(HoldState.HELD)
    return _sum_by_account(_S.account_id, _S.granted_micros - _S.used_micros, held)


def _session_charges() -> Rule:
    """A2: what a session was charged is the sum of its charge rows, closed ones as closed."""
    closed = case((_C.entry_id.is_(None), 0), else_=_C.amount_micros)
    charged_sum, closed_sum = _total(_C.amount_micros), _total(closed)
    query = (
        select(
            _S.account_id,
            _S.session_id,
            _S.charged_micros,
            _S.closed_micros,
            charged_sum.label("charged_sum"),
            closed_sum.label("closed_sum"),
        )
        .join_from(
            schema.sessions,
            schema.charges,
            (_C.account_id == _S.account_id) & (_C.session_id == _S.session_id),
            isouter=True,
        )
        .group_by(_S.account_id, _S.session_id, _S.charged_micros, _S.closed_micros)
        .having(or_(charged_sum != _S.charged_micros, closed_sum != _S.closed_micros))
    )
    return query, lambda row: Finding(
        "A2",
        f"session {row.session_id} is charged {row.charged_micros} micros "
        f"({row.closed_micros} closed), its charge rows say {int(row.charged_sum)} "
        f"({int(row.closed_sum)} closed)",
        row.account_id,
    )


def _closed_charges() -> Rule:
    """L9: an entry that closes charges takes exactly their amount from the purse."""
    charges = (
        select(_C.account_id, _C.entry_id, func.sum(_C.amount_micros).label("total"))
        .where(_C.entry_id.is_not(None))
        .group_by(_C.account_id, _C.entry_id)
        .subquery()
    )
    query = (
        select(charges.c.account_id, charges.c.entry_id, charges.c.total, _P.amount_micros)
        .join_from(
            charges,
            schema.postings,
            (_P.entry_account_id == charges.c.account_id)
            & (_P.entry_id == charges.c.entry_id)
            & (_P.book == literal(Book.CUSTOMER.value))
            & (_P.account_id == charges.c.account_id),
            isouter=True,
        )
        .where(or_(_P.amount_micros.is_(None), _P.amount_micros != -charges.c.total))
    )
    return query, lambda row: Finding(
        "L9",
        f"entry {row.entry_id} closes charges of {int(row.total)} micros "
        f"and moves {row.amount_micros or 0}",
        row.account_id,
    )


def _allowances() -> Rule:
    """Included usage: no more was taken by an account's sessions than its periods have counted."""
    used = (
        select(
            schema.allowances.c.account_id,
            func.sum(schema.allowances.c.used_octets).label("octets"),
            func.sum(schema.allowances.c.used_s).label("seconds"),
        )
        .group_by(schema.allowances.c.account_id)
        .subquery()
    )
    each = union_all(
        select(_S.account_id, _S.free_octets.label("octets"), _S.free_s.label("seconds")),
        select(_G.account_id, _G.free_octets, _G.free_s),
    ).subquery()
    taken = (
        select(
            each.c.account_id,
            func.sum(each.c.octets).label("octets"),
            func.sum(each.c.seconds).label("seconds"),
        )
        .group_by(each.c.account_id)
        .subquery()
    )
    counted, counted_s = func.coalesce(used.c.octets, 0), func.coalesce(used.c.seconds, 0)
    query = (
        select(taken.c.account_id, taken.c.octets, taken.c.seconds, counted, counted_s)
        .join_from(taken, used, used.c.account_id == taken.c.account_id, isouter=True)
        .where(
            taken.c.account_id != 0,
            or_(taken.c.octets != counted, taken.c.seconds != counted_s),
        )
    )
    return query, lambda row: Finding(
        "A2",
        f"sessions took {int(row[1])} octets and {int(row[2])} s of included usage, "
        f"the periods counted {int(row[3])} and {int(row[4])}",
        row.account_id,
    )


def _purged_charges() -> Rule:
    """A2: entries that closed sessions which were purged come to what these were charged."""
    there = exists().where(_S.account_id == _E.account_id, _S.session_id == _E.session_id)
    total = -func.sum(_P.amount_micros)
    entries = (
        select(_E.account_id, total.label("total"))
        .join_from(schema.entries, schema.postings, _of_entry())
        .where(
            _E.kind == EntryKind.CHARGE.value,
            _P.book == Book.CUSTOMER.value,
            _P.account_id == _E.account_id,
            ~there,
        )
        .group_by(_E.account_id)
        .subquery()
    )
    real, kept = func.coalesce(entries.c.total, 0), func.coalesce(_G.charged_micros, 0)
    query = (
        select(_A.account_id, kept.label("kept"), real.label("real"))
        .join_from(schema.accounts, entries, entries.c.account_id == _A.account_id, isouter=True)
        .join(schema.purged, _G.account_id == _A.account_id, isouter=True)
        .where(kept != real)
    )
    return query, lambda row: Finding(
        "A2",
        f"sessions that were purged had been charged {int(row.kept)} micros, the entries of "
        f"sessions that are not there come to {int(row.real)}",
        row.account_id,
    )


def _one_currency() -> Rule:
    """L1: an entry is in the currency of its account."""
    query = (
        select(_E.account_id, _E.entry_id, _E.currency, _A.currency.label("own"))
        .join_from(schema.entries, schema.accounts, _A.account_id == _E.account_id)
        .where(_E.currency != _A.currency)
    )
    return query, lambda row: Finding(
        "L1", f"entry {row.entry_id} is in {row.currency}, the account in {row.own}", row.account_id
    )


async def _damaged_journal(database: Database) -> AsyncIterator[Finding]:
    """A1: the journal is what was written."""
    table, after_id, found_n = schema.journal, 0, 0
    while found_n < FINDINGS_N:
        chunk = (
            select(table)
            .where(table.c.journal_id > after_id)
            .order_by(table.c.journal_id)
            .limit(_JOURNAL_CHUNK_N)
        )
        async with database.reading() as connection:
            rows = (await connection.execute(chunk)).all()
        for row in rows:
            after_id = row.journal_id
            if not sound(*row):
                found_n += 1
                yield Finding("A1", f"journal row {row.journal_id} does not match its digest")
        if len(rows) < _JOURNAL_CHUNK_N:
            return

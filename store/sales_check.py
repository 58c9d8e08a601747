"""Proves what was sold: a purchase has taken its price, and a booster has brought its pot.

A purchase that cost something names an entry that took exactly that from the purse (L9), and each
entry for a package or a booster is named by one, each refund is of time that was given up (P1).
Each booster that was bought is one pot of its account, opened when it was bought, and no other pot
is a booster. Of no bundle and no booster is more used and lost than was granted (T6).

One statement each, which sees one moment; only offenders come back.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    Text,
    and_,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
)

from domain.ledger import Book, EntryKind
from domain.pot import PotKind
from store import schema
from store.database import Database

OFFENDERS_N: Final = 100  # listed of one kind

_B, _T = schema.purchases.c, schema.pots.c
_E, _P = schema.entries.c, schema.postings.c

Fault = tuple[str, str, int]  # rule, sentence, and whose account it is about
Check = tuple[Select[Any], Callable[[Row[Any]], Fault]]


async def faults_of_sales(database: Database) -> AsyncIterator[Fault]:
    """Everything that is wrong with purchases and what they brought."""
    for query, describe in (
        _prices(),
        _unsold(),
        _unfounded(),
        _without_pot(),
        _without_purchase(),
        _overdrawn(),
    ):
        async with database.reading() as connection:
            for row in await connection.execute(query.limit(OFFENDERS_N)):
                yield describe(row)


def _prices() -> Check:
    """L9: what a purchase says it cost is what its entry took."""
    moved = (_P.entry_account_id == _B.account_id) & (_P.entry_id == _B.entry_id)
    purse = (_P.book == literal(Book.CUSTOMER.value)) & (_P.account_id == _B.account_id)
    query = (
        select(_B.account_id, _B.purchase_id, _B.price_micros, _P.amount_micros)
        .join_from(schema.purchases, schema.postings, moved & purse, isouter=True)
        .where(
            _B.entry_id.is_not(None),
            or_(_P.amount_micros.is_(None), _P.amount_micros != -_B.price_micros),
        )
    )
    return query, lambda row: (
        "L9",
        f"purchase {row.purchase_id} cost {row.price_micros} micros, its entry moved "
        f"{row.amount_micros or 0}",
        row.account_id,
    )


def _unsold() -> Check:
    """P1: nobody is paid for what was not sold."""
    sold = exists().where(_B.account_id == _E.account_id, _B.entry_id == _E.entry_id)
    kinds = [EntryKind.PACKAGE.value, EntryKind.BOOSTER.value]
    query = select(_E.account_id, _E.entry_id, _E.kind).where(_E.kind.in_(kinds), ~sold)
    return query, lambda row: (
        "P1",
        f"entry {row.entry_id} is the price of a {row.kind} that nobody bought",
        row.account_id,
    )


def _unfounded() -> Check:
    """P1: a refund is for time that was given up, and a fee is one of a plan."""
    key = literal("refund:").concat(cast(_B.purchase_id, Text()))
    given_up = exists().where(_B.account_id == _E.account_id, _B.kind == "change", key == _E.key)
    query = select(_E.account_id, _E.entry_id, _E.kind).where(
        or_(
            and_(_E.kind == EntryKind.REFUND.value, ~given_up),
            and_(_E.kind == EntryKind.ACTIVATION.value, ~_E.key.startswith("activation:")),
        )
    )
    return query, lambda row: (
        "P1",
        f"entry {row.entry_id} is a {row.kind} of nothing that was bought or given up",
        row.account_id,
    )


def _is_booster() -> ColumnElement[bool]:
    return and_(_T.pot >= f"{PotKind.BOOSTER}/", _T.pot < f"{PotKind.BOOSTER}0")


def _without_pot() -> Check:
    """T6: what was bought is there, once, from the instant of the purchase on."""
    here = and_(
        _T.account_id == _B.account_id,
        _T.purchase_id == _B.purchase_id,
        _T.period_start_us == _B.created_us,
        _is_booster(),
    )
    found = select(func.count()).select_from(schema.pots).where(here).scalar_subquery()
    query = select(_B.account_id, _B.purchase_id, found.label("pots_n")).where(
        _B.kind == "booster", found != 1
    )
    return query, lambda row: (
        "T6",
        f"purchase {row.purchase_id} of a booster has brought {row.pots_n} pots instead of 1",
        row.account_id,
    )


def _without_purchase() -> Check:
    """T6: no booster that was not bought."""
    bought = exists().where(
        _B.account_id == _T.account_id, _B.purchase_id == _T.purchase_id, _B.kind == "booster"
    )
    query = select(_T.account_id, _T.pot).where(
        or_(and_(_is_booster(), ~bought), and_(~_is_booster(), _T.purchase_id.is_not(None)))
    )
    return query, lambda row: ("T6", f"nobody bought what pot {row.pot} holds", row.account_id)


def _overdrawn() -> Check:
    """T6: of what was granted, at most all is used or lost."""
    grants = or_(_is_booster(), and_(_T.pot >= f"{PotKind.BUNDLE}/", _T.pot < f"{PotKind.BUNDLE}0"))
    query = select(_T.account_id, _T.pot, _T.granted, _T.used, _T.lost).where(
        grants, _T.used + _T.lost > _T.granted
    )
    return query, lambda row: (
        "T6",
        f"of pot {row.pot} {row.used} are used and {row.lost} lost, {row.granted} were granted",
        row.account_id,
    )

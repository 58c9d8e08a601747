"""What can be written on the hot road: one statement per table.

Sums move relatively and only where they come to what the batch expected, sessions only from the
version that was read: a row that somebody else changed is not met, and the count of rows shows it.
The order and the rows are `store.writing`'s; nothing here does I/O.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Table, case, delete, exists, func, literal_column, or_, select, update

from store import rows, schema
from store.columns import INT64
from store.guards import SAME_LIVE, SAME_NAMED
from store.included import POUR, USE
from store.outgrown import OUTGROWN
from store.rows import Shape
from store.statements import Insert, Parameters, Recipe, Update, types_of

FACTS, TOTALS = (tuple(one.c.keys()) for one in (schema.session_facts, schema.session_totals))
CHARGED = ("input_octets", "output_octets", "session_s", "amount_micros")
PART_KEY = ("account_id", "session_id", "part")
CHARGE_KEY = (*PART_KEY, "step", "day")
ADDED = (*CHARGE_KEY, *CHARGED, "entry_id")
MOVED = ("account_id", "posted_micros", "open_micros", "held_micros", "entries_n")
SESSION_KEY, ORDER_KEY = ("account_id", "session_id"), ("account_id", "order_id")
KNOCKS_KEPT_N = 1_000  # sources that are no device of ours; the newest stay

_A, _F, _T = schema.accounts.c, schema.session_facts.c, schema.session_totals.c


def _move(p: Parameters) -> Any:
    """Relative, and only if it comes to what was expected; a promise also needs the money (L7)."""
    posted = _A.posted_micros + p["posted_micros"]
    opened = _A.open_micros + p["open_micros"]
    held = _A.held_micros + p["held_micros"]
    numbered = _A.entries_n + p["entries_n"]
    return (
        update(schema.accounts)
        .values(posted_micros=posted, open_micros=opened, held_micros=held, entries_n=numbered)
        .where(
            posted == p["after_posted_micros"],
            opened == p["after_open_micros"],
            held == p["after_held_micros"],
            numbered == p["after_entries_n"],
            or_(
                p["promise"] == literal_column("0"),
                posted - opened - held >= -_A.credit_limit_micros,
            ),
        )
    )


def _advance(p: Parameters) -> Any:
    """Totals, of the row that was read: any other version was written by somebody else."""
    return (
        update(schema.session_totals)
        .values({name: p[name] for name in TOTALS if name not in SESSION_KEY})
        .where(_T.version == p["version"] - literal_column("1"))
    )


def _change(p: Parameters) -> Any:
    """Facts, indexed columns included, of a session whose totals were advanced before."""
    values = {name: p[name] for name in FACTS if name not in SESSION_KEY}
    return update(schema.session_facts).values(values)


def _add(shape: Shape) -> Insert:
    return Insert(shape.table, shape.names)


def _replace(table: Table, names: tuple[str, ...]) -> Insert:
    """Insert, or replace the row with the same primary key."""
    key = [one.name for one in table.primary_key]

    def merge(adding: Any) -> Any:
        changed = {name: adding.excluded[name] for name in names if name not in key}
        return adding.on_conflict_do_update(index_elements=key, set_=changed)

    return Insert(table, names, merge)


def _add_up(
    table: Table, names: tuple[str, ...], summed: tuple[str, ...], only: Callable[[Any], Any]
) -> Insert:
    """Insert, or add to the row with the same primary key where `only(excluded)` holds."""
    key = [one.name for one in table.primary_key]

    def merge(adding: Any) -> Any:
        sums = {name: table.c[name] + adding.excluded[name] for name in summed}
        return adding.on_conflict_do_update(
            index_elements=key, set_=sums, where=only(adding.excluded)
        )

    return Insert(table, names, merge)


def _ignore(table: Table, names: tuple[str, ...] = ()) -> Insert:
    every = tuple(one.name for one in table.columns)
    return Insert(table, names or every, lambda adding: adding.on_conflict_do_nothing())


def _add_to_charge(p: Parameters) -> Any:
    """Add to an open charge row that is there, and close it where that is the last of its part."""
    table = schema.charges
    sums = {name: table.c[name] + p[name] for name in CHARGED} | {"entry_id": p["entry_id"]}
    return update(table).values(sums).where(table.c.entry_id.is_(None))


def _later(adding: Any) -> Any:
    """A mark only moves forward in time."""
    marks = schema.device_marks
    return adding.on_conflict_do_update(
        index_elements=["device_id", "nas_identifier"],
        set_={"event_us": adding.excluded.event_us},
        where=marks.c.event_us < adding.excluded.event_us,
    )


def _close(p: Parameters) -> Any:
    charges = schema.charges.c
    return update(schema.charges).values(entry_id=p["entry_id"]).where(charges.entry_id.is_(None))


def _learn(p: Parameters) -> Any:
    """A MAC that was waited for; if nobody waits any more, the decision was made on old facts."""
    people = schema.subscribers.c
    return (
        update(schema.subscribers)
        .values(mac=p["mac"], mac_mode=literal_column("'fixed'"))
        .where(people.mac_mode == literal_column("'learn'"))
    )


def _settle(p: Parameters) -> Any:
    names = [name for name in rows.ORDERS.names if name not in ORDER_KEY]
    return update(schema.orders).values({name: p[name] for name in names})


def _count_knocks(adding: Any) -> Any:
    """Known already: count on, and keep what is newest."""
    knocks, given = schema.knocks.c, adding.excluded
    return adding.on_conflict_do_update(
        index_elements=["address"],
        set_={
            "count_n": knocks.count_n + given.count_n,
            "last_us": given.last_us,
            "code": given.code,
            "port": given.port,
        },
    )


def _observe(adding: Any) -> Any:
    """Counts add up, so that two servers do; instants only move forward."""
    table, given = schema.device_observations.c, adding.excluded
    counted = ("requests_n", "interims_n", "unsigned_n", "wrong_sums_n")
    newest = ("last_seen_us", "unsigned_us", "wrong_sums_us")
    told = case((given.interim_s > literal_column("0"), given.interim_s), else_=table.interim_s)
    return adding.on_conflict_do_update(
        index_elements=["device_id"],
        set_={
            **{name: table[name] + given[name] for name in counted},
            **{
                name: case((given[name] > table[name], given[name]), else_=table[name])
                for name in newest
            },
            "interim_s": told,
            "clock_offset_us": func.coalesce(given.clock_offset_us, table.clock_offset_us),
        },
    )


def _is_device(p: Parameters) -> Any:
    """It may have been removed since it was seen."""
    return exists().where(schema.devices.c.device_id == p["device_id"])


def _bound_knocks(_: Parameters) -> Any:
    """Only the newest stay."""
    knocks = schema.knocks.c
    newest_too_many = (
        select(knocks.last_us)
        .order_by(knocks.last_us.desc())
        .limit(literal_column("1"))
        .offset(literal_column(str(KNOCKS_KEPT_N)))
        .scalar_subquery()
    )
    return delete(schema.knocks).where(knocks.last_us <= newest_too_many)


WRITES: dict[str, Recipe] = {
    "live": SAME_LIVE,
    "named": SAME_NAMED,
    "move": Update(
        {
            **types_of(*(_A[name] for name in MOVED)),
            "after_posted_micros": INT64,
            "after_open_micros": INT64,
            "after_held_micros": INT64,
            "after_entries_n": INT64,
            "promise": INT64,
        },
        _move,
        key=("account_id",),
    ),
    "journal": Insert(schema.journal, ("journal_id", "created_us", "body", "digest")),
    "entries": _add(rows.ENTRIES),
    "postings": Insert(schema.postings, tuple(schema.postings.c.keys())),
    "sessions_new": Insert(schema.session_facts, FACTS),
    "totals_new": Insert(schema.session_totals, TOTALS),
    "advance": Update(types_of(*_T), _advance, SESSION_KEY),
    "change": Update(types_of(*_F), _change, SESSION_KEY),
    "charges": _add_up(
        schema.charges,
        rows.CHARGES.names,
        CHARGED,
        lambda given: schema.charges.c.entry_id.is_(None),
    ),
    # The same in two: most rows are there, and PostgreSQL updates for half of what merging costs.
    "charge": Update(
        types_of(*(schema.charges.c[name] for name in ADDED)), _add_to_charge, CHARGE_KEY
    ),
    "charges_new": _ignore(schema.charges, rows.CHARGES.names),
    "close": Update(
        types_of(*(schema.charges.c[name] for name in (*PART_KEY, "entry_id"))),
        _close,
        PART_KEY,
    ),
    "allowances_new": _ignore(schema.allowances),
    "use": USE,
    "pots_new": _ignore(schema.pots, rows.POTS.names),
    "pour": POUR,
    "orders_new": _add(rows.ORDERS),
    "settle": Update(types_of(*rows.ORDERS.columns), _settle, ORDER_KEY),
    "decisions": _add(rows.DECISIONS),
    "outgrown": OUTGROWN,
    "suspense": _replace(schema.suspense, rows.SUSPENSE.names),
    "learn": Update(
        types_of(schema.subscribers.c.subscriber_id, schema.subscribers.c.mac),
        _learn,
        key=("subscriber_id",),
    ),
    "latches": _ignore(schema.device_latches),
    "marks": Insert(schema.device_marks, rows.MARKS.names, _later),
    "deeds": _add(rows.DEEDS),
    # the server's rim
    "knocks": Insert(schema.knocks, tuple(schema.knocks.c.keys()), _count_knocks),
    "knocks_bound": Update({}, _bound_knocks),
    "observations": Insert(
        schema.device_observations, rows.OBSERVATIONS.names, _observe, _is_device
    ),
    "note": _replace(schema.meta, ("key", "value")),
    "unnote": Update(
        types_of(schema.meta.c.key),
        lambda p: delete(schema.meta),
        key=("key",),
    ),
}

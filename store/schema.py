"""Every table, in one place: import tables from here.

The tables live beside this page by aggregate (money, people, sessions); they share one MetaData,
which the migrations are compared with. What a table cannot say by itself is here: the triggers that
keep the books from being rewritten (L4).
"""

from __future__ import annotations

from sqlalchemy import DDL, Table, event

from store import radacct
from store.columns import METADATA
from store.schema_money import (
    accounts,
    allowances,
    audit,
    changes,
    charges,
    entries,
    journal,
    meta,
    postings,
    pots,
    purchases,
    purged,
)
from store.schema_people import (
    REFUSED,
    decisions,
    device_addresses,
    device_latches,
    device_marks,
    device_observations,
    devices,
    knocks,
    plans,
    subscriber_words,
    subscribers,
)
from store.schema_sessions import (
    LIVE,
    PENDING,
    orders,
    session_facts,
    session_totals,
    sessions,
    sessions_view_sql,
    suspense,
)

__all__ = [
    "LIVE",
    "REFUSED",
    "METADATA",
    "PENDING",
    "REVISION",
    "WRITTEN_ONCE",
    "accounts",
    "allowances",
    "audit",
    "changes",
    "charges",
    "decisions",
    "device_addresses",
    "device_latches",
    "device_marks",
    "device_observations",
    "devices",
    "entries",
    "journal",
    "knocks",
    "meta",
    "orders",
    "plans",
    "postings",
    "pots",
    "purchases",
    "purged",
    "session_facts",
    "session_totals",
    "sessions",
    "subscriber_words",
    "subscribers",
    "suspense",
]

# The newest version in store/migrations; `Database.open` refuses any other.
REVISION = "0006"

# Tables whose rows are never changed or deleted, whoever asks (L4). Only the journal ages: `purge`
# takes old rows of it out, in a transaction that says so by a row of `meta` that it never commits.
WRITTEN_ONCE: tuple[Table, ...] = (entries, postings, journal, audit)

_FUNCTION = """
CREATE OR REPLACE FUNCTION tollhouse_written_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND TG_TABLE_NAME = 'journal'
    AND EXISTS (SELECT 1 FROM meta WHERE key = 'purging') THEN RETURN OLD; END IF;
  RAISE EXCEPTION 'L4: rows of %% are never changed or deleted', TG_TABLE_NAME;
END $$
"""


def _ddl(statement: str) -> DDL:
    made: DDL = DDL(statement)  # type: ignore[no-untyped-call]
    return made


def _write_once(table: Table) -> None:
    """Attach the L4 triggers to a table, on both databases."""
    name = table.name
    for verb in ("UPDATE", "DELETE"):
        ages = " WHEN NOT EXISTS (SELECT 1 FROM meta WHERE key = 'purging')"
        unless = ages if verb == "DELETE" and table is journal else ""
        refuse = _ddl(
            f"CREATE TRIGGER {name}_no_{verb.lower()} BEFORE {verb} ON {name}{unless} BEGIN "
            f"SELECT RAISE(ABORT, 'L4: rows of {name} are never changed or deleted'); END"
        )
        event.listen(table, "after_create", refuse.execute_if(dialect="sqlite"))
    row = _ddl(
        f"CREATE TRIGGER {name}_written_once BEFORE UPDATE OR DELETE ON {name} "
        "FOR EACH ROW EXECUTE FUNCTION tollhouse_written_once()"
    )
    whole = _ddl(
        f"CREATE TRIGGER {name}_no_truncate BEFORE TRUNCATE ON {name} "
        "FOR EACH STATEMENT EXECUTE FUNCTION tollhouse_written_once()"
    )
    event.listen(table, "after_create", row.execute_if(dialect="postgresql"))
    event.listen(table, "after_create", whole.execute_if(dialect="postgresql"))


event.listen(METADATA, "before_create", _ddl(_FUNCTION).execute_if(dialect="postgresql"))
for _table in WRITTEN_ONCE:
    _write_once(_table)
# `radacct` reads from `sessions`: the views are made in this order and go in the other.
_VIEWS = {
    sessions.name: {dialect: sessions_view_sql(dialect) for dialect in ("sqlite", "postgresql")},
    radacct.VIEW: {dialect: radacct.view_sql(dialect) for dialect in ("sqlite", "postgresql")},
}
for _name, _spelt in _VIEWS.items():
    for _dialect, _sql in _spelt.items():
        _view = _ddl(_sql.replace("%", "%%"))
        event.listen(METADATA, "after_create", _view.execute_if(dialect=_dialect))
for _name in reversed(_VIEWS):
    event.listen(METADATA, "before_drop", _ddl(f"DROP VIEW IF EXISTS {_name}"))
# SQLite writes into no view, PostgreSQL into none of two tables; of this one it would say less.
_read_only = _ddl(
    f"CREATE TRIGGER {radacct.VIEW}_read_only INSTEAD OF INSERT OR UPDATE OR DELETE "
    f"ON {radacct.VIEW} FOR EACH ROW EXECUTE FUNCTION tollhouse_written_once()"
)
event.listen(METADATA, "after_create", _read_only.execute_if(dialect="postgresql"))

"""Sessions and what hangs on them: orders to devices, and usage in suspense.

A session is two rows: `session_facts`, wide and seldom changed, and `session_totals`, narrow, which
each interim changes; `sessions` is a view of both, for whoever reads. The key of a session starts
with its account; `session_id` alone and (device, Acct-Session-Id) are the two ways a packet names
it. No index holds a column that each interim changes, and on SQLite a login that was accepted is
in few of them until it begins (`store.live_sessions`).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    TextClause,
    text,
)

from domain.grant import OrderKind, OrderResult, OrderState
from domain.session import MOVING
from store.columns import METADATA, SessionKey, big, flag, flags, octets, one_of, small, words

# Views are no tables: the history of the schema and backups pass them over.
VIEWS = MetaData()

# Accepted or open; written alike in the partial indexes and in every query that means to use them.
LIVE = "state < 2"
ACCEPTED, OPEN, BEGUN = "state = 0", "state = 1", "state <> 0"
STATION = "mac <> ''"
# SQLite's index of the accepted ones is so many queues, each in the order of their ids: few places
# to write at, and few to look at for one account. A prime, because ids are made of bits.
QUEUES_N = 31
QUEUE = f"account_id % {QUEUES_N}"
PENDING = "state = 'pending'"
OPEN_SUSPENSE = "state = 'open'"


def _index_where(column: str) -> Index:
    """By a column, beginning and end, for sessions that have one: enough to pass most over."""
    where = text(f"{column} <> ''")
    columns = (column, "start_us", "stop_us", "session_id")
    name = f"ix_session_facts_{column}"
    return Index(name, *columns, sqlite_where=where, postgresql_where=where)


def _on_sqlite(name: str, *columns: str | TextClause, where: str) -> Index:
    """Of sessions in some states; with the state, so that a question needs no row to ask for it."""
    index = Index(f"ix_session_facts_{name}", *columns, "state", sqlite_where=text(where))
    return index.ddl_if(dialect="sqlite")


def _index_live(name: str, *columns: str) -> Index:
    """Of the sessions that are accepted or open."""
    where = text(LIVE)
    name = f"ix_session_facts_live_{name}"
    return Index(name, *columns, sqlite_where=where, postgresql_where=where)


def _called() -> list[Column[Any]]:
    """Whose session it is, what everybody calls it, and when it began and ended."""
    return [
        big("session_id"),
        big("account_id"),
        big("subscriber_id"),
        big("device_id"),
        big("plan_id"),
        small("state"),
        big("version"),
        words("acct_session_id"),
        big("class_session_id"),
        words("user_name"),
        words("calling_station_id"),
        words("called_station_id"),
        big("nas_port", null=True),
        words("nas_port_id"),
        words("nas_ip_address"),
        words("nas_identifier"),
        words("source_address"),
        words("framed_ip_address"),
        words("framed_ipv6_prefix"),
        words("acct_multi_session_id"),
        big("created_us"),
        big("start_us"),
        big("last_event_us"),
        big("last_seen_us"),
        big("stop_us", null=True),
        big("terminate_cause"),
        flag("start_seen"),
        flag("synthetic"),
    ]


def _columns() -> list[Column[Any]]:
    """The columns of a session, in the order of the record, belonging to no table yet."""
    return [
        *_called(),
        big("input_octets"),
        big("output_octets"),
        big("session_s"),
        big("input_base"),
        big("output_base"),
        big("session_base_s"),
        big("epoch"),
        big("candidate_event_us", null=True),
        big("candidate_input"),
        big("candidate_output"),
        big("candidate_s"),
        big("review_input"),
        big("review_output"),
        big("free_octets"),
        big("free_s"),
        flag("fee_due"),
        big("charged_micros"),
        big("closed_micros"),
        big("part"),
        small("hold_state"),
        big("granted_micros"),
        big("used_micros"),
        big("hold_until_us"),
        big("slot_until_us"),
        big("timeout_s"),
        big("limit_octets"),
        big("interim_s"),
        big("cut_order_id"),
        big("journal_last"),
        big("records_n"),
        small("walled"),
        big("look_us", null=True),
        words("access"),
        octets("told"),
        big("unrated_input"),
        big("unrated_output"),
        big("unrated_s"),
        flag("adopted"),
        big("replaced_by"),
        words("mac", null=True),
        words("framed_ipv6_address"),
        words("delegated_ipv6_prefix"),
        words("strands"),
        octets("uses"),
    ]


# What each interim moves, its version, and what must stay below that (checks see one row only).
TOTALS = frozenset(
    ("version", *MOVING, "closed_micros", "unrated_input", "unrated_output", "unrated_s")
)

# What is said of a session once, or seldom again. Without the totals no session is read or written:
# the two rows come, change and go in one transaction.
session_facts = Table(
    "session_facts",
    METADATA,
    *(column for column in _columns() if column.name not in TOTALS),
    SessionKey("account_id", "session_id"),
    CheckConstraint("session_id > 0 AND account_id >= 0", name="ids"),
    CheckConstraint("state BETWEEN 0 AND 3", name="state"),
    CheckConstraint("hold_state BETWEEN 0 AND 4", name="hold_state"),
    CheckConstraint("walled BETWEEN 0 AND 3", name="walled"),
    *flags("start_seen", "synthetic", "fee_due", "adopted"),
    # Who had this address, and where was this station, at a time (newest first).
    _index_where("framed_ip_address"),
    _index_where("framed_ipv6_prefix"),
    _index_where("framed_ipv6_address"),
    _index_where("delegated_ipv6_prefix"),
    _index_where("mac").ddl_if(dialect="postgresql"),
    _on_sqlite(
        "station", "mac", "start_us", "stop_us", "session_id", where=f"{STATION} AND {BEGUN}"
    ),
    Index(None, "session_id").ddl_if(dialect="postgresql"),
    # What charges refer to. The session first: then it is only ever written at its end.
    Index("uq_session_facts_session_id_account_id", "session_id", "account_id", unique=True).ddl_if(
        dialect="sqlite"
    ),
    Index(None, "device_id", "acct_session_id", "session_id"),
    _index_live("account", "account_id").ddl_if(dialect="postgresql"),
    _on_sqlite("live_open", "account_id", where=OPEN),
    _on_sqlite("account", "account_id", "session_id", where=BEGUN),
    _on_sqlite("live_accepted", text(QUEUE), "session_id", "account_id", "mac", where=ACCEPTED),
    _index_live("device", "device_id", "session_id"),
    sqlite_strict=True,
    postgresql_with={"fillfactor": 70},
)

# Narrow: an interim copies no more than what it moves. Half of a page stays free on PostgreSQL, so
# that the rows of a page move within it even when one batch moves them all.
session_totals = Table(
    "session_totals",
    METADATA,
    *(column for column in _columns() if column.name in TOTALS | {"session_id", "account_id"}),
    SessionKey("account_id", "session_id"),
    CheckConstraint("version > 0", name="version"),
    CheckConstraint("used_micros BETWEEN 0 AND granted_micros", name="hold"),  # L6
    CheckConstraint("closed_micros BETWEEN 0 AND charged_micros", name="charged_micros"),
    CheckConstraint("input_octets >= 0 AND output_octets >= 0 AND session_s >= 0", name="usage"),
    CheckConstraint(
        "unrated_input BETWEEN 0 AND input_octets AND unrated_output BETWEEN 0 AND output_octets "
        "AND unrated_s BETWEEN 0 AND session_s",
        name="unrated",
    ),
    sqlite_strict=True,
    postgresql_with={"fillfactor": 50},
)

# Both in one, for reading. A view: writes name the tables.
sessions = Table("sessions", VIEWS, *_columns(), PrimaryKeyConstraint("account_id", "session_id"))


def sessions_view_sql(dialect: str) -> str:
    """The CREATE VIEW of `sessions` for `sqlite` or `postgresql`.

    Joined from the left, so that a question about facts alone looks up no totals (both databases
    leave the join out then), and a session whose totals were lost would not be passed over.
    """
    listed = ", ".join(
        f"{'t' if column.name in TOTALS else 'f'}.{column.name} AS {column.name}"
        for column in sessions.columns
    )
    key = ["session_id"] if dialect == "sqlite" else ["account_id", "session_id"]
    same = " AND ".join(f"t.{name} = f.{name}" for name in key)
    return (
        f"CREATE VIEW {sessions.name} AS SELECT {listed} "
        f"FROM session_facts AS f LEFT JOIN session_totals AS t ON {same}"
    )


orders = Table(
    "orders",
    METADATA,
    big("order_id"),
    big("account_id"),
    big("session_id"),
    big("device_id"),
    words("kind"),
    words("reason"),
    octets("attributes"),
    words("address"),
    big("port"),
    big("created_us"),
    words("state"),
    big("attempts_n"),
    words("result", null=True),
    big("error_cause"),
    big("done_us", null=True),
    PrimaryKeyConstraint("account_id", "order_id"),
    one_of("kind", OrderKind),
    one_of("state", OrderState),
    one_of("result", OrderResult),
    Index(None, "order_id"),
    Index(None, "session_id"),
    Index(
        "ix_orders_pending",
        "order_id",
        sqlite_where=text(PENDING),
        postgresql_where=text(PENDING),
    ),
    sqlite_strict=True,
)

suspense = Table(
    "suspense",
    METADATA,
    big("suspense_id", primary=True),
    big("session_id"),
    big("device_id"),
    words("reason"),
    words("user_name"),
    big("input_octets"),
    big("output_octets"),
    big("session_s"),
    big("created_us"),
    big("updated_us"),
    words("state"),
    big("resolved_us", null=True),
    big("account_id"),
    big("entry_id", null=True),
    words("note"),
    CheckConstraint("state IN ('open', 'assigned', 'dropped', 'settled')", name="state"),
    Index(None, "session_id"),
    Index(
        "ix_suspense_open",
        "suspense_id",
        sqlite_where=text(OPEN_SUSPENSE),
        postgresql_where=text(OPEN_SUSPENSE),
    ),
    sqlite_strict=True,
)

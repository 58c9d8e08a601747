"""Sessions and what hangs on them: orders to devices, usage in suspense, decisions about logins.

The key of a session starts with its account; `session_id` alone and (device, Acct-Session-Id) are
the two ways a packet names it. No index holds a column that each interim changes.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, PrimaryKeyConstraint, Table, text

from domain.grant import OrderKind, OrderResult, OrderState
from store.columns import METADATA, big, flag, flags, key_words, octets, one_of, small, words

# Accepted or open; written alike in the partial indexes and in every query that means to use them.
LIVE = "state < 2"
PENDING = "state = 'pending'"
OPEN_SUSPENSE = "state = 'open'"


def _index_where(name: str, column: str) -> Index:
    """By a column, beginning and end, for sessions that have one: enough to pass most over."""
    where = text(f"{column} <> ''")
    columns = (column, "start_us", "stop_us", "session_id")
    return Index(name, *columns, sqlite_where=where, postgresql_where=where)


sessions = Table(
    "sessions",
    METADATA,
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
    PrimaryKeyConstraint("account_id", "session_id"),
    CheckConstraint("session_id > 0 AND account_id >= 0 AND version > 0", name="ids"),
    CheckConstraint("state BETWEEN 0 AND 3", name="state"),
    CheckConstraint("hold_state BETWEEN 0 AND 4", name="hold_state"),
    CheckConstraint("used_micros BETWEEN 0 AND granted_micros", name="hold"),  # L6
    CheckConstraint("closed_micros BETWEEN 0 AND charged_micros", name="charged_micros"),
    CheckConstraint("input_octets >= 0 AND output_octets >= 0 AND session_s >= 0", name="usage"),
    CheckConstraint("walled BETWEEN 0 AND 3", name="walled"),
    CheckConstraint(
        "unrated_input BETWEEN 0 AND input_octets AND unrated_output BETWEEN 0 AND output_octets "
        "AND unrated_s BETWEEN 0 AND session_s",
        name="unrated",
    ),
    *flags("start_seen", "synthetic", "fee_due", "adopted"),
    Index(None, "session_id"),
    # Who had this address, and where was this station, at a time (newest first).
    _index_where("ix_sessions_framed_ip_address", "framed_ip_address"),
    _index_where("ix_sessions_framed_ipv6_prefix", "framed_ipv6_prefix"),
    _index_where("ix_sessions_framed_ipv6_address", "framed_ipv6_address"),
    _index_where("ix_sessions_delegated_ipv6_prefix", "delegated_ipv6_prefix"),
    _index_where("ix_sessions_mac", "mac"),
    Index(None, "device_id", "acct_session_id", "session_id"),
    Index(
        "ix_sessions_live_account",
        "account_id",
        "session_id",
        sqlite_where=text(LIVE),
        postgresql_where=text(LIVE),
    ),
    Index(
        "ix_sessions_live_device",
        "device_id",
        "session_id",
        sqlite_where=text(LIVE),
        postgresql_where=text(LIVE),
    ),
    sqlite_strict=True,
    sqlite_with_rowid=False,
    postgresql_with={"fillfactor": 70},
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

# A ring for each login: the slot is the number modulo the size, so nothing has to be deleted.
decisions = Table(
    "decisions",
    METADATA,
    key_words("login", primary=True),
    big("slot", primary=True),
    big("n"),
    big("decided_us"),
    big("device_id"),
    words("user_name"),
    words("mac"),
    words("code"),
    big("session_id"),
    words("request"),
    words("reply"),
    Index(None, "login", "n"),
    Index(None, "mac", "decided_us"),
    Index(None, "decided_us"),
    sqlite_strict=True,
)

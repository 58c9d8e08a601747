"""Devices, plans and subscribers, which the operator keeps, and what was decided about logins.

Secrets are sealed octets: a copy of the database alone opens none of them. Plans are versioned and
never edited; `body` is the plan as it was compiled on the day it was loaded, so that a later
reading of the same text cannot change a price.
"""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Table,
    UniqueConstraint,
    text,
)

from domain.account import CredentialKind, MacMode, Status
from domain.device import Latch, Policy
from store.columns import (
    METADATA,
    Flag,
    IdList,
    ReplyList,
    big,
    flag,
    flags,
    key_words,
    octets,
    one_of,
    small,
    words,
)

# Written alike in the partial index and in every query that means to use it.
ENDING = "valid_until_us IS NOT NULL"
REFUSED = "code <> 'accepted'"
OF_NO_BEGINNING = "session_id <> n"

devices = Table(
    "devices",
    METADATA,
    big("device_id", primary=True),
    words("name"),
    octets("secret"),  # sealed
    words("dialect"),
    big("coa_port"),
    words("require_message_authenticator"),
    words("limit_proxy_state"),
    big("interim_s", null=True),
    big("line_rate_bps", null=True),
    flag("gigawords"),
    flag("gigawords_trusted"),
    words("counter_mode"),
    flag("swap"),
    big("octets_unit"),
    words("billing_level"),
    flag("sample"),
    big("created_us"),
    big("accounting_since_us"),
    big("coa_per_s"),
    UniqueConstraint("name"),
    CheckConstraint("device_id > 0", name="device_id"),
    CheckConstraint("name <> ''", name="name"),
    CheckConstraint("coa_port BETWEEN 1 AND 65535", name="coa_port"),
    CheckConstraint("octets_unit > 0", name="octets_unit"),
    CheckConstraint("coa_per_s > 0", name="coa_per_s"),
    CheckConstraint("counter_mode IN ('cumulative', 'delta')", name="counter_mode"),
    one_of("require_message_authenticator", Policy),
    one_of("limit_proxy_state", Policy),
    *flags("gigawords", "gigawords_trusted", "swap", "sample"),
    sqlite_strict=True,
)

device_addresses = Table(
    "device_addresses",
    METADATA,
    words("prefix", primary=True),  # CIDR; one prefix belongs to one device
    big("device_id"),
    ForeignKeyConstraint(["device_id"], ["devices.device_id"], ondelete="CASCADE"),
    Index(None, "device_id"),
    sqlite_strict=True,
)

# What a source address has proved able to do (BLR-03, BLR-04); rows go with their device.
device_latches = Table(
    "device_latches",
    METADATA,
    big("device_id", primary=True),
    words("source_address", primary=True),
    words("latch", primary=True),
    big("since_us"),
    ForeignKeyConstraint(["device_id"], ["devices.device_id"], ondelete="CASCADE"),
    one_of("latch", Latch),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

# No foreign key: a mark must outlive a device that is removed and added again under its id.
device_marks = Table(
    "device_marks",
    METADATA,
    big("device_id", primary=True),
    words("nas_identifier", primary=True),
    big("event_us"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

# What each device has been seen to do; the server writes it now and then, `nas show` reads it.
device_observations = Table(
    "device_observations",
    METADATA,
    big("device_id", primary=True),
    big("first_seen_us"),
    big("last_seen_us"),
    big("requests_n"),
    big("interims_n"),
    big("interim_s"),
    big("unsigned_n"),
    big("unsigned_us"),
    big("wrong_sums_n"),
    big("wrong_sums_us"),
    big("clock_offset_us", null=True),
    ForeignKeyConstraint(["device_id"], ["devices.device_id"], ondelete="CASCADE"),
    sqlite_strict=True,
)

# Sources that are no device of ours: one bounded list, newest kept (see store.knocks).
knocks = Table(
    "knocks",
    METADATA,
    words("address", primary=True),
    big("count_n"),
    big("first_us"),
    big("last_us"),
    small("code"),
    big("port"),  # ours
    Index(None, "last_us"),
    CheckConstraint("count_n > 0", name="count_n"),
    sqlite_strict=True,
)

plans = Table(
    "plans",
    METADATA,
    big("plan_id", primary=True),
    words("name"),
    big("version"),
    words("currency"),
    flag("sample"),
    big("created_us"),
    words("body"),  # JSON of domain.plan.Plan, see store.plans
    words("source"),  # the TOML it was loaded from
    flag("at_once"),  # it holds for periods and sessions that run as well
    UniqueConstraint("name", "version"),
    CheckConstraint("plan_id > 0 AND version > 0 AND name <> ''", name="plan"),
    CheckConstraint("length(currency) = 3", name="currency"),
    *flags("sample", "at_once"),
    sqlite_strict=True,
)

subscribers = Table(
    "subscribers",
    METADATA,
    big("subscriber_id", primary=True),
    big("account_id"),
    key_words("login"),
    words("status"),
    words("plan_name"),
    words("credential_kind"),
    octets("credential"),
    words("mac", null=True),
    words("mac_mode"),
    Column("device_ids", IdList(), nullable=False),
    big("period_start_us"),
    big("valid_until_us", null=True),
    flag("sample"),
    big("created_us"),
    words("name"),
    words("group_name"),
    words("language"),
    words("timezone"),
    words("framed_ip_address", null=True),
    words("framed_ipv6", null=True),
    words("delegated_ipv6_prefix", null=True),
    Column("replies", ReplyList(), nullable=False),
    Column("auto_renew", Flag(), nullable=True),
    words("next_plan_name", null=True),
    Column("periods_ahead_us", IdList(), nullable=False),
    big("anchor_us", null=True),
    big("paid_anchor_us", null=True),
    big("plan_id"),
    Column("plan_ids_ahead", IdList(), nullable=False),
    UniqueConstraint("login"),
    UniqueConstraint("framed_ip_address"),  # an address is one subscriber's
    UniqueConstraint("framed_ipv6"),
    UniqueConstraint("delegated_ipv6_prefix"),
    ForeignKeyConstraint(["account_id"], ["accounts.account_id"]),
    Index(None, "account_id"),
    Index(None, "mac"),
    Index(None, "plan_name", "login"),
    Index(None, "group_name", "login"),
    # Packages that end, in the order in which they do.
    Index(
        "ix_subscribers_ending",
        "valid_until_us",
        "subscriber_id",
        sqlite_where=text(ENDING),
        postgresql_where=text(ENDING),
    ),
    CheckConstraint("subscriber_id > 0", name="subscriber_id"),
    CheckConstraint("login <> ''", name="login"),
    one_of("status", Status),
    one_of("credential_kind", CredentialKind),
    one_of("mac_mode", MacMode),
    *flags("sample", "auto_renew"),
    sqlite_strict=True,
)

# The words of the names of subscribers, folded: any of them is found by how it begins.
subscriber_words = Table(
    "subscriber_words",
    METADATA,
    key_words("word", primary=True),
    big("subscriber_id", primary=True),
    ForeignKeyConstraint(["subscriber_id"], ["subscribers.subscriber_id"]),
    Index(None, "subscriber_id"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

# What let a session begin has its id and is found by it: nearly every login writes one row then, at
# the end of the table, and in no index of logins or stations. The others are found by login, and of
# each login only the newest stay, since nothing else bounds them.
decisions = Table(
    "decisions",
    METADATA,
    words("login"),
    big("n", primary=True),
    big("decided_us"),
    big("device_id"),
    words("user_name"),
    words("mac"),
    words("code"),
    big("session_id"),
    words("request"),
    words("reply"),
    Index(
        "ix_decisions_own",
        "login",
        "n",
        sqlite_where=text(OF_NO_BEGINNING),
        postgresql_where=text(OF_NO_BEGINNING),
    ),
    Index(
        "ix_decisions_refused_mac",
        "mac",
        "decided_us",
        sqlite_where=text(REFUSED),
        postgresql_where=text(REFUSED),
    ),
    Index(None, "decided_us"),
    sqlite_strict=True,
)

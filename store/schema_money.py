"""The books: accounts, what they owe, and the usage journal that everything can be rated from.

Entries, postings and the journal are written once: triggers refuse to change or delete them (L4).
Charges are the mutable rows of live sessions beside the entries. Every table that a busy server
writes has `account_id` first in its key, so that it can be spread over machines.
"""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)

from domain.ledger import Book, EntryKind
from store.columns import AMOUNT_MAX_MICROS, INT64, METADATA, big, key_words, octets, one_of, words

_SPREAD = {"fillfactor": 80}  # room in a page for new versions of rows that interims change


def _amount(name: str, *, least: int = -AMOUNT_MAX_MICROS) -> CheckConstraint:
    return CheckConstraint(f"{name} BETWEEN {least} AND {AMOUNT_MAX_MICROS}", name=name)


accounts = Table(
    "accounts",
    METADATA,
    big("account_id", primary=True),
    words("currency"),
    big("credit_limit_micros"),
    big("posted_micros"),
    big("open_micros"),
    big("held_micros"),
    big("entries_n"),
    CheckConstraint("account_id > 0", name="account_id"),
    CheckConstraint("length(currency) = 3", name="currency"),
    _amount("credit_limit_micros", least=0),
    _amount("posted_micros"),
    _amount("open_micros", least=0),
    _amount("held_micros", least=0),
    CheckConstraint("entries_n >= 0", name="entries_n"),
    sqlite_strict=True,
    postgresql_with=_SPREAD,
)

allowances = Table(
    "allowances",
    METADATA,
    big("account_id", primary=True),
    big("period_start_us", primary=True),
    big("used_octets"),
    big("used_s"),
    ForeignKeyConstraint(["account_id"], ["accounts.account_id"]),
    CheckConstraint("used_octets >= 0 AND used_s >= 0", name="used"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
    postgresql_with=_SPREAD,
)

# What a period brought or counts, a row for each (`domain.pot`); never refilled.
pots = Table(
    "pots",
    METADATA,
    big("account_id", primary=True),
    key_words("pot", primary=True),
    big("period_start_us", primary=True),
    big("granted"),
    big("used"),
    big("lost"),
    big("until_us", null=True),
    big("ends_us", null=True),
    big("purchase_id", null=True),
    ForeignKeyConstraint(["account_id"], ["accounts.account_id"]),
    CheckConstraint("granted >= 0 AND used >= 0 AND lost >= 0", name="granted"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
    postgresql_with=_SPREAD,
)

entries = Table(
    "entries",
    METADATA,
    big("entry_id"),
    big("account_id"),
    big("seq"),
    words("kind"),
    words("key"),
    words("currency"),
    big("created_us"),
    big("corrects_entry_id", null=True),
    big("session_id", null=True),
    words("reason"),
    big("overrun_micros"),
    PrimaryKeyConstraint("account_id", "entry_id"),
    UniqueConstraint("account_id", "key"),  # idempotency, for ever (P1)
    UniqueConstraint("account_id", "seq"),  # gapless with entries_n (L10)
    ForeignKeyConstraint(["account_id"], ["accounts.account_id"]),
    # L5: a correction names an entry of the same account, nothing else does.
    ForeignKeyConstraint(
        ["account_id", "corrects_entry_id"], ["entries.account_id", "entries.entry_id"]
    ),
    CheckConstraint(
        "(kind = 'correction') = (corrects_entry_id IS NOT NULL)", name="corrects_entry_id"
    ),
    one_of("kind", EntryKind),
    CheckConstraint("seq > 0", name="seq"),
    CheckConstraint("key <> ''", name="key"),
    CheckConstraint("length(currency) = 3", name="currency"),
    _amount("overrun_micros", least=0),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

postings = Table(
    "postings",
    METADATA,
    big("entry_account_id", primary=True),  # the account of the entry
    big("entry_id", primary=True),
    big("n", primary=True),  # 0, 1, ... within the entry
    words("book"),
    big("account_id"),  # whose purse, or on whose behalf
    big("amount_micros"),
    ForeignKeyConstraint(
        ["entry_account_id", "entry_id"], ["entries.account_id", "entries.entry_id"]
    ),
    one_of("book", Book),
    CheckConstraint(  # L1
        f"amount_micros <> 0 AND amount_micros BETWEEN -{AMOUNT_MAX_MICROS} "
        f"AND {AMOUNT_MAX_MICROS}",
        name="amount_micros",
    ),
    Index("ix_postings_account_id_entry_id", "account_id", "entry_id"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

# Time bought or given, and boosters; `key` keeps a purchase from being made twice (P1).
purchases = Table(
    "purchases",
    METADATA,
    big("purchase_id"),
    big("account_id"),
    big("subscriber_id"),
    words("key"),
    words("kind"),
    big("plan_id"),
    big("price_micros"),
    big("entry_id", null=True),
    big("before_us", null=True),
    big("until_us", null=True),
    big("created_us"),
    words("reason"),
    PrimaryKeyConstraint("account_id", "purchase_id"),
    UniqueConstraint("account_id", "key"),
    ForeignKeyConstraint(["account_id"], ["accounts.account_id"]),
    ForeignKeyConstraint(["account_id", "entry_id"], ["entries.account_id", "entries.entry_id"]),
    CheckConstraint("kind IN ('renewal', 'extension', 'booster', 'change')", name="kind"),
    CheckConstraint("(price_micros = 0) = (entry_id IS NULL)", name="entry_id"),
    CheckConstraint("key <> ''", name="key"),
    _amount("price_micros", least=0),
    Index(None, "subscriber_id", "created_us"),
    sqlite_strict=True,
    sqlite_with_rowid=False,
)

charges = Table(
    "charges",
    METADATA,
    big("account_id", primary=True),
    big("session_id", primary=True),
    big("part", primary=True),
    big("step", primary=True),
    big("day", primary=True),
    big("plan_id"),
    big("input_octets"),
    big("output_octets"),
    big("session_s"),
    big("amount_micros"),
    big("entry_id", null=True),
    ForeignKeyConstraint(
        ["account_id", "session_id"], ["session_facts.account_id", "session_facts.session_id"]
    ),
    ForeignKeyConstraint(["account_id", "entry_id"], ["entries.account_id", "entries.entry_id"]),
    CheckConstraint(
        "input_octets >= 0 AND output_octets >= 0 AND session_s >= 0 AND part >= 0", name="usage"
    ),
    _amount("amount_micros", least=0),
    sqlite_strict=True,
    sqlite_with_rowid=False,
    postgresql_with=_SPREAD,
)

# What the sessions that `purge` took away had used and cost: sums over sessions still come out.
purged = Table(
    "purged",
    METADATA,
    big("account_id", primary=True),  # 0: nobody's
    big("sessions_n"),
    big("input_octets"),
    big("output_octets"),
    big("session_s"),
    big("free_octets"),
    big("free_s"),
    big("charged_micros"),
    big("newest_us"),
    CheckConstraint("sessions_n > 0 AND account_id >= 0", name="sessions_n"),
    CheckConstraint("input_octets >= 0 AND output_octets >= 0 AND session_s >= 0", name="usage"),
    CheckConstraint("free_octets >= 0 AND free_s >= 0 AND charged_micros >= 0", name="cost"),
    sqlite_strict=True,
)

journal = Table(
    "journal",
    METADATA,
    big("journal_id", primary=True),
    big("created_us"),
    octets("body"),
    octets("digest"),
    CheckConstraint("length(digest) = 32", name="digest"),
    sqlite_strict=True,
)

# Who did what (S40): a chain, each digest over the row and the digest before.
audit = Table(
    "audit",
    METADATA,
    big("seq", primary=True),
    big("at_us"),
    words("who"),
    words("action"),
    words("kind"),
    big("row_id"),
    words("subject"),
    words("before"),
    words("after"),
    words("reason"),
    octets("digest"),
    CheckConstraint("seq > 0", name="seq"),
    CheckConstraint("length(digest) = 32", name="digest"),
    Index(None, "kind", "row_id", "seq"),
    Index(None, "at_us"),
    Index(None, "subject", "seq"),
    sqlite_strict=True,
)

# seq: the order in which office work was committed; see store.feed.
changes = Table(
    "changes",
    METADATA,
    Column("seq", INT64, primary_key=True, autoincrement=True),
    words("kind"),
    big("row_id"),
    CheckConstraint(
        "kind IN ('account', 'subscriber', 'device', 'plan', 'order', 'session')", name="kind"
    ),
    sqlite_strict=True,
    sqlite_autoincrement=True,
)

meta = Table(
    "meta",
    METADATA,
    words("key", primary=True),
    words("value"),
    sqlite_strict=True,
)

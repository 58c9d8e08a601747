"""The crowd: on SQLite no index that a login is entered in has accounts in their order.

Its DDL is in `v0006_sqlite.sql`, frozen. PostgreSQL keeps the indexes that it has, and its file is
empty.
"""

from __future__ import annotations

from store.migrations.ddl import run_ddl

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the facts of sessions anew, without the key that began with the account."""
    run_ddl("v0006")

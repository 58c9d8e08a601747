"""The storm: on SQLite an accepted login is in no index of accounts or MACs before it begins.

Its DDL is in `v0005_sqlite.sql`, frozen. PostgreSQL keeps the indexes that it has, and its file is
empty.
"""

from __future__ import annotations

from store.migrations.ddl import run_ddl

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the indexes anew."""
    run_ddl("v0005")

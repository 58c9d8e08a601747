"""The first schema: devices, plans, subscribers, sessions, the books, the journal, the feed.

Its DDL is in `v0001_sqlite.sql` and `v0001_postgresql.sql`, frozen: a change of the schema is a new
version beside it.
"""

from __future__ import annotations

from store.migrations.ddl import run_ddl

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create everything."""
    run_ddl("v0001")

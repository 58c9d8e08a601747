"""The first schema: devices, plans, subscribers, sessions, the books, the journal, the feed.

Its DDL is in `v0001_sqlite.sql` and `v0001_postgresql.sql`.
"""

from __future__ import annotations

from store.migrations.ddl import run_ddl

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create everything."""
    run_ddl("v0001")

"""The pace: what each interim moves of a session is a row of its own, beside what stands.

Its DDL is in `v0003_sqlite.sql` and `v0003_postgresql.sql`, frozen. Every session keeps all it had;
`sessions` is a view of both rows from now on. Decisions are numbered anew, by their age.
"""

from __future__ import annotations

from store.migrations.ddl import run_ddl

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Split each session in two, and number decisions."""
    run_ddl("v0003")

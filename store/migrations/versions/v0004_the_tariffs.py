"""The tariffs: what sessions use by bands, lines and strands, and pots of what periods bring.

Its DDL is in `v0004_sqlite.sql` and `v0004_postgresql.sql`, frozen. No session used anything by a
plan with bands so far, and no strand of theirs was counted. No subscriber has an anchor: the next
renewal sets one, and no period that was sold already changes. Versions of plans held for everybody
at once so far, and which of them a period was bought as is not known: they go on doing so.
"""

from __future__ import annotations

from store.migrations.ddl import run_ddl

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add what is new."""
    run_ddl("v0004")

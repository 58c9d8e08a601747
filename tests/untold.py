"""A database whose office may change things without telling the audit, for tests of other rooms.

What ships cannot: `Database.office` lets no change through that the audit was not told of (S40),
and tests/store/test_database.py shows that it does not.
"""

from __future__ import annotations

from store.database import Database


class Untold(Database):
    """An open database that asks nobody who it was."""

    def check_told(self, *, changed: bool, told: bool) -> None:
        """Let it pass."""

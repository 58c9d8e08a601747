"""Alembic's environment: it runs on the connection that `store.upgrade` hands it, and on no other.

The whole upgrade is one transaction on both databases: `store.upgrade` opens and commits it. There
is no offline mode and no alembic.ini, for nobody should have to find either.
"""

from __future__ import annotations

from alembic import context

from store.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transactional_ddl=True,
    transaction_per_migration=False,
)
context.run_migrations()

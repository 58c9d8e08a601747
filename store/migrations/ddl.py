"""Runs the frozen DDL that lies beside a version.

A file holds statements separated by lines of `--;`, so that triggers may hold semicolons. One file
for each database: their spellings differ more than a common form would save.
"""

from __future__ import annotations

from importlib import resources

from alembic import op

SEPARATOR = "--;"


def run_ddl(version: str) -> None:
    """Run every statement of `versions/VERSION_DIALECT.sql` on the connection of the upgrade."""
    dialect = op.get_bind().dialect.name
    file = resources.files("store.migrations.versions") / f"{version}_{dialect}.sql"
    for statement in file.read_text("utf-8").split(SEPARATOR):
        if statement.strip():
            op.get_bind().exec_driver_sql(statement.strip())

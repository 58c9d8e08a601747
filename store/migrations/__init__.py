"""The schema's history: Alembic's environment and its versions.

Each version holds the DDL of both databases as it was on its day, frozen; a test compares the end
of the history with `store.schema`. Run it with `store.upgrade`.
"""

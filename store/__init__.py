"""The store: SQL, and nothing else knows any. SQLAlchemy Core, SQLite or PostgreSQL.

The hot road (`store.desk`) is two verbs, load and commit; office work goes through
`Database.office()`. Importing this package puts the bundled SQLite in place of Python's own.
"""

from store import sqlite_driver

sqlite_driver.install()

"""What an office transaction is made of, for those who may not know the library behind it.

A `Connection` is lent by `Database.office()` or `Database.reading()` and handed to the functions of
the other `office_*` modules; nobody above the store calls a method on it.
"""

from __future__ import annotations

import re

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

Connection = AsyncConnection

# What either database says when a table or column is not there.
_MISSING = re.compile(r"no such (table|column)|(relation|column) .* does not exist")


def lacks_tables(error: BaseException) -> bool:
    """Did a statement fail because the database is empty, or of another version than we are?"""
    return isinstance(error, DBAPIError) and bool(_MISSING.search(str(error.orig)))

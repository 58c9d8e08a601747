"""What an office transaction is made of, for those who may not know the library behind it.

A `Connection` is lent by `Database.office()` or `Database.reading()` and handed to the functions of
the other `office_*` modules; nobody above the store calls a method on it.
"""

from __future__ import annotations

import re

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

Connection = AsyncConnection

# What either database says when a table or column is not there; what SQLite says of another file.
_UNFIT = (
    (
        re.compile(r"no such (table|column)|(relation|column) .* does not exist"),
        "the database is not set up, or is of another version: run `tollhouse init`",
    ),
    (
        re.compile(r"file is not a database|disk image is malformed"),
        "the file is not a database, or is damaged: restore it from a backup",
    ),
)


def unfit(error: BaseException) -> str | None:
    """What is wrong with a database on which a statement failed, if it is none of ours."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, DBAPIError):
            said = str(seen.orig)
            return next((text for pattern, text in _UNFIT if pattern.search(said)), None)
        seen = seen.__cause__
    return None

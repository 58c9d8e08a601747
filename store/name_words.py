"""The words of people's names, as they are sought: without case, accents and what stands between.

A person asks for "celik" and means Çelik; for "ivanova" and means Ana Ivanova. So a name is kept a
second time as its words, folded, each a row that an index finds by how it begins. They are written
where the subscriber is, in the same transaction, and nowhere else.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, exists, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.account import Subscriber
from store import schema

WORDS_MAX = 32
LETTERS_MAX = 64
_WORD = re.compile(r"\w+")
_ROWS_AT_ONCE = 500
_T = schema.subscriber_words.c


def words_of(name: str) -> list[str]:
    """The folded words of a name, each once, in their order."""
    apart = unicodedata.normalize("NFKD", name.casefold())
    bare = "".join(char for char in apart if not unicodedata.combining(char))
    return list(dict.fromkeys(word[:LETTERS_MAX] for word in _WORD.findall(bare)))[:WORDS_MAX]


async def write(
    connection: AsyncConnection, subscribers: Sequence[Subscriber], *, fresh: bool = False
) -> None:
    """Keep the words of these names, instead of those before; `fresh`: there are none before."""
    ids = [one.subscriber_id for one in subscribers]
    for at in range(0, 0 if fresh else len(ids), _ROWS_AT_ONCE):
        some = ids[at : at + _ROWS_AT_ONCE]
        await connection.execute(delete(schema.subscriber_words).where(_T.subscriber_id.in_(some)))
    rows = [
        {"word": word, "subscriber_id": one.subscriber_id}
        for one in subscribers
        for word in words_of(one.name)
    ]
    for at in range(0, len(rows), _ROWS_AT_ONCE):
        await connection.execute(insert(schema.subscriber_words), rows[at : at + _ROWS_AT_ONCE])


def named(text: str) -> Select[Any] | None:
    """The ids of those in whose name a word begins with each word of a text; None: no word."""
    sought = sorted(words_of(text), key=len, reverse=True)
    if not sought:
        return None
    query = select(_T.subscriber_id).where(_begins(_T.word, sought[0]))
    for word in sought[1:]:
        other = schema.subscriber_words.alias()
        same = other.c.subscriber_id == _T.subscriber_id
        query = query.where(exists().where(same, _begins(other.c.word, word)))
    return query.distinct()


def _begins(column: ColumnElement[str], word: str) -> ColumnElement[bool]:
    """A range and not LIKE: SQLite's folds case, so it would use no index."""
    return and_(column >= word, column < word + "\U0010ffff")

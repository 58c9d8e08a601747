"""The types of packed rows; what each does is said in `_packed.pyx`."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, final

__pyx_capi__: Final[dict[str, Any]]
HAS_ZLIB: bool
"""Is zlib within reach of compiled code? Only then is `pack_journal` of any use."""

def pack(rows: Sequence[tuple[Any, ...]], keys_n: int = 0) -> Rows:
    """Tuples of one length as Rows, in the order of their first `keys_n` values (numbers)."""

def pack_journal(journal_id: int, created_us: int, version: int, body: bytes) -> Rows:
    """The row of the statement `journal`; the writer compresses and digests it on its thread."""

@final
class Rows:
    """Rows of one statement, packed."""

    rows_n: int
    columns_n: int
    def __len__(self) -> int: ...
    def unpacked(self) -> list[tuple[Any, ...]]:
        """The rows as tuples, for whoever wants to look at them."""

@final
class Batch:
    """Steps of one transaction, ready to be carried to the connection's thread."""

    feed_seq: int
    def met(self) -> list[int]:
        """How many rows each step has written."""

@final
class Writer:
    """The statements of a connection, prepared once, and the road that batches of rows take."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        statements: Mapping[str, str],
        newest: str,
        *,
        by_set: Iterable[str] = (),
    ) -> None:
        """The statements named in `by_set` take all rows of a step, from the table `given`."""

    def batch(self, steps: Iterable[tuple[str, Rows, bool]], feed_seq: int | None = None) -> Batch:
        """A transaction of these steps: each is (name, Rows, must it meet all its rows?)."""

    def run(self, batch: Batch, begun: bool = False, flushed: bool = True) -> tuple[int, int, int]:
        """(Newest change, step that met too few rows or -1, pages of the WAL to be moved)."""

    def flush(self) -> None:
        """Have all that is committed reach the disk. On any thread."""

    def forgive(self) -> None:
        """Forget that a flush has failed: all was moved into the database, and is on the disk."""

    def lay(self, octets: int) -> bool:
        """Have the WAL begin with so many octets that are on the disk already; was it done?"""

    def close(self) -> None:
        """Give the statements back, so that the connection can be closed."""

@final
class BooksFile:
    """The file of a connection's database."""

    def __init__(self, connection: sqlite3.Connection) -> None: ...
    def flush(self) -> None:
        """Have all that was written to it reach the disk."""

"""The types of the compiled journal body; what each function does is said in `_journal.pyx`."""

from typing import Self, final

from accounting.journal import Record

@final
class Body:
    """The records of one batch, in order."""

    records_n: int

    def __new__(cls, mark: bytes) -> Self: ...
    def __len__(self) -> int:
        """How many records."""

    def append(self, record: Record) -> None:
        """Write one record, or OverflowError, AssertionError."""

    def octets(self) -> bytes:
        """All that was written."""

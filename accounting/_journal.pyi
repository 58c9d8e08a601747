"""The types of the compiled journal body; what each function does is said in `_journal.pyx`."""

from typing import Any, Final, final

from accounting.journal import Record

__pyx_capi__: Final[dict[str, Any]]
"""What other compiled modules may call directly; `_journal.pxd` says what it is."""

@final
class Body:
    """The records of one batch, in order."""

    records_n: int

    def __init__(self, mark: bytes) -> None: ...
    def __len__(self) -> int:
        """How many records."""

    def append(self, record: Record) -> None:
        """Write one record, or OverflowError, AssertionError."""

    def octets(self) -> bytes:
        """All that was written."""

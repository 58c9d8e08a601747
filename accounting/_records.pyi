"""The types of the compiled reader; what each function does is said in `_records.pyx`."""

from typing import Any, Final

__pyx_capi__: Final[dict[str, Any]]
"""What other compiled modules may call directly; `_records.pxd` says what it is."""

def records(body: bytes, at: int, numbers_n: int, session_id: int = 0, /) -> list[tuple[Any, ...]]:
    """Records from `at` on, in the order of `accounting.journal.Record`, or IndexError."""

def told(
    body: bytes, at: int, numbers_n: int, /
) -> list[
    tuple[int, int, int, int, int, int, int, int, int, int, int, int, tuple[int, int, bytes] | None]
]:
    """What each left of its session, in the order of `accounting.journal.Told`, or IndexError."""

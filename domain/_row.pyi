"""What compiled rows have in common is for compiled rooms; what it does is said in `_row.pyx`."""

from typing import Any, Final, Self

from typing_extensions import disjoint_base

__pyx_capi__: Final[dict[str, Any]]
"""What other compiled modules may call directly; `_row.pxd` says what it is."""

@disjoint_base
class Row:
    """What a row keeps beside its numbers."""

@disjoint_base
class Texted(Row):
    """One that has texts of its own."""

@disjoint_base
class Field:
    """A field of a row: which one of its kind."""

    def __new__(cls, n: int, *more: object) -> Self: ...

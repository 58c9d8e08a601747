"""The types of the compiled arrays; what each function does is said in `_arrays.pyx`."""

from collections.abc import Iterable

from store._packed import Rows

def int8_array(values: Iterable[int | None], /) -> bytes:
    """`int8[]` in PostgreSQL's binary form, from integers and None (NULL)."""

def columns_of(rows: Rows) -> list[bytes | tuple[bytes | str | int | None, ...]]:
    """The columns of packed rows: one of numbers as `int8[]` in octets, others as tuples."""

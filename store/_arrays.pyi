"""The types of the compiled arrays; what each function does is said in `_arrays.pyx`."""

from collections.abc import Iterable

def int8_array(values: Iterable[int | None], /) -> bytes:
    """`int8[]` in PostgreSQL's binary form, from integers and None (NULL)."""

"""The types of answers; what each does is said in `_answers.pyx`."""

from collections.abc import Mapping
from typing import Any, TypeVar, final, overload

from store._packed import Writer

_Record = TypeVar("_Record")

@final
class Reader:
    """The questions of a connection, prepared once, and the page that answers are read onto."""

    def __init__(self, writer: Writer, statements: Mapping[str, str]) -> None: ...
    @overload
    def read(self, name: str, keys: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]: ...
    @overload
    def read(
        self, name: str, keys: list[tuple[Any, ...]], record: type[_Record] | None
    ) -> list[Any]:
        """The answers to a question for all its keys, key by key, in one list."""

    def close(self) -> None:
        """Give the statements back, so that the connection can be closed."""

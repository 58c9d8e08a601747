"""The types of who a login is about; what it does is said in `_people.pyx`."""

from typing import Any, Final, Protocol, TypeVar

from aaa.books import Books

__pyx_capi__: Final[dict[str, Any]]
"""What other compiled modules may call directly; `_people.pxd` says what it is."""

class _Reads(Protocol):
    @property
    def read(self) -> object: ...

_Named = TypeVar("_Named", bound=_Reads)

def strangers(named: list[_Named], books: Books) -> list[_Named]:
    """Those of `aaa.wants.Named` that are no logins, or of somebody who is not held whole."""

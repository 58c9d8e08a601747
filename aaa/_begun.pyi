"""The types of what logins have begun; what each does is said in `_begun.pyx`."""

from typing import final

@final
class Begun:
    """Sessions and instants by the keys of logins, oldest first."""

    def __len__(self) -> int: ...
    def __contains__(self, key: bytes, /) -> bool: ...
    def add(self, begun: dict[bytes, int], at_us: int) -> None:
        """These sessions were begun at this instant."""

    def find(self, key: bytes) -> tuple[int, int]:
        """The session and the instant; 0 and 0: none is known."""

    def forget(self, before_us: int, most_n: int) -> None:
        """Forget the oldest, while there are more than so many or they are from before then."""

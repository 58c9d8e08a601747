"""The types of the memory of answers; what it promises is said in `_duplicates.pyx`."""

from typing import Self, final

from radius.codes import Discard

_Key = tuple[int, str | bytes, int, int, int]

@final
class Ticket:
    """A request that is being worked on; hand it back with the answer."""

    @property
    def key(self) -> _Key:
        """What it is known by."""
    @property
    def authenticator(self) -> bytes:
        """The 16 octets that tell it from others under its key."""
    @property
    def reply(self) -> bytes | None:
        """What was answered, None while it is being worked on."""

@final
class Duplicates:
    """The requests that are pending and the replies that were sent lately."""

    def __new__(cls, *, keep_us: int = ..., limit: int = ...) -> Self: ...
    def __len__(self) -> int: ...
    def arrive(self, key: _Key, authenticator: bytes, now_us: int) -> Ticket | bytes | Discard:
        """Work on it (a Ticket), send these octets again, or drop it."""
    def answer(self, ticket: Ticket, reply: bytes, now_us: int) -> bool:
        """Remember a reply; False if it must not be sent (DUP-04)."""
    def abandon(self, ticket: Ticket) -> None:
        """Forget a request that will not be answered."""
    def forget_socket(self, socket: int) -> None:
        """Forget everything that came by one socket (DUP-09)."""

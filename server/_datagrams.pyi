"""The types of the datagram batches; what each does is said in `_datagrams.pyx`."""

from typing import Self, final

def prepare(fd: int, *, six: bool, wild: bool) -> None:
    """Set the socket's options for the two below; raises OSError."""

@final
class Inlet:
    """Where datagrams come in."""

    def __new__(cls, fd: int, host: str) -> Self: ...
    def take(self, most_n: int) -> list[tuple[bytes, tuple[str, int], str]]:
        """What has come: octets, peer, our address; about `most_n` of them at most."""

@final
class Outlet:
    """Where replies go out."""

    def __new__(cls, fd: int, *, wild: bool) -> Self: ...
    def post(self, octets: bytes, address: tuple[str, int], source: str | None) -> None:
        """Put one into the next flush."""
    def flush(self) -> int:
        """Hand everything over; how many the kernel did not take since the last time."""
    def close(self) -> None:
        """Hand over what waits, and nothing from now on."""

@final
class Timer:
    """When to read next, to the microsecond."""

    def __new__(cls) -> Self: ...
    def fileno(self) -> int:
        """What a loop waits for: readable when it has rung."""
    def set(self, delay_us: int) -> None:
        """Ring once in so many microseconds; 0: not at all."""
    def rang(self) -> bool:
        """Has it rung since it was set? It is told once."""
    def close(self) -> None:
        """Give the file back."""

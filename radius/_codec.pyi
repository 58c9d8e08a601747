"""The types of the compiled codec; what each function does is said in `_codec.pyx`."""

from collections.abc import Iterable
from typing import Any, Final, final

__pyx_capi__: Final[dict[str, Any]]
"""What other compiled modules may call directly; `_codec.pxd` says what it is."""

def peek(octets: bytes) -> tuple[int, int, int, bytes]:
    """The header alone: (code, identifier, length, authenticator), or PacketError."""

def decode(octets: bytes) -> Packet:
    """A Packet from octets whose sums are not looked at, or PacketError."""

def decode_attributes(octets: bytes) -> tuple[tuple[int, bytes], ...]:
    """The (type, value) pairs of an attribute area, in order, or PacketError."""

def encode_attributes(attributes: Iterable[tuple[int, bytes]]) -> bytes:
    """The octets of (type, value) pairs; empty values are left out (PKT-10)."""

def split_vendor(
    value: bytes, *, type_size: int = 1, length_size: int = 1, continuation: bool = False
) -> list[tuple[int, bytes, bool]] | None:
    """What follows a vendor's number, as (type, octets, more follows); None if it misfits."""

def format_of(vendor: int) -> tuple[int, int, bool]:
    """(type octets, length octets, continuation octet) of a vendor's attributes."""

@final
class Packet:
    """A packet: code, identifier, authenticator (16 octets), ordered raw attributes."""

    def __init__(
        self,
        code: int,
        identifier: int,
        authenticator: bytes,
        attributes: Iterable[tuple[int, bytes]],
    ) -> None: ...
    @property
    def code(self) -> int:
        """The packet code, one of `radius.codes.Code`."""
    @property
    def identifier(self) -> int:
        """The identifier octet."""
    @property
    def authenticator(self) -> bytes:
        """The 16 octets of the authenticator field."""
    @property
    def attribute_octets(self) -> bytes:
        """All attributes as they stand on the wire, without the empty ones."""
    @property
    def attributes(self) -> tuple[tuple[int, bytes], ...]:
        """Every attribute as (type, value), in the order of the wire."""
    def first(self, kind: int) -> bytes | None:
        """The value of the first attribute of a type, or None."""
    def integer(self, kind: int) -> int | None:
        """The first attribute of a type as unsigned 32 bits, or None."""
    def all(self, kind: int) -> list[bytes]:
        """The values of all attributes of a type, in order."""
    def concat(self, kind: int) -> bytes | None:
        """The values of a type joined in order, None if absent."""
    def vsas(self, vendor: int, kind: int) -> list[bytes]:
        """The values of a vendor's attribute, in order, continued ones joined."""
    def vsa(self, vendor: int, kind: int) -> bytes | None:
        """The first value of a vendor's attribute, or None."""
    def vsa_integer(self, vendor: int, kind: int) -> int | None:
        """The first value of a vendor's attribute as unsigned 32 bits, or None."""
    def __eq__(self, value: object, /) -> bool: ...
    def __hash__(self) -> int: ...

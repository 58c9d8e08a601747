"""The two ways in which octets and dictionaries can be wrong.

A packet is either sound or a `PacketError`; there is nothing between, so that a door can count
the reason and stay silent. A dictionary is either loaded whole or a `DictionaryError` that
names the file and the line. No other exception leaves this floor because of input.
"""

from __future__ import annotations

from typing import Final

REASONS: Final = (
    "sound",
    "too-short",
    "bad-length",
    "truncated",
    "unknown-code",
    "attribute-length",
    "attribute-overrun",
    "attribute-type-zero",
    "too-many-attributes",
    "message-authenticator-length",
    "message-authenticator-twice",
    "bad-authenticator",
    "bad-message-authenticator",
    "missing-message-authenticator",
    "eap-without-message-authenticator",
)
"""Every reason a packet is discarded for, usable as a metric label.

The position of a reason is its number in the compiled codec; position 0 is no error.
"""


class PacketError(Exception):
    """Octets that are not a packet we may act on: discard them and send nothing.

    `reason` is one of `REASONS`; `offset` is the octet, counted from the start of what was
    given, at which the fault was seen.
    """

    def __init__(self, reason: str, offset: int = 0) -> None:
        super().__init__(reason, offset)
        self.reason = reason
        self.offset = offset

    def __str__(self) -> str:
        return f"{self.reason} at octet {self.offset}"


class DictionaryError(Exception):
    """A dictionary that cannot be used; the text is `file:line: what is wrong`."""

    def __init__(self, file: str, line: int, message: str) -> None:
        super().__init__(file, line, message)
        self.file = file
        self.line = line
        self.message = message

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


class ValueTextError(ValueError):
    """A line of text that is not an attribute; the text says what was expected."""

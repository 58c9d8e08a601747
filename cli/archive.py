"""What is inside a backup: a head, files, the rows of every table, and an end that proves all.

The clear content of a sealed file (`cli.sealed_file`) is a zlib stream of parts, each a length
(four octets, big-endian) and a MessagePack array that begins with the name of the part:

    ["head", format, program, revision, dialect, created_us]
    ["file", name, octets]               "settings" (TOML) and "keys" (the key file)
    ["table", name, [column, ...]]       tables that others point at come first
    ["rows", [[value, ...], ...]]        of the table before; integers, text, octets, booleans, null
    ["end", {table: rows}, hash of the ledger, SHA-256 of every part before this one]

Rows are the same from either database, so a backup of one can be restored into the other. Nothing
that is read may count before the end was read.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

import msgspec

from cli.sealed_file import SealBroken, SealingWriter, unsealed

FORMAT = 1
SETTINGS, KEYS = "settings", "keys"

_LENGTH = struct.Struct(">I")
_PART_MAX_OCTETS = 1 << 30
_FAST = 1  # of zlib: journal and secrets do not get smaller, the rest does at any level


class Head(msgspec.Struct, frozen=True, array_like=True, tag="head"):
    """What was backed up, when, and by what."""

    format: int
    program: str
    revision: str
    dialect: str
    created_us: int


class File(msgspec.Struct, frozen=True, array_like=True, tag="file"):
    """A file that belongs to the installation."""

    name: str
    content: bytes


class Table(msgspec.Struct, frozen=True, array_like=True, tag="table"):
    """The rows that follow are of this table."""

    name: str
    columns: list[str]


class Rows(msgspec.Struct, frozen=True, array_like=True, tag="rows"):
    """Some rows of the table before."""

    rows: Sequence[Sequence[Any]]


class End(msgspec.Struct, frozen=True, array_like=True, tag="end"):
    """How much there was, and the proof that it is all here."""

    rows_n: dict[str, int]
    ledger_hash: str
    digest: bytes


Part = Head | File | Table | Rows | End
_DECODE = msgspec.msgpack.Decoder(Part).decode


class ArchiveWriter:
    """Writes the parts of one backup, in their order."""

    def __init__(self, sealed: SealingWriter) -> None:
        """Nothing is written yet."""
        self._sealed = sealed
        self._deflate = zlib.compressobj(_FAST)
        self._digest = hashlib.sha256()
        self._encode = msgspec.msgpack.Encoder().encode
        self._table = ""
        self.rows_n: dict[str, int] = {}

    def add(self, part: Head | File | Table | Rows) -> None:
        """Write the next part."""
        if isinstance(part, Table):
            self._table = part.name
            self.rows_n[part.name] = 0
        elif isinstance(part, Rows):
            self.rows_n[self._table] += len(part.rows)
        self._write(part)

    def finish(self, ledger_hash: str) -> None:
        """Write the end. Without it nobody can restore what was written."""
        self._write(End(self.rows_n, ledger_hash, self._digest.digest()))
        self._sealed.write(self._deflate.flush())
        self._sealed.finish()

    def _write(self, part: Part) -> None:
        packed = self._encode(part)
        framed = _LENGTH.pack(len(packed)) + packed
        self._digest.update(framed)
        self._sealed.write(self._deflate.compress(framed))


def read_archive(file: BinaryIO, passphrase: bytes) -> Iterator[Part]:
    """The parts of a backup; the last is the End, and it agrees with all that came before.

    Raises SealBroken, when a damage is met; at the latest instead of the End.
    """
    digest, rows_n, table = hashlib.sha256(), dict[str, int](), ""
    ended = False
    for framed in _frames(_inflated(unsealed(file, passphrase))):
        if ended:
            raise SealBroken("is damaged: it goes on after its end")
        try:
            part: Part = _DECODE(memoryview(framed)[_LENGTH.size :])
        except msgspec.MsgspecError:
            raise SealBroken("was written by another version of Tollhouse") from None
        if isinstance(part, End):
            if part.digest != digest.digest() or part.rows_n != rows_n:
                raise SealBroken("is damaged: its parts do not add up")
            ended = True
        digest.update(framed)
        if isinstance(part, Table):
            table = part.name
            rows_n[table] = 0
        elif isinstance(part, Rows):
            rows_n[table] += len(part.rows)
        yield part
    if not ended:
        raise SealBroken("is incomplete")


def _inflated(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The octets before they were compressed."""
    inflate = zlib.decompressobj()
    try:
        for chunk in chunks:
            yield inflate.decompress(chunk)
        yield inflate.flush()
    except zlib.error:
        raise SealBroken("is damaged") from None


def _frames(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Whole parts with their lengths."""
    waiting = bytearray()
    for chunk in chunks:
        waiting += chunk
        at = 0
        while len(waiting) - at >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(waiting, at)
            if length > _PART_MAX_OCTETS:
                raise SealBroken("is damaged")
            end = at + _LENGTH.size + length
            if len(waiting) < end:
                break
            yield bytes(waiting[at:end])
            at = end
        del waiting[:at]
    if waiting:
        raise SealBroken("is incomplete")

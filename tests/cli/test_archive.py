"""The parts of a backup come back as they were written, and a missing or surplus one is noticed."""

from __future__ import annotations

import io
import zlib

import pytest

from cli.archive import (
    FORMAT,
    ArchiveWriter,
    End,
    File,
    Head,
    Part,
    Rows,
    Table,
    read_archive,
)
from cli.sealed_file import SealBroken, SealingWriter, unsealed
from tests.cli.test_sealed_file import CHEAP, PASSPHRASE, SALT

PARTS: list[Head | File | Table | Rows] = [
    Head(FORMAT, "0.1.0", "0001", "sqlite", 1_700_000_000_000_000),
    File("settings", b"[database]\n"),
    File("keys", b"\x00\xff"),
    Table("accounts", ["account_id", "currency", "sample", "note"]),
    Rows([[1, "EUR", True, None], [-(2**63), "ü", False, b"\x00\xff"]]),
    Rows([[2**63 - 1, "", True, b""]]),
    Table("empty", ["id"]),
]


def written(parts: list[Head | File | Table | Rows]) -> bytes:
    file = io.BytesIO()
    archive = ArchiveWriter(SealingWriter(file, PASSPHRASE, SALT, log_n=CHEAP))
    for part in parts:
        archive.add(part)
    archive.finish("c0ffee")
    return file.getvalue()


def read(archive: bytes) -> list[Part]:
    return list(read_archive(io.BytesIO(archive), PASSPHRASE))


def resealed(archive: bytes, *, keep: slice, more: bytes = b"") -> bytes:
    """The same clear text, cut or with more of it, sealed by somebody who has the passphrase."""
    clear = zlib.decompress(b"".join(unsealed(io.BytesIO(archive), PASSPHRASE)))
    file = io.BytesIO()
    writer = SealingWriter(file, PASSPHRASE, SALT, log_n=CHEAP)
    writer.write(zlib.compress(clear[keep] + more))
    writer.finish()
    return file.getvalue()


def test_every_part_comes_back_with_every_kind_of_value() -> None:
    *parts, end = read(written(PARTS))
    assert parts == PARTS
    assert isinstance(end, End)
    assert end.rows_n == {"accounts": 3, "empty": 0}
    assert end.ledger_hash == "c0ffee"


def test_more_rows_than_fit_into_one_chunk_come_back() -> None:
    rows = [[n, "x" * 100] for n in range(20_000)]
    *_, found, _end = read(written([*PARTS[:3], Table("t", ["a", "b"]), Rows(rows)]))
    assert isinstance(found, Rows)
    assert [list(row) for row in found.rows] == rows


def test_an_archive_without_its_end_or_with_something_behind_it_is_refused() -> None:
    whole = written(PARTS)
    assert read(resealed(whole, keep=slice(None))) == read(whole)
    for wrong in (
        resealed(whole, keep=slice(None, -1)),
        resealed(whole, keep=slice(None, -80)),
        resealed(whole, keep=slice(None), more=b"\x00\x00\x00\x01\x00"),
        resealed(whole, keep=slice(None), more=b"\x00"),
        resealed(whole, keep=slice(1, None)),
        resealed(whole, keep=slice(0, 0)),
    ):
        with pytest.raises(SealBroken):
            read(wrong)


def test_a_row_that_was_left_out_is_noticed_at_the_end() -> None:
    whole, fewer = written(PARTS), written([*PARTS[:5], *PARTS[6:]])
    end_of = len(zlib.decompress(b"".join(unsealed(io.BytesIO(fewer), PASSPHRASE))))
    clear = zlib.decompress(b"".join(unsealed(io.BytesIO(whole), PASSPHRASE)))
    end = clear[clear.rindex(b"\x94\xa3end") - 4 :]
    before_its_end = slice(0, end_of - len(end))
    with pytest.raises(SealBroken, match="do not add up"):
        read(resealed(fewer, keep=before_its_end, more=end))

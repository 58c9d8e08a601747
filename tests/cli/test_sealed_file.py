"""A sealed file opens with its passphrase only, and whatever was done to it is recognised."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.sealed_file import CHUNK_OCTETS, SealBroken, SealingWriter, unsealed

PASSPHRASE = b"correct horse"
SALT = bytes(range(16))
CHEAP = 4  # log2 of what a test pays for each scrypt


def seal(*pieces: bytes, passphrase: bytes = PASSPHRASE, finish: bool = True) -> bytes:
    file = io.BytesIO()
    writer = SealingWriter(file, passphrase, SALT, log_n=CHEAP)
    for piece in pieces:
        writer.write(piece)
    if finish:
        writer.finish()
    return file.getvalue()


def opened(sealed: bytes, passphrase: bytes = PASSPHRASE) -> bytes:
    return b"".join(unsealed(io.BytesIO(sealed), passphrase))


@pytest.mark.parametrize("length", [0, 1, CHUNK_OCTETS - 1, CHUNK_OCTETS, CHUNK_OCTETS + 1])
def test_what_was_sealed_comes_out_again(length: int) -> None:
    clear = bytes(index % 251 for index in range(length))
    assert opened(seal(clear[:7], clear[7:])) == clear


def test_nothing_of_the_clear_text_and_of_the_passphrase_is_in_the_file() -> None:
    sealed = seal(b"money of alice")
    assert b"alice" not in sealed
    assert PASSPHRASE not in sealed


def test_another_passphrase_is_told_from_a_damage() -> None:
    with pytest.raises(SealBroken, match="does not open with this passphrase"):
        opened(seal(b"x"), b"correct house")


@given(at=st.integers(min_value=0), flip=st.integers(min_value=1, max_value=255))
def test_no_octet_can_be_changed(at: int, flip: int) -> None:
    sealed = bytearray(seal(b"money of alice"))
    sealed[at % len(sealed)] ^= flip
    with pytest.raises(SealBroken):
        opened(bytes(sealed))


def test_it_cannot_be_cut_anywhere() -> None:
    sealed = seal(b"x" * (2 * CHUNK_OCTETS))
    head = len(seal(b"")) - 16
    whole_chunk = CHUNK_OCTETS + 16
    for length in (0, 5, head - 1, head, head + 5, head + whole_chunk, len(sealed) - 1):
        with pytest.raises(SealBroken):
            opened(sealed[:length])


def test_it_cannot_go_on_after_its_end_or_lose_a_chunk_in_the_middle() -> None:
    sealed = seal(b"x" * (3 * CHUNK_OCTETS))
    head = len(seal(b"")) - 16
    chunk = CHUNK_OCTETS + 16
    for changed in (
        sealed + b"more",
        sealed + sealed[-chunk:],
        sealed[:head] + sealed[head + chunk :],
        sealed[: head + chunk] + sealed[head + 2 * chunk :],
    ):
        with pytest.raises(SealBroken, match="damaged or incomplete"):
            opened(changed)


def test_what_was_not_finished_cannot_be_read() -> None:
    with pytest.raises(SealBroken):
        opened(seal(b"x" * (2 * CHUNK_OCTETS), finish=False))


def test_other_files_and_newer_layouts_are_named_as_such() -> None:
    with pytest.raises(SealBroken, match="is not a backup"):
        opened(b"PGDMP...........................................................")
    with pytest.raises(SealBroken, match="newer Tollhouse"):
        opened(b"tollhouse-backup 2\n" + bytes(100))


def test_a_head_cannot_ask_for_all_the_memory_there_is() -> None:
    sealed = bytearray(seal(b"x"))
    sealed[len(b"tollhouse-backup 1\n")] = 40
    with pytest.raises(SealBroken, match="damaged in its head"):
        opened(bytes(sealed))

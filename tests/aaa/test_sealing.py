"""Secrets open only with their key, in their place; one-way hashes only compare."""

from __future__ import annotations

import itertools
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aaa import sealing
from aaa.sealing import KeyRing, check_password, hash_password, new_key_file

FILE = new_key_file(lambda length: bytes(range(length)))
OTHER = new_key_file(lambda length: bytes(range(1, length + 1)))


def ring(content: bytes = FILE) -> KeyRing:
    return KeyRing(content, os.urandom)


@given(st.binary(max_size=300), st.text(min_size=1, max_size=20))
def test_what_is_sealed_opens_in_its_place(clear: bytes, row: str) -> None:
    keys = ring()
    assert keys.open("credential", row, keys.seal("credential", row, clear)) == clear


def test_a_sealed_value_never_contains_the_clear_one_and_never_repeats() -> None:
    keys = ring()
    first, second = (keys.seal("credential", "7", b"wonderland") for _ in range(2))
    assert first != second
    assert b"wonderland" not in first


@pytest.mark.parametrize(("purpose", "row"), [("credential", "8"), ("device-secret", "7")])
def test_a_value_moved_to_another_row_or_purpose_does_not_open(purpose: str, row: str) -> None:
    keys = ring()
    sealed = keys.seal("credential", "7", b"wonderland")
    with pytest.raises(ValueError, match="belongs elsewhere"):
        keys.open(purpose, row, sealed)


def test_purpose_and_row_cannot_be_shifted_into_one_another() -> None:
    keys = ring()
    with pytest.raises(ValueError, match="belongs elsewhere"):
        keys.open("a1", "23", keys.seal("a", "123", b"x"))


def test_every_changed_octet_is_noticed() -> None:
    keys = ring()
    sealed = keys.seal("credential", "7", b"wonderland")
    for at in range(len(sealed)):
        spoilt = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        with pytest.raises(ValueError):
            keys.open("credential", "7", spoilt)


def test_another_key_is_named_in_one_clear_line_without_the_secret() -> None:
    sealed = ring().seal("credential", "7", b"wonderland")
    with pytest.raises(ValueError, match="was sealed with key") as caught:
        ring(OTHER).open("credential", "7", sealed)
    assert ring().key_id in str(caught.value)
    assert "\n" not in str(caught.value) and "wonderland" not in str(caught.value)


@pytest.mark.parametrize("sealed", [b"", b"\x01short", b"\x02" + bytes(60)])
def test_what_was_never_sealed_is_told_apart(sealed: bytes) -> None:
    with pytest.raises(ValueError, match="not a sealed value"):
        ring().open("credential", "7", sealed)


def test_a_new_key_above_an_old_one_seals_and_the_old_one_still_opens() -> None:
    new_key = OTHER.split(b"\n")[-2]
    head, rest = FILE.split(b"\n", 1)
    both = ring(head + b"\n" + new_key + b"\n" + rest)
    assert both.open("credential", "7", ring().seal("credential", "7", b"x")) == b"x"
    assert ring(OTHER).open("credential", "7", both.seal("credential", "7", b"y")) == b"y"
    assert both.class_key == ring().class_key


def test_class_key_and_sealing_key_are_unrelated_and_stable() -> None:
    assert len(ring().class_key) == 32
    assert ring().class_key == ring().class_key != ring(OTHER).class_key


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "does not begin"),
        (b"\xff\xfe", "not a text file"),
        (b"something else\n", "does not begin"),
        (b"tollhouse-key 1\n# nothing\n", "holds no key"),
        (b"tollhouse-key 1\n\nabcd\n", "line 3"),
        (b"tollhouse-key 1\n" + b"zz" * 32 + b"\n", "line 2"),
    ],
)
def test_a_wrong_key_file_gets_one_line_that_shows_no_key(content: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        ring(content)
    assert "\n" not in str(caught.value) and "zz" not in str(caught.value)


def test_a_password_hash_accepts_its_password_only() -> None:
    hashed = hash_password(b"wonderland", b"s" * sealing.SALT_OCTETS)
    assert check_password(b"wonderland", hashed)
    assert not check_password(b"Wonderland", hashed)
    assert not check_password(b"", hashed)
    assert hashed.startswith(b"scrypt$14$8$1$")


def test_different_salts_give_different_hashes() -> None:
    hashes = {hash_password(b"same", bytes([salt]) * sealing.SALT_OCTETS) for salt in range(3)}
    assert len(hashes) == 3


def test_scrypt_is_the_one_of_rfc_7914() -> None:
    assert sealing._scrypt(b"pleaseletmein", b"SodiumChloride", (14, 8, 1)).hex() == (
        "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
    )


@pytest.mark.parametrize(
    "hashed",
    [
        b"",
        b"plain",
        b"scrypt$x$8$1$00$00",
        b"bcrypt$14$8$1$00$" + b"00" * 32,
        b"scrypt$40$8$1$00$" + b"00" * 32,
        b"\xff",
    ],
)
def test_a_damaged_hash_is_an_error_and_not_a_wrong_password(hashed: bytes) -> None:
    with pytest.raises(ValueError, match="the stored hash"):
        check_password(b"x", hashed)


def test_nonces_come_from_the_source_that_was_handed_in() -> None:
    drawn = itertools.count()
    keys = KeyRing(FILE, lambda length: next(drawn).to_bytes(length, "big"))
    keys.seal("a", "1", b"")
    keys.seal("a", "1", b"")
    assert next(drawn) == 2

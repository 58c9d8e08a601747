"""Shared secrets: two ways to write them, and what is weak."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nas.secrets import GENERATED_OCTETS, parse_secret, secret_warnings, written_secret


@given(st.binary(min_size=1, max_size=64))
def test_blr_09_any_octets_can_be_written_in_hexadecimal(octets: bytes) -> None:
    assert parse_secret("0x" + octets.hex()) == octets
    assert parse_secret("0X" + octets.hex().upper()) == octets


def test_blr_09_text_is_utf_8() -> None:
    assert parse_secret("grün") == b"gr\xc3\xbcn"
    assert parse_secret("x0ff") == b"x0ff"


@pytest.mark.parametrize("text", ["0x", "0xabc", "0xzz", "0x12 34", "0x१२"])
def test_a_hexadecimal_secret_with_a_slip_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(ValueError, match="hexadecimal") as told:
        parse_secret(text)
    assert "\n" not in str(told.value)


def test_blr_09_an_empty_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="empty"):
        parse_secret("")


@pytest.mark.parametrize(
    ("secret", "words"),
    [
        (b"testing123", ["well-known", "under 12"]),
        (b"TESTING123 ", ["well-known", "under 12", "white space"]),
        (b"secret", ["well-known", "trying all"]),
        (b"8octets!", ["trying all"]),
        (b"9 octets!", ["under 12"]),
        (b"eleven-long", ["under 12"]),
        (b"twelve-octet", ["16 or more"]),
        (b"fifteen-octets!", ["16 or more"]),
        (b"sixteen-octets-x", []),
        (b"abababababababababab", ["few different"]),
        (b"a-good-long-secret\n", ["white space"]),
        (b"\xff\x00\x80\x7f" * 5, ["few different"]),
    ],
)
def test_s3_and_blr_09_weak_secrets_are_told_worst_first(secret: bytes, words: list[str]) -> None:
    found = secret_warnings(secret)
    assert len(found) == len(words)
    for warning, word in zip(found, words, strict=True):
        assert word in warning


@given(st.binary(min_size=5, max_size=40))
def test_s3_a_warning_never_quotes_the_secret(secret: bytes) -> None:
    text = " ".join(secret_warnings(b"\xfe" + secret))
    assert (b"\xfe" + secret).decode("latin-1") not in text


@given(st.binary(min_size=GENERATED_OCTETS, max_size=GENERATED_OCTETS))
def test_a_generated_secret_keeps_every_bit_and_needs_no_quoting(octets: bytes) -> None:
    text = written_secret(octets)
    assert len(text) == 32
    assert text.isalnum()
    assert text.isascii()
    assert text == text.lower()


def test_generated_secrets_differ_when_their_octets_do() -> None:
    texts = {written_secret(bytes([n]) + bytes(range(1, 20))) for n in range(256)}
    assert len(texts) == 256
    assert not any(secret_warnings(text.encode()) for text in texts)


def test_a_generated_secret_is_not_made_of_less() -> None:
    with pytest.raises(ValueError, match="made of 20 octets"):
        written_secret(bytes(19))

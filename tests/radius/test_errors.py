"""Errors say where and why in one line, and their reasons are good as metric labels."""

from __future__ import annotations

import re

from radius import DictionaryError, PacketError
from radius.errors import REASONS, ValueTextError


def test_a_packet_error_has_a_reason_and_an_octet() -> None:
    error = PacketError("too-short", 7)
    assert (error.reason, error.offset, str(error)) == ("too-short", 7, "too-short at octet 7")


def test_reasons_are_different_labels_and_the_first_is_none() -> None:
    assert len(set(REASONS)) == len(REASONS) == 15
    assert REASONS[0] == "sound"
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", reason) for reason in REASONS)


def test_a_dictionary_error_names_file_and_line() -> None:
    error = DictionaryError("dictionary.rfc2865", 12, "what is wrong")
    assert str(error) == "dictionary.rfc2865:12: what is wrong"
    assert (error.file, error.line, error.message) == ("dictionary.rfc2865", 12, "what is wrong")


def test_a_wrong_text_is_a_value_error() -> None:
    assert issubclass(ValueTextError, ValueError)

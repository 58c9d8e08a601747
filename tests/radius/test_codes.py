"""Codes are those of the RFCs, and every one either asks or answers."""

from __future__ import annotations

import pytest

from radius import Code, Packet, PacketError, peek
from radius.codes import REQUESTS
from tests.radius.vector_files import AUTHENTICATOR

NUMBERS = {1, 2, 3, 4, 5, 11, 12, 40, 41, 42, 43, 44, 45, 52}


def test_the_numbers_are_those_of_the_rfcs() -> None:
    assert set(Code) == NUMBERS
    assert {1, 4, 12, 40, 43} == REQUESTS


@pytest.mark.parametrize("number", range(256))
def test_the_codec_knows_the_same_codes(number: int) -> None:
    octets = bytes((number, 0, 0, 20)) + AUTHENTICATOR
    if number in NUMBERS:
        assert peek(octets)[0] == number
        assert Packet(number, 0, AUTHENTICATOR, []).code == Code(number)
    else:
        with pytest.raises(PacketError, match="unknown-code"):
            peek(octets)

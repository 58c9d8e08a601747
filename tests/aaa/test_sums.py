"""Our MAC beside that of the standard library, for every length around the edges of blocks."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aaa import _sums


@pytest.fixture(
    autouse=True, params=[True, False], ids=["by instructions", "plainly"], scope="module"
)
def way(request: pytest.FixtureRequest) -> Iterator[None]:
    """As the processor can do it best, and as any processor can."""
    _sums.use_instructions(request.param)
    yield
    _sums.use_instructions(True)


@pytest.mark.parametrize("size", [*range(130), 183, 184, 1_000, 4_096])
def test_the_edges_of_blocks_are_those_of_the_library(size: int) -> None:
    octets = (bytes(range(256)) * 16)[:size]
    assert _sums.hmac_sha256(b"key", octets) == hmac.digest(b"key", octets, "sha256")


@given(st.binary(max_size=140), st.binary(max_size=200))
def test_rfc_2104_the_hmac_is_that_of_the_library(key: bytes, octets: bytes) -> None:
    assert _sums.hmac_sha256(key, octets) == hmac.digest(key, octets, "sha256")


def test_rfc_4231_case_2() -> None:
    found = _sums.hmac_sha256(b"Jefe", b"what do ya want for nothing?")
    assert found.hex() == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"


@given(
    st.integers(0, 1 << 62), st.integers(0, 255), st.binary(max_size=16), st.binary(max_size=300)
)
def test_the_sum_of_a_login_is_that_of_the_library(
    device_id: int, identifier: int, authenticator: bytes, area: bytes
) -> None:
    said = authenticator + device_id.to_bytes(8, "big") + bytes([identifier]) + area
    found = _sums.login_sum(device_id, identifier, authenticator, area)
    assert found == hashlib.sha256(said).digest()

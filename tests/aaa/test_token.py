"""The Class: names a session, proves that we issued it, and is never an error (CLS-01, F-31)."""

from __future__ import annotations

import base64

from hypothesis import given
from hypothesis import strategies as st

from aaa.token import issue, session_of

KEY = bytes(range(32))
ids = st.integers(0, 2**63 - 1)


@given(ids)
def test_cls_01_a_token_names_its_session_in_28_printable_octets(session_id: int) -> None:
    value = issue(session_id, KEY)
    assert len(value) == 28 and value.isascii() and value.decode().isprintable()
    assert session_of([value], KEY) == session_id


@given(ids, st.integers(0, 27), st.integers(1, 255))
def test_f_31_an_altered_token_names_nothing(session_id: int, where: int, mask: int) -> None:
    value = bytearray(issue(session_id, KEY))
    value[where] ^= mask
    found = session_of([bytes(value)], KEY)
    # Base 64 has two spellings of some octets; a token that reads the same is the same.
    assert found in (None, session_id)
    if found is not None:
        readings = [base64.b64decode(one[4:], altchars=b"-_") for one in (value, issue(found, KEY))]
        assert readings[0] == readings[1]


@given(ids, ids)
def test_cls_03_the_mac_of_one_session_does_not_open_another(one: int, other: int) -> None:
    octets = [base64.urlsafe_b64decode(issue(n, KEY)[4:]) for n in (one, other)]
    forged = b"th1." + base64.urlsafe_b64encode(octets[0][:8] + octets[1][8:])
    assert session_of([forged], KEY) == (one if one == other else None)


def test_cls_03_a_token_of_another_installation_is_ignored() -> None:
    assert session_of([issue(7, bytes(32))], KEY) is None


def test_the_first_genuine_token_counts_among_classes_of_others() -> None:
    classes = [b"", b"somebody else's", b"th1.", issue(8, b"k" * 32), issue(7, KEY), issue(6, KEY)]
    assert session_of(classes, KEY) == 7
    assert session_of([], KEY) is None


def test_a_device_may_pad_a_class_with_nuls() -> None:
    assert session_of([issue(7, KEY) + b"\0\0"], KEY) == 7


@given(st.lists(st.binary(max_size=40), max_size=4), st.binary(min_size=24, max_size=24))
def test_no_octets_of_a_device_are_an_error(classes: list[bytes], tail: bytes) -> None:
    assert session_of([*classes, b"th1." + tail], KEY) is None

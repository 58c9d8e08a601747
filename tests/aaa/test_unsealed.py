"""A credential opens without the interpreter exactly where the key ring opens it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from aaa._unsealed import clear
from aaa.sealing import CREDENTIAL, DEVICE_SECRET, KeyRing, new_key_file
from domain.account import Subscriber
from tests.aaa.gate import Chance
from tests.accounting import makers

FILE = new_key_file(Chance().octets)
RING = KeyRing(FILE, Chance().octets)


def sealed_for(subscriber_id: int, sealed: bytes) -> Subscriber:
    return makers.subscriber(subscriber_id=subscriber_id, credential=sealed)


@given(some.integers(0, 2**63 - 1), some.binary(max_size=300))
def test_what_was_sealed_for_a_subscriber_opens(subscriber_id: int, password: bytes) -> None:
    sealed = RING.seal(CREDENTIAL, str(subscriber_id), password)
    assert clear(RING.decrypts, sealed_for(subscriber_id, sealed)) == password


def test_what_an_older_key_has_sealed_opens_as_well() -> None:
    newer = new_key_file(lambda length: bytes(range(length)))
    both = newer + b"\n" + FILE.splitlines()[-1] + b"\n"
    ring = KeyRing(both, Chance().octets)
    for one in (RING, ring):
        sealed = one.seal(CREDENTIAL, "7", b"secret")
        assert clear(ring.decrypts, sealed_for(7, sealed)) == b"secret"
    assert clear(RING.decrypts, sealed_for(7, ring.seal(CREDENTIAL, "7", b"secret"))) is None


def test_what_is_of_another_row_or_purpose_or_damaged_does_not_open() -> None:
    sealed = RING.seal(CREDENTIAL, "7", b"secret")
    assert clear(RING.decrypts, sealed_for(8, sealed)) is None
    assert clear(RING.decrypts, sealed_for(7, RING.seal(DEVICE_SECRET, "7", b"secret"))) is None
    for n in range(len(sealed)):
        spoilt = sealed[:n] + bytes([sealed[n] ^ 1]) + sealed[n + 1 :]
        assert clear(RING.decrypts, sealed_for(7, spoilt)) is None
        assert clear(RING.decrypts, sealed_for(7, sealed[:n])) is None

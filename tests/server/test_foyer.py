"""What the doors count together."""

from __future__ import annotations

import pytest

from aaa.outcome import FAILED, Outcome
from aaa.request import Request
from radius import PacketError
from radius.packet import decode
from tests.server import packets
from tests.server.fakes import device
from tests.server.test_door import Hall


@pytest.mark.parametrize(
    ("outcome", "label"),
    [
        (Outcome(2, label="accepted"), ("accept", "accepted")),
        (Outcome(3, label="no-credit"), ("reject", "no-credit")),
        (Outcome(11, label="challenge"), ("reject", "challenge")),
        (FAILED, ("silent", "failed")),
    ],
)
def test_a_login_is_counted_by_result_and_reason(outcome: Outcome, label: tuple[str, str]) -> None:
    hall = Hall()
    request = Request(decode(packets.login()), device(), "192.0.2.1", 0, True)
    hall.foyer.count_decided(request, outcome, 1_200)
    assert hall.meters.logins == {label: 1}
    assert hall.meters.durations["access-request",].total == 1_200


def test_a_record_is_counted_by_its_type() -> None:
    hall = Hall()
    request = Request(decode(packets.record()), device(), "192.0.2.1", 0, True)
    hall.foyer.count_decided(request, Outcome(5, label="interim"), 1)
    assert hall.meters.records == {("interim",): 1}


@pytest.mark.parametrize(
    ("reason", "bad", "missing"),
    [
        ("bad-authenticator", 1, 0),
        ("bad-message-authenticator", 1, 0),
        ("missing-message-authenticator", 0, 1),
        ("eap-without-message-authenticator", 0, 1),
        ("truncated", 0, 0),
    ],
)
def test_malformed_packets_are_counted_by_what_is_wrong(
    reason: str, bad: int, missing: int
) -> None:
    hall = Hall()
    hall.foyer.count_malformed(device(), PacketError(reason))
    assert hall.meters.malformed == {(reason,): 1}
    assert hall.meters.bad_authenticator["nas1",] == bad
    assert hall.meters.missing_message_authenticator["nas1",] == missing

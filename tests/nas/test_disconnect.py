"""The exchange with a device: repeats, true answers, and everything that only looks like one.

The answers are made here with hashlib and hmac alone, so that a fault in our own signing could not
hide a fault in our checking.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.grant import Order, OrderKind, OrderResult
from nas.disconnect import TRANSITIONS, Answer, Event, Exchange, State
from radius import Code, MacState, encode_attributes
from radius.packet import decode, verify_request

SECRET = b"a-secret-of-the-device"
S = 1_000_000
WALL_US = 1_700_000_000 * S + 999_999
PEER = ("192.0.2.1", 3799)
KEYS = [(4, b"\xc0\0\2\1"), (44, b"81000001"), (1, b"bob")]


def an_order(kind: OrderKind = OrderKind.DISCONNECT, address: str = PEER[0]) -> Order:
    return Order(
        order_id=1,
        account_id=2,
        session_id=3,
        device_id=4,
        kind=kind,
        reason="exhausted",
        attributes=encode_attributes(KEYS),
        address=address,
        port=PEER[1],
        created_us=WALL_US,
    )


def an_exchange(kind: OrderKind = OrderKind.DISCONNECT, **more: Any) -> Exchange:
    settings = {"identifier": 9, "now_us": 0, "stamp_us": WALL_US} | more
    return Exchange(an_order(kind), SECRET, **settings)


def an_answer(
    exchange: Exchange,
    code: int,
    *,
    cause: int | None = None,
    secret: bytes = SECRET,
    identifier: int | None = None,
    with_mac: bool = True,
) -> bytes:
    """A reply as RFC 2865 s3 and RFC 5176 s3.4 describe it."""
    request = exchange.octets
    area = b"" if cause is None else b"\x65\x06" + cause.to_bytes(4, "big")
    if with_mac:
        area = b"\x50\x12" + bytes(16) + area
    number = request[1] if identifier is None else identifier
    head = bytes([code, number]) + (20 + len(area)).to_bytes(2, "big")
    if with_mac:
        mac = hmac.new(secret, head + request[4:20] + area, hashlib.md5).digest()
        area = area[:2] + mac + area[18:]
    authenticator = hashlib.md5(head + request[4:20] + area + secret).digest()
    return head + authenticator + area


def test_coa_02_and_coa_04_mac_first_then_event_timestamp_then_the_order() -> None:
    exchange = an_exchange()
    assert verify_request(exchange.octets, SECRET) is MacState.VALID
    packet = decode(exchange.octets)
    assert packet.code == Code.DISCONNECT_REQUEST
    assert packet.identifier == 9
    assert [kind for kind, _ in packet.attributes] == [80, 55, 4, 44, 1]
    assert packet.integer(55) == 1_700_000_000
    assert list(packet.attributes[2:]) == KEYS


def test_coa_02_the_request_authenticator_is_over_a_zero_authenticator() -> None:
    octets = an_exchange().octets
    computed = hashlib.md5(octets[:4] + bytes(16) + octets[20:] + SECRET).digest()
    assert octets[4:20] == computed


def test_new_limits_travel_in_a_coa_request() -> None:
    assert decode(an_exchange(OrderKind.LIMITS).octets).code == Code.COA_REQUEST


def test_without_a_wall_time_of_its_own_the_clock_of_the_timers_is_the_stamp() -> None:
    exchange = Exchange(an_order(), SECRET, identifier=0, now_us=WALL_US)
    assert decode(exchange.octets).integer(55) == 1_700_000_000


def test_coa_03_sends_at_0_2_6_and_14_seconds_and_gives_up_at_30() -> None:
    exchange = an_exchange()
    sent_us = [0]
    while exchange.result is None:
        now_us = exchange.next_send_us
        octets = exchange.on_timer(now_us)
        if octets is not None:
            assert octets == exchange.octets
            sent_us.append(now_us)
    assert sent_us == [0, 2 * S, 6 * S, 14 * S]
    assert exchange.attempts_n == 4
    assert exchange.result is OrderResult.SILENCE
    assert exchange.state is State.SILENT


@given(st.lists(st.integers(-100, 100), min_size=8, max_size=8))
def test_coa_03_jitter_bends_the_intervals_and_never_the_end(jitter: list[int]) -> None:
    exchange = an_exchange(jitter_permille=jitter[0])
    first = exchange.octets
    gaps: list[int] = []
    now_us = 0
    for drawn in jitter[1:]:
        gaps.append(exchange.next_send_us - now_us)
        now_us = exchange.next_send_us
        octets = exchange.on_timer(now_us, jitter_permille=drawn)
        if octets is None:
            break
        assert octets is first
    assert 1.8 * S <= gaps[0] <= 2.2 * S
    for earlier, later in itertools.pairwise(gaps[:-1]):
        assert min(1.9 * earlier, 14.4 * S) <= later <= min(2.1 * earlier, 17.6 * S)
    assert now_us == 30 * S
    assert exchange.result is OrderResult.SILENCE


def test_a_timer_that_fires_early_sends_nothing() -> None:
    exchange = an_exchange()
    assert exchange.on_timer(2 * S - 1) is None
    assert exchange.attempts_n == 1
    assert exchange.on_timer(2 * S) is exchange.octets


def test_a_timer_that_fires_late_sends_once_and_goes_on_from_there() -> None:
    exchange = an_exchange()
    assert exchange.on_timer(20 * S) is exchange.octets
    assert exchange.next_send_us == 24 * S
    assert exchange.attempts_n == 2


def test_a_timer_after_the_end_settles_the_exchange() -> None:
    exchange = an_exchange()
    assert exchange.on_timer(31 * S) is None
    assert exchange.result is OrderResult.SILENCE


@pytest.mark.parametrize(
    ("kind", "code", "cause", "result"),
    [
        (OrderKind.DISCONNECT, 41, None, OrderResult.ACK),
        (OrderKind.DISCONNECT, 41, 201, OrderResult.ACK),
        (OrderKind.DISCONNECT, 42, 503, OrderResult.NAK),
        (OrderKind.DISCONNECT, 42, None, OrderResult.NAK),
        (OrderKind.LIMITS, 44, None, OrderResult.ACK),
        (OrderKind.SERVICE, 44, None, OrderResult.ACK),
        (OrderKind.LIMITS, 45, 401, OrderResult.NAK),
    ],
)
def test_a_true_answer_settles_it_with_its_cause(
    kind: OrderKind, code: int, cause: int | None, result: OrderResult
) -> None:
    exchange = an_exchange(kind)
    answer = exchange.on_reply(an_answer(exchange, code, cause=cause), PEER, S)
    assert answer == Answer(result, cause or 0)
    assert exchange.result is result
    assert exchange.error_cause == (cause or 0)


@pytest.mark.parametrize(
    ("code", "cause", "gone"),
    [(42, 503, True), (42, 504, False), (42, None, False), (41, 503, False)],
)
def test_coa_11_only_a_nak_503_says_that_the_session_is_gone(
    code: int, cause: int | None, gone: bool
) -> None:
    exchange = an_exchange()
    exchange.on_reply(an_answer(exchange, code, cause=cause), PEER, S)
    assert exchange.session_gone is gone


def forgeries() -> dict[str, tuple[dict[str, Any], tuple[str, int], int]]:
    """What is wrong: arguments of the answer, where it comes from, when."""
    right: dict[str, Any] = {"code": 41}
    return {
        "another secret": (right | {"secret": b"guessed"}, PEER, S),
        "another secret without MA": (right | {"secret": b"guessed", "with_mac": False}, PEER, S),
        "another Identifier": (right | {"identifier": 10}, PEER, S),
        "another address": (right, ("192.0.2.2", 3799), S),
        "another port": (right, ("192.0.2.1", 1700), S),
        "no address": (right, ("somewhere", 3799), S),
        "the answer of a CoA": ({"code": 44}, PEER, S),
        "an Access-Accept": ({"code": 2}, PEER, S),
        "an answer at the end": (right, PEER, 30 * S),
    }


@pytest.mark.parametrize("name", forgeries())
def test_aut_08_and_s9_what_only_looks_like_an_answer_changes_nothing(name: str) -> None:
    arguments, source, now_us = forgeries()[name]
    exchange = an_exchange()
    answer = exchange.on_reply(an_answer(exchange, **arguments), source, now_us)
    assert answer == Answer(None, 0)
    assert exchange.state is State.WAITING
    if now_us < 30 * S:
        assert exchange.on_reply(an_answer(exchange, 41), PEER, now_us + 1).result is (
            OrderResult.ACK
        )


def test_aut_08_an_answer_to_another_request_with_the_same_identifier_is_not_ours() -> None:
    ours, other = an_exchange(), an_exchange(stamp_us=WALL_US - 2 * S)
    assert ours.on_reply(an_answer(other, 41), PEER, S) == Answer(None, 0)


@given(st.binary(max_size=80))
def test_s9_noise_from_the_right_place_harms_nothing(octets: bytes) -> None:
    exchange = an_exchange()
    assert exchange.on_reply(octets, PEER, S) == Answer(None, 0)
    assert exchange.result is None


@given(st.integers(0, 43), st.integers(1, 255))
def test_s9_one_changed_octet_makes_it_noise(at: int, change: int) -> None:
    exchange = an_exchange()
    answer = bytearray(an_answer(exchange, 42, cause=503))
    assert len(answer) == 44
    answer[at] ^= change
    assert exchange.on_reply(bytes(answer), PEER, S) == Answer(None, 0)


def test_the_request_sent_back_to_us_is_not_an_answer() -> None:
    exchange = an_exchange()
    assert exchange.on_reply(exchange.octets, PEER, S) == Answer(None, 0)


def test_coa_02_an_answer_without_mac_is_taken_unless_the_device_must_sign() -> None:
    lax, strict = an_exchange(), an_exchange(require_message_authenticator=True)
    assert lax.on_reply(an_answer(lax, 41, with_mac=False), PEER, S).result is OrderResult.ACK
    assert strict.on_reply(an_answer(strict, 41, with_mac=False), PEER, S) == Answer(None, 0)
    assert strict.on_reply(an_answer(strict, 41), PEER, S).result is OrderResult.ACK


def test_a_peer_seen_through_a_socket_for_both_families_is_the_same_peer() -> None:
    exchange = an_exchange()
    answer = exchange.on_reply(an_answer(exchange, 41), ("::ffff:192.0.2.1", 3799), S)
    assert answer.result is OrderResult.ACK


def test_the_first_true_answer_stays() -> None:
    exchange = an_exchange()
    exchange.on_reply(an_answer(exchange, 42, cause=503), PEER, S)
    assert exchange.on_reply(an_answer(exchange, 41), PEER, 2 * S) == Answer(None, 0)
    assert exchange.on_timer(2 * S) is None
    assert exchange.on_timer(31 * S) is None
    assert exchange.result is OrderResult.NAK
    assert exchange.error_cause == 503


def test_s9_an_answer_after_the_end_is_too_late() -> None:
    exchange = an_exchange()
    exchange.on_timer(30 * S)
    assert exchange.on_reply(an_answer(exchange, 41), PEER, 30 * S + 1) == Answer(None, 0)
    assert exchange.result is OrderResult.SILENCE


def test_a_new_attempt_is_a_new_packet() -> None:
    first = an_exchange(identifier=9)
    second = an_exchange(identifier=10, stamp_us=WALL_US + 40 * S)
    assert decode(second.octets).integer(55) == 1_700_000_040
    assert first.octets[4:20] != second.octets[4:20]


def test_an_order_that_fits_no_packet_is_refused_when_it_is_built() -> None:
    order = an_order()
    order.attributes = b"\x01\xff" + b"x" * 253
    order.attributes *= 17
    with pytest.raises(ValueError, match="over the limit"):
        Exchange(order, SECRET, identifier=0, now_us=0)


def test_every_state_has_a_transition_for_every_event_and_ends_stay_ends() -> None:
    assert set(TRANSITIONS) == set(itertools.product(State, Event))
    for state, event in TRANSITIONS:
        if state is not State.WAITING:
            assert TRANSITIONS[state, event] is state
    assert {TRANSITIONS[State.WAITING, event] for event in Event} == set(State)

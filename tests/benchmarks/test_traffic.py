"""The compiled generator says on the wire what `names.py` says, and believes no wrong answer.

A server in the test's own process answers it, packet by packet, with the sums of `radius`.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks import names, traffic
from benchmarks.traffic import Traffic
from radius import (
    Packet,
    decode,
    encode_attributes,
    mschap,
    sign_reply,
    sign_request,
    verify_request,
)
from radius.codes import MacState
from radius.passwords import unhide_password, verify_chap
from tests.peers.child import PeerFailed

SECRET = names.SECRET.encode()
Answer = Callable[[bytes], bytes | None]


@contextmanager
def serving(answer: Answer) -> Iterator[tuple[int, list[bytes]]]:
    """A server of one function; its port, and every datagram that it got."""
    heard: list[bytes] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind(("127.0.0.1", 0))

        def serve() -> None:
            while True:
                octets, peer = line.recvfrom(4096)
                if not octets:
                    return
                heard.append(octets)
                reply = answer(octets)
                if reply is not None:
                    line.sendto(reply, peer)

        server = threading.Thread(target=serve)
        server.start()
        port = line.getsockname()[1]
        try:
            yield port, heard
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
                end.sendto(b"", ("127.0.0.1", port))
            server.join(60)


def good(octets: bytes) -> bytes:
    """The right answer to a request; an Accept has a Class."""
    request = decode(octets)
    attributes = encode_attributes([(25, b"class-of-mine")] if request.code == 1 else [])
    return sign_reply(
        2 if request.code == 1 else 5,
        request.identifier,
        request.authenticator,
        attributes,
        SECRET,
        with_message_authenticator=request.code == 1,
    )


def text(packet: Packet, kind: int) -> str:
    """An attribute as text."""
    value = packet.first(kind)
    assert value is not None, kind
    return value.decode()


@pytest.fixture(name="router")
def _router() -> Iterator[Traffic]:
    with Traffic(50) as router:
        yield router


def test_it_compiles_without_a_warning(tmp_path: Path) -> None:
    assert traffic.build(tmp_path / "generator", "-Werror").exists()


def test_records_name_their_session_echo_its_class_and_rise(router: Traffic) -> None:
    with serving(good) as (port, heard):
        for kind in ("pap", "start", "interim", "interim", "stop"):
            run = router.run(kind, port, first=7, to=8, count=1)
            assert run.clean and run.answered == run.counted == 1
    for octets in heard[:-1]:
        verify_request(octets, SECRET)
    packets = [decode(octets) for octets in heard if octets]
    for packet in packets:
        assert text(packet, 1) == names.login(7)
        assert text(packet, 31) == names.station(7)
        assert packet.integer(5) == names.nas_port(7)
    records = packets[1:]
    assert [packet.integer(40) for packet in records] == [1, 3, 3, 2]
    for packet in records:
        assert text(packet, 44) == names.acct_session_id(7)
        assert text(packet, 25) == "class-of-mine"
        assert socket.inet_ntoa(packet.first(8) or b"") == names.address(7)
    assert [packet.integer(43) for packet in records[1:]] == [1_500_000, 3_000_000, 3_000_000]


def test_passwords_are_right_in_all_three_methods(router: Traffic) -> None:
    with serving(good) as (port, heard):
        for kind in ("pap", "chap", "mschap"):
            assert router.run(kind, port, first=3, to=4, count=1).clean
    pap, chap, ms = (decode(octets) for octets in heard[:3])
    assert all(verify_request(octets, SECRET) is MacState.VALID for octets in heard[:3])
    hidden = pap.first(2)
    assert hidden is not None
    assert unhide_password(hidden, SECRET, pap.authenticator) == names.password(3).encode()
    response, challenge = chap.first(3), chap.first(60)
    assert response is not None and challenge is not None
    assert verify_chap(response, names.password(3).encode(), challenge)
    value, challenge = ms.vsa(311, 25), ms.vsa(311, 11)
    assert value is not None and challenge is not None
    hashed = mschap.nt_hash(names.password(3))
    mixed = mschap.challenge_hash(value[2:18], challenge, names.login(3).encode())
    assert value[26:] == mschap.challenge_response(mixed, hashed)


def test_what_is_not_answered_goes_out_again_octet_for_octet_and_is_lost_in_the_end(
    router: Traffic,
) -> None:
    with serving(lambda octets: None) as (port, heard):
        run = router.run("interim", port, to=1, count=1, timeout=0.05, tries=3)
    assert (run.sent, run.again, run.lost, run.answered) == (1, 2, 1, 0)
    assert heard[0] == heard[1] == heard[2]


def test_an_answer_with_a_wrong_sum_is_none(router: Traffic) -> None:
    with serving(lambda octets: good(octets)[:-1] + b"\0") as (port, _):
        run = router.run("pap", port, to=1, count=1, timeout=2, tries=1)
    assert (run.bad, run.lost, run.answered) == (1, 1, 0)


def test_a_reject_is_an_answer_that_counts_as_trouble(router: Traffic) -> None:
    def refuse(octets: bytes) -> bytes:
        request = decode(octets)
        return sign_reply(
            *(3, request.identifier, request.authenticator, b"", SECRET),
            with_message_authenticator=True,
        )

    with serving(refuse) as (port, _):
        run = router.run("chap", port, to=1, count=1)
    assert run.rejected == 1 and not run.clean


def test_an_ended_session_is_acknowledged_stopped_and_timed(router: Traffic) -> None:
    order = sign_request(
        *(40, 9, None, encode_attributes([(44, names.acct_session_id(40).encode())]), SECRET),
        with_message_authenticator=False,
    )

    def end_it(octets: bytes) -> bytes:
        if b"user40" in octets and decode(octets).integer(40) == 3:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
                line.settimeout(60)
                line.sendto(order, (names.SOURCE, router.coa_port))
                acknowledged.append(line.recv(4096))
        return good(octets)

    acknowledged: list[bytes] = []
    with serving(end_it) as (port, heard):
        run = router.run(
            "interim", port, to=4, count=4, poor_every=2, poor_from=40, poor_to=41, timeout=60
        )
    assert (run.exhausted, run.disconnects, run.bad_orders) == (1, 1, 0)
    assert run.orders.count == 1 and run.orders.max_us > 0
    assert acknowledged[0][0] == 41
    stops = [decode(octets) for octets in heard if octets and decode(octets).integer(40) == 2]
    assert [text(stop, 1) for stop in stops] == ["user40"]


def test_the_floor_answers_all_that_an_open_loop_sends(router: Traffic) -> None:
    with traffic.echo() as port:
        run = router.run("interim", port, rate=1_000, count=200, order="random")
    assert run.clean and run.sent == run.answered == 200
    assert run.waits.count == 200 and run.waits.p50_us <= run.waits.p99_us <= run.waits.max_us


@pytest.mark.parametrize(
    "words", [{"to": 51}, {"seconds": 601}, {"window": 10_000, "sockets": 1}, {"tries": 0}]
)
def test_a_run_beyond_the_bounds_is_refused(router: Traffic, words: dict[str, object]) -> None:
    with pytest.raises(PeerFailed):
        router.run("interim", 9, **words)


def test_a_flood_waits_for_no_answer_and_verifies_what_comes() -> None:
    calm = {"to": 1, "rate": 2_000, "seconds": 0.3, "timeout": 0.3, "tries": 1, "sockets": 300}
    with Traffic(2) as router:
        with serving(lambda octets: None) as (port, heard):
            silent = router.run("interim", port, flood=1, **calm)
            told = len(heard)
            one_by_one = router.run("interim", port, **calm)
        with serving(good) as (port, _):
            answered = router.run("interim", port, flood=1, **calm)
        with serving(lambda octets: (right := good(octets))[:-1] + bytes([right[-1] ^ 1])) as (
            port,
            _,
        ):
            wrong = router.run("interim", port, flood=1, **calm)
    assert silent.sent == silent.lost == told > 10 * one_by_one.sent
    assert silent.answered == wrong.answered == 0
    assert answered.answered + answered.lost == answered.sent and answered.answered > 10

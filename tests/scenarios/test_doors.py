"""The doors of a running server: who may knock, from where, how, and what broken packets do.

Devices are added, changed and removed through the command line while the server runs, and are
looked for by their packets. Loopback has sixteen million addresses: each test has its own.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.scenarios.installation import CHECKOUT, Installation, eventually
from tests.scenarios.radclient import Radclient
from tests.scenarios.router import ANSWER_S, INTERIM, SILENCE_S, START, STOP, Router

MALFORMED = json.loads((CHECKOUT / "tests" / "server" / "malformed.json").read_text())


PLAN = """
name = "many"
currency = "USD"
sessions = 1000
[price.volume]
amount = "0.01"
per = "MB"
"""


@pytest.fixture(scope="module")
def people(site: Installation) -> Installation:
    """A subscriber who may come from any NAS, as often as he likes."""
    plan_file = site.directory / "many.toml"
    plan_file.write_text(PLAN)
    site.tollhouse("plan", "load", str(plan_file))
    words = ("--plan", "many", "--password", "pass", "--balance", "500")
    site.tollhouse("subscriber", "add", "bob", *words)
    return site


def add_nas(site: Installation, name: str, address: str, *words: str) -> None:
    """Add a NAS with the usual secret."""
    site.tollhouse("nas", "add", name, "--address", address, "--secret", "testing123", *words)


def known(router: Router) -> Any:
    """Wait until the server knows the router."""
    return eventually(
        lambda: router.ask_once(router.status_server(), 0.2) is not None, "the server knows the NAS"
    )


def test_an_unknown_nas_hears_nothing_until_it_is_added_and_after_it_is_removed(
    people: Installation,
) -> None:
    with Router(people, source="127.0.0.31") as router:
        for request in (
            router.access_request("bob", "pass"),
            router.record(START, "u"),
            router.status_server(),
            router.status_server(accounting=True),
        ):
            assert router.silence(request)
        add_nas(people, "late", "127.0.0.31")
        known(router)
        accept = router.login("bob", "pass")
        assert people.run("nas", "remove", "late").code == 2, "it has a live session"
        router.report(STOP, "short", login="bob", Class=accept["Class"])
        people.tollhouse("nas", "remove", "late")
        eventually(
            lambda: router.ask_once(router.status_server(), SILENCE_S) is None,
            "the server has forgotten the NAS",
        )
    assert 'client="late"' not in people.page("metrics")


def test_a_changed_secret_counts_at_once(people: Installation) -> None:
    add_nas(people, "changing", "127.0.0.32")
    with Router(people, source="127.0.0.32") as before:
        known(before)
    people.tollhouse("nas", "set", "changing", "--secret", "another-long-secret")
    with Router(people, source="127.0.0.32", secret="another-long-secret") as after:
        known(after)
        after.login("bob", "pass")
    with Router(people, source="127.0.0.32") as before:
        assert before.silence(before.status_server())


def test_a_prefix_admits_its_addresses_and_the_longest_prefix_wins(people: Installation) -> None:
    add_nas(people, "wide", "127.0.33.0/24")
    words = ("--address", "127.0.33.9", "--secret", "narrower-secret")
    people.tollhouse("nas", "add", "narrow", *words)
    with Router(people, source="127.0.33.8") as wide:
        known(wide)
    with Router(people, source="127.0.33.9", secret="narrower-secret") as narrow:
        known(narrow)
    with Router(people, source="127.0.33.9") as mistaken:
        assert mistaken.silence(mistaken.status_server())


def test_ipv6_logins_and_records_work(people: Installation) -> None:
    with Router(people, source="::1") as router:
        accept = router.login("bob", "pass", Acct_Session_Id="six")
        before = people.posted("bob")
        session = {"login": "bob", "Class": accept["Class"]}
        router.report(START, "six", **session)
        router.report(INTERIM, "six", down=1_000_000, seconds=1, **session)
        router.report(STOP, "six", down=1_000_000, seconds=1, **session)
    assert people.posted("bob") == before - 10_000


def test_ipv6_works_for_radclient_too(people: Installation, radclient: str) -> None:
    client = Radclient(radclient, host="[::1]")
    words = 'User-Name = "bob"\nUser-Password = "pass"\nNAS-Port = 1\n'
    assert client.send("auth", people.auth_port, words).kind == "Access-Accept"


def test_dup_11_the_reply_leaves_from_the_address_that_was_asked(people: Installation) -> None:
    with Router(people, server="127.0.0.2") as router:  # `answer_to` compares the addresses
        router.login("bob", "pass")
        router.ask(router.status_server(accounting=True))


def test_blr_required_message_authenticators_keep_unsigned_logins_out(
    people: Installation, client: Radclient
) -> None:
    add_nas(people, "strict", "127.0.0.34", "--require-message-authenticator", "yes")
    with Router(people, source="127.0.0.34") as router:
        known(router)
        assert router.silence(router.access_request("bob", "pass", signed=False))
        router.login("bob", "pass")
    words = 'User-Name = "bob"\nUser-Password = "pass"\nPacket-Src-IP-Address = 127.0.0.34\n'
    assert client.send("auth", people.auth_port, words, wait_s=SILENCE_S).kind == ""


def test_blr_auto_requires_them_once_one_was_seen_and_a_restart_forgets_nothing(
    people: Installation,
) -> None:
    add_nas(people, "latching", "127.0.0.35", "--require-message-authenticator", "auto")
    with Router(people, source="127.0.0.35") as router:
        eventually(
            lambda: router.ask_once(router.access_request("bob", "pass", signed=False), 0.2),
            "the server knows the NAS",
        )
        router.login("bob", "pass")
        assert router.silence(router.access_request("bob", "pass", signed=False))
        people.stop()
        people.start()
        assert router.silence(router.access_request("bob", "pass", signed=False))
        router.login("bob", "pass")
        people.tollhouse("nas", "set", "latching", "--require-message-authenticator", "no")
        eventually(
            lambda: router.ask_once(router.access_request("bob", "pass", signed=False), 0.2),
            "the operator has reset it",
        )


@pytest.mark.parametrize("packet", MALFORMED, ids=[one["id"] for one in MALFORMED])
def test_a_malformed_packet_harms_nothing(people: Installation, packet: dict[str, str]) -> None:
    octets = bytes.fromhex(packet["octets"])
    with Router(people) as router:
        for accounting in (False, True):
            router.send(octets, accounting=accounting)
            alive = router.access_request("bob", "pass")
            if accounting:
                alive = router.record(INTERIM, "alive", login="bob")
            router.send(alive.RequestPacket(), accounting=accounting)
            if packet["expect"] == "drop":
                # The first thing that comes back is the answer to what was sent second.
                reply, _ = router.socket.recvfrom(4_096)
                answer = alive.CreateReply(packet=reply)
                assert alive.VerifyReply(answer, reply), reply.hex()
            else:
                assert router.answer_to(alive, ANSWER_S) is not None
    assert "Traceback" not in people.log()


def test_garbage_of_every_size_harms_nothing(people: Installation) -> None:
    noise = Path(__file__).read_bytes()
    with Router(people) as router:
        for size in (0, 1, 4, 19, 20, 21, 100, 4_096, 4_097, len(noise)):
            for code in (1, 4, 12, 40):
                router.send(bytes([code]) + noise[:size], accounting=code == 4)
        router.login("bob", "pass")
        router.report(INTERIM, "after-noise", login="bob")
    assert "Traceback" not in people.log()
    assert people.ready()

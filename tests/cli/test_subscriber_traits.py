"""Names, addresses and replies of a subscriber: checked, shown, told, and nobody else's."""

from __future__ import annotations

from typing import Any

import pytest

from cli.errors import HouseError
from cli.subscriber_traits import (
    READERS,
    altered_traits,
    option_of,
    reply_lines,
    trait,
    traits_of,
    with_replies,
)
from domain.account import CredentialKind, MacMode, Status, Subscriber
from domain.plan import Access, Reply
from radius import decode_attributes
from tests.cli.house import House, login

BOB = Subscriber(
    1, 1, "bob", Status.ACTIVE, "p", CredentialKind.CLEAR, b"", None, MacMode.ANY,
    *((), 0, None, False, 0),
)  # fmt: skip


def told(house: House, name: str = "alice", password: str = "wonderland") -> list[Any]:
    (outcome,) = house.serve(login(name, password))
    assert outcome.label == "accepted"
    return list(decode_attributes(outcome.attributes))


def add(house: House, name: str, *words: str, balance: str = "5") -> None:
    known = ("--plan", "sample-prepaid", "--password", "p", "--balance", balance)
    house.run("subscriber", "add", name, *known, *words)


def test_what_is_said_of_a_subscriber_is_shown_and_told(house: House) -> None:
    add(
        house, "bob", "--name", "Bob  Ross", "--group", "street 7", "--language", "PT-br",
        "--timezone", "Africa/Nairobi", "--ip", "100.64.0.7", "--ipv6", "2001:DB8:0:7::/64",
        "--delegated-prefix", "2001:db8:1:ff00::/56", "--reply", "Idle-Timeout = 900",
        "--reply", 'Framed-Pool = "gold"',
    )  # fmt: skip
    shown = house.json("subscriber", "show", "bob")
    assert (shown["name"], shown["group_name"]) == ("Bob Ross", "street 7")
    assert (shown["language"], shown["timezone"]) == ("pt-BR", "Africa/Nairobi")
    assert shown["framed_ip_address"] == "100.64.0.7"
    assert shown["framed_ipv6"] == "2001:db8:0:7::/64"
    assert shown["delegated_ipv6_prefix"] == "2001:db8:1:ff00::/56"
    assert shown["replies"] == ["Idle-Timeout = 900", 'Framed-Pool = "gold"']
    pairs = told(house, "bob", "p")
    assert (8, bytes((100, 64, 0, 7))) in pairs
    assert (97, bytes.fromhex("004020010db800000007")) in pairs
    assert (123, bytes.fromhex("003820010db80001ff")) in pairs
    assert (28, b"\0\0\x03\x84") in pairs
    assert not any(kind == 88 for kind, _ in pairs), "the static address takes a pool's place"
    house.run(
        "subscriber", "set", "bob", "--ip", "none", "--ipv6", "none", "--delegated-prefix", "none",
        "--name", "none", "--group", "", "--language", "none", "--timezone", "none",
    )  # fmt: skip
    shown = house.json("subscriber", "show", "bob")
    assert not any(shown[field] for field in READERS)
    kinds = [kind for kind, _ in told(house, "bob", "p")]
    assert 88 in kinds
    assert not {8, 97, 123} & set(kinds)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--ip", "100.64.0.7"), "100.64.0.7 is the address of alice"),
        (("--ipv6", "2001:db8:0:7::9"), "2001:db8:0:7::9 overlaps 2001:db8:0:7::/64, which is al"),
        (("--delegated-prefix", "2001:db8:1:ff00::/56"), "is the address of alice"),
        (("--delegated-prefix", "2001:db8:1::/48"), "overlaps 2001:db8:1:ff00::/56, which is al"),
        (("--delegated-prefix", "2001:db8:1:ff70::/60"), "overlaps 2001:db8:1:ff00::/56, which is"),
    ],
)
def test_an_address_of_somebody_else_is_refused_with_that_ones_login(
    house: House, words: tuple[str, ...], said: str
) -> None:
    house.run(
        "subscriber", "set", "alice", "--ip", "100.64.0.7", "--ipv6", "2001:db8:0:7::/64",
        "--delegated-prefix", "2001:db8:1:ff00::/56",
    )  # fmt: skip
    add(house, "bob")
    assert said in house.refuse("subscriber", "set", "bob", *words)
    line = house.refuse(
        "subscriber", "add", "eve", "--plan", "sample-prepaid", "--password", "p", *words
    )
    assert said in line
    assert house.json("subscriber", "find", "eve") == []
    house.run("subscriber", "set", "alice", words[0], "none")
    house.run("subscriber", "set", "bob", *words)


def test_what_a_subscriber_has_can_be_said_again(sample: House) -> None:
    sample.run("subscriber", "set", "alice", "--ip", "100.64.0.7")
    sample.run("subscriber", "set", "alice", "--ip", "100.64.0.7", "--name", "Alice")
    assert sample.json("subscriber", "show", "alice")["name"] == "Alice"


def test_the_address_of_who_was_removed_is_free(sample: House) -> None:
    add(sample, "bob", "--ip", "100.64.0.7", balance="0")
    sample.run("subscriber", "remove", "bob")
    sample.run("subscriber", "set", "alice", "--ip", "100.64.0.7")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--ip", "10.0.0"), "--ip: '10.0.0' is not an IPv4 address; write such as 100.64.0.7"),
        (("--ip", "255.255.255.254"), "--ip: 255.255.255.254 is nobody's address"),
        (("--ipv6", "fe80::1"), "--ipv6: fe80::1 is nobody's address"),
        (("--delegated-prefix", "2001:db8::1/56"), "the prefix is 2001:db8::/56"),
        (
            ("--ipv6", "2001:db8::/64", "--delegated-prefix", "2001:db8::/56"),
            "--ipv6 2001:db8::/64 and --delegated-prefix 2001:db8::/56 overlap",
        ),
        (("--name", "x" * 201), "--name: a name is one line of at most 200 characters"),
        (("--group", "*"), "--group: '*' is not a group"),
        (("--language", "english"), "--language: 'english' is not a language"),
        (("--timezone", "Mars"), "--timezone: 'Mars' is not a time zone"),
        (("--reply", "Idle-Timeout"), "--reply: 'Idle-Timeout' is not of the form: Name = value"),
        (("--reply", "Class = 0x00"), "--reply: Class cannot be a reply"),
        (("--reply", "none", "--reply", "Idle-Timeout = 1"), "give it alone"),
        (("--reply-dialect", "mikrotik"), "say whom a --reply is for"),
        (("--reply-access", "ppp"), "say whom a --reply is for"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line_and_changes_nothing(
    sample: House, words: tuple[str, ...], said: str
) -> None:
    before = sample.json("subscriber", "show", "alice")
    assert said in sample.refuse("subscriber", "set", "alice", *words)
    assert sample.json("subscriber", "show", "alice") == before


def test_replies_are_replaced_for_those_they_are_for(sample: House) -> None:
    def change(*words: str) -> list[str]:
        sample.run("subscriber", "set", "alice", *words)
        found: list[str] = sample.json("subscriber", "show", "alice")["replies"]
        return found

    assert change("--reply", "Idle-Timeout = 900") == ["Idle-Timeout = 900"]
    mine = ("--reply-dialect", "mikrotik", "--reply-access", "ppp")
    assert change("--reply", "Framed-MTU = 1400", *mine) == [
        "Idle-Timeout = 900",
        "Framed-MTU = 1400 (mikrotik, ppp)",
    ]
    assert change("--reply", "Framed-MTU = 1480", "--reply", "Port-Limit = 1", *mine) == [
        "Idle-Timeout = 900",
        "Framed-MTU = 1480 (mikrotik, ppp)",
        "Port-Limit = 1 (mikrotik, ppp)",
    ]
    assert change("--reply", "none", *mine) == ["Idle-Timeout = 900"]
    change("--reply", "Framed-MTU = 1400", *mine)
    assert change("--reply", "none") == []


def test_a_reply_of_the_subscriber_wins_over_the_plans(sample: House, tmp_path: Any) -> None:
    file = tmp_path / "plan.toml"
    file.write_text(
        'name = "sample-prepaid"\ncurrency = "USD"\n[price.volume]\namount = "0.01"\nper = "MB"\n'
        "[[reply]]\nattributes = ['Idle-Timeout = 900', 'Framed-Pool = \"home\"']\n"
    )
    sample.run("plan", "load", str(file))
    assert {(28, b"\0\0\x03\x84"), (88, b"home")} <= set(told(sample))
    sample.run("subscriber", "set", "alice", "--reply", "Idle-Timeout = 60")
    pairs = told(sample)
    assert [value for kind, value in pairs if kind == 28] == [b"\0\0\0\x3c"]
    assert (88, b"home") in pairs


def test_more_replies_than_an_accept_has_room_for_are_refused() -> None:
    held = tuple(Reply((), bytes(250), "", (access,)) for access in Access)
    with pytest.raises(HouseError, match="at most 1000 octets"):
        with_replies(held, ["Idle-Timeout = 1"], "", ())
    with pytest.raises(HouseError, match="at most 30"):
        with_replies((), ["Idle-Timeout = 1"] * 31, "", ())


def test_what_is_not_given_stays() -> None:
    assert altered_traits(BOB, {}) == BOB
    assert traits_of(dict.fromkeys(READERS)) == {}
    assert {option_of(field) for field in READERS} == {
        *("--name", "--group", "--language", "--timezone", "--ip", "--ipv6", "--delegated-prefix")
    }


def test_nothing_and_none_take_away() -> None:
    assert trait("name", " none ") == ""
    assert trait("framed_ipv6", "") is None


def test_replies_are_shown_with_whom_they_are_for() -> None:
    reply = Reply(("A = 1", "B = 2"), b"", "cisco", (Access.PPP, Access.DHCP))
    assert reply_lines((reply, Reply(("C = 3",), b""))) == [
        *("A = 1 (cisco, ppp, dhcp)", "B = 2 (cisco, ppp, dhcp)", "C = 3")
    ]

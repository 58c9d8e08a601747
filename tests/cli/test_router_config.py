"""The lines that a router is to be given: complete, in its own syntax, and without a secret."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.router_config import quoted_routeros
from tests.cli.house import House

LONG = "correct-horse-battery-staple"


def add(house: House, dialect: str, secret: str = LONG, *more: str) -> None:
    words = ("nas", "add", "t3", "--address", "192.0.2.1", "--dialect", dialect)
    house.run(*words, "--secret", secret, *more)


def lines(house: House, *more: str) -> list[str]:
    """The lines that are no comments."""
    text = house.run("nas", "show", "t3", "--router-config", *more).stdout
    return [line for line in text.splitlines() if not line.startswith(("#", "!"))]


def test_routeros_gets_radius_orders_and_the_kind_of_access(house: House) -> None:
    add(house, "mikrotik", LONG, "--coa-port", "1700", "--interim", "600")
    assert lines(house, "ppp", "--server", "192.0.2.10") == [
        '/radius add service=ppp address=192.0.2.10 secret="SECRET" authentication-port=1812 '
        'accounting-port=1813 timeout=3s comment="Tollhouse"',
        "/radius incoming set accept=yes port=1700",
        "/ppp aaa set use-radius=yes accounting=yes interim-update=600s",
        "/system ntp client set enabled=yes",
    ]
    hotspot = lines(house, "hotspot")
    assert "/ip hotspot profile set [find] use-radius=yes radius-accounting=yes" in hotspot[2]
    assert "address=SERVER-ADDRESS" in hotspot[0]
    assert lines(house, "dhcp")[2] == "/ip dhcp-server set [find] use-radius=yes"


def test_without_a_kind_there_are_the_lines_of_all(house: House) -> None:
    add(house, "mikrotik")
    found = lines(house)
    assert found[0].startswith("/radius add service=ppp,hotspot,dhcp ")
    assert [line.split()[0] for line in found[2:5]] == ["/ppp", "/ip", "/ip"]


def test_ios_gets_its_groups_accounting_and_who_may_send_orders(house: House) -> None:
    add(house, "cisco")
    found = lines(house, "ppp", "--server", "2001:db8::10")
    assert " address ipv6 2001:db8::10 auth-port 1812 acct-port 1813" in found
    assert " client 2001:db8::10 server-key SECRET" in found
    assert found[found.index("aaa server radius dynamic-author") + 2] == " port 1700"
    assert "aaa accounting update newinfo periodic 5" in found
    assert "has lines for ppp, dhcp" in house.refuse(
        "nas", "show", "t3", "--router-config", "hotspot"
    )


def test_the_secret_is_printed_only_when_asked_for_and_the_audit_knows(house: House) -> None:
    for dialect in ("mikrotik", "cisco"):
        add(house, dialect)
        assert LONG not in house.run("nas", "show", "t3", "--router-config", "ppp").output
        deeds_n = len(house.json("audit", "list"))
        shown = house.run("nas", "show", "t3", "--router-config", "ppp", "--show-secret")
        assert LONG in shown.stdout
        deeds = house.json("audit", "list")
        assert len(deeds) == deeds_n + 1
        assert "nas reveal-secret" in {deed["action"] for deed in deeds}
        assert LONG not in str(deeds)
        house.run("nas", "remove", "t3")


@pytest.mark.parametrize(
    "secret", ["with spaces in the middle", "what-is-this?really", "0x" + "ff" * 20]
)
def test_a_secret_that_cannot_be_typed_in_ios_is_refused(house: House, secret: str) -> None:
    add(house, "cisco", secret)
    words = ("nas", "show", "t3", "--router-config", "ppp", "--show-secret")
    assert "cannot be typed in IOS" in house.refuse(*words)


def test_what_makes_no_sense_is_refused(house: House) -> None:
    add(house, "standard")
    assert "no lines to paste" in house.refuse("nas", "show", "t3", "--router-config", "ppp")
    assert "go with --router-config" in house.refuse("nas", "show", "t3", "--show-secret")
    house.run("nas", "set", "t3", "--dialect", "mikrotik")
    words = ("nas", "show", "t3", "--router-config", "ppp", "--server", "tollhouse")
    assert "is not an IP address" in house.refuse(*words)


@given(st.binary(min_size=1, max_size=64))
def test_a_quoted_secret_is_read_back_as_the_same_octets(secret: bytes) -> None:
    quoted = quoted_routeros(secret)
    assert quoted[0] == quoted[-1] == '"'
    inner = quoted[1:-1]
    assert not set('"$?') & set(inner)
    read = re.sub(
        rb"\\([0-9A-F]{2})", lambda found: bytes.fromhex(found[1].decode()), inner.encode()
    )
    assert read == secret

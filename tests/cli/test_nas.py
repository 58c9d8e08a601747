"""Routers come, change and go while the server runs; their secrets never come back."""

from __future__ import annotations

import pytest

from tests.cli.house import House, login

LONG = "correct-horse-battery-staple"


def add(house: House, name: str = "t3", *more: str, address: str = "192.0.2.1") -> str:
    words = ("nas", "add", name, "--address", address, "--secret", LONG, *more)
    return house.run(*words).output


def test_a_nas_is_added_changed_and_removed(house: House) -> None:
    add(house, "t3", "--address", "2001:db8::/64", "--dialect", "cisco")
    shown = house.json("nas", "show", "t3")
    assert shown["addresses"] == ["192.0.2.1/32", "2001:db8::/64"]
    assert shown["coa_port"] == 1700 and not shown["sample"]
    house.run("nas", "set", "t3", "--coa-port", "3799", "--interim", "600", "--swap")
    shown = house.json("nas", "show", "t3")
    assert (shown["coa_port"], shown["interim_s"], shown["swap"]) == (3799, 600, True)
    assert shown["addresses"] == ["192.0.2.1/32", "2001:db8::/64"]
    house.run("nas", "set", "t3", "--address", "192.0.2.7")
    assert house.json("nas", "show", "t3")["addresses"] == ["192.0.2.7/32"]
    house.run("nas", "remove", "t3")
    assert "there is no NAS t3" in house.refuse("nas", "show", "t3")
    add(house)


def test_a_secret_is_never_shown_again(sample: House) -> None:
    output = add(sample)
    for words in (("nas", "show", "t3"), ("nas", "list"), ("doctor",)):
        for style in ("table", "json", "csv"):
            output += sample.run(*words, "--output", style).output
    assert LONG not in output
    assert LONG.encode().hex() not in output


def test_a_generated_secret_is_shown_once_and_is_good(sample: House) -> None:
    words = ("nas", "add", "t3", "--address", "192.0.2.1", "--secret", "generate")
    result = sample.run(*words, "--dialect", "mikrotik")
    secret = result.stdout.splitlines()[1].rsplit(" ", 1)[1]
    assert len(secret) == 32 and result.stderr == ""
    assert secret not in sample.run("nas", "show", "t3").output
    config = ("nas", "show", "t3", "--router-config", "--server", "192.0.2.9", "--show-secret")
    assert secret in sample.run(*config).stdout
    changed = sample.run("nas", "set", "t3", "--secret", "generate").stdout
    assert "shown this once" in changed and secret not in changed


def test_a_secret_that_was_made_up_for_nothing_is_not_shown(sample: House) -> None:
    words = ("nas", "add", "local", "--address", "192.0.2.1", "--secret", "generate")
    assert "there is a NAS local already" in sample.refuse(*words)


def test_a_secret_can_come_from_standard_input_and_be_octets(sample: House) -> None:
    words = ("nas", "add", "t3", "--address", "192.0.2.1", "--secret", "-")
    sample.run(*words, stdin="0x00112233445566778899aabbccddeeff\n")
    outcome = sample.serve(login(), nas="t3")
    assert outcome[0].label == "wrong-nas"  # so the password was readable with this secret


def test_weak_secrets_are_warned_about_and_work(sample: House) -> None:
    words = ("nas", "add", "t3", "--address", "192.0.2.1", "--secret", "secret")
    result = sample.run(*words)
    assert "warning: the shared secret is a well-known example" in result.stderr
    assert sample.json("nas", "show", "t3")["name"] == "t3"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "local", "--address", "192.0.2.1", "--secret", LONG), "a NAS local already"),
        (("add", "t3", "--address", "127.0.0.1", "--secret", LONG), "belongs to NAS local"),
        (("add", "t3", "--address", "192.0.2.1/8", "--secret", LONG), "write 192.0.2.1 for"),
        (("add", "t3", "--address", "192.0.2.1/8", "--secret", LONG), "or 192.0.0.0/8 for"),
        (("add", "t3", "--address", "192.0.2.1/33", "--secret", LONG), "is not an address or"),
        (("add", "t3", "--address", "x", "--secret", LONG), "--address: 'x' is not an address"),
        (("add", "t3", "--address", "192.0.2.1"), "--secret is missing"),
        (("add", "t3", "--address", "192.0.2.1", "--secret", ""), "--secret: the shared secret"),
        (("add", "t3", "--address", "192.0.2.1", "--secret", "0xfff"), "--secret: "),
        (("add", "t3", "--address", "192.0.2.1", "--dialect", "klingon"), "klingon"),
        (("add", "t 3", "--address", "192.0.2.1", "--secret", LONG), "is not a name"),
        (("set", "t9", "--swap"), "there is no NAS t9"),
        (("set", "local"), "nothing to change"),
        (("set", "local", "--coa-port", "0"), "--coa-port"),
        (("remove", "t9"), "there is no NAS t9"),
        (("remove", "local"), "1 subscribers may come from NAS local only"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    sample: House, words: tuple[str, ...], said: str
) -> None:
    before = sample.json("nas", "list")
    assert said in sample.refuse("nas", *words)
    assert sample.json("nas", "list") == before


def test_a_nas_with_sessions_stays(sample: House) -> None:
    sample.run("subscriber", "set", "alice", "--nas", "any")
    sample.serve(login())
    assert "NAS local still has live sessions (1)" in sample.refuse("nas", "remove", "local")


def test_the_server_knows_a_secret_that_was_changed(sample: House) -> None:
    assert sample.serve(login())[0].label == "accepted"
    sample.run("nas", "set", "local", "--secret", LONG)
    assert sample.serve(login())[0].label == "accepted"


def test_how_many_orders_of_the_office_a_router_takes_in_a_second(sample: House) -> None:
    assert sample.json("nas", "show", "local")["coa_per_s"] == 20
    sample.run("nas", "set", "local", "--coa-per-s", "5")
    assert sample.json("nas", "show", "local")["coa_per_s"] == 5
    sample.run("nas", "set", "local", "--coa-per-s", "0", code=2)


def test_sessions_that_began_before_a_nas_was_added_are_not_ours(house: House) -> None:
    add(house)
    shown = house.json("nas", "show", "t3")
    assert shown["accounting_since_us"] == shown["created_us"]
    house.run("nas", "set", "t3", "--accounting-since", "2026-01-02T03:04:05Z")
    assert house.json("nas", "show", "t3")["accounting_since_us"] != shown["created_us"]


def test_the_sample_nas_was_always_ours(sample: House) -> None:
    assert sample.json("nas", "show", "local")["accounting_since_us"] == 0

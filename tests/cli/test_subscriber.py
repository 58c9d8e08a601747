"""Subscribers are added, found and shown; what they log in with is never printed."""

from __future__ import annotations

import pytest

from tests.cli.house import House, login

PASSWORD = "tr0ub4dor-and-3"


def add(house: House, name: str = "bob", *more: str) -> str:
    words = ("subscriber", "add", name, "--plan", "sample-prepaid", "--password", PASSWORD, *more)
    return house.run(*words).output


def test_a_subscriber_can_log_in_at_once(house: House) -> None:
    add(house, "bob", "--balance", "20", "--credit-limit", "1.5")
    shown = house.json("subscriber", "show", "bob")
    assert (shown["posted_micros"], shown["credit_limit_micros"]) == (20_000_000, 1_500_000)
    assert house.serve(login("bob", PASSWORD))[0].label == "accepted"
    assert house.serve(login("Bob ", "wrong"))[0].label == "wrong-credential"
    assert house.run("ledger", "check").exit_code == 0


@pytest.mark.parametrize("kind", ["clear", "nt", "hash"])
def test_every_kind_of_credential_serves_pap(sample: House, kind: str) -> None:
    add(sample, "bob", "--balance", "1", "--credential", kind)
    assert sample.json("subscriber", "show", "bob")["credential"] == kind
    (outcome,) = sample.serve(login("bob", PASSWORD))
    if kind == "hash":
        assert outcome.check is not None and outcome.check()
    else:
        assert outcome.label == "accepted"


def test_a_mac_needs_no_password(sample: House) -> None:
    words = ("subscriber", "add", "00-0C-42-1F-2E-3D", "--plan", "sample-prepaid")
    sample.run(*words, "--balance", "1")
    assert sample.json("subscriber", "show", "000c421f2e3d")["credential"] == "none"
    assert sample.serve(login("00:0C:42:1F:2E:3D", ""))[0].label == "accepted"


def test_a_password_can_come_from_standard_input(sample: House) -> None:
    words = ("subscriber", "add", "bob", "--plan", "sample-prepaid", "--password", "-")
    sample.run(*words, "--balance", "1", stdin=f"{PASSWORD}\nmore\n")
    assert sample.serve(login("bob", PASSWORD))[0].label == "accepted"


def test_a_password_is_never_printed_and_never_stored_readable(sample: House) -> None:
    said = add(sample)
    said += sample.run(
        "subscriber", "add", "bob", "--plan", "sample-prepaid", "--password", PASSWORD, code=2
    ).output
    for words in (
        ("subscriber", "list"),
        ("subscriber", "show", "bob"),
        ("subscriber", "find", "b"),
    ):
        for style in ("table", "json", "csv"):
            said += sample.run(*words, "--output", style).output
    assert PASSWORD not in said
    with open(sample.database_url.removeprefix("sqlite:///"), "rb") as file:
        assert PASSWORD.encode() not in file.read()


SAMPLE = ("--plan", "sample-prepaid")
WITH_PASSWORD = (*SAMPLE, "--password", "x")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("alice", *WITH_PASSWORD), "alice already"),
        (("ALICE", *WITH_PASSWORD), "alice already"),
        (("bob", "--plan", "none", "--password", "x"), "there is no plan none"),
        (("bob", *SAMPLE), "a password is missing"),
        (("bob", *SAMPLE, "--password", ""), "cannot be empty"),
        (("bob", *SAMPLE, "--credential", "none"), "only a login that is a MAC"),
        (("bob", *WITH_PASSWORD, "--balance", "-1"), "negative"),
        (("bob", *WITH_PASSWORD, "--credit-limit", "-1"), "negative"),
        (("bob", *WITH_PASSWORD, "--balance", "1,5"), "amount"),
        (("bob", *WITH_PASSWORD, "--mac", "zz"), "not a MAC"),
        (("bob", *WITH_PASSWORD, "--nas", "t9"), "no NAS t9"),
        (("bob", *WITH_PASSWORD, "--valid-until", "soon"), "not a time"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    sample: House, words: tuple[str, ...], said: str
) -> None:
    assert said in sample.refuse("subscriber", "add", *words)
    assert [row["login"] for row in sample.json("subscriber", "list")] == ["alice"]


def test_subscribers_are_found_by_the_beginning_of_their_login_or_by_mac(house: House) -> None:
    add(house, "bob", "--mac", "00:0c:42:1f:2e:3d")
    add(house, "bobby")
    add(house, "100%_x")

    def found(text: str) -> list[str]:
        return [row["login"] for row in house.json("subscriber", "find", text)]

    assert found("BO") == ["bob", "bobby"]
    assert found("000C.421F.2E3D") == ["bob"]
    assert found("100%") == ["100%_x"]
    assert found("%") == found("nobody") == []


def test_a_list_is_filtered_and_cut(house: House) -> None:
    for name in ("bob", "carol"):
        add(house, name)
    house.run("subscriber", "suspend", "bob")

    def listed(*words: str) -> list[str]:
        return [row["login"] for row in house.json("subscriber", "list", *words)]

    assert listed() == ["alice", "bob", "carol"]
    assert listed("--limit", "0") == ["alice", "bob", "carol"]
    assert listed("--limit", "2") == ["alice", "bob"]
    assert listed("--status", "suspended") == ["bob"]
    assert listed("--plan", "sample-prepaid", "--status", "closed") == []
    assert "there is no plan none" in house.refuse("subscriber", "list", "--plan", "none")


def test_a_subscriber_that_is_not_there_is_one_line(sample: House) -> None:
    assert "there is no subscriber bob" in sample.refuse("subscriber", "show", "bob")

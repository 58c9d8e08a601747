"""Every refusal names its rule and the remedy; passwords are nowhere in it."""

from __future__ import annotations

import pytest

from cli.explain_reject import in_sentences
from tests.cli.house import House, login

MAC = "00-0C-42-1F-2E-3D"


def test_each_decision_is_explained(house: House) -> None:
    house.serve(login("alice", "h0pe-not-shown", mac=MAC), login())
    newest, oldest = house.json("explain", "reject", "alice")
    assert (newest["code"], newest["rule"]) == ("accepted", "")
    assert oldest["code"] == "wrong-credential" and oldest["rule"] == "the password is wrong"
    assert oldest["nas"] == "local" and oldest["request"]["Calling-Station-Id"] == MAC
    text = house.run("explain", "reject", "alice").stdout
    assert "to do:" in text and "alice at local: wrong-credential" in text
    assert "h0pe-not-shown" not in text + str(newest) + str(oldest)
    assert "wonderland" not in text


def test_the_remedy_names_the_login(sample: House) -> None:
    sample.run("subscriber", "suspend", "alice")
    sample.serve(login())
    assert "tollhouse subscriber resume alice" in sample.run("explain", "reject", "alice").stdout


def test_twenty_decisions_are_kept_for_a_login(sample: House) -> None:
    sample.serve(*[login("alice", f"wrong{n}") for n in range(25)])
    assert len(sample.json("explain", "reject", "alice")) == 20


def test_unknown_logins_are_found_by_what_was_sent_by_mac_and_among_the_last(
    house: House,
) -> None:
    house.serve(login("Alcie", "x", mac=MAC), login("alice", "wrong"))
    (stranger,) = house.json("explain", "reject", "alcie")
    assert (stranger["code"], stranger["user_name"]) == ("unknown-subscriber", "Alcie")
    (by_mac,) = house.json("explain", "reject", "--mac", "000c421f2e3d")
    assert by_mac == stranger
    last = house.json("explain", "reject", "--last", "5")
    assert [row["code"] for row in last] == ["wrong-credential", "unknown-subscriber"]
    assert len(house.json("explain", "reject", "--last", "1")) == 1


def test_nothing_decided_is_no_fault(sample: House) -> None:
    assert sample.run("explain", "reject", "nobody").stdout == "(none)\n"


def test_a_hostile_name_cannot_move_the_cursor(sample: House) -> None:
    sample.serve(login("x\x1b[2J\r\ny", "p"))
    for style in ("table", "csv"):
        text = sample.run("explain", "reject", "--last", "1", "--output", style).stdout
        assert "\x1b" not in text and "\r" not in text


@pytest.mark.parametrize("words", [(), ("alice", "--last", "1"), ("--mac", MAC, "--last", "1")])
def test_exactly_one_question_is_asked(sample: House, words: tuple[str, ...]) -> None:
    assert "name a login, or --mac MAC, or --last N" in sample.refuse("explain", "reject", *words)


def test_an_accept_behind_a_wall_says_why() -> None:
    row = {
        "decided_us": 0,
        "user_name": "alice",
        "login": "alice",
        "nas": "tower-3",
        "code": "accepted",
        "rule": "",
        "request": {},
        "facts": {"walled": "expired", "session_timeout_s": 300},
    }
    first, *_, last = in_sentences(row)
    assert first.endswith("alice at tower-3: accepted, behind the wall (expired)")
    assert "session_timeout_s=300" in last

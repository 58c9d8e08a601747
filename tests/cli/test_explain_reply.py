"""The attributes of an Accept are those of a real one, and rehearsing writes nothing."""

from __future__ import annotations

import pytest

from cli.vocabulary import our_dictionary
from radius import decode_attributes
from tests.cli.house import House, login

SPREAD = ("Acct-Interim-Interval", "Session-Timeout", "Class")


def pairs(house: House, *words: str) -> dict[str, str]:
    found = house.json("explain", "reply", "alice", "--nas", "local", *words)
    return {row["attribute"]: row["value"] for row in found}


def test_the_rehearsed_reply_is_that_of_a_real_login(house: House) -> None:
    rehearsed = pairs(house)
    (outcome,) = house.serve(login())
    lines = our_dictionary().format_all(decode_attributes(outcome.attributes))
    real = dict(line.split(" = ", 1) for line in lines)
    assert list(rehearsed) == list(real)
    for name in real:
        if name not in SPREAD:
            assert rehearsed[name] == real[name], name
    assert rehearsed["Mikrotik-Total-Limit"] == "500000000"


def test_a_rehearsal_writes_nothing(house: House) -> None:
    before = house.money()
    pairs(house)
    assert house.money() == before
    assert house.json("explain", "reject", "alice") == house.json("session", "list") == []


@pytest.mark.parametrize("kind", ["nt", "hash"])
def test_the_password_need_not_be_readable(sample: House, kind: str) -> None:
    sample.run("subscriber", "set", "alice", "--credential", kind, "--password", "wonderland")
    assert "Session-Timeout" in pairs(sample)


def test_the_request_can_be_completed(sample: House) -> None:
    framed = pairs(
        sample, "--attribute", "Service-Type = Framed-User", "--attribute", "Framed-Protocol = PPP"
    )
    assert framed["Framed-Protocol"] == "PPP"
    sample.run("subscriber", "set", "alice", "--mac", "00:0c:42:1f:2e:3d")
    assert "Session-Timeout" in pairs(sample)
    words = ("explain", "reply", "alice", "--nas", "local", "--mac", "00:0c:42:1f:2e:3e")
    assert "wrong-mac" in sample.run(*words, code=1).stderr


def test_a_refusal_is_explained(sample: House) -> None:
    sample.run("subscriber", "suspend", "alice")
    result = sample.run("explain", "reply", "alice", "--nas", "local", code=1)
    assert "Access-Reject" in result.stderr and "subscriber resume alice" in result.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("bob", "--nas", "local"), "there is no subscriber bob"),
        (("alice", "--nas", "t9"), "there is no NAS t9"),
        (("alice",), "Missing option '--nas'"),
        (("alice", "--nas", "local", "--attribute", "Nonsense = 1"), "--attribute: "),
    ],
)
def test_what_cannot_be_is_one_line(sample: House, words: tuple[str, ...], said: str) -> None:
    assert said in sample.refuse("explain", "reply", *words)

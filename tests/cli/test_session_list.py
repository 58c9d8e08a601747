"""`session list` says who is connected, who had an address, and how sure that is."""

from __future__ import annotations

from typing import Any

import pytest

from cli.output import instant_in_words
from tests.cli.house import House, login, record
from tests.cli.test_session import running


def lasted(house: House) -> dict[str, Any]:
    """A session of alice that has ended."""
    running(house)
    house.serve(record("interim", seconds=60, up=1, down=2), record("stop", seconds=60))
    (row,) = house.json("session", "list", "--closed")
    found: dict[str, Any] = row
    return found


def test_closed_ones_are_listed_alone(house: House) -> None:
    ended = lasted(house)
    house.serve(login(), record("start", "s2"))
    assert [row["acct_session_id"] for row in house.json("session", "list")] == ["s2"]
    assert house.json("session", "list", "--closed") == [ended]
    assert len(house.json("session", "list", "--all")) == 2
    assert len(house.json("session", "list", "--login", "alice", "--since", "2026-01-01")) == 2


def test_at_a_second_it_is_there_or_not_and_its_own_words_are_understood(house: House) -> None:
    ended = lasted(house)
    inside = instant_in_words((ended["started_us"] + ended["stop_us"]) // 2)
    (row,) = house.json("session", "list", "--login", "alice", "--at", inside)
    assert (row["session_id"], row["doubt"]) == (ended["session_id"], "")
    assert house.json("session", "list", "--login", "alice", "--at", "2020-01-01") == []
    assert house.json("session", "list", "--until", "2020-01-01") == []
    shown = house.run("session", "list", "--login", "alice", "--at", inside).stdout
    assert "LAST HEARD" in shown and "DOUBT" not in shown


def test_one_that_is_not_heard_of_any_more_is_doubted(sample: House) -> None:
    running(sample)
    (row,) = sample.json("session", "list", "--login", "alice", "--at", "2090-01-01")
    assert "still to come" in row["doubt"] or "not heard of" in row["doubt"]
    assert "DOUBT" in sample.run("session", "list", "--login", "alice", "--at", "2090-01-01").stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--ip", "house"), "is not an IPv4 or IPv6 address"),
        (("--ip", "10.0.0.0/8"), "one IPv4 address"),
        (("--mac", "zz"), "is not a MAC"),
        (("--at", "yesterday"), "is not a time"),
        (("--at", "2026-01-01", "--since", "2026-01-01"), "--at is one second"),
        (("--at", "2026-01-01", "--until", "2026-01-01"), "--at is one second"),
        (("--nas", "t9", "--ip", "10.0.0.1"), "there is no NAS t9"),
    ],
)
def test_what_cannot_be_is_one_line(sample: House, words: tuple[str, ...], said: str) -> None:
    assert said in sample.refuse("session", "list", *words)


def test_addresses_are_looked_for_whatever_their_kind(sample: House) -> None:
    for address in ("10.64.0.2", "2001:db8::1", "2001:db8::/56"):
        assert sample.json("session", "list", "--ip", address) == []
    assert "(none)" in sample.run("session", "list", "--mac", "0200.0000.0001").stdout

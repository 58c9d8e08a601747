"""Every command that changes something says so in the audit, and the audit proves itself."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from cli.audit import changes_in_words
from cli.settings import CHECKOUT
from tests.cli.house import House, login, record

PLAN = str(CHECKOUT / "conf" / "plans" / "home-30-days.toml")


def newest(house: House, *words: str) -> dict[str, Any]:
    """The newest deed that `audit list` shows."""
    found: dict[str, Any] = house.json("audit", "list", "--limit", "1", *words)[0]
    return found


# Command lines on the sample, and the deed that each leaves: action, subject, before, after.
DEEDS: list[tuple[tuple[str, ...], str, str, dict[str, Any], dict[str, Any]]] = [
    (
        ("nas", "add", "t3", "--address", "192.0.2.1", "--secret", "generate"),
        "nas add",
        "t3",
        {},
        {"secret": "(not shown)", "prefixes": ["192.0.2.1/32"], "dialect": "standard"},
    ),
    (
        ("nas", "set", "t3", "--coa-port", "1700", "--reason", "firewall"),
        "nas set",
        "t3",
        {"coa_port": 3799},
        {"coa_port": 1700},
    ),
    (("nas", "remove", "t3"), "nas remove", "t3", {"coa_port": 1700}, {}),
    (("plan", "load", PLAN), "plan load", "home-30-days", {}, {"version": 1}),
    (
        ("balance", "top-up", "alice", "2", "--reference", "r1", "--reason", "cash"),
        "balance top-up",
        "alice",
        {},
        {"entry": 2, "amount_micros": 2_000_000, "currency": "USD", "reference": "r1"},
    ),
    (
        ("balance", "correct", "alice", "-1", "--entry", "2", "--reason", "twice"),
        "balance correct",
        "alice",
        {},
        {"entry": 3, "amount_micros": -1_000_000},
    ),
    (
        ("subscriber", "add", "bob", "--plan", "sample-prepaid", "--password", "x"),
        "subscriber add",
        "bob",
        {},
        {"login": "bob", "credential": "(not shown)", "plan_name": "sample-prepaid"},
    ),
    (
        ("subscriber", "set", "bob", "--mac", "02:00:00:00:00:09", "--credit-limit", "1"),
        "subscriber set",
        "bob",
        {"mac": None, "mac_mode": "any", "credit_limit_micros": 0},
        {"mac": "02:00:00:00:00:09", "mac_mode": "fixed", "credit_limit_micros": 1_000_000},
    ),
    (
        ("subscriber", "set", "bob", "--password", "y"),
        "subscriber set",
        "bob",
        {"credential": "(not shown)"},
        {"credential": "(not shown)"},
    ),
    (
        ("subscriber", "suspend", "bob", "--reason", "does not pay"),
        "subscriber suspend",
        "bob",
        {"status": "active"},
        {"status": "suspended"},
    ),
    (
        ("subscriber", "resume", "bob"),
        "subscriber resume",
        "bob",
        {"status": "suspended"},
        {"status": "active"},
    ),
    (
        ("subscriber", "remove", "bob", "--reason", "moved"),
        "subscriber remove",
        "bob",
        {"status": "active"},
        {"status": "closed"},
    ),
]


def test_s40_every_change_is_told_with_who_and_why_before_and_after(house: House) -> None:
    assert newest(house)["action"] == "init --sample"
    for words, action, subject, before, after in DEEDS:
        house.run(*words)
        deed = newest(house)
        assert (deed["action"], deed["subject"]) == (action, subject), words
        changes = deed["changes"]
        assert before.items() <= changes["before"].items(), changes
        assert after.items() <= changes["after"].items(), changes
        if "--reason" in words:
            assert deed["reason"] == words[words.index("--reason") + 1]
        assert deed["who"]
    assert house.json("audit", "verify")["broken_seq"] is None
    assert house.run("ledger", "check").exit_code == 0


def test_what_changed_nothing_is_not_told(sample: House) -> None:
    before = newest(sample)["seq"]
    sample.run("balance", "top-up", "alice", "1", "--reference", "x", "--dry-run")
    sample.run("plan", "load", "--dry-run", PLAN)
    sample.refuse("subscriber", "add", "alice", "--plan", "sample-prepaid", "--password", "x")
    assert newest(sample)["seq"] == before


def test_usage_of_nobody_and_a_cut_are_told(house: House) -> None:
    house.serve(record("start", "s9", "ghost"), record("stop", "s9", "ghost", seconds=9, down=900))
    (row,) = house.json("suspense", "list")
    house.run("suspense", "assign", str(row["suspense_id"]), "alice", "--note", "typing error")
    deed = newest(house, "--login", "alice")
    assert (deed["action"], deed["reason"]) == ("suspense assign", "typing error")
    house.serve(login(), record("start"))
    house.run("session", "disconnect", "--login", "alice", "--wait", "0", code=1)
    assert newest(house, "--login", "alice")["action"] == "session disconnect"


def test_the_list_is_cut_by_whom_what_and_when(sample: House) -> None:
    sample.run("balance", "top-up", "alice", "1")
    sample.run("subscriber", "suspend", "alice")
    listed = [row["action"] for row in sample.json("audit", "list", "--login", "alice")]
    assert listed == ["subscriber suspend", "balance top-up", "init --sample"]
    assert len(sample.json("audit", "list", "--limit", "2")) == 2
    assert sample.json("audit", "list", "--who", "nobody-of-this-name") == []
    assert sample.json("audit", "list", "--until", "2020-01-01") == []
    (top_up,) = sample.json("audit", "list", "--action", "balance top-up", "--since", "2020-01-01")
    assert top_up["changes"]["after"]["amount_micros"] == 1_000_000
    shown = sample.run("audit", "list", "--login", "alice").stdout
    assert "status: active -> suspended" in shown
    assert "amount: 1.00 USD" in shown
    assert "plan sample-prepaid" in sample.run("audit", "list").stdout
    assert "status: active -> suspended" in sample.run("audit", "list", "--output", "csv").stdout


def test_s40_verify_names_the_first_bad_deed_and_ledger_check_mentions_it(sample: House) -> None:
    sample.run("balance", "top-up", "alice", "1")
    said = sample.run("audit", "verify").stdout
    assert "the audit is whole" in said
    head = said.split()[-1]
    assert "goes on from the head" in sample.run("audit", "verify", "--from", head).stdout
    path = sample.database_url.removeprefix("sqlite:///")
    last = int(head.split(":")[0])
    with sqlite3.connect(Path(path)) as connection:
        connection.execute("DROP TRIGGER audit_no_update")
        connection.execute("DROP TRIGGER audit_no_delete")
        connection.execute("DELETE FROM audit WHERE seq = ?", (last,))
    connection.close()
    sample.run("audit", "verify")
    assert "cut off" in sample.run("audit", "verify", "--from", head, code=1).stdout
    assert sample.json("audit", "verify", "--from", head, code=1)["anchored"] is False
    with sqlite3.connect(Path(path)) as connection:
        connection.execute("UPDATE audit SET who = 'eve' WHERE seq = 2")
    connection.close()
    assert "broken at deed 2" in sample.run("audit", "verify", code=1).stdout
    (finding,) = sample.json("ledger", "check", code=1)
    assert (finding["invariant"], "deed 2" in finding["text"]) == ("S40", True)


@pytest.mark.parametrize("text", ["", "7", "7:abc", "0:" + "a" * 64, "x:" + "a" * 64])
def test_a_head_that_is_none_is_one_line(sample: House, text: str) -> None:
    assert "--from: not a head" in sample.refuse("audit", "verify", "--from", text)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ({}, {}, ""),
        ({"mac": None}, {"mac": "x"}, "mac: - -> x"),
        ({}, {"credential": "(not shown)"}, "credential set"),
        ({"credential": "(not shown)"}, {"credential": "(not shown)"}, "credential changed"),
        ({}, {"price_micros": 1_500_000, "currency": "EUR"}, "price: 1.50 EUR"),
        ({"name": "a"}, {}, "name (was): a"),
        ({"auto_renew": None}, {"auto_renew": False}, "auto_renew: - -> no"),
        ({}, {"name": "\x1b[2J"}, "name: \\x1b[2J"),
        ({}, {"device_ids": [1, 2]}, "device_ids: [1, 2]"),
    ],
)
def test_changes_are_said_in_words(before: Any, after: Any, said: str) -> None:
    assert changes_in_words(before, json.loads(json.dumps(after))) == said

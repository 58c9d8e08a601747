"""Every charge is explained down to the packet and adds up to the balance, to the micro (A11)."""

from __future__ import annotations

import pytest

from tests.cli.house import House, login, record


def test_packets_steps_and_postings_add_up_to_the_balance(house: House) -> None:
    house.serve(login(), record("start"))
    for n in range(1, 6):
        house.serve(record("interim", seconds=60 * n, up=1_234_567 * n, down=7_654_321 * n))
    house.run("balance", "top-up", "alice", "2.5")
    found = house.json("explain", "charge", "alice", "--rerate")
    assert found["adds_up"]
    balance = sum(row["amount_micros"] for row in found["entries"]) - found["open_micros"]
    assert balance == found["balance_micros"] == house.money()["posted_micros"]
    (session,) = found["sessions"]
    assert session["adds_up"] and session["differences"] == []
    assert [row["record"] for row in session["records"]] == ["Start"] + ["Interim-Update"] * 5
    assert {row["rise_unrated"] for row in session["records"]} == {""}
    assert "UNRATED" not in house.run("explain", "charge", "alice").stdout, "nothing is"
    rises = [row["rise_charged_micros"] for row in session["records"]]
    assert sum(rises) == session["charged_micros"] == found["open_micros"]
    (step,) = session["steps"]
    assert step["quantity"] == 5 * (1_234_567 + 7_654_321)
    assert step["micros"] == step["quantity"] // 100
    assert step["exact_micros"] == "2222222/5"  # 44,444,440 octets at 0.01 micros
    (posting,) = session["postings"]
    assert posting["entry_seq"] is None
    house.serve(record("stop", seconds=400, up=6_172_835, down=38_271_605))
    (session,) = house.json("explain", "charge", "alice")["sessions"]
    assert {row["entry_seq"] for row in session["postings"]} == {3}


def test_the_newest_records_and_sessions_are_shown_first(sample: House) -> None:
    for n in range(4):
        sample.run("subscriber", "set", "alice", "--nas", "any")
        sample.serve(
            login(),
            record("start", f"s{n}"),
            record("interim", f"s{n}", seconds=60, up=0, down=1_000_000),
            record("stop", f"s{n}", seconds=61, up=0, down=1_000_000),
        )
    found = sample.json("explain", "charge", "alice", "--records", "1")
    assert [one["acct_session_id"] for one in found["sessions"]] == ["s3", "s2", "s1"]
    assert [[row["record"] for row in one["records"]] for one in found["sessions"]] == [
        ["Stop"]
    ] * 3
    number = str(found["sessions"][2]["session_id"])
    only = sample.json("explain", "charge", "alice", "--session", number, "--rerate")
    assert [len(one["records"]) for one in only["sessions"]] == [3]


def test_a_person_reads_the_same(sample: House) -> None:
    sample.serve(login(), record("start"), record("interim", seconds=60, up=0, down=99_999_999))
    text = sample.run("explain", "charge", "alice", "--rerate").stdout
    assert "4.000001 USD" in text.splitlines()[3]
    assert "99999999 octets (99.99 MB)" in text
    assert "= 99999999/100 micros, rounded down = 0.999999 USD" in text
    assert "steps and postings add up; rated again from the journal: the same" in text


def test_a_subscriber_without_sessions_is_only_a_balance(sample: House) -> None:
    found = sample.json("explain", "charge", "alice")
    assert found["sessions"] == [] and found["balance_micros"] == 5_000_000


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("bob",), "there is no subscriber bob"),
        (("alice", "--session", "1"), "is not one of this subscriber; see"),
        (("alice", "--output", "csv"), "csv"),
    ],
)
def test_what_cannot_be_is_one_line(sample: House, words: tuple[str, ...], said: str) -> None:
    assert said in sample.refuse("explain", "charge", *words)

"""An entry is undone exactly and once; the books balance before and after."""

from __future__ import annotations

import pytest

from tests.cli.house import House, login, record

BOUNCED = ("--reason", "bounced")


def test_l5_a_top_up_is_undone_by_one_entry_that_names_it(house: House) -> None:
    house.run("balance", "top-up", "alice", "3")
    said = house.run("balance", "reverse", "alice", "2", *BOUNCED, "--dry-run").stdout
    assert "-3.00 USD would be booked as entry 3" in said
    said = house.run("balance", "reverse", "alice", "2", *BOUNCED).stdout
    assert "top-up 2 undone, -3.00 USD booked as entry 3; balance 5.00 USD" in said
    row = house.json("balance", "history", "alice")[-1]
    assert (row["amount_micros"], row["corrects_seq"], row["reason"]) == (-3_000_000, 2, "bounced")
    assert house.run("ledger", "check").exit_code == 0


def test_p1_it_is_done_once_and_says_which_entry_did_it(house: House) -> None:
    house.run("balance", "top-up", "alice", "3")
    words = ("balance", "reverse", "alice", "2", *BOUNCED)
    house.run(*words, "--reference", "k")
    assert "already booked as entry 3" in house.run(*words, "--reference", "k").stdout
    assert "corrected by entry 3 already (-3.00 USD)" in house.refuse(*words)
    assert "corrected by entry 3" in house.refuse(*words, "--reference", "other")
    assert "k of alice is taken by entry 3" in house.refuse(
        "balance", "reverse", "alice", "1", *BOUNCED, "--reference", "k"
    )
    undone = house.run("balance", "reverse", "alice", "3", "--reason", "it came after all").stdout
    assert "correction 3 undone, 3.00 USD booked as entry 4; balance 8.00 USD" in undone
    assert house.run("ledger", "check").exit_code == 0


def test_l8_below_the_floor_it_posts_and_says_how_far(sample: House) -> None:
    sample.run("balance", "correct", "alice", "-4", "--entry", "1", "--reason", "spent")
    sample.run("balance", "top-up", "alice", "1")
    sample.run("balance", "correct", "alice", "-2", "--entry", "3", "--reason", "spent")
    line = sample.refuse("balance", "reverse", "alice", "1", *BOUNCED)
    assert "corrected by entry 2 already" in line, "a part of it is a correction too"
    sample.run("balance", "reverse", "alice", "2", *BOUNCED)
    assert sample.money()["posted_micros"] == 4_000_000


def test_usage_of_a_session_is_undone_once_it_has_ended(house: House) -> None:
    house.serve(login(), record("start"))
    house.serve(record("stop", seconds=60, up=0, down=100_000_000))
    assert house.money()["posted_micros"] == 4_000_000
    said = house.run("balance", "reverse", "alice", "2", "--reason", "outage").stdout
    assert "charge 2 undone, 1.00 USD booked as entry 3; balance 5.00 USD" in said
    assert house.run("ledger", "check").exit_code == 0
    assert house.run("explain", "charge", "alice").exit_code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("alice", "9", *BOUNCED), "there is no entry 9"),
        (("bob", "1", *BOUNCED), "there is no subscriber bob"),
        (("alice", "1", "--reason", " "), "needs a reason"),
        (("alice", "1"), "Missing option '--reason'"),
        (("alice", "0", *BOUNCED), "not in the range"),
    ],
)
def test_what_cannot_be_is_one_line(sample: House, words: tuple[str, ...], said: str) -> None:
    assert said in sample.refuse("balance", "reverse", *words)
    assert len(sample.json("balance", "history", "alice")) == 1

"""Money is booked once per key, corrected by new entries, and shown to the micro."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.cli.house import House, login, record


def top_up(house: House, amount: str, *more: str) -> str:
    return house.run("balance", "top-up", "alice", amount, *more).stdout


def test_the_balance_is_opening_less_the_price_of_the_octets(house: House) -> None:
    assert house.serve(login())[0].label == "accepted"
    house.serve(record("start"), record("interim", seconds=60, up=1_234_567, down=98_765_432))
    money = house.money()
    price = (1_234_567 + 98_765_432) * 10_000 // 1_000_000
    assert money["posted_micros"] == 5_000_000 - price
    assert money["open_micros"] == price
    assert money["spendable_micros"] == money["posted_micros"] - money["held_micros"]
    assert (money["currency"], money["credit_limit_micros"]) == ("USD", 0)
    house.serve(record("stop", seconds=61, up=1_234_567, down=98_765_432))
    after = house.money()
    assert (after["posted_micros"], after["open_micros"]) == (money["posted_micros"], 0)
    assert (after["held_micros"], after["entries_n"]) == (0, 2)
    assert house.run("ledger", "check").exit_code == 0


def test_p1_a_reference_is_booked_once(house: House) -> None:
    assert "3.00 USD booked as entry 2; balance 8.00 USD" in top_up(house, "3", "--reference", "k")
    assert "already booked as entry 2" in top_up(house, "3", "--reference", "k")
    assert "already booked as entry 2" in top_up(house, "3.00", "--reference", " k ")
    assert house.money()["posted_micros"] == 8_000_000


def test_p2_a_reference_with_another_amount_is_refused(house: House) -> None:
    top_up(house, "3", "--reference", "k")
    line = house.refuse("balance", "top-up", "alice", "4", "--reference", "k")
    assert "k of alice is taken by entry 2: top-up of 3.00 USD" in line
    words = ("correct", "alice", "3", "--entry", "1", "--reason", "x", "--reference", "k")
    assert "is taken by entry 2" in house.refuse("balance", *words)
    assert house.money()["posted_micros"] == 8_000_000


def test_p1_many_at_once_with_one_reference_book_one(house: House) -> None:
    words = ["balance", "top-up", "alice", "2", "--reference", "webhook-9"]
    running = [
        subprocess.Popen([sys.executable, "-m", "cli.main", *words], stdout=subprocess.PIPE)
        for _ in range(4)
    ]
    said = [process.communicate()[0].decode() for process in running]
    assert [process.returncode for process in running] == [0] * 4
    assert sum("booked as entry 2;" in line for line in said) == 1
    assert house.money()["posted_micros"] == 7_000_000


def test_without_a_reference_every_top_up_counts(sample: House) -> None:
    top_up(sample, "1")
    top_up(sample, "1")
    assert sample.money()["posted_micros"] == 7_000_000


def test_l5_a_correction_is_a_new_entry_that_names_the_old_one(house: House) -> None:
    top_up(house, "3", "--reference", "k")
    words = ("correct", "alice", "-3", "--entry", "2", "--reason", "booked twice")
    assert "-3.00 USD booked as entry 3" in house.run("balance", *words).stdout
    rows = house.json("balance", "history", "alice")
    assert [row["amount_micros"] for row in rows] == [5_000_000, 3_000_000, -3_000_000]
    assert [row["balance_micros"] for row in rows] == [5_000_000, 8_000_000, 5_000_000]
    assert [row["reference"] for row in rows][:2] == ["opening", "k"]
    assert (rows[2]["corrects_seq"], rows[2]["reason"]) == (2, "booked twice")
    assert house.run("ledger", "check").exit_code == 0


def test_l8_a_correction_below_zero_posts_and_says_how_far(sample: House) -> None:
    sample.run("balance", "correct", "alice", "-7", "--entry", "1", "--reason", "fraud")
    assert sample.money()["posted_micros"] == -2_000_000
    assert sample.json("balance", "history", "alice")[1]["overrun_micros"] == 2_000_000


def test_a_dry_run_books_nothing(sample: House) -> None:
    assert "would be booked" in top_up(sample, "3", "--dry-run")
    assert sample.money()["posted_micros"] == 5_000_000


CORRECT = ("correct", "alice", "1", "--entry", "1", "--reason", "x")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("top-up", "alice", "0"), "more than zero"),
        (("top-up", "alice", "-1"), "more than zero"),
        (("top-up", "alice", "1.0000001"), "six decimals"),
        (("top-up", "alice", "9999999999"), "too large"),
        (("top-up", "alice", "8999999999"), "range"),
        (("top-up", "bob", "1"), "there is no subscriber bob"),
        (("top-up", "alice", "1", "--reference", ""), "--reference"),
        (("top-up", "alice", "1", "--reference", "x" * 129), "--reference: at most 128"),
        (("top-up", "alice", "1", "--reason", "a\nb"), "--reason"),
        (("correct", "alice", "0", "--entry", "1", "--reason", "x"), "corrects nothing"),
        (("correct", "alice", "1", "--entry", "9", "--reason", "x"), "there is no entry 9"),
        (("correct", "alice", "1", "--entry", "1", "--reason", " "), "needs a reason"),
        (("correct", "alice", "1", "--entry", "1"), "Missing option '--reason'"),
        (("correct", "alice", "-x", "--entry", "1", "--reason", "x"), "not an amount"),
        (("show", "bob"), "there is no subscriber bob"),
    ],
)
def test_what_cannot_be_is_refused_and_books_nothing(
    sample: House, words: tuple[str, ...], said: str
) -> None:
    assert said in sample.refuse("balance", *words)
    assert sample.json("balance", "history", "alice")[-1]["seq"] == 1


def test_a_top_up_during_a_session_raises_its_hold_at_once(house: House) -> None:
    house.serve(login(), record("start"), record("interim", seconds=60, up=0, down=100_000_000))
    assert house.money()["held_micros"] == 4_000_000
    top_up(house, "3")
    house.serve(record("interim", seconds=61, up=0, down=600_000_000))
    money = house.money()
    assert (money["posted_micros"], money["held_micros"]) == (2_000_000, 2_000_000)


def test_history_in_a_table_ends_with_what_is_open(sample: House) -> None:
    sample.serve(login(), record("start"), record("interim", seconds=60, up=0, down=100_000_000))
    text = sample.run("balance", "history", "alice").stdout
    assert text.splitlines()[-1] == "sessions still open took 1.00 USD; balance 4.00 USD"

"""`ledger check` is silent about sound books and names the rule that damaged ones break."""

from __future__ import annotations

from store.sqlite_driver import install
from tests.cli.house import House


def test_sound_books_are_in_order(house: House) -> None:
    assert house.run("ledger", "check").stdout == "the books are in order\n"
    assert house.json("ledger", "check") == []


def test_l3_a_changed_sum_is_found(sample: House) -> None:
    connection = install().connect(sample.database_url.removeprefix("sqlite:///"))
    connection.execute("UPDATE accounts SET posted_micros = posted_micros + 1")
    connection.commit()
    connection.close()
    (finding,) = sample.json("ledger", "check", code=1)
    assert finding["invariant"] == "L3"
    assert "WHAT IS WRONG" in sample.run("ledger", "check", code=1).stdout

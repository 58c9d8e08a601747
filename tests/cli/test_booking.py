"""A booking by hand has a key of its own, or the one that the operator gives it."""

from __future__ import annotations

from tests.cli.house import House


def test_a_reference_is_the_key_and_is_shown_as_it_was_given(sample: House) -> None:
    sample.run("balance", "top-up", "alice", "1", "--reference", " r-1 ")
    sample.run("balance", "top-up", "alice", "1")
    rows = sample.json("balance", "history", "alice")
    assert [row["reference"] for row in rows][:2] == ["opening", "r-1"]
    assert rows[2]["reference"].startswith("office:")


def test_the_audit_is_told_what_was_booked_and_why(sample: House) -> None:
    sample.run("balance", "top-up", "alice", "1", "--reason", "cash", "--reference", "r-2")
    (deed,) = [
        row
        for row in sample.json("subscriber", "timeline", "alice")
        if row["what"] == "change" and "balance top-up" in row["text"]
    ]
    assert "amount: 1.00 USD" in deed["text"] and "because cash" in deed["text"]
    assert "reference: r-2" in deed["text"]

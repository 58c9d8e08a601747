"""The doctor finds what it should, says what to do, and shows no secret."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from store.sqlite_driver import install
from tests.cli.house import House, login


def remarks(house: House, code: int = 0) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in house.json("doctor", code=code):
        found.setdefault(row["topic"], []).append(row)
    return found


def levels(house: House, topic: str, code: int = 0) -> list[str]:
    return [row["level"] for row in remarks(house, code)[topic]]


def test_the_sample_and_its_secret_are_pointed_at(house: House) -> None:
    found = remarks(house)
    assert "subscriber alice" in found["sample"][0]["text"]
    assert [row["level"] for row in found["NAS local"]] == ["warning", "warning"]
    assert "testing123" not in str(found) and "wonderland" not in str(found)
    assert found["database"][0]["text"].startswith("revision 0")


def test_a_backup_of_the_key_is_demanded_until_it_is_noted(sample: House) -> None:
    assert levels(sample, "key backup") == ["warning"]
    sample.run("doctor", "--key-backed-up")
    assert levels(sample, "key backup") == ["ok"]


def test_a_key_file_that_others_can_read_is_a_fault(sample: House) -> None:
    key_file = sample.config.parent.parent / "var" / "tollhouse.key"
    key_file.chmod(0o644)
    assert levels(sample, "key file", code=1) == ["fault"]


def test_a_missing_key_file_is_a_fault(sample: House) -> None:
    (sample.config.parent.parent / "var" / "tollhouse.key").unlink()
    assert "fault" in levels(sample, "key file", code=1)


def test_a_missing_database_is_a_fault(bare: House) -> None:
    found = remarks(bare, code=1)
    assert "run `tollhouse init`" in found["database"][0]["text"]


def test_a_server_that_does_not_run_is_a_warning(sample: House) -> None:
    (remark,) = remarks(sample)["server"]
    assert (remark["level"], remark["advice"]) == ("warning", "`tollhouse serve`")


def test_a_clock_that_is_behind_the_books_is_a_fault(sample: House) -> None:
    sample.serve(login())
    path = Path(sample.database_url.removeprefix("sqlite:///"))
    connection = install().connect(str(path))
    connection.execute("UPDATE decisions SET decided_us = decided_us + 86400000000")
    connection.commit()
    connection.close()
    assert levels(sample, "clock", code=1) == ["fault"]


def test_people_can_read_it(sample: House) -> None:
    text = sample.run("doctor").stdout
    assert "WHAT TO DO" in text and "tollhouse doctor --key-backed-up" in text

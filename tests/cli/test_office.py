"""Keys and databases that cannot be used are one line; faults of our own are not hidden."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli import office
from cli.errors import HouseError
from tests.cli.house import House


def key_file(house: House) -> Path:
    return house.config.parent.parent / "var" / "tollhouse.key"


NEEDS_KEYS = ("nas", "set", "local", "--secret", "a-long-enough-secret")


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "is missing"), (b"x", "does not begin with the line"), (b"\xff", "not a text file")],
)
def test_a_key_file_that_cannot_be_used_is_one_line(
    sample: House, content: bytes | None, said: str
) -> None:
    key_file(sample).unlink()
    if content is not None:
        key_file(sample).write_bytes(content)
    line = sample.refuse(*NEEDS_KEYS)
    assert said in line and str(key_file(sample)) in line


def test_commands_that_open_no_secret_work_without_the_key(sample: House) -> None:
    key_file(sample).unlink()
    sample.run("balance", "top-up", "alice", "1")
    assert sample.money()["posted_micros"] == 6_000_000


def test_a_database_of_another_version_says_what_to_do(sample: House) -> None:
    from store.sqlite_driver import install

    connection = install().connect(sample.database_url.removeprefix("sqlite:///"))
    connection.execute("ALTER TABLE accounts RENAME COLUMN held_micros TO holds")
    connection.close()
    assert "run `tollhouse init`" in sample.refuse("subscriber", "list")


def test_a_file_that_is_no_database_is_one_line(sample: House) -> None:
    Path(sample.database_url.removeprefix("sqlite:///")).write_bytes(b"no database at all" * 100)
    assert "restore it from a backup" in sample.refuse("subscriber", "list")


def test_what_is_our_fault_is_not_turned_into_a_polite_line() -> None:
    async def broken() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        office.run(broken())


def test_a_refusal_inside_the_office_stays_one() -> None:
    async def refused() -> None:
        raise HouseError("no")

    with pytest.raises(HouseError, match="no"):
        office.run(refused())

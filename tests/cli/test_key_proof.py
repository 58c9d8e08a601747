"""Nothing new is sealed with a key file that is not the database's."""

from __future__ import annotations

from pathlib import Path

import pytest

from aaa.sealing import new_key_file
from tests.cli.house import House


def put_wrong_key(house: House) -> Path:
    file = house.config.parent.parent / "var" / "tollhouse.key"
    file.write_bytes(new_key_file(lambda count: b"\x07" * count))
    return file


ADD_NAS = ("nas", "add", "t3", "--address", "192.0.2.1", "--secret", "a-long-enough-secret")
ADD_PERSON = ("subscriber", "add", "bob", "--plan", "sample-prepaid", "--password", "x")


@pytest.mark.parametrize("words", [ADD_NAS, ADD_PERSON])
def test_nothing_is_added_under_a_key_that_is_not_the_databases(
    sample: House, words: tuple[str, ...]
) -> None:
    put_wrong_key(sample)
    assert "put the right file back" in sample.refuse(*words)
    assert [row["name"] for row in sample.json("nas", "list")] == ["local"]
    assert [row["login"] for row in sample.json("subscriber", "list")] == ["alice"]


def test_nothing_is_imported_under_a_key_that_is_not_the_databases(
    sample: House, tmp_path: Path
) -> None:
    put_wrong_key(sample)
    file = tmp_path / "people.csv"
    file.write_text("login,password,plan,balance\nbob,x,sample-prepaid,1\n")
    assert "put the right file back" in sample.refuse("subscriber", "import", str(file))
    assert [row["login"] for row in sample.json("subscriber", "list")] == ["alice"]


def test_secrets_can_be_given_again_after_a_key_was_lost(sample: House) -> None:
    put_wrong_key(sample)
    sample.run("nas", "set", "local", "--secret", "a-long-enough-secret")
    sample.run(*ADD_PERSON)
    assert "bob" in {row["login"] for row in sample.json("subscriber", "list")}

"""`init` makes what is missing, keeps what is there, and never a second key for old secrets."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from cli.init import shown_url
from tests.cli.house import House


def key_file(house: House) -> Path:
    return house.config.parent.parent / "var" / "tollhouse.key"


def test_init_makes_a_key_that_only_its_owner_can_read(bare: House) -> None:
    bare.run("init")
    assert stat.S_IMODE(key_file(bare).stat().st_mode) == 0o600
    database = Path(bare.database_url.removeprefix("sqlite:///"))
    assert stat.S_IMODE(database.stat().st_mode) == 0o600


def test_the_sample_is_the_one_of_the_manual(house: House) -> None:
    (nas,) = house.json("nas", "list")
    assert nas["addresses"] == ["127.0.0.1/32", "::1/128"]
    assert (nas["name"], nas["dialect"], nas["coa_port"]) == ("local", "mikrotik", 3799)
    assert nas["require_message_authenticator"] == "no"
    (plan,) = house.json("plan", "list")
    assert (plan["name"], plan["currency"], plan["sessions_max"]) == ("sample-prepaid", "USD", 1)
    alice = house.json("subscriber", "show", "alice")
    assert (alice["posted_micros"], alice["nas"]) == (5_000_000, ["local"])
    assert nas["sample"] and plan["sample"] and alice["sample"]
    assert house.run("ledger", "check").stdout == "the books are in order\n"


def test_init_again_changes_nothing(house: House) -> None:
    before = key_file(house).read_bytes()
    house.run("balance", "top-up", "alice", "1")
    house.run("subscriber", "set", "alice", "--password", "changed-by-me")
    house.run("init", "--sample")
    assert key_file(house).read_bytes() == before
    assert house.money()["posted_micros"] == 6_000_000
    assert len(house.json("plan", "list")) == len(house.json("nas", "list")) == 1


def test_no_second_key_is_made_for_a_database_that_has_secrets(sample: House) -> None:
    key_file(sample).unlink()
    assert "put its copy back" in sample.run("init", code=2).stderr
    assert not key_file(sample).exists()


def test_another_key_is_noticed(sample: House) -> None:
    content = key_file(sample).read_text()
    key_file(sample).write_text(content[:-4] + ("abc\n" if content[-4:] != "abc\n" else "def\n"))
    assert "was sealed with key" in sample.run("init", code=2).stderr


def test_commands_before_init_say_what_to_do(bare: House) -> None:
    assert "run `tollhouse init`" in bare.refuse("subscriber", "list")


def test_commands_on_an_empty_postgresql_say_what_to_do(
    postgresql_url: str, bare: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOLLHOUSE_DATABASE_URL", postgresql_url)
    assert "run `tollhouse init`" in bare.refuse("subscriber", "list")


def test_a_database_that_is_away_is_one_line(bare: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOLLHOUSE_DATABASE_URL", "postgresql://nobody:hush@127.0.0.1:1/none")
    line = bare.refuse("subscriber", "list")
    assert "the database is not available" in line and "hush" not in line


def test_a_key_file_that_cannot_be_made_is_one_line(bare: House) -> None:
    (bare.config.parent.parent / "var").write_text("in the way")
    assert "cannot create the key file" in bare.run("init", code=2).stderr


def test_the_password_of_a_database_is_not_shown() -> None:
    assert shown_url("postgresql://a:b@h/n") == "postgresql://a@h/n"
    assert shown_url("sqlite:////x/y.db") == "sqlite:////x/y.db"

"""A restore brings back exactly what was backed up, where nothing was; all else changes nothing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import make_url

from cli import backup as backup_module
from cli import settings
from cli.settings import CHECKOUT
from store.restoring import Filler
from tests.cli.house import House, login, record
from tests.cli.test_backup import back_up, lived_in
from tests.peers.postgres import PostgresCluster

PASSPHRASE = "correct horse battery"


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a wrong guess costs is of no interest here."""
    monkeypatch.setattr(backup_module, "SCRYPT_LOG_N", 4)


@dataclass
class Elsewhere:
    """A machine on which nothing is yet, and a backup of another."""

    directory: Path
    url: str
    backup: Path
    passphrase: Path
    shown: dict[str, Any]  # what the backup printed

    @property
    def house(self) -> House:
        """Its settings, wherever they come from."""
        return House(self.directory / "conf" / "tollhouse.toml", self.url)

    def words(self, *more: str, file: Path | None = None) -> list[str]:
        """The command that restores there."""
        return [
            *("--config", str(self.house.config), "restore", str(file or self.backup)),
            *("--passphrase-file", str(self.passphrase), *more),
        ]

    def files(self) -> list[Path]:
        """Everything that lies there."""
        return [path for path in self.directory.rglob("*") if path.is_file()]


@pytest.fixture
def url_elsewhere(house: House, tmp_path: Path, postgres_cluster: PostgresCluster) -> Iterator[str]:
    """Where a new database can be made: of the kind that the house is not on."""
    if not house.database_url.startswith("sqlite"):
        yield f"sqlite:///{tmp_path / 'elsewhere' / 'var' / 'new.db'}"
        return
    with postgres_cluster.database() as url:
        yield url


@pytest.fixture
def elsewhere(
    house: House, url_elsewhere: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Elsewhere:
    """A lived-in house was backed up; now there is another machine."""
    return move(house, url_elsewhere, tmp_path, monkeypatch)


@pytest.fixture
def new_file(sample: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Elsewhere:
    """The same from SQLite to SQLite, for what does not depend on the database."""
    url = f"sqlite:///{tmp_path / 'elsewhere' / 'var' / 'new.db'}"
    return move(sample, url, tmp_path, monkeypatch)


def move(house: House, url: str, directory: Path, monkeypatch: pytest.MonkeyPatch) -> Elsewhere:
    lived_in(house)
    backup, passphrase = directory / "a.backup", directory / "passphrase"
    passphrase.write_text(PASSPHRASE)
    shown = back_up(house, backup, str(passphrase))
    monkeypatch.setenv("TOLLHOUSE_DATABASE_URL", url)
    return Elsewhere(directory / "elsewhere", url, backup, passphrase, shown)


def test_everything_comes_back_on_the_other_kind_of_database(
    house: House, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    restored = elsewhere.house
    shown = restored.json(*elsewhere.words())
    assert shown["findings_n"] == 0
    for name in ("ledger_hash", "entries_n", "postings_n", "rows_n", "created_us"):
        assert shown[name] == elsewhere.shown[name]
    assert restored.config.read_bytes() == house.config.read_bytes()
    monkeypatch.setenv("TOLLHOUSE_CONFIG", str(restored.config))
    assert restored.json("ledger", "hash")["ledger_hash"] == shown["ledger_hash"]
    assert restored.run("ledger", "check").stdout == "the books are in order\n"
    again = settings.load(str(restored.config)).key_file
    assert again.read_bytes() == settings.load(str(house.config)).key_file.read_bytes()
    assert again.stat().st_mode & 0o777 == 0o600
    # It goes on where it was: the open session, the numbers of the feed, the sealed passwords.
    restored.serve(record("stop", "s2", seconds=60, down=20_000_000), login())
    restored.run("balance", "top-up", "alice", "3", "--reference", "r2")
    assert restored.run("ledger", "check").stdout == "the books are in order\n"
    closed = [one for one in restored.json("session", "list", "--all") if one["state"] == "closed"]
    assert len(closed) == 2


def test_a_second_backup_of_what_was_restored_has_the_same_rows(
    elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere.house.run(*elsewhere.words())
    monkeypatch.setenv("TOLLHOUSE_CONFIG", str(elsewhere.house.config))
    second = elsewhere.directory / "b.backup"
    shown = back_up(elsewhere.house, second, str(elsewhere.passphrase))
    assert shown["ledger_hash"] == elsewhere.shown["ledger_hash"]
    # the audit of what was restored knows that it was
    assert shown["rows_n"] == elsewhere.shown["rows_n"] + 1


def test_it_is_refused_where_something_is(elsewhere: Elsewhere) -> None:
    elsewhere.house.run(*elsewhere.words())
    refused = elsewhere.house.refuse(*elsewhere.words())
    assert "a backup is restored where there is nothing" in refused


def test_settings_that_are_there_are_kept(new_file: Elsewhere) -> None:
    config = new_file.house.config
    config.parent.mkdir(parents=True)
    shutil.copy(CHECKOUT / "conf" / "tollhouse.toml", config)
    config.write_text(config.read_text() + "# mine\n")
    shown = new_file.house.json(*new_file.words())
    assert "is kept" in shown["settings"]
    assert config.read_text().endswith("# mine\n")


def test_the_key_file_may_be_there_already_but_no_other(new_file: Elsewhere, sample: House) -> None:
    mine = settings.load(str(sample.config)).key_file
    theirs = new_file.directory / "var" / mine.name
    theirs.parent.mkdir(parents=True)
    theirs.write_text("another")
    assert "is not the one of the backup" in new_file.house.refuse(*new_file.words())
    assert new_file.files() == [theirs]
    shutil.copy(mine, theirs)
    assert new_file.house.json(*new_file.words())["findings_n"] == 0


def test_a_wrong_passphrase_changes_nothing(new_file: Elsewhere) -> None:
    new_file.passphrase.write_text("another passphrase")
    refused = new_file.house.refuse(*new_file.words())
    assert "does not open with this passphrase" in refused
    assert "another passphrase" not in refused
    assert new_file.files() == []


@pytest.mark.parametrize("octet", [0, 30, 100, -1])
def test_a_damaged_archive_changes_nothing(new_file: Elsewhere, octet: int) -> None:
    content = bytearray(new_file.backup.read_bytes())
    content[octet] ^= 1
    new_file.backup.write_bytes(content)
    new_file.house.refuse(*new_file.words())
    new_file.house.refuse(*new_file.words("--check"))
    assert new_file.files() == []


def test_a_cut_archive_changes_nothing_on_either_database(elsewhere: Elsewhere) -> None:
    os.truncate(elsewhere.backup, elsewhere.backup.stat().st_size - 1)
    assert "damaged or incomplete" in elsewhere.house.refuse(*elsewhere.words())
    assert elsewhere.files() == []


def test_rows_that_do_not_arrive_are_noticed_before_anything_counts(
    elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = Filler.add

    async def lose_postings(filler: Any, table: str, columns: Any, rows: Any) -> None:
        await add(filler, table, columns, rows[1:] if table == "postings" else rows)

    with monkeypatch.context() as patched:
        patched.setattr(Filler, "add", lose_postings)
        assert "nothing was restored" in elsewhere.house.refuse(*elsewhere.words())
    assert elsewhere.files() == []
    assert elsewhere.house.json(*elsewhere.words())["findings_n"] == 0


@pytest.mark.parametrize(
    ("name", "value"), [("REVISION", "9999"), ("FORMAT", 99)], ids=["tables", "layout"]
)
def test_a_newer_backup_names_the_version_that_made_it(
    sample: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: Any
) -> None:
    monkeypatch.setattr(backup_module, name, value)
    url = f"sqlite:///{tmp_path / 'elsewhere' / 'new.db'}"
    there = move(sample, url, tmp_path, monkeypatch)
    refused = there.house.refuse(*there.words())
    assert "newer than this program" in refused
    assert there.files() == []


def test_check_reads_everything_and_changes_nothing(new_file: Elsewhere) -> None:
    shown = new_file.house.json(*new_file.words("--check"))
    assert shown["ledger_hash"] == new_file.shown["ledger_hash"]
    assert new_file.files() == []
    assert "FINDINGS" not in new_file.house.run(*new_file.words("--check")).stdout


def test_a_file_that_is_none_is_named(new_file: Elsewhere) -> None:
    refused = new_file.house.refuse(*new_file.words(file=new_file.directory / "nowhere"))
    assert "No such file" in refused
    refused = new_file.house.refuse(*new_file.words(file=CHECKOUT / "README.md"))
    assert "is not a backup of Tollhouse" in refused


def test_a_server_that_is_away_is_one_line(
    new_file: Elsewhere, monkeypatch: pytest.MonkeyPatch, postgres_cluster: PostgresCluster
) -> None:
    nobody = make_url(postgres_cluster.url("nobody")).render_as_string(hide_password=False)
    monkeypatch.setenv("TOLLHOUSE_DATABASE_URL", nobody)
    assert "the database is not available" in new_file.house.refuse(*new_file.words())
    assert new_file.files() == []

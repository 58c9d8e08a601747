"""A backup is one sealed file that holds everything, replaces nothing and shows nothing."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Any

import pytest

from cli import backup as backup_module
from cli import settings
from cli.archive import KEYS, SETTINGS, ArchiveWriter, End, File, Rows, Table, read_archive
from store import schema
from tests.cli.house import House, login, record

PASSPHRASE = "correct horse battery"


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a wrong guess costs is of no interest here."""
    monkeypatch.setattr(backup_module, "SCRYPT_LOG_N", 4)


@pytest.fixture
def passphrase(tmp_path: Path) -> str:
    """A file with a passphrase."""
    file = tmp_path / "passphrase"
    file.write_text(PASSPHRASE + "\n")
    return str(file)


def lived_in(house: House) -> None:
    """Some money, a closed session and an open one."""
    house.run("balance", "top-up", "alice", "7", "--reference", "r1")
    house.serve(login(), record("start"), record("stop", seconds=60, up=5, down=3_000_000))
    house.serve(login(), record("start", "s2"), record("interim", "s2", seconds=9, down=9_999_999))


def back_up(house: House, file: Path, passphrase: str) -> dict[str, Any]:
    """Make a backup; what was printed."""
    words = ("backup", str(file), "--passphrase-file", passphrase)
    found: dict[str, Any] = house.json(*words)
    return found


def test_a_backup_holds_every_row_and_both_files(
    house: House, tmp_path: Path, passphrase: str
) -> None:
    lived_in(house)
    file = tmp_path / "a.backup"
    shown = back_up(house, file, passphrase)
    parts = list(read_archive(io.BytesIO(file.read_bytes()), PASSPHRASE.encode()))
    place = settings.load(str(house.config))
    assert {part.name: part.content for part in parts if isinstance(part, File)} == {
        SETTINGS: house.config.read_bytes(),
        KEYS: place.key_file.read_bytes(),
    }
    assert {part.name for part in parts if isinstance(part, Table)} == set(schema.METADATA.tables)
    end = parts[-1]
    assert isinstance(end, End)
    assert sum(end.rows_n.values()) == shown["rows_n"]
    assert sum(len(part.rows) for part in parts if isinstance(part, Rows)) == shown["rows_n"]
    assert {name for name, count in end.rows_n.items() if count} >= {
        "accounts", "charges", "entries", "postings", "session_facts", "session_totals", "journal",
        "subscribers", "devices", "device_addresses", "plans", "decisions", "changes",
    }  # fmt: skip


def test_it_prints_the_hash_of_the_ledger_and_of_the_file(
    house: House, tmp_path: Path, passphrase: str
) -> None:
    lived_in(house)
    file = tmp_path / "a.backup"
    shown = back_up(house, file, passphrase)
    hashed = house.json("ledger", "hash")
    assert hashed.items() <= shown.items()
    assert hashed["entries_n"] == 3
    assert shown["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert shown["octets"] == file.stat().st_size
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.glob("*.part*")) == []


def test_it_replaces_nothing(sample: House, tmp_path: Path, passphrase: str) -> None:
    file = tmp_path / "a.backup"
    file.write_text("mine")
    assert "replaces nothing" in sample.refuse("backup", str(file), "--passphrase-file", passphrase)
    assert file.read_text() == "mine"


def test_what_comes_there_meanwhile_is_not_replaced_either(
    sample: House, tmp_path: Path, passphrase: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.backup"
    finish = ArchiveWriter.finish

    def finish_late(archive: Any, ledger_hash: str) -> None:
        finish(archive, ledger_hash)
        file.write_text("mine")

    monkeypatch.setattr(ArchiveWriter, "finish", finish_late)
    assert "replaces nothing" in sample.refuse("backup", str(file), "--passphrase-file", passphrase)
    assert file.read_text() == "mine"
    assert list(tmp_path.glob("*.part*")) == []


def test_a_place_that_cannot_be_written_is_named(
    sample: House, tmp_path: Path, passphrase: str
) -> None:
    nowhere = tmp_path / "nowhere" / "a.backup"
    assert "cannot write" in sample.refuse("backup", str(nowhere), "--passphrase-file", passphrase)


def test_a_key_file_of_another_house_is_not_backed_up(
    sample: House, tmp_path: Path, passphrase: str
) -> None:
    key = settings.load(str(sample.config)).key_file
    key.write_text("tollhouse-key 1\n" + "ab" * 32 + "\n")
    file = tmp_path / "a.backup"
    assert "put the right file back" in sample.refuse(
        "backup", str(file), "--passphrase-file", passphrase
    )
    assert not file.exists()


def test_s3_no_secret_is_printed_or_readable_in_the_file(
    sample: House, tmp_path: Path, passphrase: str
) -> None:
    file = tmp_path / "a.backup"
    said = sample.run("backup", str(file), "--passphrase-file", passphrase).output
    key = settings.load(str(sample.config)).key_file.read_text().splitlines()[-1]
    for secret in (key, PASSPHRASE, "alice", "wonderland"):
        assert secret not in said
        assert secret.encode() not in file.read_bytes()

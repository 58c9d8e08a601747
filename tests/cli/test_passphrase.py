"""A passphrase comes out of a file or off the keyboard, and is never shown again."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from cli import passphrase
from cli.errors import HouseError
from cli.passphrase import read_passphrase


@pytest.mark.parametrize("content", [b"correct horse", b"correct horse\n", b"correct horse\r\n"])
def test_the_end_of_the_line_is_not_part_of_it(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "passphrase"
    file.write_bytes(content)
    assert read_passphrase(file, confirm=True) == b"correct horse"


def test_random_octets_will_do(tmp_path: Path) -> None:
    file = tmp_path / "passphrase"
    file.write_bytes(bytes(range(255, 200, -1)))
    assert read_passphrase(file, confirm=False) == bytes(range(255, 200, -1))


@pytest.mark.parametrize("content", [b"", b"\n", b"1234567\n", bytes(100_000)])
def test_one_that_is_too_short_or_no_passphrase_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "passphrase"
    file.write_bytes(content)
    with pytest.raises(HouseError, match="a passphrase has 8 to") as refusal:
        read_passphrase(file, confirm=True)
    assert "1234567" not in refusal.value.message


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(HouseError, match="cannot read the passphrase file"):
        read_passphrase(tmp_path / "nowhere", confirm=True)


def test_without_a_file_and_a_person_there_is_none() -> None:
    with CliRunner().isolation(input=""), pytest.raises(HouseError, match="--passphrase-file"):
        read_passphrase(None, confirm=True)


@pytest.mark.parametrize(
    ("typed", "found"),
    [("correct horse\ncorrect horse\n", b"correct horse"), ("short\nshort\n", None)],
)
def test_a_person_types_it_twice_and_unseen(
    monkeypatch: pytest.MonkeyPatch, typed: str, found: bytes | None
) -> None:
    @click.command()
    def ask() -> None:
        monkeypatch.setattr(passphrase.sys.stdin, "isatty", lambda: True)
        click.echo(f"<{read_passphrase(None, confirm=True)!r}>")

    done = CliRunner().invoke(ask, input=typed)
    if found is None:
        assert isinstance(done.exception, SystemExit)
        assert "at least 8 octets" in done.output
    else:
        assert f"<{found!r}>" in done.stdout
        assert "correct" not in done.stderr

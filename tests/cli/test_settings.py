"""Settings: every fault is one line that names the setting; paths start at the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli import settings
from cli.errors import HouseError
from cli.settings_table import Settings
from tests.cli.house import House


def fault(text: str) -> str:
    with pytest.raises(HouseError) as caught:
        settings.parse(text.encode(), "file.toml")
    message = caught.value.message
    assert "\n" not in message and message.startswith("file.toml: ")
    return message


def test_an_empty_file_means_the_defaults() -> None:
    assert settings.parse(b"", "x") == Settings()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[radius]\nauth_prot = 1", "no setting radius.auth_prot; did you mean auth_port?"),
        ("[radiuss]\n", "no section [radiuss]; did you mean radius?"),
        ("radius = 1", "radius is a section"),
        ("[radius]\nauth_port = 70000", "radius.auth_port: expected int <= 65535"),
        ("[radius]\nauth_port = '1812'", "radius.auth_port: expected int, got str"),
        ("[radius]\nreject_delay_ms = -1", "radius.reject_delay_ms: expected int >= 0"),
        ("[radius]\nlisten = []", "radius.listen: expected array of length >= 1"),
        ("[radius]\nlisten = ['localhost']", "'localhost' is not an IPv4 or IPv6 address"),
        ("[metrics]\nlisten = '*'", "metrics.listen: '*' is not"),
        ("[log]\nlevel = 'loud'", "log.level: invalid enum value 'loud'"),
        ("[log\n", "not valid TOML"),
        ("[accounting]\nstale_min_s = 1.5", "accounting.stale_min_s: expected int, got float"),
    ],
)
def test_a_wrong_file_gets_one_line_that_names_the_setting(text: str, said: str) -> None:
    assert said in fault(text)


def test_octets_that_are_not_text_are_refused() -> None:
    with pytest.raises(HouseError, match="not valid TOML"):
        settings.parse(b"\xff", "x")


def test_relative_paths_start_at_the_settings_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TOLLHOUSE_DATABASE_URL", raising=False)
    file = tmp_path / "conf" / "t.toml"
    file.parent.mkdir()
    file.write_text("")
    place = settings.load(str(file))
    assert place.database_url == f"sqlite:///{tmp_path}/var/tollhouse.db"
    assert place.key_file == tmp_path / "var" / "tollhouse.key"


def test_the_environment_overrides_the_database_from_where_one_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "t.toml"
    file.write_text("")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TOLLHOUSE_DATABASE_URL", "sqlite:///here.db")
    assert settings.load(str(file)).database_url == f"sqlite:///{tmp_path}/here.db"
    monkeypatch.setenv("TOLLHOUSE_DATABASE_URL", "postgresql://u@h/n")
    assert settings.load(str(file)).database_url == "postgresql://u@h/n"


@pytest.mark.parametrize("url", ["mysql://x", "sqlite:///", "sqlite://x", "hush"])
def test_another_kind_of_database_is_refused_without_repeating_the_url(
    url: str, bare: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOLLHOUSE_DATABASE_URL", url)
    line = bare.refuse("subscriber", "list")
    assert "TOLLHOUSE_DATABASE_URL: " in line and "hush" not in line


def test_a_missing_file_is_one_line(bare: House) -> None:
    line = bare.refuse("--config", "/nowhere/x.toml", "subscriber", "list")
    assert "cannot read the settings file /nowhere/x.toml" in line


def test_the_file_beside_the_program_is_found_when_none_is_named() -> None:
    assert settings.find_file(None) == settings.CHECKOUT / "conf" / "tollhouse.toml"
    assert settings.find_file("x.toml") == Path("x.toml")


@pytest.mark.parametrize("text", ["x = " + "[" * 3_000, "[radius]\nauth_port = " + "1" * 5_000])
def test_a_file_made_to_hurt_the_parser_is_one_line(text: str) -> None:
    assert len(fault(text)) < 300


@pytest.mark.parametrize(
    "text", ['[database]\nurl = "sqlite:///a\\u0000b"', '[keys]\nfile = "a\\u0000b"']
)
def test_a_path_with_a_nul_is_one_line(tmp_path: Path, text: str) -> None:
    file = tmp_path / "tollhouse.toml"
    file.write_text(text)
    with pytest.raises(HouseError, match="holds no NUL"):
        settings.load(str(file))


def test_a_long_word_is_not_repeated_whole() -> None:
    assert len(fault("[keys]\n" + "a" * 5_000 + " = 1")) < 300
    assert len(fault("[metrics]\nlisten = '" + "a" * 5_000 + "'")) < 300

"""The table of commands is true, and what goes wrong is one line with exit code 2."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from cli.errors import HouseError
from cli.main import COMMANDS, House, main
from cli.reference import commands

EVERY = {" ".join(path): command for path, command in commands()}


@pytest.mark.parametrize("name", EVERY)
def test_every_command_has_help_with_an_example(name: str) -> None:
    command = EVERY[name]
    assert command.help, name
    assert "Example" in command.help, name
    if name != "tollhouse":
        assert name in command.help.split("Example", 1)[1], f"the example of {name} shows another"


@pytest.mark.parametrize("name", EVERY)
def test_every_option_is_explained(name: str) -> None:
    for parameter in EVERY[name].params:
        if isinstance(parameter, click.Option) and parameter.name not in ("status",):
            assert parameter.help, f"{name}: {parameter.name}"


def test_everything_that_lists_or_shows_can_be_read_by_programs() -> None:
    for name, command in EVERY.items():
        if name.split()[-1] in ("list", "show", "find", "history", "doctor", "check", "reject"):
            if not isinstance(command, click.Group):
                assert any(option.name == "output" for option in command.params), name


def test_the_table_has_every_command_that_the_manual_promises() -> None:
    promised = """init serve | nas add set list show remove test | plan load list show
        | subscriber add import list find show set suspend resume remove
        | balance show top-up correct history | session list show disconnect
        | explain charge reject reply | ledger check | suspense list assign drop
        | simulate | doctor | version"""
    for group in promised.split("|"):
        noun, *verbs = group.split()
        for verb in verbs if noun not in ("init",) else []:
            if noun == "init":
                continue
            assert f"tollhouse {noun} {verb}" in EVERY
    assert {"init", "serve", "simulate", "doctor", "version"} <= set(COMMANDS)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nonsense"], "No such command 'nonsense'"),
        (["nas", "add"], "Missing argument 'NAME'"),
        (["nas", "list", "--nonsense"], "No such option"),
        (["balance", "top-up", "alice", "1e3"], "not an amount"),
        (["balance", "top-up", "alice", "1.1234567"], "more than six decimals"),
    ],
)
def test_a_wrong_command_line_is_one_line(words: list[str], said: str) -> None:
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert line.startswith("tollhouse: ") and said in line


@pytest.mark.parametrize("words", [[], ["balance"], ["nas"]])
def test_a_noun_alone_shows_its_help_as_it_is_laid_out(words: list[str]) -> None:
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 2
    assert result.stderr == CliRunner().invoke(main, [*words, "--help"]).stdout


def boom(error: BaseException) -> click.testing.Result:  # type: ignore[name-defined]
    @click.group(cls=House)
    def group() -> None:
        raise error

    return CliRunner().invoke(group, ["version"])


def test_an_interrupt_ends_with_130_and_no_traceback() -> None:
    result = boom(KeyboardInterrupt())
    assert (result.exit_code, result.stderr.strip()) == (130, "tollhouse: interrupted")


def test_a_refusal_is_one_line_even_if_its_text_is_not() -> None:
    result = boom(HouseError("two\nlines\x1b"))
    assert result.stderr == "tollhouse: two lines\\x1b\n"
    assert result.exit_code == 2


def test_our_own_fault_keeps_its_traceback() -> None:
    assert isinstance(boom(ZeroDivisionError()).exception, ZeroDivisionError)


def test_help_does_not_import_the_server_or_the_database() -> None:
    code = (
        "import sys; from cli.main import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "print([name for name in ('sqlalchemy', 'twisted', 'rich') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "[]"

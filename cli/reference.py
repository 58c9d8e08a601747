"""The pages of the manual that are written by the program itself, so that they cannot be wrong.

`python -m cli.reference` writes `docs/cli.md`, `docs/settings.md`, `docs/metrics.md` and
`conf/tollhouse.toml` from the help of every command and the tables of settings and metrics;
`python -m cli.reference cli` (or `settings`, `toml`, `metrics`) prints one of them. A test compares
what is in the tree with what would be written.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_type_hints

import click
import msgspec

from cli import settings
from cli.main import main as house

_WIDTH = 100


def cli_page() -> str:
    """docs/cli.md: the help of every command."""
    parts = [
        "# The command line\n",
        "Written from the program's own help by `python -m cli.reference`.\n",
        "Every command that lists or shows takes `--output table|json|csv`: tables are for people,",
        "JSON and CSV carry exact integers (`*_micros` are millionths of the currency unit, `*_us`",
        "microseconds since 1970 UTC). `explain charge`, which is no list, and `simulate` have",
        "no CSV. Exit codes: 0 done; 1 done, but what was checked is not in order; 2 refused or",
        "out of reach: nothing was changed, one line on standard error says why.\n",
    ]
    for path, command in commands():
        with click.Context(command, info_name=" ".join(path), terminal_width=_WIDTH) as ctx:
            help_text = "\n".join(line.rstrip() for line in command.get_help(ctx).splitlines())
        parts.append(f"{'#' * min(len(path) + 1, 4)} {' '.join(path)}\n")
        parts.append(f"```text\n{help_text}\n```\n")
    return "\n".join(parts)


def commands(
    command: click.Command = house, path: tuple[str, ...] = ("tollhouse",)
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command with its full name, parents first."""
    yield path, command
    if isinstance(command, click.Group):
        with click.Context(command, info_name=path[-1]) as ctx:
            for name in command.list_commands(ctx):
                below = command.get_command(ctx, name)
                assert below is not None, f"{name} is in the table and nowhere else"
                yield from commands(below, (*path, name))


def settings_page() -> str:
    """docs/settings.md: every setting with type, limits, default and meaning."""
    parts = [
        "# Settings\n",
        "Written from the program's own table by `python -m cli.reference`.\n",
        "The file is the one named by `--config`, else by `TOLLHOUSE_CONFIG`, else",
        "`conf/tollhouse.toml` beside the program, else `/etc/tollhouse/tollhouse.toml`. A setting",
        "that is not known, or outside its limits, stops the program with one line (exit code 2).",
        "Relative paths are relative to the directory of the settings file; a relative path in",
        "`TOLLHOUSE_DATABASE_URL` is relative to the working directory. Units are in the names:",
        "`_s` seconds, `_ms` milliseconds, `_octets` octets.",
        "The server reads the file when it starts.\n",
    ]
    for section, struct in settings.sections().items():
        parts.append(f"## [{section}]\n")
        parts.append(f"{struct.__doc__}\n")
        parts.append("| setting | type and limits | default | meaning |\n|---|---|---|---|")
        for name, kind, default, meaning in _fields(struct):
            parts.append(f"| `{name}` | {kind} | `{_toml(default)}` | {meaning} |")
        parts.append("")
    return "\n".join(parts)


def toml_page() -> str:
    """conf/tollhouse.toml: every setting at its default, explained."""
    lines = [
        "# Settings of Tollhouse. What stands here are the defaults; docs/settings.md is the same",
        "# as a table. Relative paths are relative to the directory of this file.",
    ]
    for section, struct in settings.sections().items():
        lines += ["", f"# {struct.__doc__}", f"[{section}]"]
        for name, kind, default, meaning in _fields(struct):
            lines += [
                f"# {line}"
                for line in textwrap.wrap(f"{meaning} ({kind})", 96, break_long_words=False)
            ]
            lines.append(f"{name} = {_toml(default)}")
    return "\n".join(lines) + "\n"


def _fields(struct: type[msgspec.Struct]) -> Iterator[tuple[str, str, Any, str]]:
    """Name, type with limits, default and meaning of every setting of a section."""
    defaults = struct()
    schema = msgspec.json.schema(struct)["$defs"][struct.__name__]["properties"]
    for name in get_type_hints(struct):
        described = schema[name]
        assert described.get("description"), f"setting {name} is not documented"
        yield name, _limits(described), getattr(defaults, name), described["description"]


def _limits(described: dict[str, Any]) -> str:
    """The type of a setting and its limits in words."""
    if "enum" in described:
        return " or ".join(f'"{choice}"' for choice in described["enum"])
    if described["type"] == "integer":
        return f"integer, {described['minimum']} to {described['maximum']}"
    if described["type"] == "array":
        return f"list of {described['minItems']} to {described['maxItems']} strings"
    return str(described["type"])


def _toml(value: Any) -> str:
    """A default as TOML."""
    if isinstance(value, list):
        return f"[{', '.join(_toml(part) for part in value)}]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def metrics_page() -> str:
    """docs/metrics.md: every metric of the server."""
    from server.metrics_reference import reference  # needs the server, which the others do not

    return reference()


PAGES: dict[str, tuple[str, Callable[[], str]]] = {
    "cli": ("docs/cli.md", cli_page),
    "settings": ("docs/settings.md", settings_page),
    "toml": ("conf/tollhouse.toml", toml_page),
    "metrics": ("docs/metrics.md", metrics_page),
}


def write(directory: Path) -> None:
    """Write every page below `directory`."""
    for path, page in PAGES.values():
        target = directory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        sys.stdout.write(PAGES[sys.argv[1]][1]())
    else:
        write(settings.CHECKOUT)

"""The settings file: TOML in, a frozen value out, one clear line when something in it is wrong.

The settings themselves are in `settings_table`. A setting that is not known is an error, because a
misspelt limit that is silently ignored is worse than none. Relative paths are relative to the
directory of the settings file, whatever directory the program is started in; those in
TOLLHOUSE_DATABASE_URL are relative to the working directory of whoever set it.
"""

from __future__ import annotations

import difflib
import ipaddress
import os
import re
import tomllib
from pathlib import Path
from typing import Any, get_type_hints

import msgspec

from cli.errors import HouseError
from cli.settings_table import Settings

CHECKOUT = Path(__file__).resolve().parent.parent
SYSTEM_FILE = Path("/etc/tollhouse/tollhouse.toml")


class Place(msgspec.Struct, frozen=True):
    """Settings, with what their relative paths come to."""

    settings: Settings
    source: Path
    database_url: str
    key_file: Path


def find_file(named: str | None) -> Path:
    """The settings file: the one named, else the one beside the program, else the system's."""
    if named:
        return Path(named)
    beside = CHECKOUT / "conf" / "tollhouse.toml"
    return beside if beside.exists() else SYSTEM_FILE


def load(named: str | None) -> Place:
    """Read the settings. HouseError in one line for a file or value that cannot be used."""
    source = find_file(named)
    try:
        content = source.read_bytes()
    except OSError as error:
        raise HouseError(
            f"cannot read the settings file {source}: {error.strerror}; "
            "name another with --config or TOLLHOUSE_CONFIG"
        ) from None
    return place_of(content, source)


def place_of(content: bytes, source: Path) -> Place:
    """What the text of a settings file would mean, if it stood at `source`."""
    settings = parse(content, str(source))
    directory = source.resolve().parent
    for setting, path in (
        ("database.url", settings.database.url),
        ("keys.file", settings.keys.file),
    ):
        if "\0" in path:
            raise HouseError(f"{source}: {setting}: a path holds no NUL")
    override = os.environ.get("TOLLHOUSE_DATABASE_URL", "")
    url = (
        _absolute_url(override, Path.cwd(), "TOLLHOUSE_DATABASE_URL")
        if override
        else _absolute_url(settings.database.url, directory, f"{source}: database.url")
    )
    return Place(
        settings=settings,
        source=source,
        database_url=url,
        key_file=(directory / settings.keys.file).resolve(),
    )


def parse(content: bytes, name: str) -> Settings:
    """Settings from the text of a file called `name`."""
    try:
        tables = tomllib.loads(content.decode("utf-8"))
    except RecursionError:
        raise HouseError(f"{name}: not settings: brackets within brackets without end") from None
    except ValueError as error:  # not TOML, not UTF-8, or a number of thousands of digits
        raise HouseError(f"{name}: not valid TOML: {error}") from None
    _refuse_unknown(tables, name)
    try:
        settings = msgspec.convert(tables, Settings)
    except msgspec.ValidationError as error:
        raise HouseError(f"{name}: {_in_words(str(error))}") from None
    for setting, addresses in (
        ("radius.listen", settings.radius.listen),
        ("metrics.listen", [settings.metrics.listen]),
    ):
        for address in addresses:
            _check_address(address, f"{name}: {setting}")
    return settings


def sections() -> dict[str, type[msgspec.Struct]]:
    """The sections of the file in order: name to the struct that holds its settings."""
    return get_type_hints(Settings)


def _refuse_unknown(tables: dict[str, Any], name: str) -> None:
    """Name the first unknown section or setting, and the known one it resembles."""
    known = {section: set(get_type_hints(struct)) for section, struct in sections().items()}
    for section, content in tables.items():
        if section not in known:
            alike = _alike(section, known)
            raise HouseError(f"{name}: there is no section [{section[:40]}]{alike}")
        if not isinstance(content, dict):
            raise HouseError(f"{name}: {section} is a section; write [{section}]")
        for setting in content:
            if setting not in known[section]:
                alike = _alike(setting, known[section])
                shown = f"{section}.{setting[:40]}"
                raise HouseError(f"{name}: there is no setting {shown}{alike}")


def _alike(word: str, known: Any) -> str:
    """A hint at the word that was probably meant."""
    near = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {near[0]}?" if near else f"; known are {', '.join(sorted(known))}"


def _in_words(complaint: str) -> str:
    """A complaint of the validator as setting and reason."""
    found = re.fullmatch(r"(.*?)(?: - at `\$\.?(.*)`)?", complaint, re.DOTALL)
    assert found is not None
    reason = found[1].replace("`", "")
    return f"{found[2]}: {reason[0].lower()}{reason[1:]}" if found[2] else reason


def _check_address(text: str, where: str) -> None:
    """Only literal addresses: a name could change its meaning between two starts."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        raise HouseError(f"{where}: {text[:60]!r} is not an IPv4 or IPv6 address") from None


def _absolute_url(url: str, directory: Path, where: str) -> str:
    """The database URL with an absolute path; HouseError for a kind we do not have."""
    if url.startswith("sqlite:///"):
        path = url.removeprefix("sqlite:///")
        if not path:
            raise HouseError(f"{where}: a path is missing after sqlite:///")
        return f"sqlite:///{(directory / path).resolve()}"
    if url.startswith("postgresql://"):
        return url
    raise HouseError(f"{where}: must begin with sqlite:/// or postgresql://")


def refuse_workers(place: Place) -> None:
    """HouseError where the settings want several workers that cannot serve one port."""
    radius = place.settings.radius
    where = f"{place.source}: radius.workers"
    if radius.workers == 1:
        return
    if place.database_url.startswith("sqlite:"):
        raise HouseError(f"{where}: several workers need PostgreSQL; on SQLite write workers = 1")
    if not radius.auth_port or not radius.acct_port:
        raise HouseError(f"{where}: several workers need port numbers; 0 is for one alone")

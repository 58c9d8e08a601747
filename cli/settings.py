"""The settings file: TOML in, a frozen value out, one clear line when something in it is wrong.

Every setting stands here once, with its type, limits, unit and meaning; `docs/settings.md` and
`conf/tollhouse.toml` are written from it. A setting that is not known is an error, because a
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
from typing import Annotated, Any, Literal, get_type_hints

import msgspec
from msgspec import Meta

from cli.errors import HouseError

CHECKOUT = Path(__file__).resolve().parent.parent
SYSTEM_FILE = Path("/etc/tollhouse/tollhouse.toml")

Port = Annotated[int, Meta(ge=0, le=65_535)]


class DatabaseSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the books are kept."""

    url: Annotated[
        str,
        Meta(
            description="`sqlite:///PATH` for the embedded database (four slashes before an "
            "absolute path), or `postgresql://USER:PASSWORD@HOST:PORT/NAME`. "
            "`TOLLHOUSE_DATABASE_URL` in the environment overrides it."
        ),
    ] = "sqlite:///../var/tollhouse.db"


class KeySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What opens the secrets in the database."""

    file: Annotated[
        str,
        Meta(
            description="The key file. `tollhouse init` creates it with mode 0600. Without it no "
            "stored password or shared secret can be read: keep a copy apart from the database."
        ),
    ] = "../var/tollhouse.key"


class RadiusSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The RADIUS side."""

    listen: Annotated[
        list[str],
        Meta(
            min_length=1,
            max_length=32,
            description="Addresses to listen on, IPv4 or IPv6. A reply leaves from the address "
            "its request came to, wildcards included.",
        ),
    ] = msgspec.field(default_factory=lambda: ["0.0.0.0", "::"])
    auth_port: Annotated[
        Port, Meta(description="UDP port for Access-Request; 0 takes any free one.")
    ] = 1812
    acct_port: Annotated[
        Port, Meta(description="UDP port for Accounting-Request; 0 takes any free one.")
    ] = 1813
    reject_delay_ms: Annotated[
        int,
        Meta(
            ge=0,
            le=5_000,
            description="How long an Access-Reject is held back, to slow down guessing. RouterOS "
            "gives up after 300 ms unless its `timeout` is raised.",
        ),
    ] = 100
    reply_cache_s: Annotated[
        int,
        Meta(
            ge=5,
            le=30,
            description="How long a reply is kept so that a repeated request gets the same one.",
        ),
    ] = 10
    queue_max: Annotated[
        int,
        Meta(
            ge=1_024,
            le=1_000_000,
            description="Requests that may wait. Beyond it interims and new logins are dropped "
            "first (routers repeat them), Starts and Stops last.",
        ),
    ] = 16_384
    batch_max: Annotated[
        int, Meta(ge=1, le=8_192, description="Requests decided and committed together at most.")
    ] = 1_024


class MetricsSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The HTTP side: `/metrics`, `/livez`, `/readyz`."""

    listen: Annotated[
        str, Meta(description="Address to listen on. There is no login, so keep it private.")
    ] = "127.0.0.1"
    port: Annotated[Port, Meta(description="TCP port; 0 takes any free one.")] = 9812


class AccountingSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How sessions are followed and records from routers are judged."""

    interim_s: Annotated[
        int,
        Meta(
            ge=60,
            le=86_400,
            description="The Acct-Interim-Interval asked for where neither the plan nor the NAS "
            "names one; each login gets it give or take a tenth.",
        ),
    ] = 300
    clock_skew_s: Annotated[
        int,
        Meta(
            ge=0,
            le=86_400,
            description="How far a router's Event-Timestamp may lie in the future before the "
            "time of arrival counts instead.",
        ),
    ] = 300
    stale_min_s: Annotated[
        int,
        Meta(
            ge=60,
            le=604_800,
            description="A session that has been silent for this long, and for several of its "
            "intervals, while its router went on talking, is closed at its last counters.",
        ),
    ] = 900
    start_wait_s: Annotated[
        int,
        Meta(
            ge=10,
            le=3_600,
            description="How long an accepted login without a Start keeps its place among the "
            "simultaneous sessions.",
        ),
    ] = 60
    hold_margin_s: Annotated[
        int,
        Meta(
            ge=0,
            le=86_400,
            description="How long money stays held for a session beyond its Session-Timeout.",
        ),
    ] = 300
    disconnect_wait_s: Annotated[
        int,
        Meta(
            ge=10,
            le=3_600,
            description="How long the Stop of a session that was disconnected is waited for.",
        ),
    ] = 60


class LogSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the server writes to standard error."""

    level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="The least that is shown.")
    ] = "info"
    format: Annotated[
        Literal["auto", "json", "console"],
        Meta(description="`auto` is console on a terminal and JSON elsewhere."),
    ] = "auto"


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All settings. `directory` is what relative paths start from; it is not in the file."""

    database: DatabaseSettings = DatabaseSettings()
    keys: KeySettings = KeySettings()
    radius: RadiusSettings = RadiusSettings()
    metrics: MetricsSettings = MetricsSettings()
    accounting: AccountingSettings = AccountingSettings()
    log: LogSettings = LogSettings()


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
    settings = parse(content, str(source))
    directory = source.resolve().parent
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
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
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
            raise HouseError(f"{name}: there is no section [{section}]{_alike(section, known)}")
        if not isinstance(content, dict):
            raise HouseError(f"{name}: {section} is a section; write [{section}]")
        for setting in content:
            if setting not in known[section]:
                alike = _alike(setting, known[section])
                raise HouseError(f"{name}: there is no setting {section}.{setting}{alike}")


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
        raise HouseError(f"{where}: {text!r} is not an IPv4 or IPv6 address") from None


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

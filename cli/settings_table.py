"""Every setting, once: its type, limits, unit and meaning, and its default.

`docs/settings.md` and `conf/tollhouse.toml` are written from these structs, so a setting that is
added here is documented by being added. Units stand in the names. Nothing is read here.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

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
    workers: Annotated[
        int,
        Meta(
            ge=1,
            le=32,
            description="Processes that serve the same ports, for machines with several cores; "
            "more than one needs PostgreSQL and port numbers that are not 0.",
        ),
    ] = 1
    receive_buffer_octets: Annotated[
        int,
        Meta(
            ge=65_536,
            le=268_435_456,
            description="The receive buffer asked of the kernel for each socket: what arrives "
            "faster than it is read waits there, and is dropped when it is full. The kernel grants "
            "no more than `net.core.rmem_max`; `tollhouse doctor` says when that is too little.",
        ),
    ] = 4_194_304


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


Days = Annotated[int, Meta(ge=0, le=36_500)]


class RetentionSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For how many days `tollhouse purge` leaves things alone; 0 keeps them for ever."""

    sessions_days: Annotated[
        Days,
        Meta(
            description="Ended sessions: who had which address when, and their usage. Not less "
            "than 30. Laws about answering authorities name a time that must be kept, laws about "
            "privacy one that must not be exceeded. Entries of the ledger stay for ever."
        ),
    ] = 0
    journal_days: Annotated[
        Days,
        Meta(
            description="The records of routers as they came. Without them a charge is explained "
            "by its sums and not record by record, and cannot be rated again."
        ),
    ] = 0
    decisions_days: Annotated[
        Days, Meta(description="Logins and refusals. Of refusals a login keeps only the last 20.")
    ] = 0
    orders_days: Annotated[
        Days, Meta(description="What routers were told (Disconnect, CoA) and what they answered.")
    ] = 0
    suspense_days: Annotated[
        Days, Meta(description="Usage in suspense, after it was assigned or dropped.")
    ] = 0
    knocks_days: Annotated[
        Days, Meta(description="Sources that are no NAS of ours, after they were last heard.")
    ] = 0


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
    retention: RetentionSettings = RetentionSettings()
    log: LogSettings = LogSettings()

"""Everybody who takes part, made when first needed and thrown away at the end.

An entrant is a server with the generator that talks to it. They share one PostgreSQL, since only
one of them runs at a time. Directories and databases are new for each comparison and lie on a real
disk: on a file system in memory, durability would cost nothing.
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from pathlib import Path

from benchmarks import rivals, traffic
from benchmarks.figures import FLOOR
from benchmarks.house import Tollhouse, family_cpu_s
from benchmarks.rivals import FreeRadius
from benchmarks.traffic import Traffic
from tests.peers.postgres import PostgresCluster

# For both who use it.
POSTGRESQL = {"shared_buffers": "1GB", "max_wal_size": "4GB", "min_wal_size": "4GB"}
WAL_FILES_N = 240  # of 16 MiB
WAL_FILES = f"""
DO $$ BEGIN FOR n IN 1..{WAL_FILES_N} LOOP
    PERFORM pg_logical_emit_message(false, '', '');
    PERFORM pg_switch_wal();
END LOOP; END $$
"""
"""Begins a new file of the log again and again; checkpoints keep them, as in a cluster of old."""
FLOOR_DOES = {
    "logins": "nothing: signs an Accept for whatever arrives",
    "interims": "nothing: signs an answer for whatever arrives",
    "durability": "none",
    "duplicates": "none",
}


class Entrant:
    """A server under test and the router that talks to it."""

    few_connections = False  # it refuses what comes beyond its database connections
    small_buffer = False  # what arrives in one burst beyond some 128 packets is lost
    needs_starts = False  # its sessions have to be started over the wire

    def __init__(self, name: str, ports: tuple[int, int], router: Traffic) -> None:
        """It is not running yet."""
        self.name = name
        self.auth_port, self.acct_port = ports
        self.traffic = router

    @contextlib.contextmanager
    def serving(self) -> Iterator[None]:
        """Run the server for the length of a with-block."""
        yield

    @property
    def per_packet(self) -> dict[str, str]:
        """What it does for a packet."""
        return FLOOR_DOES


class Rival(Entrant):
    """FreeRADIUS."""

    small_buffer = True

    def __init__(self, server: FreeRadius, router: Traffic) -> None:
        """With its own router."""
        super().__init__(server.name, (server.auth_port, server.acct_port), router)
        self._server = server
        self.few_connections = self.needs_starts = server.kind in rivals.ON_POSTGRESQL

    @contextlib.contextmanager
    def serving(self) -> Iterator[None]:
        """Run it."""
        self._server.start()
        try:
            yield
        finally:
            self._server.stop()

    @property
    def per_packet(self) -> dict[str, str]:
        """What it does for a packet."""
        return self._server.per_packet


class House(Entrant):
    """Tollhouse."""

    def __init__(self, server: Tollhouse) -> None:
        """With the router that its sessions are on."""
        super().__init__(server.name, (server.auth_port, server.acct_port), server.traffic)
        self.server = server

    @contextlib.contextmanager
    def serving(self) -> Iterator[None]:
        """Run it."""
        self.server.start()
        try:
            yield
        finally:
            self.server.stop()

    @property
    def per_packet(self) -> dict[str, str]:
        """What it does for a packet."""
        return self.server.per_packet


def directory_name(name: str) -> str:
    """What the directory of an entrant is called: FreeRADIUS's settings name it without quotes."""
    return re.sub(r"\W+", "-", name)


class Field:
    """All entrants of one comparison; a context manager."""

    def __init__(
        self, directory: Path, *, subscribers_n: int, sessions_n: int, many_n: int
    ) -> None:
        """Nothing is made yet."""
        self._directory = directory
        self._subscribers_n, self._sessions_n, self._many_n = subscribers_n, sessions_n, many_n
        self._ends = contextlib.ExitStack()
        self._made: dict[str, Entrant] = {}
        self._postgres: PostgresCluster | None = None

    def __enter__(self) -> Field:
        """Return it."""
        return self

    def __exit__(self, *_: object) -> None:
        """End whatever was made."""
        self._ends.close()

    def _database(self) -> str:
        """The URL of a new PostgreSQL database."""
        if self._postgres is None:
            self._postgres = self._ends.enter_context(PostgresCluster(POSTGRESQL))
            self._postgres.execute(WAL_FILES)
        return self._postgres.create_database()

    def database_cpu_s(self) -> float:
        """Processor time that PostgreSQL has used."""
        return 0.0 if self._postgres is None else family_cpu_s(self._postgres.pid)

    def rest(self) -> None:
        """Have everything that was written so far be on the disk.

        What was made and what others wrote lies in memory until the system sees fit to write it
        down, half a minute later: every flush of whoever runs then waits for that.
        """
        if self._postgres is not None:
            self._postgres.execute("CHECKPOINT")
        os.sync()

    @contextlib.contextmanager
    def serving(self, one: Entrant) -> Iterator[None]:
        """Run an entrant on a disk that has nothing left to do for others."""
        self.rest()
        with one.serving():
            yield

    def entrants(self) -> list[Entrant]:
        """Everybody, the floor first."""
        kinds = (rivals.NOWHERE, rivals.DETAIL, rivals.SQL)
        return [self.floor(), *map(self._rival, kinds), *self.houses()]

    def login_entrants(self) -> list[Entrant]:
        """Everybody for logins."""
        *others, sqlite, postgresql = self.entrants()
        return [*others, self._rival(rivals.LOGINS_STORED), sqlite, postgresql]

    def houses(self) -> list[House]:
        """Tollhouse on both databases."""
        return [self.house(sqlite=True), self.house(sqlite=False)]

    def made(self) -> list[Entrant]:
        """Who took part so far."""
        return list(self._made.values())

    def floor(self) -> Entrant:
        """A server that only signs answers."""
        if FLOOR not in self._made:
            port = self._ends.enter_context(traffic.echo())
            router = self._ends.enter_context(Traffic(self._subscribers_n))
            self._made[FLOOR] = Entrant(FLOOR, (port, port), router)
        return self._made[FLOOR]

    def _rival(self, kind: str) -> Entrant:
        if kind not in self._made:
            directory = self._directory / directory_name(kind)
            directory.mkdir()
            url = self._database() if kind in rivals.ON_POSTGRESQL else ""
            server = FreeRadius(
                kind, directory, subscribers_n=self._subscribers_n, database_url=url
            )
            router = self._ends.enter_context(Traffic(self._subscribers_n))
            self._made[kind] = Rival(server, router)
        return self._made[kind]

    def house(
        self, *, sqlite: bool, many: bool = False, all_open: bool = False, apart: bool = False
    ) -> House:
        """Tollhouse with few open sessions, with all subscribers on line, or with very many.

        `apart`: for routers of its own, since counters of two for one session would not rise.
        """
        key = f"house {sqlite} {many} {all_open} {apart}"
        if key not in self._made:
            directory = self._directory / directory_name(key)
            server = Tollhouse(
                directory,
                f"sqlite:///{directory / 'bench.db'}" if sqlite else self._database(),
                subscribers_n=self._many_n if many else self._subscribers_n,
                sessions_n=self._many_n
                if many
                else self._subscribers_n
                if all_open
                else self._sessions_n,
            )
            self._ends.callback(server.close)
            self._made[key] = House(server)
        found = self._made[key]
        assert isinstance(found, House)
        return found

    def routed_apart(self) -> House:
        """Tollhouse on PostgreSQL whose sessions are those of two routers."""
        return self.house(sqlite=False, apart=True)

    def many(self) -> House:
        """Tollhouse on SQLite with very many open sessions."""
        return self.house(sqlite=True, many=True)

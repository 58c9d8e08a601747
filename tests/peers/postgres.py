"""A PostgreSQL cluster of our own: made, started and thrown away by the test run.

It listens on one loopback port, wants a password (anyone on the machine can reach a loopback port,
and a superuser can run commands), and flushes as a real one does: ``fsync`` and
``synchronous_commit`` are on, because the server under test refuses a database that would lose
what it acknowledged. The data is small and lives in a temporary directory. The role that the tests
use owns its databases and is no superuser. PostgreSQL refuses to run as root; then it runs as the
user that Debian's package brought.
"""

from __future__ import annotations

import atexit
import contextlib
import glob
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from tests.peers.child import Child, PeerFailed, find_program
from tests.peers.ports import free_port

SETTINGS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "timezone": "UTC",
    "max_connections": "80",
    "shared_buffers": "32MB",
    "wal_level": "minimal",  # nobody replicates from it
    "max_wal_senders": "0",
    "max_wal_size": "256MB",
    "jit": "off",
}
ROLE = "tollhouse"
SHAPE = """
SELECT string_agg(n || '/' || coalesce(newest, 0), ' ' ORDER BY place) AS shape FROM (
    SELECT 1, count(*), max(xmin::text::bigint) FROM pg_class
    UNION ALL SELECT 2, count(*), max(xmin::text::bigint) FROM pg_attribute
    UNION ALL SELECT 3, count(*), max(xmin::text::bigint) FROM pg_constraint
    UNION ALL SELECT 4, count(*), max(xmin::text::bigint) FROM pg_trigger
    UNION ALL SELECT 5, count(*), max(xmin::text::bigint) FROM pg_proc
    UNION ALL SELECT 6, count(*), 0 FROM pg_statistic
) AS one (place, n, newest)
"""
"""Changes with every table, column, index, trigger or function, and with what ANALYZE finds."""
EMPTY = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND backend_type = 'client backend';
SET client_min_messages = warning;
SET session_replication_role = replica;
DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
        AND relkind = 'r' LOOP EXECUTE format('DELETE FROM %I', name); END LOOP;
END $$;
"""
LARGE_OCTETS = 24_000_000  # a database of more than this is not lent again


def find_binaries() -> Path:
    """Return the directory of the newest installed PostgreSQL's programs, or raise PeerFailed."""
    found = sorted(
        glob.glob("/usr/lib/postgresql/*/bin/initdb"), key=lambda path: int(path.split("/")[4])
    )
    if not found:
        raise PeerFailed("PostgreSQL is not installed: run `make peers`")
    return Path(found[-1]).parent


class PostgresCluster:
    """One private cluster; a context manager. ``create_database`` hands out empty databases."""

    def __init__(self, settings: Mapping[str, str] | None = None) -> None:
        """Make the cluster's files and start it; raises PeerFailed with PostgreSQL's own words.

        `settings` go before those that the tests use: a benchmark wants more memory.
        """
        self._settings = {**SETTINGS, **(settings or {})}
        self._binaries = find_binaries()
        self._user = "postgres" if os.geteuid() == 0 else None
        self._root = Path(tempfile.mkdtemp(prefix="tollhouse-postgres-"))
        self._password = secrets.token_hex(16)
        self._made = 0
        self._idle: dict[str, list[str]] = {}  # URLs of copies that can be lent again, by template
        self._contents: dict[str, tuple[str, str]] = {}  # a template's shape, and its rows
        self._child: Child | None = None
        self.port = 0
        atexit.register(self.close)
        try:
            self._initialise()
            self.start()
            self.execute(f"CREATE ROLE {ROLE} LOGIN PASSWORD '{self._password}'")
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> PostgresCluster:
        """Return the running cluster."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the cluster and remove its files."""
        self.close()

    def _initialise(self) -> None:
        password_file = self._root / "password"
        password_file.write_text(self._password)
        if self._user is not None:
            owner = pwd.getpwnam(self._user)
            for path in (self._root, password_file):
                os.chown(path, owner.pw_uid, owner.pw_gid)
        command = [
            *self._as_user(),
            str(self._binaries / "initdb"),
            *("--pgdata", str(self._root / "data")),
            *("--username", "postgres", "--pwfile", str(password_file)),
            *("--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C.UTF-8"),
            *("--no-sync", "--no-instructions"),
        ]
        done = subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise PeerFailed(f"initdb failed:\n{done.stdout}{done.stderr}")
        password_file.unlink()

    def _as_user(self) -> list[str]:
        if self._user is None:
            return []
        setpriv = find_program("setpriv")
        return [setpriv, f"--reuid={self._user}", f"--regid={self._user}", "--clear-groups"]

    def start(self) -> None:
        """Start the cluster (again); the port is chosen at the first start and kept ever after."""
        assert self._child is None, "the cluster is running"
        tries = 1 if self.port else 5
        for left in reversed(range(tries)):
            port = self.port or free_port()
            settings = [f"--{name}={value}" for name, value in self._settings.items()]
            argv = [
                str(self._binaries / "postgres"),
                *("-D", str(self._root / "data"), "-p", str(port), *settings),
            ]
            try:
                self._child = Child(
                    argv,
                    ready="database system is ready to accept connections",
                    user=self._user,
                    stop_signal=signal.SIGINT,  # fast shutdown: clients are cut, data is flushed
                )
            except PeerFailed as failure:
                if left == 0 or "in use" not in str(failure):
                    raise
            else:
                self.port = port
                return

    def stop(self, *, at_once: bool = False) -> None:
        """Stop the cluster, keeping its data; ``start`` brings it back at the same port.

        ``at_once`` is an immediate shutdown: nothing is flushed, and the next start recovers.
        """
        if self._child is not None:
            if at_once:
                self._child.process.send_signal(signal.SIGQUIT)
                self._child.process.wait()
            self._child.stop()
            self._child = None

    @property
    def pid(self) -> int:
        """The process that all the others are children of; only while it runs."""
        assert self._child is not None, "the cluster is not running"
        return self._child.process.pid

    def close(self) -> None:
        """Stop the cluster and remove its files. Closing twice is harmless."""
        self.stop()
        shutil.rmtree(self._root, ignore_errors=True)
        atexit.unregister(self.close)

    def url(self, database: str, *, role: str = ROLE) -> str:
        """Return the URL of one database for the tests' role (or another one)."""
        return f"postgresql://{role}:{self._password}@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: str, *, database: str = "postgres") -> str:
        """Run one SQL statement as superuser with psql and return what it printed, unaligned."""
        return self._psql(database, "-c", statement)

    def _psql(self, database: str, *words: str, said: str | None = None) -> str:
        command = [
            str(self._binaries / "psql"),
            *("-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", *words),
            self.url(database, role="postgres"),
        ]
        done = subprocess.run(command, input=said, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise PeerFailed(f"psql: {done.stderr.strip()}")
        return done.stdout.strip()

    def create_database(self, *, like: str = "template0") -> str:
        """Create a database and return its URL: empty, or a copy of the one whose URL is ``like``.

        Copying one that is already migrated costs a fraction of migrating again; nobody may be
        connected to it meanwhile.
        """
        self._made += 1
        name = f"test_{self._made}"
        template = urlsplit(like).path.lstrip("/") if "://" in like else like
        # Copying files beats writing every page to the log here: 0.1 s against 0.2 s, measured.
        self.execute(f"CREATE DATABASE {name} OWNER {ROLE} TEMPLATE {template} STRATEGY file_copy")
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Drop the database with that URL, cutting off whoever is still connected to it."""
        self.execute(f"DROP DATABASE IF EXISTS {urlsplit(url).path.lstrip('/')} WITH (FORCE)")

    @contextlib.contextmanager
    def database(self) -> Iterator[str]:
        """Lend the URL of an empty database for the length of a with-block."""
        url = self.create_database()
        try:
            yield url
        finally:
            self.drop_database(url)

    @contextlib.contextmanager
    def copy(self, like: str) -> Iterator[str]:
        """Lend a copy of a migrated database for the length of a with-block.

        It is emptied and lent again, which costs a fifth of another copy, unless whoever had it
        changed more than rows or made it large.
        """
        idle = self._idle.setdefault(like, [])
        url = idle.pop() if idle else self.create_database(like=like)
        if like not in self._contents:
            self._contents[like] = self._shape(url), self._rows(url)
        try:
            yield url
        finally:
            if self._restored(url, *self._contents[like]):
                idle.append(url)
            else:
                self.drop_database(url)

    def _shape(self, url: str) -> str:
        return self.execute(SHAPE, database=urlsplit(url).path[1:])

    def _rows(self, url: str) -> str:
        mine = self.url(urlsplit(url).path[1:], role="postgres")
        dump = [str(self._binaries / "pg_dump"), "--data-only", "--inserts", mine]
        return subprocess.run(dump, capture_output=True, text=True, check=True).stdout

    def _restored(self, url: str, shape: str, rows: str) -> bool:
        """Give a copy its template's rows again; False if it is no longer like its template."""
        name = urlsplit(url).path[1:]
        script = (
            f"{SHAPE}\n\\gset\n"
            f"SELECT :'shape' = '{shape}' AND pg_database_size('{name}') < {LARGE_OCTETS} AS same\n"
            f"\\gset\n\\if :same\n{EMPTY}\n{rows}\n\\echo restored\n\\endif\n"
        )
        return self._psql(name, "-f", "-", said=script).endswith("restored")

"""FreeRADIUS as Debian packages it, in four set-ups: what Tollhouse is measured against.

Its stock configuration is copied and only what has to differ is edited; each edit names the text
that it replaces and fails if the package no longer has it. Thread pool, modules, schema and queries
are stock; reject_delay is 0, and rlm_sql has read_groups = no and a pool of 8 to 16. The site is
ours and as short as the work allows, because the stock one, with its checks of names by regular
expressions, its realms and its EAP, takes about twice as long for a packet: the faster rival is the
fairer one. What the stock one does with rlm_sql enabled, a row for each login, is a set-up of its
own. `per_packet` says what each does, so that nobody has to guess.
"""

from __future__ import annotations

import shutil
import signal
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit

import psycopg

from benchmarks import names
from tests.peers.child import Child, PeerFailed, find_program
from tests.peers.ports import free_port

STOCK = Path("/etc/freeradius/3.0")
SCHEMA = STOCK / "mods-config" / "sql" / "main" / "postgresql" / "schema.sql"
CLIENT = f"""
client bench {{
	ipaddr = {names.SOURCE}
	secret = {names.SECRET}
	nas_type = other
}}
"""
POOL = {
    "start = ${thread[pool].start_servers}": "start = 8",
    "min = ${thread[pool].min_spare_servers}": "min = 8",
    "max = ${thread[pool].max_servers}": "max = 16",
}
SITE = """
server default {{
	listen {{
		type = auth
		ipaddr = 127.0.0.1
		port = {auth_port}
	}}
	listen {{
		type = acct
		ipaddr = 127.0.0.1
		port = {acct_port}
	}}
	authorize {{
		chap
		mschap
		{users}
		pap
	}}
	authenticate {{
		Auth-Type PAP {{
			pap
		}}
		Auth-Type CHAP {{
			chap
		}}
		Auth-Type MS-CHAP {{
			mschap
		}}
	}}
	preacct {{
		{unique}
	}}
	accounting {{
		{accounting}
	}}
	post-auth {{
		{post_auth}
	}}
}}
"""
TWINS = "its own list of requests (same source, port, id and authenticator), forgotten at a restart"
NOWHERE, DETAIL, SQL = "files", "detail", "sql"
LOGINS_STORED = "sql, logins stored"
ON_POSTGRESQL = (SQL, LOGINS_STORED)
UPDATED = "one UPDATE of radacct by AcctUniqueId, committed; not priced"
FLUSHED = "PostgreSQL, fsync and synchronous_commit on"
WRITTEN_AGAIN = TWINS + "; a repeat after that writes the same values again"


class FreeRadius:
    """One FreeRADIUS in a directory of its own."""

    PER_PACKET: ClassVar[dict[str, dict[str, str]]] = {
        NOWHERE: {
            "logins": "users file of all subscribers in memory; nothing is stored or held",
            "interims": "parsed and answered; stored nowhere, not priced",
            "durability": "none",
            "duplicates": TWINS,
        },
        DETAIL: {
            "logins": "as files",
            "interims": "appended to a text file, not priced",
            "durability": "none: no fsync; a power cut loses what was acknowledged",
            "duplicates": TWINS + "; a repeat after that is appended again",
        },
        SQL: {
            "logins": "radcheck and radreply are read (no groups, no post-auth row); nothing held",
            "interims": UPDATED,
            "durability": FLUSHED,
            "duplicates": WRITTEN_AGAIN,
        },
        LOGINS_STORED: {
            "logins": "as sql, and a row of radpostauth is committed for each; nothing held",
            "interims": UPDATED,
            "durability": FLUSHED,
            "duplicates": WRITTEN_AGAIN,
        },
    }

    def __init__(
        self, kind: str, directory: Path, *, subscribers_n: int, database_url: str = ""
    ) -> None:
        """Write its configuration and its customers; `database_url` is an empty PostgreSQL."""
        assert (kind in ON_POSTGRESQL) == bool(database_url)
        if not STOCK.is_dir() or not SCHEMA.exists():
            raise PeerFailed("FreeRADIUS is not installed: run `make peers`")
        self.kind = kind
        self.name = f"FreeRADIUS {kind}"
        self.auth_port = free_port()
        self.acct_port = free_port()
        self._url = database_url
        self._root = directory / "raddb"
        self._child: Child | None = None
        self._program = find_program("freeradius")
        shutil.copytree(STOCK, self._root, symlinks=True)
        self._details = directory / "log" / "radacct"
        self._details.mkdir(parents=True)
        (directory / "run").mkdir()
        self._edit(
            "radiusd.conf",
            ("logdir = /var/log/freeradius", f"logdir = {directory / 'log'}"),
            ("raddbdir = /etc/freeradius/3.0", f"raddbdir = {self._root}"),
            ("run_dir = ${localstatedir}/run/${name}", f"run_dir = {directory / 'run'}"),
            ("\tuser = freerad\n\tgroup = freerad\n", ""),
            ("\treject_delay = 1\n", "\treject_delay = 0\n"),
        )
        clients = self._root / "clients.conf"
        clients.write_text(clients.read_text() + CLIENT)
        (self._root / "mods-enabled" / "eap").unlink()
        (self._root / "sites-enabled" / "inner-tunnel").unlink()
        self._write_site()
        if kind in ON_POSTGRESQL:
            self._write_sql(subscribers_n)
        else:
            self._write_users(subscribers_n)

    @property
    def per_packet(self) -> dict[str, str]:
        """What it does for a packet."""
        return self.PER_PACKET[self.kind]

    def _edit(self, name: str, *edits: tuple[str, str]) -> None:
        path = self._root / name
        text = path.read_text()
        for old, new in edits:
            assert old in text, f"{name} has no {old!r}: another version of FreeRADIUS?"
            text = text.replace(old, new, 1)
        path.write_text(text)

    def _write_site(self) -> None:
        """A site with what the work needs and no more."""
        on_postgresql = self.kind in ON_POSTGRESQL
        text = SITE.format(
            auth_port=self.auth_port,
            acct_port=self.acct_port,
            users="sql" if on_postgresql else "files",
            unique="acct_unique" if on_postgresql else "",
            accounting="sql" if on_postgresql else {NOWHERE: "ok", DETAIL: "detail"}[self.kind],
            post_auth="sql" if self.kind == LOGINS_STORED else "",
        )
        (self._root / "sites-available" / "default").write_text(text)

    def _write_users(self, subscribers_n: int) -> None:
        users = (
            f'{names.login(n)} Cleartext-Password := "{names.password(n)}"\n'
            for n in range(subscribers_n)
        )
        with (self._root / "mods-config" / "files" / "authorize").open("w") as file:
            file.writelines(users)

    def _write_sql(self, subscribers_n: int) -> None:
        url = urlsplit(self._url)
        place = f"host={url.hostname} port={url.port} dbname={url.path[1:]}"
        account = f"user={url.username} password={url.password}"
        self._edit(
            "mods-available/sql",
            ('dialect = "sqlite"', 'dialect = "postgresql"'),
            ('driver = "rlm_sql_null"', 'driver = "rlm_sql_${dialect}"'),
            ('radius_db = "radius"', f'radius_db = "{place} {account}"'),
            ("#\tread_groups = yes", "\tread_groups = no"),
            *POOL.items(),
        )
        (self._root / "mods-enabled" / "sql").symlink_to("../mods-available/sql")
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(SCHEMA.read_text())
            columns = "(username, attribute, op, value)"
            with connection.cursor().copy(f"COPY radcheck {columns} FROM STDIN") as copy:
                for n in range(subscribers_n):
                    copy.write_row((names.login(n), "Cleartext-Password", ":=", names.password(n)))
            connection.execute("VACUUM ANALYZE")

    def start(self) -> None:
        """Start it and wait until it serves."""
        self._child = Child(
            [self._program, "-f", "-l", "stdout", "-d", str(self._root)],
            ready="Ready to process requests",
            stop_signal=signal.SIGTERM,
        )

    def stop(self) -> None:
        """End it; twice is harmless. What it wrote into detail files is thrown away."""
        if self._child is not None:
            self._child.stop()
            self._child = None
        for file in self._details.glob("*/detail-*"):
            file.unlink()

    def words(self) -> str:
        """The last that it said."""
        return self._child.last_words(40) if self._child is not None else ""

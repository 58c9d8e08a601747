"""A whole FreeRADIUS as Debian packages it, with rlm_sql on PostgreSQL, to compare with.

Its own configuration is copied and only what its comments and documents say is switched on: every
edit names the text that it replaces and fails if the package no longer has it. The stock schema and
the stock queries are used as they are. What was switched on is listed in `SWITCHED_ON` and goes
into the results, so that nobody has to guess how fair the comparison was.
"""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from tests.chaos.books import read_radacct
from tests.chaos.oracle import Books
from tests.peers.child import Child, PeerFailed, find_program
from tests.peers.ports import free_port

STOCK = Path("/etc/freeradius/3.0")
SCHEMA = STOCK / "mods-config" / "sql" / "main" / "postgresql" / "schema.sql"
PASSWORD, SECRET = "pass", "testing123"

SWITCHED_ON = {
    "sql": "rlm_sql with PostgreSQL: authorize, accounting, post-auth; stock schema and queries; "
    "synchronous_commit=on, fsync=on",
    "insert_acct_class": "a Class of its own in each Accept, so that a session id that comes back "
    "is another session (policy.d/accounting)",
    "session sql": "Simultaneous-Use looks into radacct (session { sql })",
    "sqlcounter": "remaining octets at login as Mikrotik-Total-Limit: its noreset counter over "
    "acctinputoctets + acctoutputoctets, as its how-to says for data volume",
    "sql_session_start": "a row in radacct before the Accept goes out, against logins that race "
    "(policy.d/accounting); instead of insert_acct_class, whose sessions it would not find again; "
    "with the stock start query, because with the replacement that queries.conf suggests this "
    "version inserts no row",
    "buffered-sql": "accounting into a detail file before the answer, read by the virtual server "
    "buffered-sql with track = yes and load_factor = 100",
    "Message-Authenticator": "in the answers to logins, which the generator insists on",
}

COUNTER = """
sqlcounter octets {
	sql_module_instance = sql
	dialect = ${modules.sql.dialect}
	counter_name = Used-Total-Octets
	check_name = Max-Total-Octets
	reply_name = Mikrotik-Total-Limit
	key = User-Name
	reset = never
	query = "SELECT SUM(AcctInputOctets + AcctOutputOctets) FROM radacct WHERE UserName='%{${key}}'"
}
"""
CLIENT = """
client generator {
	ipaddr = 127.0.0.9
	secret = testing123
	nas_type = other
}
"""
SIGNED = "\tupdate reply {\n\t\t&Message-Authenticator = 0x00\n\t}\n"


@dataclass(frozen=True)
class Setup:
    """Which of its documented settings are switched on besides rlm_sql."""

    session_start: bool = False  # sql_session_start instead of insert_acct_class
    buffered: bool = False  # detail file and buffered-sql instead of sql in accounting

    @property
    def switched_on(self) -> dict[str, str]:
        """What to tell the reader."""
        left_out = {"sql_session_start", "buffered-sql"}
        if self.session_start:
            left_out = {"insert_acct_class", "buffered-sql"}
        if self.buffered:
            left_out.remove("buffered-sql")
        return {name: text for name, text in SWITCHED_ON.items() if name not in left_out}


class FreeRadius:
    """One FreeRADIUS in a directory of its own, on an empty PostgreSQL database."""

    def __init__(self, directory: Path, database_url: str, setup: Setup | None = None) -> None:
        """Write its configuration and make its tables; nothing runs yet."""
        self.setup = setup or Setup()
        self.database_url = database_url
        self._program = find_program("freeradius")
        self._root = directory / "raddb"
        self._log = directory / "log"
        self._child: Child | None = None
        self.coa_port = free_port()  # where its NAS would hear orders
        self.auth_port = free_port()
        self.acct_port = free_port()
        if not STOCK.is_dir() or not SCHEMA.exists():
            raise PeerFailed("FreeRADIUS is not installed: run `make peers`")
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute(SCHEMA.read_text())
        shutil.copytree(STOCK, self._root, symlinks=True)
        (self._log / "radacct").mkdir(parents=True)
        (directory / "run").mkdir()
        self._write_main(directory)
        self._write_modules()
        self._write_site()

    @property
    def switched_on(self) -> dict[str, str]:
        """What to tell the reader."""
        return self.setup.switched_on

    # ---------------------------------------------------------------- configuration

    def _edit(self, name: str, *edits: tuple[str, str]) -> None:
        """Replace text of a stock file, each at its first place; it must be there."""
        path = self._root / name
        text = path.read_text()
        for old, new in edits:
            assert old in text, f"{name} has no {old!r}: another version of FreeRADIUS?"
            text = text.replace(old, new, 1)
        path.write_text(text)

    def _write_main(self, directory: Path) -> None:
        self._edit(
            "radiusd.conf",
            ("logdir = /var/log/freeradius", f"logdir = {self._log}"),
            ("raddbdir = /etc/freeradius/3.0", f"raddbdir = {self._root}"),
            ("run_dir = ${localstatedir}/run/${name}", f"run_dir = {directory / 'run'}"),
            ("\tuser = freerad\n\tgroup = freerad\n", ""),
        )
        clients = self._root / "clients.conf"
        clients.write_text(clients.read_text() + CLIENT)

    def _write_modules(self) -> None:
        url = urlsplit(self.database_url)
        place = f"host={url.hostname} port={url.port} dbname={url.path[1:]}"
        account = f"user={url.username} password={url.password}"
        self._edit(
            "mods-available/sql",
            ('dialect = "sqlite"', 'dialect = "postgresql"'),
            ('driver = "rlm_sql_null"', 'driver = "rlm_sql_${dialect}"'),
            ('radius_db = "radius"', f'radius_db = "{place} {account}"'),
        )
        enabled = self._root / "mods-enabled"
        (enabled / "sql").symlink_to("../mods-available/sql")
        (enabled / "octets").write_text(COUNTER)
        (enabled / "eap").unlink()  # certificates are not of interest here
        (self._root / "sites-enabled" / "inner-tunnel").unlink()

    def _write_site(self) -> None:
        path = self._root / "sites-available" / "default"
        text = _without_eap(path.read_text())
        ports = iter([self.auth_port, self.acct_port] * 2)
        text = re.sub(r"(?m)^\tport = 0$", lambda _: f"\tport = {next(ports)}", text)
        text = re.sub(r"(?m)^\tipaddr = \*$", "\tipaddr = 127.0.0.1", text)
        text = re.sub(r"(?m)^\tipv6addr = ::.*$", "\tipv6addr = ::1", text)
        path.write_text(text)
        start = "sql_session_start" if self.setup.session_start else "insert_acct_class"
        self._edit(
            "sites-available/default",
            ("\n\t-sql\n", "\n\tsql\n"),  # authorize
            ("\n#\tdaily\n", "\n\toctets\n"),
            ("\n#\tsql\n", "\n\tsql\n"),  # session
            (f"\n#\t{start}\n", f"\n\t{start}\n{SIGNED}"),
            ("\tPost-Auth-Type REJECT {\n", f"\tPost-Auth-Type REJECT {{\n{SIGNED}"),
        )
        if not self.setup.buffered:
            self._edit("sites-available/default", ("\n\tunix\n", "\n"), ("\n\t-sql\n", "\n\tsql\n"))
            return
        self._edit("sites-available/default", ("\n\tunix\n", "\n"), ("\n\t-sql\n", "\n"))
        detail = (
            "${radacctdir}/%{%{Packet-Src-IP-Address}:-%{Packet-Src-IPv6-Address}}/detail-%Y%m%d"
        )
        self._edit("mods-available/detail", (detail, "${radacctdir}/detail-%Y%m%d:%H"))
        self._edit(
            "sites-available/buffered-sql",
            ("load_factor = 10\n", "load_factor = 100\n"),
            ("#\ttrack = yes", "\ttrack = yes"),
            ("\t#\tsql\n", "\t\tsql\n"),
        )
        (self._root / "sites-enabled" / "buffered-sql").symlink_to(
            "../sites-available/buffered-sql"
        )

    # ---------------------------------------------------------------- its life

    def start(self) -> None:
        """Start it and wait until it serves."""
        assert self._child is None, "it is running"
        self._child = Child(
            [self._program, "-f", "-l", "stdout", "-d", str(self._root)],
            ready="Ready to process requests",
            stop_signal=signal.SIGTERM,
        )

    def kill(self) -> None:
        """kill -9."""
        assert self._child is not None
        self._child.process.send_signal(signal.SIGKILL)
        self._child.stop()
        self._child = None

    def stop(self) -> None:
        """Stop it politely."""
        if self._child is not None:
            self._child.stop()
            self._child = None

    def words(self) -> str:
        """The last that it said."""
        return self._child.last_words(40) if self._child is not None else ""

    # ---------------------------------------------------------------- its customers

    def sell(self, login: str, *, quota_octets: int | None = None, sessions_n: int = 0) -> None:
        """A user with a password; a quota for all time; so many sessions at once (0: any)."""
        rows = [(login, "Cleartext-Password", ":=", PASSWORD)]
        if quota_octets is not None:
            rows.append((login, "Max-Total-Octets", ":=", str(quota_octets)))
        if sessions_n:
            rows.append((login, "Simultaneous-Use", ":=", str(sessions_n)))
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            for row in rows:
                connection.execute(
                    "INSERT INTO radcheck (username, attribute, op, value) VALUES (%s, %s, %s, %s)",
                    row,
                )

    def books(self) -> Books:
        """What radacct says."""
        return read_radacct(self.database_url)

    def settled(self) -> bool:
        """Is all that was acknowledged in the database? Only detail files make it wait."""
        return not any((self._log / "radacct").glob("detail*"))

    def version(self) -> str:
        """What `freeradius -v` says first."""
        done = subprocess.run([self._program, "-v"], capture_output=True, text=True, check=True)
        return done.stdout.splitlines()[0]


def _without_eap(text: str) -> str:
    """The stock site without EAP, which nobody speaks here."""
    text = re.sub(r"(?m)^\teap \{\n(?:.*\n)*?\t\}\n", "", text)
    return re.sub(r"(?m)^\t+eap\n", "", text)

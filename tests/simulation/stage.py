"""A small house for the judges to look at: real books, a truth that fits them, and a doctor.

The books are made by a real desk on a real database, packet by packet; the truth says the same. A
test then lets the doctor change a row, the way a bug would have, and asks the judge. So what is
shown of each checker is that it bites, and that it bites nothing that is sound.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pysqlite3 import dbapi2

from store import schema
from tests.aaa.gate import T0_US, Gate, class_of
from tests.simulation.checkers import Checker
from tests.simulation.ground import FILE
from tests.simulation.truth import Payment, Told, TrueSession, Truth
from tests.simulation.world import US_PER_S, World

BUNDLE = """
name = "bundle"
currency = "USD"
sessions = 2
[price.volume]
amount = "0.05"
per = "MB"
[price.time]
amount = "0.60"
per = "hour"
[included]
volume = "2 MB"
"""

# Sessions are a view of two tables: for a doctor, one that can be written.
_ROWS = {"session_facts": schema.session_facts, "session_totals": schema.session_totals}
WRITABLE = [
    f"CREATE TEMP TRIGGER sessions_{verb} INSTEAD OF {verb} ON main.sessions BEGIN "
    + "".join(
        (
            f"DELETE FROM {name}"
            if verb == "DELETE"
            else f"UPDATE {name} SET " + ", ".join(f"{one} = NEW.{one}" for one in table.c.keys())
        )
        + " WHERE session_id = OLD.session_id; "
        for name, table in _ROWS.items()
    )
    + "END"
    for verb in ("UPDATE", "DELETE")
]


class PlainDisk:
    """Connections to real files, and no faults."""

    def connect(self, path: Path, **extra: Any) -> dbapi2.Connection:
        """Open a database."""
        return dbapi2.connect(str(path), **extra)

    def life(self) -> PlainDisk:
        """Whose connections never die."""
        return self

    def die(self) -> None:
        """Nothing comes of it."""


class PlainGround:
    """A database that no server has open."""

    inhabited = False


class StillClock:
    """The server's clock, which stands."""

    def now_us(self) -> int:
        """UTC, an hour after the beginning."""
        return T0_US + 3_600 * US_PER_S


@dataclass
class Stage:
    """A copy of the books, their truth, and a judge that has looked at them once or not yet."""

    world: World
    path: Path
    truth: Truth
    checker: Checker
    disk: PlainDisk
    clock: StillClock
    ground: PlainGround = field(default_factory=PlainGround)

    def doctor(self, *statements: str) -> None:
        """Change rows, whatever the house allows, and let it look like a commit."""
        connection = dbapi2.connect(str(self.path), isolation_level=None)
        connection.execute("PRAGMA ignore_check_constraints = ON")
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        for trigger in WRITABLE:
            connection.execute(trigger)
        connection.execute("BEGIN")
        for statement in statements:
            connection.execute(statement)
        connection.execute("COMMIT")
        connection.close()

    def ask(self, statement: str) -> list[Any]:
        """Rows of the books."""
        connection = dbapi2.connect(str(self.path))
        found: list[Any] = connection.execute(statement).fetchall()
        connection.close()
        return found

    def close(self) -> None:
        """The judge lets go."""
        self.checker.close()


def stage(template: Path, truth: Truth, room: Path) -> Stage:
    """A stage of its own on a copy of a template."""
    (room / "run-0").mkdir(parents=True)
    path = room / "run-0" / FILE
    shutil.copyfile(template, path)
    world = World(1)
    disk, clock = PlainDisk(), StillClock()
    made = Stage(world, path, truth, None, disk, clock)  # type: ignore[arg-type]
    made.checker = Checker(world, made, truth)  # type: ignore[arg-type]
    return made


def _told(kind: str, t: int, up: int = 0, down: int = 0) -> Told:
    at_us = t * US_PER_S
    return Told(kind, at_us, up, down, t, as_said=(up, down, t), sends_n=1, acked_us=at_us + 1)


def build(directory: Path) -> tuple[Path, Truth]:
    """Books with a session that ended, one that lives, one with included usage, and a payment."""
    gate = Gate(f"sqlite:///{directory / FILE}")
    truth = Truth()
    gate.add_plan(BUNDLE)
    gate.at(0)
    for login, plan in (
        ("alice", "sample-prepaid"),
        ("bob", "sample-prepaid"),
        ("carol", "bundle"),
    ):
        gate.add_subscriber(login, plan=plan)
    gate.add_subscriber("poor", balance_micros=20_000)
    gate.top_up("alice", 3_000_000)
    ((key,),) = [(r["key"],) for r in gate.rows("entries") if r["key"].startswith("top-up:")]
    truth.payments.append(Payment("alice", 3_000_000, key, 0, done_us=1))
    gate.hear()
    _live(gate, truth, "alice", "A", [("interim", 60, 100_000, 900_000), ("stop", 90, MB, 2 * MB)])
    _live(gate, truth, "bob", "B", [("interim", 60, 50_000, 500_000)])
    _live(gate, truth, "carol", "C", [("interim", 60, MB, 0), ("interim", 120, 2 * MB, MB)])
    _live(gate, truth, "poor", "P", [("interim", 60, MB, MB)])
    gate.close()
    return directory / FILE, truth


MB = 10**6


def _live(
    gate: Gate, truth: Truth, login: str, name: str, records: list[tuple[str, int, int, int]]
) -> None:
    """A session from its login on, in the books and in the truth."""
    token = class_of(gate.at(0).accept(login, id=name, port=ord(name)))
    gate.record("start", id=name, login=login, token=token)
    plan = "bundle" if login == "carol" else "sample-prepaid"
    true = TrueSession("nas", name, login, plan, [token], 0, profile="mikrotik", interim_s=60)
    true.told.append(_told("start", 0))
    for kind, t, up, down in records:
        gate.at(t).record(kind, id=name, login=login, token=token, st=t, i=up, o=down)
        true.told.append(_told(kind, t, up, down))
        true.used_input, true.used_output, true.used_s = up, down, t
        if kind == "stop":
            true.ended_us, true.cause = t * US_PER_S, "user"
    truth.sessions.append(true)

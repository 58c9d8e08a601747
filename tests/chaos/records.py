"""The generator's plan and its two lists, as files: what was sent, and what was acknowledged.

The plan is drawn from a seed and saved, so a round can be played again. A line of a list is one
record in JSON. The list of acknowledgements is the one thing a server is judged by: a line is in
it, and on disk, only after an answer whose sums are right, and before the session's next packet.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import NamedTuple

PLAN_FILE = "plan.json"
SENT_FILE = "sent.jsonl"
ACKED_FILE = "acked.jsonl"
ORDERS_FILE = "orders.jsonl"

AGAIN = "again"
LOGIN, START, INTERIM, STOP = "login", "start", "interim", "stop"


@dataclass
class Plan:
    """Everything the generator is told. Times in milliseconds, usage in octets."""

    seed: int
    auth_port: int
    acct_port: int
    logins: list[str]
    password: str = "pass"
    secret: str = "testing123"
    server: str = "127.0.0.1"
    source: str = "127.0.0.9"  # where packets come from
    nas_address: str = ""  # what NAS-IP-Address says; empty: the source
    coa_port: int = 0  # 0: no orders are heard
    sessions_n: int = 24  # at the same time
    prefix: str = "s"  # of session names
    pace_ms: int = 0  # from an answer to the next record of the session, on average
    timeout_ms: int = 300  # before the first repeat; doubled up to `timeout_max_ms`
    timeout_max_ms: int = 1_000
    step_octets: int = 5_000_000  # the most that one record adds, both directions together
    interims_max_n: int = 30
    obey: bool = True  # stop at the limits of the Accept, as RouterOS does
    say_session_at_login: bool = True  # Acct-Session-Id in the Access-Request
    # chances, each in 0..1
    unannounced: float = 0.05  # a session (of one who has money) begins without a login
    anew: float = 0.5  # a repeat has a new identifier and a changed Acct-Delay-Time
    give_up: float = 0.3  # a session sends a newer interim after some repeats of an older one
    abandon: float = 0.02  # after a record, nothing is heard of the session any more
    twice: float = 0.05  # a datagram is sent twice at once
    late: float = 0.05  # an acknowledged record is sent once more, much later
    extra: dict[str, str] = field(default_factory=dict)  # remarks for the reader of the file

    def save(self, directory: Path) -> None:
        """Write the plan into the directory of the generator."""
        (directory / PLAN_FILE).write_text(json.dumps(asdict(self), indent=1) + "\n")

    @classmethod
    def load(cls, directory: Path) -> Plan:
        """Read a plan that was saved."""
        return cls(**json.loads((directory / PLAN_FILE).read_text()))


class Record(NamedTuple):
    """One record of a session as the router means it; usage is cumulative and true."""

    at_us: int  # monotonic; when it was first sent, or when the answer came
    session: str
    login: str
    kind: str
    input_octets: int  # from the subscriber
    output_octets: int
    session_s: int
    waited_us: int = 0  # acknowledgements: since it was first sent
    answer: str = ""  # acknowledgements: accept, reject, ack, or again for a late copy

    def line(self) -> str:
        """The record as a line of a list."""
        return json.dumps(self) + "\n"


class Ordered(NamedTuple):
    """A Disconnect- or CoA-Request that the router heard, and its answer."""

    at_us: int
    session: str
    kind: str  # disconnect or coa
    answer: str  # ack or nak

    def line(self) -> str:
        """The order as a line of a list."""
        return json.dumps(self) + "\n"


def read_records(path: Path) -> list[Record]:
    """The records of a list, oldest first; a last line that is not whole yet is left out."""
    return Tail(path).records()


class Tail:
    """Reads a list that is still being written, from where it left off."""

    def __init__(self, path: Path) -> None:
        """Nothing is read yet; the file may come later."""
        self._path = path
        self._at = 0

    def records(self) -> list[Record]:
        """What has been added since the last call."""
        return [Record(*json.loads(line)) for line in self._lines()]

    def orders(self) -> list[Ordered]:
        """The same for the list of orders."""
        return [Ordered(*json.loads(line)) for line in self._lines()]

    def _lines(self) -> list[bytes]:
        if not self._path.exists():
            return []
        with self._path.open("rb") as opened:
            opened.seek(self._at)
            octets = opened.read()
        whole = octets[: octets.rfind(b"\n") + 1]
        self._at += len(whole)
        return whole.splitlines()

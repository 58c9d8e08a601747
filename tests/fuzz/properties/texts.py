"""What must hold for the files that people write: plans, settings, lists of subscribers.

Each is taken, or refused with its one exception and one line that a person can read. What is taken
means the same when it is read again. A password that stands in a file stands in no complaint.
"""

from __future__ import annotations

import atexit
import csv
import functools
import io
import tempfile
import zlib
from pathlib import Path
from typing import cast

from cli import import_file, settings
from cli.errors import HouseError, one_line
from cli.vocabulary import our_vocabulary
from domain.login import canonical_login
from domain.money import MAX_MICROS
from rating import compile_tariff, price
from rating.plan_file import PlanError, parse_plan
from tests.fuzz.properties.whole import check_history

COMPLAINT_MAX = 600
"""Characters of one complaint, that a person shall read: not the whole file once more."""


def check_plan(octets: bytes) -> None:
    """Read a plan file."""
    text = octets.decode("utf-8", "replace")
    try:
        plan = parse_plan(text, vocabulary=our_vocabulary())
    except PlanError as error:
        complaint = str(error)
        assert complaint.startswith(f"line {error.line}: ")
        assert 1 <= error.line <= text.count("\n") + 1, "the line is not in the file"
        assert "\n" not in complaint and "\r" not in complaint, "a complaint of several lines"
        assert len(complaint) <= COMPLAINT_MAX, "the complaint repeats the file"
        return
    assert parse_plan(plan.source, vocabulary=our_vocabulary()) == plan
    check_history(plan, zlib.crc32(octets))
    fee, volume, time = price(compile_tariff(plan), 1, 1, 0, 0, True)
    assert fee == plan.session_fee_micros and volume >= 0 and time >= 0


def check_settings(octets: bytes) -> None:
    """Load a settings file, and what its paths come to."""
    file = _scratch()
    file.write_bytes(octets)
    try:
        place = settings.load(str(file))
    except HouseError as error:
        _check_complaint(error)
        return
    assert place.database_url.startswith(("sqlite:////", "postgresql://"))
    assert place.key_file.is_absolute()
    assert settings.parse(octets, "again") == place.settings
    assert 0 <= place.settings.radius.auth_port <= 65_535 and place.settings.radius.listen


@functools.cache
def _scratch() -> Path:
    """One file for all settings, in memory where the machine has that, gone with the process."""
    memory = Path("/dev/shm")
    room = tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None)
    atexit.register(room.cleanup)
    return Path(room.name) / "tollhouse.toml"


def check_people(octets: bytes) -> None:
    """Read a list of subscribers, and write one password so that it can be read."""
    faults: list[str] = []
    try:
        lines = list(import_file.read(_written(octets), faults))
    except HouseError as error:
        _check_complaint(error)
        lines = []
    for fault in faults:
        assert fault.startswith("line ") and fault == one_line(fault), "not one printable line"
        assert len(fault) <= COMPLAINT_MAX
    logins = [line.applicant.login for line in lines]
    assert len(set(logins)) == len(logins), "a login came twice"
    for line in lines:
        applicant = line.applicant
        assert canonical_login(applicant.login) == applicant.login != ""
        assert applicant.password is None or 0 < len(applicant.password) <= 128
        assert max(abs(applicant.balance_micros), applicant.credit_limit_micros) <= MAX_MICROS
    _check_password(octets.decode("utf-8", "replace")[:60].lstrip("\ufeff"))


def _check_password(password: str) -> None:
    """A password that is written as CSV comes out as it went in, or is refused; and never shown."""
    table = io.StringIO(newline="")
    writer = csv.writer(table)
    writer.writerow(("login", "password", "plan", "balance"))
    writer.writerow(("alice", password, "home", "1.50"))
    writer.writerow(("bob", "x" + password, "home", "much"))
    faults: list[str] = []
    try:
        lines = list(import_file.read(_written(table.getvalue().encode()), faults))
    except HouseError as error:
        raise AssertionError(f"a table in order was refused: {error.message}") from error
    found = {line.applicant.login: line.applicant for line in lines}
    if "alice" in found:
        kept = found["alice"].password
        assert kept == (password.encode() or None), f"the password became {kept!r}"
    assert "bob" not in found and faults, "a balance of `much` was taken"
    if len(password) >= 12:
        assert all(password not in fault for fault in faults), "a complaint shows the password"


def _check_complaint(error: HouseError) -> None:
    line = one_line(error.message)
    assert line.isprintable() and "\n" not in line
    assert len(line) <= COMPLAINT_MAX, "the complaint repeats the file"


def _written(octets: bytes) -> Path:
    return cast(Path, _Written("list.csv", octets))


class _Written:
    """A file that needs no disk: what `read` asks of a path."""

    def __init__(self, name: str, octets: bytes) -> None:
        self.name = name
        self.octets = octets

    def __str__(self) -> str:
        return self.name

    def read_bytes(self) -> bytes:
        """The octets."""
        return self.octets

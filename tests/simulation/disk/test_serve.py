"""The real server on the faulty disk: it is killed, it meets errors, and its power is cut.

One server, a few packets by radclient: enough to see that the disk is really under it, that what it
answered is there afterwards and that the environment is read with care. The long runs are chaos.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peers.child import Child
from tests.scenarios.installation import CHECKOUT, Installation, eventually
from tests.scenarios.radclient import Radclient
from tests.simulation.disk.power_cut import LOG_NAME, cut, read_log
from tests.simulation.disk.serve import Wrong, ask, install
from tests.simulation.disk.writer import life

MODULE = "tests.simulation.disk.serve"


class Faulty(Installation):
    """An installation whose server runs on the faulty disk; `disk` is its environment."""

    def __init__(self, directory: Path) -> None:
        """The database has a directory to itself, since the whole of it is cut."""
        self.room = directory / "room"
        self.control = directory / "control"
        self.disk: dict[str, str] = {}
        super().__init__(directory, f"sqlite:///{self.room / 'tollhouse.db'}")

    def environment(self) -> dict[str, str]:
        """What the program sees."""
        own = {"FAULTDISK_DIRECTORY": str(self.room), "FAULTDISK_CONTROL": str(self.control)}
        return {**super().environment(), **own, **self.disk}

    def _serve(self) -> Child:
        return Child(
            [sys.executable, "-m", MODULE, "serve"],
            ready='"event":"serving"',
            environment=self.environment(),
        )

    def gone(self) -> bool:
        """Has the server ended by a SIGKILL that nobody sent it?"""
        if self._child is None or self._child.process.poll() is None:
            return False
        assert self._child.process.returncode == -signal.SIGKILL
        self._child.stop()
        self._child = None
        return True


@pytest.fixture
def faulty(tmp_path: Path) -> Iterator[Faulty]:
    """An installation with the sample, not running."""
    site = Faulty(tmp_path)
    site.tollhouse("init", "--sample")
    yield site
    site.close()


def record(status: str, octets: int) -> str:
    """One accounting record of alice's session, as radclient wants it."""
    return (
        f'User-Name = "alice"\nAcct-Session-Id = "disk-1"\nAcct-Status-Type = {status}\n'
        f"NAS-IP-Address = 127.0.0.1\nAcct-Session-Time = 10\nAcct-Input-Octets = {octets}\n"
        "Acct-Output-Octets = 0\n"
    )


def counted(site: Installation) -> list[int]:
    """The octets that are stored of each session."""
    listed = site.shown("session", "list", "--login", "alice", "--all", "--limit", "0")
    return [int(one["input_octets"]) for one in listed]


def test_the_server_keeps_what_it_answered_across_faults_a_kill_and_a_power_cut(
    faulty: Faulty, radclient: str
) -> None:
    client = Radclient(radclient)
    faulty.start()
    assert client.send("acct", faulty.acct_port, record("Start", 0)).kind
    assert client.send("acct", faulty.acct_port, record("Interim-Update", 1000)).kind
    before = ask(faulty.control, "arm eio_sync:0:1")
    assert before["syncs"] > 0
    client.send("acct", faulty.acct_port, record("Interim-Update", 2000), wait_s=1)
    assert ask(faulty.control, "figures")["eio_sync"] == 1
    with pytest.raises(Wrong, match="faults: crash"):
        ask(faulty.control, "arm nonsense")
    assert client.send("acct", faulty.acct_port, record("Interim-Update", 3000)).kind
    ask(faulty.control, "arm kill:1")
    assert not client.send("acct", faulty.acct_port, record("Interim-Update", 4000), wait_s=1).kind
    eventually(faulty.gone, "the server kills itself in the middle of its commit")
    assert read_log(faulty.room / LOG_NAME), "nothing was in doubt"
    cut(faulty.room, random.Random(2))
    assert read_log(faulty.room / LOG_NAME) == []
    assert counted(faulty) == [3000]
    faulty.start()
    assert client.send("acct", faulty.acct_port, record("Stop", 4000)).kind
    assert counted(faulty) == [4000]
    faulty.stop()


def test_a_server_that_is_made_less_durable_loses_what_it_answered(
    faulty: Faulty, radclient: str
) -> None:
    client = Radclient(radclient)
    faulty.disk["FAULTDISK_SYNCHRONOUS"] = "NORMAL"
    faulty.start()
    assert client.send("acct", faulty.acct_port, record("Start", 0)).kind
    assert client.send("acct", faulty.acct_port, record("Interim-Update", 1000)).kind
    faulty.kill()
    # Some draws let everything survive; take the first that does not.
    tries = (cut(faulty.room, random.Random(n), into=faulty.directory / str(n)) for n in range(20))
    seed = next(n for n, toll in enumerate(tries) if toll.dropped_n > 0)
    cut(faulty.room, random.Random(seed))
    assert counted(faulty) != [1000]


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("FAULTDISK_DIRECTORY", "", "names no directory"),
        ("FAULTDISK_ARM", "flood", "write fault"),
        ("FAULTDISK_ARM", "kill:x", "are numbers"),
        ("FAULTDISK_LIE", "sometimes", "is no lie"),
        ("FAULTDISK_SYNC_DELAY_US", "-1", "number of microseconds"),
        ("FAULTDISK_SYNCHRONOUS", "FULL", "NORMAL or OFF"),
    ],
)
def test_a_wrong_environment_is_refused_and_gives_the_directory_back(
    tmp_path: Path, name: str, value: str, complaint: str
) -> None:
    with pytest.raises(Wrong, match=complaint):
        install({"FAULTDISK_DIRECTORY": str(tmp_path), name: value})
    with life(tmp_path) as disk:
        assert not disk.dead


def test_a_refusal_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", MODULE, "serve"],
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(CHECKOUT), "FAULTDISK_ARM": "flood"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "names no directory" in done.stderr

"""The real `tollhouse`, on a disk that fails as it is told to.

`python -m tests.simulation.disk.serve serve` (any words of `tollhouse` do) puts the VFS under every
SQLite file of FAULTDISK_DIRECTORY and then runs the shipped program, unchanged. The undo log lies
there too, so after kill -9 `power_cut.cut(directory, chance)` plays the power cut on what is left,
and the next start goes on. Between the two no other program may open the database: the last one to
close it moves the WAL and deletes it, which leaves nothing in doubt. The environment says how the
disk is:

- FAULTDISK_DIRECTORY   where the database is; made if missing
- FAULTDISK_LOG         the undo log, if it shall lie on another file system (a full one, say)
- FAULTDISK_ARM         faults armed from the start: `kill:200`, `eio_write:10:3 full:50`
- FAULTDISK_LIE         `always` or `on_wal`: syncs return at once, having made nothing durable
- FAULTDISK_SYNC_DELAY_US   how long each sync takes besides
- FAULTDISK_SYNCHRONOUS     `NORMAL`: set after the server has checked that it is FULL, for the run
  that must lose what it acknowledged
- FAULTDISK_POWERSAFE   `0`: SQLite is not told that overwriting spares its neighbours
- FAULTDISK_CONTROL     a Unix socket, through which `ask` arms, heals and reads the figures

A wrong word ends the program with exit code 2 before the server starts.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
from pathlib import Path
from typing import Any

from tests.simulation.disk.disk import Disk, Fault, Lie, be_default


class Wrong(Exception):
    """The environment asks for something that does not exist; the text is one line."""


def arm(disk: Disk, words: str) -> None:
    """Arm `fault[:after_n[:times_n]]`, several of them separated by spaces. Raises Wrong."""
    for word in words.split():
        name, *numbers = word.split(":")
        if name.upper() not in Fault.__members__ or len(numbers) > 2:
            raise Wrong(f"{word!r}: write fault[:after_n[:times_n]]; faults: {names(Fault)}")
        if not all(number.isdecimal() for number in numbers):
            raise Wrong(f"{word!r}: after_n and times_n are numbers")
        disk.arm(Fault[name.upper()], *map(int, numbers))


def behave(disk: Disk, lie: str, sync_delay_us: str) -> None:
    """Set which syncs lie and how long each takes. Raises Wrong."""
    if lie.upper() not in Lie.__members__:
        raise Wrong(f"{lie!r} is no lie; write one of {names(Lie)}")
    if not sync_delay_us.isdecimal():
        raise Wrong(f"{sync_delay_us!r}: the delay is a number of microseconds")
    disk.behave(lie=Lie[lie.upper()], sync_delay_us=int(sync_delay_us))


def names(kind: type[Fault] | type[Lie]) -> str:
    """The members of one of the lists, as they are written in the environment."""
    return ", ".join(name.lower() for name in kind.__members__)


def obey(disk: Disk, line: str) -> None:
    """Carry out one line of control: `arm ...`, `heal`, `behave LIE DELAY_US`, `figures`."""
    verb, _, rest = line.strip().partition(" ")
    if verb == "arm":
        arm(disk, rest)
    elif verb == "heal":
        disk.heal()
    elif verb == "behave":
        lie, _, delay = rest.partition(" ")
        behave(disk, lie, delay or "0")
    elif verb != "figures":
        raise Wrong(f"{verb!r}: write arm, heal, behave or figures")


def ask(control: Path, line: str) -> dict[str, Any]:
    """Send one line to a running server's disk and return its figures after it was carried out."""
    with socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(30)
        peer.connect(str(control))
        peer.sendall(line.encode() + b"\n")
        answer = peer.makefile().readline()
    said: dict[str, Any] = json.loads(answer)
    if "wrong" in said:
        raise Wrong(said["wrong"])
    return said


def listen(disk: Disk, control: Path) -> None:
    """Obey what comes through the socket, in a thread, as long as the process lives."""
    control.unlink(missing_ok=True)
    door = socket.socket(socket.AF_UNIX)
    door.bind(str(control))
    door.listen()

    def attend() -> None:
        while True:
            peer, _ = door.accept()
            with peer:
                try:
                    obey(disk, peer.makefile().readline())
                    said: dict[str, Any] = {**disk.figures(), "dead": disk.dead}
                except Wrong as wrong:
                    said = {"wrong": str(wrong)}
                peer.sendall(json.dumps(said).encode() + b"\n")

    threading.Thread(target=attend, name="disk-control", daemon=True).start()


def force(synchronous: str) -> None:
    """Let every connection of the store be less durable than the store has checked it to be."""
    if synchronous not in ("NORMAL", "OFF"):
        raise Wrong(f"{synchronous!r}: FAULTDISK_SYNCHRONOUS is NORMAL or OFF")
    from store import database

    checked = database._set_up_sqlite

    def then_weaken(connection: Any, record: Any) -> None:
        checked(connection, record)
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA synchronous={synchronous}")
        cursor.close()

    vars(database)["_set_up_sqlite"] = then_weaken


def install(environment: dict[str, str]) -> Disk:
    """Put the disk under this process as the environment says. Raises Wrong."""
    if not environment.get("FAULTDISK_DIRECTORY"):
        raise Wrong("FAULTDISK_DIRECTORY names no directory")
    directory = Path(environment["FAULTDISK_DIRECTORY"])
    directory.mkdir(parents=True, exist_ok=True)
    log = environment.get("FAULTDISK_LOG")
    powersafe = environment.get("FAULTDISK_POWERSAFE", "1") != "0"
    try:
        disk = Disk(directory, log=Path(log) if log else None, powersafe=powersafe)
    except OSError as error:
        raise Wrong(f"cannot have {directory}: {error}") from None
    try:
        lie = environment.get("FAULTDISK_LIE", "never")
        behave(disk, lie, environment.get("FAULTDISK_SYNC_DELAY_US", "0"))
        arm(disk, environment.get("FAULTDISK_ARM", ""))
        if environment.get("FAULTDISK_SYNCHRONOUS"):
            force(environment["FAULTDISK_SYNCHRONOUS"])
    except Wrong:
        disk.close()
        raise
    if environment.get("FAULTDISK_CONTROL"):
        listen(disk, Path(environment["FAULTDISK_CONTROL"]))
    be_default()
    return disk


def run() -> None:
    """Install the disk, then be `tollhouse`."""
    try:
        disk = install(dict(os.environ))
    except Wrong as wrong:
        print(f"disk: {wrong}", file=sys.stderr)
        sys.exit(2)
    assert not disk.dead
    from cli.main import main

    main(prog_name="tollhouse")


if __name__ == "__main__":
    run()

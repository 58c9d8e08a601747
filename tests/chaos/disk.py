"""The disk under the embedded database: power cuts, I/O errors, and a disk that is full.

kill -9 loses no page cache, so a power cut is played: the real server runs on the fault VFS
(`tests.simulation.disk`), is killed, and what no sync covered is taken away, torn or left, by
dice. The control runs make the server, or the disk, careless; they must lose something, which
shows that the harness would see it. A full disk is a small file system of its own.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.chaos.battle import Battle
from tests.chaos.freeze import now_us
from tests.chaos.player import pause
from tests.peers.child import PeerFailed, find_program
from tests.simulation.disk.power_cut import cut
from tests.simulation.disk.serve import ask

CHECK_EACH_N = 5
TMPFS_MIB = 192  # more than the reserve of 64 MiB below which the server is not ready
FILL_CHUNK_OCTETS = 1 << 20
FAULTS = ("eio_sync", "eio_write", "full", "eio_read")


def power_cut(battle: Battle) -> None:
    """The server as it ships: nothing acknowledged may be lost."""
    _on_fault_disk(battle)
    battle.begin()
    for _ in range(battle.rounds_n):
        battle.outcome.rounds += 1
        battle.load(50, 500)
        _cut_power(battle)
        battle.judge(check=battle.outcome.rounds % CHECK_EACH_N == 0)
        battle.restart()


def power_cut_normal(battle: Battle) -> None:
    """Control: `synchronous=NORMAL` behind the server's back."""
    _careless(battle, FAULTDISK_SYNCHRONOUS="NORMAL")


def power_cut_lying(battle: Battle) -> None:
    """Control: a disk that says that it has synced and has not."""
    _careless(battle, FAULTDISK_LIE="always")


def _careless(battle: Battle, **how: str) -> None:
    """Rounds whose losses are counted; what is lost is not repaired, so nothing is drained."""
    battle.outcome.must_fail = True
    _on_fault_disk(battle, **how)
    battle.begin()
    lost_rounds_n = 0
    for _ in range(battle.rounds_n):
        battle.outcome.rounds += 1
        battle.load(50, 500)
        _cut_power(battle)
        verdict = battle.judge()
        lost_rounds_n += verdict.lost_n > 0
        try:
            battle.restart()
        except AssertionError as end:  # such a disk may leave a file that is beyond use
            battle.outcome.remarks["the end"] = str(end)
            break
    battle.outcome.remarks["rounds that lost"] = lost_rounds_n
    battle.finished = True
    battle.add_up()


def _on_fault_disk(battle: Battle, **how: str) -> None:
    site = battle.site
    site.program = [sys.executable, "-m", "tests.simulation.disk.serve", "serve"]
    site.additions = {
        "FAULTDISK_DIRECTORY": str(site.file.parent),
        "FAULTDISK_CONTROL": str(_control(battle)),
        **how,
    }


def _control(battle: Battle) -> Path:
    return battle.directory / "disk.control"


def _cut_power(battle: Battle) -> None:
    battle.site.kill()
    toll = cut(battle.site.file.parent, battle.chance)
    remarks = battle.outcome.remarks
    for name in ("doubtful_n", "dropped_n", "torn_n", "entries_lost_n"):
        remarks[name] = remarks.get(name, 0) + getattr(toll, name)


def errors(battle: Battle) -> None:
    """I/O errors under the running server, healed after a while; then often a power cut."""
    _on_fault_disk(battle)
    battle.begin()
    fired_n = dict.fromkeys(FAULTS, 0)
    for n in range(battle.rounds_n):
        battle.outcome.rounds += 1
        fault = FAULTS[n % len(FAULTS)]
        ask(_control(battle), f"arm {fault}:{battle.chance.randrange(40)}:1000000")
        battle.load(200, 800)
        fired_n[fault] += 1
        if battle.chance.random() < 0.5:
            ask(_control(battle), "heal")
            battle.recovered(now_us())
        else:  # it dies with the fault still there
            _cut_power(battle)
            battle.judge(check=True)
            battle.restart()
        battle.judge()
    battle.outcome.remarks["faults"] = fired_n


def full(battle: Battle) -> None:
    """No space left: silence and `not ready`, and it goes on by itself when there is space."""
    disk = battle.site.file.parent
    _mount(disk)
    try:
        battle.begin()
        for _ in range(battle.rounds_n):
            battle.outcome.rounds += 1
            _full_round(battle, disk / "filler")
        battle.finish()
    finally:
        battle.site.close()
        subprocess.run([find_program("umount"), str(disk)], check=True)


def _mount(disk: Path) -> None:
    options = ["-t", "tmpfs", "-o", f"size={TMPFS_MIB}m", "tmpfs", str(disk)]
    done = subprocess.run(
        [find_program("mount"), *options], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise PeerFailed(f"cannot mount (root, or `unshare -rm`, can): {done.stderr.strip()}")


def _full_round(battle: Battle, filler: Path) -> None:
    site = battle.site
    battle.load(200, 800)
    _fill(filler)
    battle.load(1_500, 3_000)
    battle.player.look()
    settled_us = now_us()
    pause(1.0)
    if site.ready():
        battle.complain("ready on a full disk")
    if b"the database is away" in site.words():
        answered_n = battle.acks_between(settled_us, now_us())
        silent = battle.outcome.remarks.get("rounds in silence", 0)
        battle.outcome.remarks["rounds in silence"] = silent + (answered_n == 0)
    said = site.run("balance", "top-up", "rich-0", "1")
    if said.code == 0:
        site.market.paid_micros["rich-0"] += 1_000_000
    elif said.err.count("\n") != 1:
        battle.complain(f"a command on a full disk says {said.err!r}")
    battle.judge()
    filler.unlink()
    battle.recovered(now_us())
    battle.judge(check=True)


def _fill(filler: Path) -> None:
    """Take every octet that is left."""
    with filler.open("wb", buffering=0) as opened:
        size = FILL_CHUNK_OCTETS
        while size:
            try:
                opened.write(bytes(size))
            except OSError:
                size //= 2

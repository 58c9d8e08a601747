"""The disk does what it promises: SQLite survives what FULL covers, and nothing else.

Hundreds of lives end in a power cut here. That nothing acknowledged is lost with `synchronous=FULL`
says little about the disk; that much is lost with NORMAL, or under a disk that lies, says that it
bites. Every fault is then looked at alone.
"""

from __future__ import annotations

import contextlib
import random
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from pysqlite3 import dbapi2

from tests.simulation.disk import library
from tests.simulation.disk.disk import Disk, Fault, Lie, be_default, seed_randomness
from tests.simulation.disk.power_cut import LOG_NAME
from tests.simulation.disk.writer import FILE, checkpoint, commit, found, life, opened, write

SEEDS_N = 150
MEMORY = Path("/dev/shm")


@pytest.fixture
def room() -> Iterator[Path]:
    """An empty directory, in memory if there is such a file system."""
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as name:
        yield Path(name).resolve()


def test_one_of_two_lives_dies_and_the_other_writes_on(room: Path) -> None:
    disk = Disk(room)
    one, two = disk.life(), disk.life()
    first, second = (each.connect(FILE, isolation_level=None, timeout=0) for each in (one, two))
    first.execute("PRAGMA journal_mode = WAL")
    first.execute("CREATE TABLE notes(n)")
    first.execute("BEGIN IMMEDIATE")
    first.execute("INSERT INTO notes VALUES (1)")
    with pytest.raises(dbapi2.OperationalError, match="locked"):
        second.execute("INSERT INTO notes VALUES (2)")
    one.die()
    first.close()  # as the kernel does
    second.execute("INSERT INTO notes VALUES (3)")
    assert (one.dead, two.dead, disk.dead) == (True, False, False)
    third = disk.life()
    torn = third.connect(FILE, isolation_level=None)
    third.arm(Fault.CRASH_TORN, 1)
    with pytest.raises(dbapi2.OperationalError, match="I/O"):
        torn.execute("INSERT INTO notes VALUES (4)")
    torn.close()
    assert third.dead and not two.dead
    second.execute("INSERT INTO notes VALUES (5)")
    assert second.execute("SELECT n FROM notes").fetchall() == [(3,), (5,)]
    disk.die()
    assert two.dead
    second.close()
    disk.close()


def files(directory: Path) -> dict[str, bytes]:
    """Everything that lies in a directory, without the index in shared memory."""
    return {
        path.name: path.read_bytes()
        for path in sorted(directory.iterdir())
        if not path.name.endswith("-shm")
    }


def lost_in_a_life(room: Path, seed: int, synchronous: str, *, lie: Lie = Lie.NEVER) -> int:
    """One life with a crash somewhere in it, then a power cut: acknowledged and not there."""
    chance = random.Random(seed)
    lived, left = room / "lived", room / "left"
    with life(lived, powersafe=seed % 2 == 0) as disk:
        connection = opened(disk)
        connection.execute(f"PRAGMA synchronous={synchronous}")
        disk.behave(lie=lie)
        disk.arm(Fault.CRASH_TORN if seed % 3 else Fault.CRASH, chance.randrange(300))
        acked_n = write(connection, 40, chance)
        disk.die()
        connection.close()
        disk.after_power_cut(left, chance)
    try:
        after = found(left)
    except dbapi2.DatabaseError:
        assert lie is not Lie.NEVER
        return acked_n
    finally:
        shutil.rmtree(lived)
        shutil.rmtree(left)
    if lie is Lie.NEVER:
        assert (after.integrity, after.torn) == ("ok", False), f"seed {seed}"
    return max(0, acked_n - after.whole_n)


def test_a1_full_loses_nothing_acknowledged_in_any_power_cut(room: Path) -> None:
    assert [lost_in_a_life(room, seed, "FULL") for seed in range(SEEDS_N)] == [0] * SEEDS_N


def test_normal_loses_something_in_most_power_cuts_and_never_corrupts(room: Path) -> None:
    lost = [lost_in_a_life(room, seed, "NORMAL") for seed in range(SEEDS_N)]
    assert sum(lost_n > 0 for lost_n in lost) > SEEDS_N // 2


@pytest.mark.parametrize("lie", [Lie.ALWAYS, Lie.ON_WAL])
def test_a_disk_that_lies_about_syncs_loses_something_with_full(room: Path, lie: Lie) -> None:
    lost = [lost_in_a_life(room, seed, "FULL", lie=lie) for seed in range(30)]
    assert sum(lost_n > 0 for lost_n in lost) > 15


def test_a1_full_loses_nothing_over_many_lives_of_kills_and_cuts(room: Path) -> None:
    chance = random.Random(3)
    acked_n = 0
    for number in range(40):
        with life(room / str(number)) as disk:
            disk.arm(Fault.CRASH_TORN, chance.randrange(200))
            with contextlib.suppress(dbapi2.Error):
                connection = opened(disk)
                acked_n = write(connection, 20, chance, first=acked_n)
                connection.close()
            disk.die()
            into = room / str(number + 1)
            if chance.randrange(2):
                disk.after_kill(into)
            else:
                disk.after_power_cut(into, chance)
        shutil.copytree(into, room / "looked at", dirs_exist_ok=True)
        after = found(room / "looked at")
        assert (after.integrity, after.torn) == ("ok", False)
        assert after.whole_n >= acked_n
        acked_n = after.whole_n
        shutil.rmtree(room / "looked at")
    assert acked_n > 100


@pytest.mark.parametrize("fault", [Fault.CRASH, Fault.CRASH_TORN])
@pytest.mark.parametrize(("journal", "synchronous"), [("WAL", "FULL"), ("DELETE", "EXTRA")])
def test_a_crash_at_any_operation_leaves_all_of_a_transaction_or_nothing(
    room: Path, fault: Fault, journal: str, synchronous: str
) -> None:
    outcomes = set()
    for after_n in range(1000):
        lived = room / f"{after_n}"
        with life(lived) as disk:
            chance = random.Random(1)
            connection = opened(disk, synchronous, journal)
            write(connection, 3, chance)
            disk.arm(fault, after_n)
            committed = False
            with contextlib.suppress(dbapi2.Error):
                commit(connection, 3, chance)
                committed = True
                checkpoint(connection, "TRUNCATE")
            finished = not disk.dead
            disk.die()
            connection.close()
            disk.after_kill(lived / "killed")
            for cut_seed in range(3):
                disk.after_power_cut(lived / f"cut{cut_seed}", random.Random(cut_seed))
        for into in sorted(lived.glob("*/")):
            after = found(into)
            assert (after.integrity, after.torn) == ("ok", False), f"{after_n} {into.name}"
            assert after.whole_n in ((4,) if committed else (3, 4)), f"{after_n} {into.name}"
            outcomes.add(after.whole_n)
        if finished:
            break
    assert finished and after_n > 8
    assert outcomes == {3, 4}


def test_a_journal_whose_deletion_was_not_synced_can_come_back(room: Path) -> None:
    """FULL without a WAL does not sync the directory, so its last commit can be rolled back."""
    whole = set()
    for seed in range(20):
        lived, left = room / f"lived{seed}", room / f"left{seed}"
        with life(lived) as disk:
            connection = opened(disk, "FULL", "DELETE")
            assert write(connection, 3, random.Random(1)) == 3
            disk.die()
            connection.close()
            toll = disk.after_power_cut(left, random.Random(seed))
        after = found(left)
        assert (after.integrity, after.torn) == ("ok", False)
        assert after.whole_n == (2 if toll.entries_lost_n else 3)
        whole.add(after.whole_n)
    assert whole == {2, 3}


def test_the_dead_change_nothing_not_even_when_they_are_closed(room: Path) -> None:
    with life(room) as disk:
        connection = opened(disk)
        assert write(connection, 5, random.Random(1)) == 5
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("DELETE FROM t")
        disk.die()
        before = files(room)
        with pytest.raises(dbapi2.Error):
            connection.execute("COMMIT")
        with pytest.raises(dbapi2.Error):
            disk.connect(FILE).execute(library.VFS)
        connection.close()
        assert disk.dead
        assert files(room) == before
        assert f"{FILE}-wal" in before


def test_half_of_a_write_is_there_after_a_torn_crash(room: Path) -> None:
    sizes = []
    for fault in (Fault.CRASH, Fault.CRASH_TORN):
        with life(room / fault.name) as disk:
            connection = opened(disk)
            checkpoint(connection, "TRUNCATE")
            disk.arm(fault, 2)  # after the header of the WAL and its sync
            with pytest.raises(dbapi2.OperationalError):
                commit(connection, 0, random.Random(1))
            connection.close()
            sizes.append((room / fault.name / f"{FILE}-wal").stat().st_size)
    assert sizes == [32, 32 + 12]


def test_a_failed_write_fails_the_commit_and_the_next_one_succeeds(room: Path) -> None:
    with life(room / "lived") as disk:
        connection = opened(disk)
        disk.arm(Fault.EIO_WRITE, 3, times_n=2)
        for _ in range(2):
            with pytest.raises(dbapi2.OperationalError, match="disk I/O error"):
                commit(connection, 0, random.Random(1))
        assert write(connection, 5, random.Random(1)) == 5
        connection.close()
        assert disk.figures()["eio_write"] == 2
        disk.after_power_cut(room / "left", random.Random(1))
    assert found(room / "left").whole_n == 5


def test_a_failed_sync_fails_the_commit_and_stays_in_doubt(room: Path) -> None:
    with life(room / "lived") as disk:
        connection = opened(disk)
        assert disk.after_power_cut(room / "first", random.Random(1)).doubtful_n == 0
        disk.arm(Fault.EIO_SYNC)
        with pytest.raises(dbapi2.OperationalError, match="disk I/O error"):
            commit(connection, 0, random.Random(1))
        assert write(connection, 5, random.Random(1)) == 5
        for seed in range(20):
            toll = disk.after_power_cut(room / str(seed), random.Random(seed))
            assert toll.doubtful_n > 0
            assert found(room / str(seed)).whole_n == 5
        connection.close()


def test_a_full_disk_refuses_what_grows_until_it_is_healed(room: Path) -> None:
    with life(room) as disk:
        connection = opened(disk)
        assert write(connection, 3, random.Random(1)) == 3
        checkpoint(connection, "TRUNCATE")  # a WAL that has room already would not grow
        disk.arm(Fault.FULL)
        for _ in range(3):
            with pytest.raises(dbapi2.OperationalError, match="full"):
                commit(connection, 3, random.Random(1))
        assert disk.figures()["full"] >= 3
        disk.heal()
        assert write(connection, 3, random.Random(1), first=3) == 6
        connection.close()
    assert found(room).whole_n == 6


def test_a_failed_read_is_an_error_and_not_an_empty_answer(room: Path) -> None:
    with life(room) as disk:
        connection = opened(disk)
        write(connection, 9, random.Random(1))
        connection.close()
        connection = opened(disk)
        disk.arm(Fault.EIO_READ)
        with pytest.raises(dbapi2.OperationalError, match="disk I/O error"):
            connection.execute("SELECT sum(length(v)) FROM t").fetchone()
        assert connection.execute("SELECT count(*) FROM t").fetchone() == (27,)
        connection.close()


def test_what_a_killed_process_had_not_synced_stays_in_doubt(room: Path) -> None:
    with life(room / "lived") as disk:
        connection = opened(disk, "NORMAL")
        assert write(connection, 4, random.Random(9)) == 4
        disk.die()
        connection.close()
        disk.after_kill(room / "killed")
        disk.after_power_cut(room / "cut", random.Random(2))
    with life(room / "killed") as disk:
        disk.after_power_cut(room / "killed, then cut", random.Random(2))
    assert files(room / "cut") == files(room / "killed, then cut")
    assert found(room / "cut").whole_n < 4
    assert found(room / "killed").whole_n == 4


def test_one_seed_makes_one_history_octet_for_octet(room: Path) -> None:
    histories = []
    for number, seed in enumerate((5, 5, 6)):
        lived, left = room / f"lived{number}", room / f"left{number}"
        seed_randomness(seed)
        with life(lived) as disk:
            chance = random.Random(5)
            connection = opened(disk, "NORMAL")
            write(connection, 12, chance)
            drawn = connection.execute("SELECT random()").fetchone()
            disk.die()
            connection.close()
            disk.after_power_cut(left, chance)
            histories.append((drawn, files(lived), files(left)))
    assert histories[0] == histories[1]
    assert histories[0] != histories[2]


def test_disks_share_nothing_and_a_directory_has_one(room: Path) -> None:
    with life(room / "a") as first, life(room / "b") as second:
        connections = [opened(first), opened(second)]
        first.arm(Fault.EIO_WRITE)
        assert write(connections[1], 3, random.Random(1)) == 3
        assert write(connections[0], 3, random.Random(1)) == 0
        first.die()
        assert write(connections[1], 3, random.Random(1), first=3) == 6
        with pytest.raises(BlockingIOError):
            Disk(room / "b")
        for connection in connections:
            connection.close()


def test_a_disk_can_be_closed_before_its_connections(room: Path) -> None:
    disk = Disk(room)
    connection = opened(disk)
    disk.close()
    disk.close()
    with pytest.raises(dbapi2.Error):
        commit(connection, 0, random.Random(1))
    connection.close()
    assert disk.dead
    assert found(room).whole_n == 0


def test_files_outside_every_disk_are_left_alone(room: Path) -> None:
    be_default()
    with life(room / "disk") as disk:
        disk.die()
        connection = dbapi2.connect(room / "other.db", isolation_level=None)
        connection.execute("CREATE TABLE t(n)")
        connection.close()
        with pytest.raises(dbapi2.OperationalError):
            dbapi2.connect(room / "disk" / "inside.db").execute("CREATE TABLE t(n)")
    assert [path.name for path in room.glob("*/*")] == [LOG_NAME]


def test_memory_maps_and_growth_in_advance_are_refused(room: Path) -> None:
    with life(room) as disk:
        connection = opened(disk)
        assert connection.execute("PRAGMA mmap_size=1000000").fetchone() == (0,)
        connection.close()


def test_the_log_is_empty_when_nothing_is_in_doubt(room: Path) -> None:
    with life(room / "lived") as disk:
        connection = opened(disk)
        write(connection, 10, random.Random(1))
        assert disk.after_power_cut(room / "left", random.Random(1)).doubtful_n == 0
        assert {**files(room / "lived"), LOG_NAME: b""} == {**files(room / "left"), LOG_NAME: b""}
        figures = disk.figures()
        assert figures["writes"] > figures["syncs"] > 10
        assert figures["reads"] > 0
        connection.close()


def test_a_compiler_that_fails_is_quoted_with_what_to_install(
    room: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "CACHE", room)
    monkeypatch.setenv("CC", "false")
    with pytest.raises(library.CannotBuild, match="libsqlite3-dev"):
        library.built()
    monkeypatch.delenv("CC")
    assert library.built().parent == room

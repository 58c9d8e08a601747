"""What a power cut leaves of a directory: the synced image, and a random part of the rest.

The undo log that `_faultvfs.c` keeps is walked back from what lies in the page cache to what the
platter is known to hold; then it is walked forward again, and every operation that no sync covered
survives, or not, or in part. The model:

- A write survives whole, not at all, or torn: any subset of its pieces between multiples of 512
  octets. Which ones is drawn for each write, so later writes can survive earlier ones. A file that
  grew only in part has zeros in its holes. A truncation survives or not.
- A sync that failed makes nothing durable, and no later sync does it for the same octets: they have
  to be written again. That is how Linux treats pages that it could not write.
- Directory entries (creations, deletions) survive as a prefix of their order, as in a journalling
  file system. They are durable once a directory sync followed: a deletion that asks for one, or the
  first sync of a file created since. What is done behind the VFS counts as durable at once.
- Without `powersafe`, a sector that was being written can hold garbage, its neighbours' octets
  included. Data that was synced never rots.
- The shared-memory index (`-shm`) never survives.

Nothing here draws from anything but `chance`, in the order of the log.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

SECTOR = 512
LOG_NAME = "undo.log"
SHARED_MEMORY = "-shm"
WRITE, TRUNCATE, SYNC, CREATE, DELETE = 1, 2, 3, 4, 5
SYNC_OK, SYNC_DIRECTORY = 1, 2

_MAGIC = 0x54464C31
_HEAD = struct.Struct("<IBBH6Q")


@dataclass(frozen=True)
class Record:
    """One line of the log. `payload` is what the operation destroyed, from `offset` on."""

    kind: int
    flags: int
    path: str
    incarnation: int
    offset: int
    length: int
    old_size: int
    payload: bytes = field(repr=False)


@dataclass
class Toll:
    """What a power cut did to the operations in doubt: their number, and how many it hit."""

    doubtful_n: int = 0
    dropped_n: int = 0
    torn_n: int = 0
    entries_lost_n: int = 0


def read_log(log: Path) -> list[Record]:
    """Return the records of a log; one that was being written when the process died is left out."""
    octets = log.read_bytes() if log.exists() else b""
    records: list[Record] = []
    at, epoch = 0, None
    while at + _HEAD.size <= len(octets):
        magic, kind, flags, path_n, its_epoch, *rest = _HEAD.unpack_from(octets, at)
        incarnation, offset, length, old_size, payload_n = rest
        text = at + _HEAD.size
        end = text + path_n + payload_n
        if magic != _MAGIC or end > len(octets) or epoch not in (None, its_epoch):
            break
        path = octets[text : text + path_n].decode()
        payload = octets[text + path_n : end]
        records.append(Record(kind, flags, path, incarnation, offset, length, old_size, payload))
        at, epoch = end, its_epoch
    return records


def cut(
    directory: Path,
    chance: random.Random,
    *,
    into: Path | None = None,
    log: Path | None = None,
    powersafe: bool = True,
) -> Toll:
    """Cut the power of `directory`; what survives goes `into` a new directory, or replaces it.

    No process may be writing. `log` is the undo log, `directory/undo.log` if not given; in place it
    is emptied, since what survived is durable. Files that the log does not name are kept as they
    are.
    """
    log = log or directory / LOG_NAME
    records = read_log(log)
    if records and records[-1].kind == DELETE and (directory / records[-1].path).exists():
        records.pop()  # the process died between the note and the deed
    toll = Toll()
    survived = _survivors(directory, records, chance, toll, powersafe)
    if into is None:
        into = directory
        for path in sorted(directory.glob(f"*{SHARED_MEMORY}")):
            path.unlink()
        if log.exists():
            log.write_bytes(b"")
    else:
        copy(directory, into, without={log.name})
    for name, octets in survived.items():
        if octets is None:
            (into / name).unlink(missing_ok=True)
        else:
            (into / name).write_bytes(octets)
    return toll


def copy(directory: Path, into: Path, *, without: set[str]) -> None:
    """Copy the files of a directory, without the index in shared memory and those named."""
    into.mkdir(parents=True, exist_ok=True)
    for path in sorted(directory.iterdir()):
        if path.is_file() and path.name not in without and not path.name.endswith(SHARED_MEMORY):
            (into / path.name).write_bytes(path.read_bytes())


def _survivors(
    directory: Path, records: list[Record], chance: random.Random, toll: Toll, powersafe: bool
) -> dict[str, bytes | None]:
    """The content of every file that the log names; None for one that is not there."""
    contents, redo = _unwind(directory, records)
    durable = _durable(records)
    alive: dict[str, int | None] = {}
    for record in records:
        alive.setdefault(record.path, None if record.kind == CREATE else record.incarnation)
    entries = [i for i, record in enumerate(records) if record.kind in (CREATE, DELETE)]
    doubtful = [i for i in entries if i not in durable]
    lost = set(doubtful[chance.randint(0, len(doubtful)) :])
    toll.entries_lost_n = len(lost)
    keep_percent = 25 * chance.randrange(5)
    for i, record in enumerate(records):
        content = contents[record.incarnation]
        if record.kind in (CREATE, DELETE):
            if i not in lost:
                alive[record.path] = record.incarnation if record.kind == CREATE else None
        elif record.kind != SYNC and i in durable:
            _put(content, record, redo[i])
        elif record.kind != SYNC:
            toll.doubtful_n += 1
            if chance.randrange(100) < keep_percent:
                _put(content, record, redo[i])
            elif record.kind == WRITE and chance.randrange(2):
                toll.torn_n += 1
                _tear(content, record, redo[i], chance, powersafe)
            else:
                toll.dropped_n += 1
    return {
        path: None if incarnation is None else bytes(contents[incarnation])
        for path, incarnation in alive.items()
    }


def _unwind(
    directory: Path, records: list[Record]
) -> tuple[dict[int, bytearray], dict[int, bytes]]:
    """Walk back to the base images. Returns them, and what each write had written."""
    deleted = {record.incarnation for record in records if record.kind == DELETE}
    contents: dict[int, bytearray] = {}
    for record in records:
        if record.incarnation not in contents:
            path = directory / record.path
            there = record.incarnation not in deleted and path.exists()
            contents[record.incarnation] = bytearray(path.read_bytes() if there else b"")
    redo: dict[int, bytes] = {}
    for i in range(len(records) - 1, -1, -1):
        record = records[i]
        content = contents[record.incarnation]
        if record.kind == WRITE:
            redo[i] = bytes(content[record.offset : record.offset + record.length])
            del content[record.old_size :]
            content[record.offset : record.offset + len(record.payload)] = record.payload
        elif record.kind == TRUNCATE:
            redo[i] = b""
            del content[record.offset :]
            content += record.payload
        elif record.kind == DELETE:
            content[:] = record.payload
    return contents, redo


def _durable(records: list[Record]) -> set[int]:
    """The operations that a sync has made durable: the first one after them, and it succeeded."""
    durable: set[int] = set()
    next_sync: dict[int, bool] = {}
    directory_synced = False
    for i in range(len(records) - 1, -1, -1):
        record = records[i]
        if record.kind == SYNC:
            next_sync[record.incarnation] = bool(record.flags & SYNC_OK)
            directory_synced |= bool(record.flags & SYNC_DIRECTORY)
        elif record.kind in (CREATE, DELETE):
            if directory_synced:
                durable.add(i)
        elif next_sync.get(record.incarnation):
            durable.add(i)
    return durable


def _put(content: bytearray, record: Record, octets: bytes) -> None:
    """Apply one operation whole. What lies between the end and a write beyond it becomes zeros."""
    if record.kind == TRUNCATE:
        del content[record.offset :]
    else:
        _place(content, record.offset, octets)


def _place(content: bytearray, offset: int, octets: bytes) -> None:
    if not octets:
        return
    content.extend(bytes(max(0, offset - len(content))))
    content[offset : offset + len(octets)] = octets


def _tear(
    content: bytearray, record: Record, octets: bytes, chance: random.Random, powersafe: bool
) -> None:
    """Apply some sectors of a write; without `powersafe` others of them become garbage."""
    for start, end in _pieces(record.offset, record.offset + len(octets)):
        if chance.randrange(2):
            _place(content, start, octets[start - record.offset : end - record.offset])
        elif not powersafe and not chance.randrange(4):
            sector = start - start % SECTOR
            sector_end = min(sector + SECTOR, max(len(content), end))
            _place(content, sector, chance.randbytes(sector_end - sector))


def _pieces(start: int, end: int) -> Iterator[tuple[int, int]]:
    """Cut a range at the multiples of a sector."""
    while start < end:
        stop = min(end, start - start % SECTOR + SECTOR)
        yield start, stop
        start = stop

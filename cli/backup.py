"""`tollhouse backup`: everything an installation is, in one sealed file, while the server runs.

Rows of every table out of one snapshot, the key file and the settings file: enough to begin again
on an empty machine, and of no use to a finder without the passphrase. The file gets its name when
it is complete and on disk, and never replaces another.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedRandom
from pathlib import Path
from typing import Any

import click

from cli.archive import FORMAT, KEYS, SETTINGS, ArchiveWriter, File, Head, Rows, Table
from cli.errors import HouseError
from cli.key_proof import prove_keys
from cli.office import Office, office_command
from cli.options import output_option
from cli.output import Column, Kind, render_one
from cli.passphrase import passphrase_option, read_passphrase
from cli.sealed_file import SALT_OCTETS, SCRYPT_LOG_N, SealingWriter
from cli.version import tollhouse_version
from store.ledger_hash import LedgerDigest, LedgerHash
from store.schema import REVISION
from store.snapshot import columns_of, rows_in_order, tables_in_order

SHOWN = [
    Column("file", "FILE"),
    Column("octets", "SIZE", Kind.OCTETS),
    Column("sha256", "SHA-256"),
    Column("created_us", "MADE", Kind.INSTANT),
    Column("rows_n", "ROWS", Kind.NUMBER),
    Column("entries_n", "ENTRIES", Kind.NUMBER),
    Column("postings_n", "POSTINGS", Kind.NUMBER),
    Column("ledger_hash", "LEDGER HASH"),
]


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@passphrase_option
@output_option
@office_command
async def backup(office: Office, *, file: Path, passphrase_file: Path | None, output: str) -> None:
    """Write database, key file and settings file into one sealed FILE.

    May be done at any time, on a running server too: it is what the database was at one moment.
    FILE must not exist. Whoever has it and the passphrase has everything; without the passphrase
    nobody has anything, so keep it in another place. Printed is the hash of the ledger, as
    `tollhouse ledger hash` would print it at that moment.

    \b
    Example:
      tollhouse backup /backup/monday.tollhouse --passphrase-file /etc/tollhouse/backup-passphrase
    """
    if os.path.lexists(file):  # noqa: ASYNC240 - one stat
        raise HouseError(f"there is a file {file} already: a backup replaces nothing")
    await prove_keys(office)
    passphrase = read_passphrase(passphrase_file, confirm=True)
    with _new_file(file) as opened:
        salt = office.randomness.octets(SALT_OCTETS)
        sealed = SealingWriter(opened, passphrase, salt, log_n=SCRYPT_LOG_N)
        archive = ArchiveWriter(sealed)
        ledger = await _write(office, archive)
        octets = opened.tell()
        opened.seek(0)
        sha256 = hashlib.file_digest(opened, "sha256").hexdigest()
    row: dict[str, Any] = {
        "file": str(file),
        "octets": octets,
        "sha256": sha256,
        "created_us": office.now_us,
        "rows_n": sum(archive.rows_n.values()),
        **ledger._asdict(),
    }
    render_one(row, SHOWN, output)


async def _write(office: Office, archive: ArchiveWriter) -> LedgerDigest:
    """All parts; the hash of the ledger that was written."""
    place, database = office.place, office.database
    archive.add(Head(FORMAT, tollhouse_version(), REVISION, database.dialect, office.now_us))
    for name, path in ((SETTINGS, place.source), (KEYS, place.key_file)):
        try:
            archive.add(File(name, path.read_bytes()))
        except OSError as error:
            raise HouseError(f"cannot read {path}: {error.strerror}") from None
    ledger = LedgerHash()
    async with database.reading() as connection:
        for table in tables_in_order():
            archive.add(Table(table, columns_of(table)))
            async for rows in rows_in_order(connection, table):
                archive.add(Rows([tuple(row) for row in rows]))
                ledger.take(table, rows)
    digest = ledger.digest()
    archive.finish(digest.ledger_hash)
    return digest


@contextmanager
def _new_file(path: Path) -> Iterator[BufferedRandom]:
    """A file that has its name, and is on disk, when the block ends well; else there is none."""
    beside = path.with_name(f"{path.name}.part-{os.getpid()}")
    try:
        handle = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise HouseError(f"cannot write {beside}: {error.strerror}") from None
    try:
        with os.fdopen(handle, "w+b") as opened:
            yield opened
            opened.flush()
            os.fsync(opened.fileno())
        os.link(beside, path)  # unlike a rename it replaces nothing
        directory = os.open(path.parent, os.O_RDONLY)
        os.fsync(directory)
        os.close(directory)
    except FileExistsError:
        raise HouseError(f"there is a file {path} already: a backup replaces nothing") from None
    except OSError as error:
        raise HouseError(f"cannot write {path}: {error.strerror}") from None
    finally:
        os.unlink(beside)

"""`tollhouse restore`: an installation out of a sealed file, where there is none.

The database, the key file and, where there is no settings file, that too. Nothing is ever replaced.
Everything is read, put into place under a transaction or another name, and proved (the file's own
seal, the number of rows, the hash of the ledger as the new database computes it, the key against
what it has to open) before any of it counts: a restore that is refused has changed nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from aaa.sealing import KeyRing
from cli import settings
from cli.archive import FORMAT, KEYS, SETTINGS, End, File, Head, Part, Rows, Table, read_archive
from cli.errors import EXIT_FOUND, HouseError
from cli.init import shown_url
from cli.key_proof import a_sealed_value, prove
from cli.office import operator_name, run
from cli.options import output_option
from cli.output import Column, Kind, render_one
from cli.passphrase import passphrase_option, read_passphrase
from cli.sealed_file import SealBroken
from server.seams import SystemClock, SystemRandomness
from store import audit, books_check
from store.database import Database
from store.ledger_hash import LedgerDigest, hash_ledger
from store.restoring import Filler, NotEmpty, empty_place

SHOWN = [
    Column("database", "DATABASE"),
    Column("settings", "SETTINGS"),
    Column("created_us", "MADE", Kind.INSTANT),
    Column("rows_n", "ROWS", Kind.NUMBER),
    Column("entries_n", "ENTRIES", Kind.NUMBER),
    Column("postings_n", "POSTINGS", Kind.NUMBER),
    Column("ledger_hash", "LEDGER HASH"),
    Column("findings_n", "FINDINGS", Kind.NUMBER),
]


@dataclass(slots=True)
class Opened:
    """A backup whose head and files were read; `rest` are its tables."""

    head: Head
    files: dict[str, bytes]
    rest: Iterator[Part]


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
@passphrase_option
@click.option("--check", is_flag=True, help="Only read FILE to its end and prove it.")
@output_option
@click.pass_context
def restore(
    ctx: click.Context, /, file: Path, passphrase_file: Path | None, check: bool, output: str
) -> None:
    """Restore a backup where there is nothing yet.

    The settings say where: the database must not exist or, on PostgreSQL, have no tables, and the
    key file must not exist or be the one of the backup. A settings file that is there is kept;
    where there is none, the one of the backup is written. A backup of one kind of database can be
    restored into the other. Exit code 1 when all was restored and `ledger check` finds something.

    \b
    Examples:
      tollhouse restore /backup/monday.tollhouse --check
      tollhouse restore /backup/monday.tollhouse --passphrase-file /etc/tollhouse/backup-passphrase
    """
    try:
        with open(file, "rb") as archive:
            passphrase = read_passphrase(passphrase_file, confirm=False)
            opened = _open(read_archive(archive, passphrase))
            if check:
                _show(_proved(opened), output)
                return
            ctx.exit(_restore(opened, ctx.find_root().obj, output))
    except SealBroken as error:
        raise HouseError(f"{file} {error}") from None
    except OSError as error:
        raise HouseError(f"cannot restore {file}: {error.strerror or error}") from None
    except NotEmpty as error:
        raise HouseError(f"{error}: a backup is restored where there is nothing") from None


def _open(parts: Iterator[Part]) -> Opened:
    """Read up to the first table. HouseError for a backup that this program cannot restore."""
    from store.upgrade import is_known  # Alembic is slow to import

    head, files = next(parts), dict[str, bytes]()
    if not isinstance(head, Head):
        raise SealBroken("is damaged: it has no head")
    if head.format > FORMAT or not is_known(head.revision):
        raise HouseError(
            f"the backup was made by Tollhouse {head.program} (database revision "
            f"{head.revision}), which is newer than this program: install that version"
        )
    while len(files) < 2:
        part = next(parts)
        if not isinstance(part, File):
            raise SealBroken("is damaged: it lacks a file")
        files[part.name] = part.content
    if set(files) != {SETTINGS, KEYS}:
        raise SealBroken("is damaged: it lacks a file")
    return Opened(head, files, parts)


def _show(row: dict[str, Any], output: str) -> None:
    """Print what was found or done."""
    render_one(row, [column for column in SHOWN if column.name in row], output)


def _proved(opened: Opened) -> dict[str, Any]:
    """Read to the end, which proves it; what was in it."""
    KeyRing(opened.files[KEYS], SystemRandomness().octets)
    *_, end = opened.rest
    assert isinstance(end, End)
    return {
        "created_us": opened.head.created_us,
        "rows_n": sum(end.rows_n.values()),
        "entries_n": end.rows_n["entries"],
        "postings_n": end.rows_n["postings"],
        "ledger_hash": end.ledger_hash,
    }


def _restore(opened: Opened, named: str | None, output: str) -> int:
    """Put everything in its place. Returns the exit code."""
    source = settings.find_file(named)
    kept = os.path.lexists(source)
    place = settings.load(named) if kept else settings.place_of(opened.files[SETTINGS], source)
    written: list[Path] = []
    try:
        if not kept:
            _write_new(source, opened.files[SETTINGS], written)
        _put_key(place.key_file, opened.files[KEYS], written)
        row: dict[str, Any] = {}
        run(_fill(place, opened, row))
    except BaseException:
        for path in written:
            with suppress(OSError):
                path.unlink()
        raise
    run(_look(place, row))
    row["settings"] = f"{source} ({'was there and is kept' if kept else 'from the backup'})"
    _show(row, output)
    return EXIT_FOUND if row["findings_n"] else 0


def _put_key(path: Path, content: bytes, written: list[Path]) -> None:
    """The key file in its place, unless it is there. HouseError when another one is."""
    if not os.path.lexists(path):
        _write_new(path, content, written)
    elif path.read_bytes() != content:
        raise HouseError(
            f"the key file {path} is not the one of the backup: a backup is restored where there "
            "is nothing"
        )


def _write_new(path: Path, content: bytes, written: list[Path]) -> None:
    """A new file for its owner only, on disk; noted in `written` so that it can be taken back."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    written.append(path)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


async def _fill(place: settings.Place, opened: Opened, row: dict[str, Any]) -> None:
    """All rows, proved, in one transaction; what was done goes into `row`."""
    keys = KeyRing(opened.files[KEYS], SystemRandomness().octets)
    async with empty_place(place.database_url, opened.head.revision) as filler:
        end = await _fill_tables(filler, opened.rest)
        await _tell(filler, opened.head, end)
        found = await hash_ledger(filler.connection)
        if opened.head.revision == _own_revision():
            _compare(found, end)
        prove(keys, await a_sealed_value(filler.connection))
    row |= {
        "database": shown_url(place.database_url),
        "created_us": opened.head.created_us,
        "rows_n": sum(end.rows_n.values()),
        **found._asdict(),
    }


async def _tell(filler: Filler, head: Head, end: End) -> None:
    """The restored audit goes on with who restored it, and from what."""
    await audit.write(
        filler.connection,
        at_us=SystemClock().now_us(),
        who=operator_name(),
        action="restore",
        kind="house",
        after={"backup_of_us": head.created_us, "ledger_hash": end.ledger_hash},
    )


async def _fill_tables(filler: Filler, parts: Iterator[Part]) -> End:
    """The rows of every table, and the end that vouches for them."""
    table: Table | None = None
    for part in parts:
        if isinstance(part, Table):
            table = part
        elif isinstance(part, Rows):
            if table is None:
                raise SealBroken("is damaged: rows of no table")
            await filler.add(table.name, table.columns, part.rows)
        elif isinstance(part, End):
            end = part
    await filler.finish()
    return end


def _own_revision() -> str:
    from store.schema import REVISION

    return REVISION


def _compare(found: LedgerDigest, end: End) -> None:
    """The new database must hold the ledger that was backed up."""
    if found.ledger_hash != end.ledger_hash:
        raise HouseError(
            f"the restored ledger has hash {found.ledger_hash}, the backup says {end.ledger_hash}: "
            "nothing was restored"
        )


async def _look(place: settings.Place, row: dict[str, Any]) -> None:
    """Are the restored books sound? The number of findings goes into `row`."""
    database = await Database.open(place.database_url)
    try:
        row["findings_n"] = len(await books_check.check_books(database))
    finally:
        await database.close()

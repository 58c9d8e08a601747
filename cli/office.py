"""What an office command works with: settings, the opened database, keys, clock, dice and ids.

`office_command` turns a coroutine into a command: it opens all that, runs the coroutine, closes it
again, and turns what can go wrong outside into the one line of `cli.errors`. Every write is one
transaction on `office.database.office()`; slow work (hashing, sealing, parsing) is done before it
is opened, because on SQLite the server waits while it is.
"""

from __future__ import annotations

import asyncio
import functools
import os
import pwd
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import click

from aaa.ports import StoreUnavailable
from aaa.sealing import KeyRing
from cli import settings
from cli.errors import HouseError
from domain.deed import Deed, draft
from domain.seams import Clock, Ids, Randomness
from server.seams import MonotoneIds, SystemClock, SystemRandomness
from store import audit
from store.database import BadUrl, Database, UnsafeDatabase
from store.office_connection import unfit

_SET_UP = "the database is not set up, or is of another version: run `tollhouse init`"


@dataclass(slots=True)
class Office:
    """The open office; `now_us` is the instant at which the command was given."""

    place: settings.Place
    database: Database
    clock: Clock
    randomness: Randomness
    ids: Ids
    now_us: int
    who: str = field(default_factory=lambda: operator_name())
    _keys: KeyRing | None = field(default=None, repr=False)

    @property
    def keys(self) -> KeyRing:
        """The key file, read when it is first needed. HouseError when it cannot be."""
        if self._keys is None:
            self._keys = read_keys(self.place, self.randomness)
        return self._keys

    async def audit(
        self,
        connection: Any,
        action: str,
        *,
        kind: str,
        row_id: int = 0,
        subject: str = "",
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
        reason: str = "",
    ) -> None:
        """Tell in the audit what this transaction does, and who does it (see `store.audit`)."""
        await audit.write(
            connection,
            at_us=self.now_us,
            who=self.who,
            action=action,
            kind=kind,
            row_id=row_id,
            subject=subject,
            before=before,
            after=after,
            reason=reason,
        )

    async def audit_all(self, connection: Any, drafts: Sequence[Deed]) -> None:
        """Tell of many things at once; `drafts` are of `draft`."""
        await audit.append(connection, drafts)

    def draft(
        self,
        action: str,
        *,
        kind: str,
        row_id: int,
        subject: str,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
        reason: str = "",
    ) -> Deed:
        """A deed of this command, for `audit_all`."""
        return draft(
            self.now_us,
            self.who,
            action,
            kind=kind,
            row_id=row_id,
            subject=subject,
            before=before,
            after=after,
            reason=reason,
        )


def operator_name() -> str:
    """The operating-system user who gave the command; behind sudo, the one who used it."""
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        name = f"uid {os.getuid()}"
    behind = os.environ.get("SUDO_USER", "")
    return f"{behind} as {name}" if behind and os.getuid() == 0 and behind != name else name


def read_keys(place: settings.Place, randomness: Randomness) -> KeyRing:
    """Open the key file of these settings."""
    try:
        content = place.key_file.read_bytes()
    except FileNotFoundError:
        raise HouseError(
            f"the key file {place.key_file} is missing: put its copy back, or run "
            "`tollhouse init` if this is a new installation"
        ) from None
    except OSError as error:
        raise HouseError(f"cannot read the key file {place.key_file}: {error.strerror}") from None
    try:
        return KeyRing(content, randomness.octets)
    except ValueError as error:
        raise HouseError(f"{place.key_file}: {error}") from None


def office_command(
    function: Callable[..., Coroutine[Any, Any, int | None]],
) -> Callable[..., None]:
    """A click callback that runs `function(office, ...)` in an open office.

    What the function returns is the exit code; nothing is 0.
    """

    @functools.wraps(function)
    def command(*args: Any, **kwargs: Any) -> None:
        ctx = click.get_current_context()
        place = settings.load(ctx.find_root().obj)
        code = run(in_office(place, lambda office: function(office, *args, **kwargs)))
        if code:
            ctx.exit(code)

    return command


def run(work: Coroutine[Any, Any, int | None]) -> int:
    """Run a coroutine to its end; outages become a HouseError."""
    try:
        return asyncio.run(work) or 0
    except Exception as error:
        if text := unfit(error):
            raise HouseError(text) from None
        if isinstance(error, StoreUnavailable):
            raise HouseError(f"the database is not available: {error}") from None
        if isinstance(error, BadUrl | UnsafeDatabase):
            raise HouseError(str(error)) from None
        raise


async def in_office(
    place: settings.Place, work: Callable[[Office], Coroutine[Any, Any, int | None]]
) -> int | None:
    """Open the office, work, close it."""
    clock, randomness = SystemClock(), SystemRandomness()
    database = await open_database(place)
    try:
        office = Office(
            place=place,
            database=database,
            clock=clock,
            randomness=randomness,
            ids=MonotoneIds(clock, randomness),
            now_us=clock.now_us(),
        )
        return await work(office)
    finally:
        await database.close()


async def check_revision(place: settings.Place) -> None:
    """HouseError unless the database is at the revision that this program was written for."""
    from store.upgrade import current_revision, head_revision  # Alembic is slow to import

    await (await open_database(place)).close()
    if await current_revision(place.database_url) != head_revision():
        raise HouseError(_SET_UP)


async def open_database(place: settings.Place) -> Database:
    """The database of these settings, which must be one that `init` has made."""
    path = place.database_url.removeprefix("sqlite:///")
    if path != place.database_url and not os.path.exists(path):  # noqa: ASYNC240 - one stat
        raise HouseError(f"there is no database at {path} yet: run `tollhouse init`")
    return await Database.open(place.database_url)

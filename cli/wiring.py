"""The house wired together: the only module that knows every adapter.

Settings become the plain arguments of each floor; the database, the keys, the store, the desk and
the server are joined here and nowhere else.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from aaa.desk import Desk
from aaa.ports import StoreUnavailable
from aaa.turn import DeskSettings
from cli.office import read_keys
from cli.settings import Place
from cli.settings_table import LogSettings, Settings
from cli.version import tollhouse_version
from domain.seams import Spawn
from domain.share import ALONE, Share
from server.limits import Limits, Seams
from server.process import Outside, Parts
from server.worker_kit import WorkerKit
from store.database import Database
from store.desk import DeskStore
from store.feed import ChangeListener
from store.office_packages import Renewer
from store.wal import LAID_OCTETS

RELISTEN_US = 1_000_000  # between two tries to hear PostgreSQL again
KNOWN_MAX_N = 200_000  # accounts read beforehand though nobody of them is on line: some 0.2 GB


def desk_settings(settings: Settings) -> DeskSettings:
    """The settings file, as the desk wants it."""
    accounting = settings.accounting
    return DeskSettings(
        reject_delay_us=settings.radius.reject_delay_ms * 1000,
        interim_s=accounting.interim_s,
        clock_skew_s=accounting.clock_skew_s,
        start_wait_s=accounting.start_wait_s,
        hold_margin_s=accounting.hold_margin_s,
        stale_min_s=accounting.stale_min_s,
        disconnect_wait_s=accounting.disconnect_wait_s,
        known_max_n=KNOWN_MAX_N,
    )


def limits(settings: Settings) -> Limits:
    """The settings file, as the server wants it."""
    radius = settings.radius
    return Limits(
        listen=tuple(radius.listen),
        auth_port=radius.auth_port,
        acct_port=radius.acct_port,
        queue_max_n=radius.queue_max,
        batch_max_n=radius.batch_max,
        reply_keep_us=radius.reply_cache_s * 1_000_000,
        receive_buffer_octets=radius.receive_buffer_octets,
    )


def outside(place: Place, kit: WorkerKit | None = None) -> Outside:
    """Where the process stands in the world."""
    metrics = place.settings.metrics
    path = place.database_url.removeprefix("sqlite:///")
    return Outside(
        metrics_listen=(metrics.listen, metrics.port),
        disk_path=str(Path(path).parent) if path != place.database_url else None,
        version=tollhouse_version(),
        kit=kit,
    )


def log_form(settings: LogSettings) -> str:
    """The format of the log, once it is known where it goes."""
    if settings.format != "auto":
        return settings.format
    return "console" if sys.stderr.isatty() else "json"


def builder(place: Place, share: Share = ALONE) -> Callable[[Seams], Awaitable[Parts]]:
    """What `server.process.run_server` calls once its loop runs."""

    async def build(seams: Seams) -> Parts:
        return await build_parts(place, seams, share)

    return build


async def build_parts(place: Place, seams: Seams, share: Share = ALONE) -> Parts:
    """Open the database and join store and desk. Raises StoreUnavailable, HouseError."""
    keys = read_keys(place, seams.randomness)
    database = await Database.open(place.database_url)
    try:
        store = await DeskStore.open(
            database, keys, share, laid_octets=LAID_OCTETS, spawn=seams.spawn
        )
    except BaseException:
        await database.close()
        raise
    desk = Desk(
        store,
        desk_settings(place.settings),
        ids=seams.ids,
        randomness=seams.randomness,
        sealer=keys,
        share=share,
    )
    ears = Ears(store, seams.spawn)

    async def close() -> None:
        await ears.close()
        await store.checkpoint()
        await store.close()
        await database.close()

    packages = Renewer(database, seams.ids)
    return Parts(store=store, desk=desk, close=close, listen=ears.listen, packages=packages)


class Ears:
    """Hears of changes at once where the database can tell, and listens again when it was away.

    Whatever is missed meanwhile, the server's poll of the feed finds.
    """

    def __init__(self, store: DeskStore, spawn: Spawn) -> None:
        """Nothing happens before `listen`."""
        self._store = store
        self._spawn = spawn
        self._listener: ChangeListener | None = None
        self._nudge: Callable[[], None] = lambda: None
        self._closed = False

    async def listen(self, nudge: Callable[[], None]) -> None:
        """Call `nudge` when there may be news from now on."""
        self._nudge = nudge
        self._listener = self._store.listener(self._heard)
        if self._listener is not None:
            await self._listener.start()

    def _heard(self) -> None:
        self._nudge()
        listener = self._listener
        if listener is not None and not listener.alive and not self._closed:
            self._spawn.later(RELISTEN_US, self._try_again)

    def _try_again(self) -> None:
        if not self._closed:
            self._spawn.task(self._start_again(), "listen")

    async def _start_again(self) -> None:
        assert self._listener is not None
        try:
            await self._listener.start()
        except StoreUnavailable:
            self._spawn.later(RELISTEN_US, self._try_again)
        else:
            self._nudge()

    async def close(self) -> None:
        """Stop listening."""
        self._closed = True
        if self._listener is not None:
            await self._listener.stop()

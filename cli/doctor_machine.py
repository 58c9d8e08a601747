"""What the doctor looks at around the books: files, ports, buffers, the database's revision.

These looks need no open office, so they work when it cannot be opened; a port is tried by binding
it for a moment, which harms nobody who is listening there already.
"""

from __future__ import annotations

import asyncio
import errno
import re
import stat
from pathlib import Path

from cli import settings
from cli.errors import HouseError
from cli.office import Office, open_database, run
from cli.remark import Level, Remark
from server.seams import UdpDatagrams
from store.sqlite_driver import install

RMEM_MAX = Path("/proc/sys/net/core/rmem_max")
OTHERS = stat.S_IRWXG | stat.S_IRWXO
HTTP_S = 2
DROPS = re.compile(r'^aaa_radius_socket_drops_total\{port="(\d+)"\} (\S+)$', re.MULTILINE)


def files(place: settings.Place) -> list[Remark]:
    """The settings, the key file and the database's file: there, and nobody else's business."""
    found = [_settings(place)]
    if "@" in place.settings.database.url and place.source.stat().st_mode & stat.S_IROTH:
        found.append(
            Remark(
                Level.WARNING,
                "settings",
                "everybody on this machine can read the database's password",
                f"chmod o-r {place.source}, or use TOLLHOUSE_DATABASE_URL",
            )
        )
    path = place.key_file
    if not path.exists():
        text = f"{path} is missing; no stored password can be read"
        found.append(Remark(Level.FAULT, "key file", text, "put its copy back"))
    elif path.stat().st_mode & OTHERS:
        text = f"{path} can be read by others"
        found.append(Remark(Level.FAULT, "key file", text, f"chmod 600 {path}"))
    else:
        found.append(Remark(Level.OK, "key file", f"{path}, only its owner can read it"))
    database = Path(place.database_url.removeprefix("sqlite:///"))
    if place.database_url.startswith("sqlite:") and database.exists():
        found.append(Remark(Level.OK, "SQLite", f"version {install().sqlite_version}, sound"))
        if database.stat().st_mode & stat.S_IROTH:
            text = f"{database} can be read by everybody on this machine"
            found.append(Remark(Level.WARNING, "database", text, f"chmod o-r {database}"))
    return found


def _settings(place: settings.Place) -> Remark:
    """Would a start refuse what the settings ask for?"""
    try:
        settings.refuse_workers(place)
    except HouseError as error:
        return Remark(Level.FAULT, "settings", error.message)
    return Remark(Level.OK, "settings", str(place.source))


def revision(place: settings.Place) -> list[Remark]:
    """Is the database the one that this program was written for, and durable?"""
    from store.upgrade import current_revision, head_revision  # Alembic is slow to import

    async def look() -> None:
        await (await open_database(place)).close()  # refuses what is not durable
        if await current_revision(place.database_url) != head_revision():
            raise HouseError("the database is of another version: run `tollhouse init`")

    run(look())
    return [Remark(Level.OK, "database", f"revision {head_revision()}, commits are durable")]


def buffers(place: settings.Place) -> list[Remark]:
    """May a socket have the receive buffer that the server asks for? Else bursts are lost."""
    wanted = place.settings.radius.receive_buffer_octets
    try:
        allowed = int(RMEM_MAX.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return [Remark(Level.OK, "socket buffers", "this machine does not say")]
    if allowed >= wanted:
        text = f"{wanted} octets, and the kernel allows {allowed}"
        return [Remark(Level.OK, "socket buffers", text)]
    return [
        Remark(
            Level.WARNING,
            "socket buffers",
            f"the kernel allows {allowed} octets; the server asks for {wanted}",
            f"sysctl -w net.core.rmem_max={wanted}, the same in /etc/sysctl.d, and a restart",
        )
    ]


async def ports(office: Office) -> list[Remark]:
    """Are the ports served by us, free, or somebody else's?"""
    radius, metrics = office.place.settings.radius, office.place.settings.metrics
    taken = [
        f"{address} port {port}"
        for address in radius.listen
        for port in (radius.auth_port, radius.acct_port)
        if port and _taken(address, port)
    ]
    answer = await _readiness(metrics.listen, metrics.port)
    if answer is None and not taken:
        text = "the server is not running; its ports are free"
        return [Remark(Level.WARNING, "server", text, "`tollhouse serve`")]
    if answer is None:
        text = f"taken, but no Tollhouse answers at {metrics.listen} port {metrics.port}"
        advice = "stop the other server, or change [radius] in the settings"
        return [Remark(Level.FAULT, "server", f"{', '.join(taken)}: {text}", advice)]
    if answer == 200:
        return [Remark(Level.OK, "server", "running and ready"), *await _losses(office)]
    text = "running, and says that it is not ready"
    return [Remark(Level.FAULT, "server", text, "look into its log, and at /readyz")]


async def _losses(office: Office) -> list[Remark]:
    """Has the kernel thrown datagrams away since the server started? It counts them by port."""
    metrics = office.place.settings.metrics
    _, page = await _page(metrics.listen, metrics.port, "metrics") or (0, "")
    found = {port: int(float(count)) for port, count in DROPS.findall(page)}
    lost = [f"{count} at port {port}" for port, count in sorted(found.items()) if count]
    if not lost:
        return []
    text = f"datagrams lost before they were read, since the start: {', '.join(lost)}"
    advice = "if it grows: raise radius.receive_buffer_octets and net.core.rmem_max"
    return [Remark(Level.WARNING, "lost datagrams", text, advice)]


def _taken(address: str, port: int) -> bool:
    """Is somebody listening there? An address this machine does not have counts as free."""
    try:
        bound = UdpDatagrams(asyncio.get_running_loop()).bind(address, port, lambda *_: None)
    except OSError as error:
        return error.errno == errno.EADDRINUSE
    bound.close()
    return False


async def _readiness(address: str, port: int) -> int | None:
    """The HTTP status of /readyz; None when nobody answers."""
    answer = await _page(address, port, "readyz")
    return answer[0] if answer is not None else None


async def _page(address: str, port: int, name: str) -> tuple[int, str] | None:
    """HTTP status and body of a page; None when nobody answers."""
    try:
        async with asyncio.timeout(HTTP_S):
            reader, writer = await asyncio.open_connection(address, port)
            writer.write(f"GET /{name} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
            head, _, body = (await reader.read()).partition(b"\r\n\r\n")
            writer.close()
        return int(head.split()[1]), body.decode(errors="replace")
    except (OSError, TimeoutError, IndexError, ValueError):
        return None

"""A house to give commands to: settings, key and database of one test, and a desk to make traffic.

Commands run in this process, as a person would type them; `Gate` is a router whose packets reach
the real desk without a socket.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from aaa.outcome import Outcome
from aaa.request import Item, Request, Settled
from cli import settings
from cli.main import main
from cli.wiring import build_parts
from nas.attribute_types import ERX, ERX_SERVICE_SESSION
from radius import Packet, decode_attributes
from radius.passwords import hide_password
from radius.vendors import vendor_attribute
from server.limits import Seams
from server.seams import LoopSpawn, MonotoneIds, SystemClock, SystemRandomness, UdpDatagrams

SAMPLE_SECRET = b"testing123"
STATUS = {"start": 1, "stop": 2, "interim": 3}


@dataclass
class House:
    """One test's installation."""

    config: Path
    database_url: str

    def run(self, *words: str, code: int = 0, stdin: str | None = None) -> Result:
        """Give a command; it must end with this exit code, and never with a traceback."""
        result = CliRunner().invoke(main, list(words), input=stdin)
        said = f"{words}: {result.output}"
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, said
        return result

    def refuse(self, *words: str, stdin: str | None = None) -> str:
        """Give a command that must be refused: one line, exit code 2; the line."""
        result = self.run(*words, code=2, stdin=stdin)
        assert result.stdout == "", result.stdout
        (line,) = result.stderr.splitlines()
        assert line.startswith("tollhouse: "), line
        return line

    def json(self, *words: str, code: int = 0) -> Any:
        """Give a command with `--output json` and read what it prints."""
        return json.loads(self.run(*words, "--output", "json", code=code).stdout)

    def money(self, login: str = "alice") -> dict[str, Any]:
        """What `balance show` says."""
        found: dict[str, Any] = self.json("balance", "show", login)
        return found

    def serve(self, *packets: Any, nas: str = "local") -> list[Outcome]:
        """Have the desk decide packets one by one, as if the NAS had sent them."""
        return asyncio.run(_serve(self.config, packets, nas))

    def settle(self, settled: Settled) -> None:
        """Tell the desk what came of an order."""
        asyncio.run(_serve(self.config, [settled], "local"))


def login(name: str = "alice", password: str = "wonderland", **more: str) -> Any:
    """A PAP login."""
    return ("login", name, password, more)


def record(status: str, session: str = "s1", name: str = "alice", **counters: int | str) -> Any:
    """An accounting record: `seconds`, `up`, `down` octets, `service` as Juniper names one."""
    return ("record", status, session, name, counters)


async def _serve(config: Path, packets: Any, nas: str) -> list[Outcome]:
    loop = asyncio.get_running_loop()
    clock, randomness = SystemClock(), SystemRandomness()
    failures: list[BaseException] = []
    seams = Seams(
        clock=clock,
        randomness=randomness,
        ids=MonotoneIds(clock, randomness),
        datagrams=UdpDatagrams(loop),
        spawn=LoopSpawn(loop, lambda _name, error: failures.append(error)),
    )
    parts = await build_parts(settings.load(str(config)), seams)
    parts.desk.broke = lambda _item, error: failures.append(error)
    try:
        devices = {device.name: device for device in await parts.store.load_devices()}
        parts.desk.equip(list(devices.values()))
        await parts.desk.warm()
        outcomes = []
        for packet in packets:
            item: Item = packet
            if not isinstance(packet, Settled):
                item = _request(packet, devices[nas], clock.now_us())
            outcomes += await parts.desk.serve([item], clock.now_us())
            tasks: list[Item] = parts.desk.pending()
            if tasks:
                await parts.desk.serve(tasks, clock.now_us())
    finally:
        await parts.close()
    assert not failures, failures
    return outcomes


def _request(packet: Any, device: Any, now_us: int) -> Request:
    authenticator = bytes(range(16))
    if packet[0] == "login":
        _, name, password, more = packet
        pairs = [
            (1, name.encode()),
            (2, hide_password(password.encode(), device.secret, authenticator)),
        ]
        if "mac" in more:
            pairs.append((31, more["mac"].encode()))
        code = 1
    else:
        _, status, session, name, counters = packet
        pairs = [
            (40, STATUS[status].to_bytes(4, "big")),
            (44, session.encode()),
            (1, name.encode()),
        ]
        for kind, word in ((46, "seconds"), (42, "up"), (43, "down")):
            if word in counters:
                pairs.append((kind, counters[word].to_bytes(4, "big")))
        if "service" in counters:
            pairs.append(vendor_attribute(ERX, ERX_SERVICE_SESSION, counters["service"].encode()))
        code = 4
    return Request(
        packet=Packet(code, 1, authenticator, pairs),
        device=device,
        source_address=device.prefixes[0].split("/")[0],
        arrived_us=now_us,
        signed=True,
    )


def attributes(outcome: Outcome) -> dict[int, bytes]:
    """The attributes of a reply by type."""
    return dict(decode_attributes(outcome.attributes))

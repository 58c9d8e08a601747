"""The whole rim on loopback: real sockets, a fake desk and store."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from aaa.outcome import FAILED, Outcome
from aaa.ports import Change, StoreUnavailable
from aaa.request import Item, Request, Settled, Sweep, SweepKind
from domain.device import Device, Policy
from domain.grant import OrderResult
from radius.packet import sign_reply
from server.lifecycle import Server
from server.limits import Limits, Seams
from server.seams import LoopSpawn, MonotoneIds, SystemClock, SystemRandomness, UdpDatagrams
from tests.peers.ports import free_port
from tests.server import packets
from tests.server.fakes import SECRET, Desk, Log, Store, answer_all, device, order

ROOT = Path(__file__).parents[2]
MALFORMED = json.loads((Path(__file__).parent / "malformed.json").read_text())
BOTH = ("127.0.0.1", "::1")


def local_devices() -> list[Device]:
    return [
        device(1, prefix="127.0.0.0/8", require_message_authenticator=Policy.NO),
        device(2, prefix="::1/128"),
    ]


class Router:
    """A client socket that sends and waits for what comes back."""

    def __init__(self, host: str, port: int) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        # Connected: an answer from another address or port would never arrive (DUP-11).
        self.socket.connect((host, port))

    def send(self, octets: bytes) -> None:
        self.socket.send(octets)

    async def hear(self) -> bytes:
        return await asyncio.get_running_loop().sock_recv(self.socket, 5_000)

    async def ask(self, octets: bytes) -> bytes:
        self.send(octets)
        return await self.hear()

    def silent(self) -> bool:
        """Has nothing arrived?"""
        try:
            self.socket.recv(5_000)
        except BlockingIOError:
            return True
        return False


class House:
    """A started server and the doors' addresses."""

    def __init__(self, desk: Desk, store: Store, **limits: Any) -> None:
        loop = asyncio.get_running_loop()
        self.desk, self.store, self.log = desk, store, Log()
        self.auth, self.acct = free_port(), free_port()
        clock, randomness = SystemClock(), SystemRandomness()
        self.spawn = LoopSpawn(loop, lambda name, error: self.server.broke(name, error))
        listen = limits.pop("listen", ("127.0.0.1",))
        self.server = Server(
            Seams(
                clock=clock,
                randomness=randomness,
                ids=MonotoneIds(clock, randomness),
                datagrams=UdpDatagrams(loop),
                spawn=self.spawn,
            ),
            Limits(
                listen=listen,
                auth_port=self.auth,
                acct_port=self.acct,
                drain_linger_us=0,
                **limits,
            ),
            store=store,
            desk=desk,
            log=self.log,
            version="test",
        )
        self._routers: list[Router] = []

    def router(self, port: int, host: str = "127.0.0.1") -> Router:
        made = Router(host, port)
        self._routers.append(made)
        return made

    async def turned(self) -> None:
        """Everything that was sent so far has been read and decided.

        A Status-Server goes through the same sockets, so its answer comes after what was before.
        """
        for n, port in enumerate((self.auth, self.acct)):
            probe = self.router(port)
            await probe.ask(packets.status(n))
        await self.server.batcher.quiet()

    def close(self) -> None:
        self.server.close()
        self.spawn.close()
        for router in self._routers:
            router.socket.close()


@asynccontextmanager
async def house(
    desk: Desk | None = None, store: Store | None = None, **limits: Any
) -> AsyncIterator[House]:
    made = House(desk or Desk(), store or Store(local_devices()), **limits)
    await made.server.start()
    try:
        yield made
    finally:
        made.close()
        await asyncio.sleep(0)


async def until(true: Callable[[], object]) -> None:
    """Let the loop turn until something has become true; `run` bounds it."""
    while not true():  # noqa: ASYNC110 - what is waited for sets no event
        await asyncio.sleep(0)


def run(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(story(), 120))


def test_a_login_and_a_record_are_answered_over_ipv4_and_ipv6() -> None:
    async def story() -> None:
        async with house(listen=BOTH) as home:
            for host in BOTH:
                auth, acct = home.router(home.auth, host), home.router(home.acct, host)
                packets.check_reply(await auth.ask(packets.login()), packets.login(), 2)
                packets.check_reply(await acct.ask(packets.record()), packets.record(), 5)
            assert home.desk.warmed
            assert [device.name for device in home.desk.equipped] == ["nas1", "nas2"]

    run(story)


@pytest.mark.parametrize("asked", ["127.0.0.1", "127.0.0.2", "127.9.9.9"])
def test_dup_11_a_wildcard_socket_answers_from_the_address_that_was_asked(asked: str) -> None:
    async def story() -> None:
        async with house(listen=("0.0.0.0",)) as home:
            reply = await home.router(home.auth, asked).ask(packets.login())
            packets.check_reply(reply, packets.login(), 2)

    run(story)


def test_dup_03_repeats_over_the_wire_get_the_same_octets_and_one_decision() -> None:
    async def story() -> None:
        async with house() as home:
            router = home.router(home.acct)
            replies = {await router.ask(packets.record()) for _ in range(5)}
            assert len(replies) == 1
            assert len(home.desk.items) == 1

    run(story)


def test_nothing_is_answered_before_its_batch_is_durable() -> None:
    async def story() -> None:
        desk, gate, entered = Desk(), asyncio.Event(), asyncio.Event()

        async def hold() -> None:
            entered.set()
            await gate.wait()

        desk.before = hold
        async with house(desk) as home:
            router = home.router(home.acct)
            router.send(packets.record())
            await entered.wait()
            assert router.silent()
            gate.set()
            packets.check_reply(await router.hear(), packets.record(), 5)

    run(story)


def test_malformed_packets_and_wrong_secrets_harm_nothing() -> None:
    async def story() -> None:
        async with house() as home:
            auth, acct = home.router(home.auth), home.router(home.acct)
            for packet in MALFORMED:
                auth.send(bytes.fromhex(packet["octets"]))
                acct.send(bytes.fromhex(packet["octets"]))
            for cut in range(0, len(packets.record()), 3):
                acct.send(packets.record()[:cut])
            acct.send(b"\xff" * 4_096)
            acct.send(bytes(9_000))
            await home.turned()
            assert all(
                isinstance(item, Request) and item.packet.code == 1 for item in home.desk.items
            )
            assert acct.silent()
            packets.check_reply(await acct.ask(packets.record()), packets.record(), 5)

    run(story)


def test_pkt_11_unknown_sources_hear_nothing_and_show_in_the_store() -> None:
    async def story() -> None:
        store = Store([device(1, prefix="127.0.0.2/32")])
        async with house(store=store, listen=("0.0.0.0",)) as home:
            stranger = home.router(home.auth)
            for n in range(1_000):
                stranger.send(packets.login(n % 256))
            await until(lambda: home.server.meters.unknown_client[()] == 1_000)
            assert stranger.silent()
            await home.server.drain()
            (knock,) = store.knocks
            assert knock.address == "127.0.0.1" and knock.count_n == 1_000
            assert home.desk.items == []

    run(story)


def test_sts_04_status_server_goes_silent_when_the_store_does() -> None:
    async def story() -> None:
        desk = Desk()
        async with house(desk) as home:
            acct = home.router(home.acct)
            packets.check_reply(await acct.ask(packets.status(1)), packets.status(1), 5)
            desk.decide = lambda item: FAILED
            home.store.away = True
            acct.send(packets.record(1))
            await until(lambda: home.server.meters.failed_batches[()])
            acct.send(packets.status(2))
            await until(lambda: home.server.meters.dropped["not-ready",])
            assert acct.silent()
            home.store.away = False
            desk.decide = answer_all
            packets.check_reply(await acct.ask(packets.record(1)), packets.record(1), 5)
            packets.check_reply(await acct.ask(packets.status(3)), packets.status(3), 5)

    run(story)


def test_an_order_of_a_commit_whose_fate_was_unknown_is_sent_when_the_store_is_back() -> None:
    async def story() -> None:
        desk = Desk()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nas:
            nas.setblocking(False)
            nas.bind(("127.0.0.1", 0))
            async with house(desk) as home:
                acct = home.router(home.acct)
                desk.decide = lambda item: FAILED  # committed all the same, with this order
                home.store.orders = [order(7, address="127.0.0.1", port=nas.getsockname()[1])]
                acct.send(packets.record(1))
                await until(lambda: home.server.meters.failed_batches[()])
                desk.decide = answer_all
                packets.check_reply(await acct.ask(packets.record(1)), packets.record(1), 5)
                octets = await asyncio.get_running_loop().sock_recv(nas, 5_000)
                assert octets[0] == 40

    run(story)


def test_a_disconnect_leaves_with_its_batch_and_its_answer_comes_back_to_the_desk() -> None:
    async def story() -> None:
        desk = Desk()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nas:
            nas.setblocking(False)
            nas.bind(("127.0.0.1", 0))
            port = nas.getsockname()[1]

            def decide(item: Item) -> Outcome:
                if isinstance(item, Request):
                    desk.orders.append(order(77, address="127.0.0.1", port=port))
                return answer_all(item)

            desk.decide = decide
            async with house(desk) as home:
                await home.router(home.acct).ask(packets.record())
                loop = asyncio.get_running_loop()
                asked, source = await loop.sock_recvfrom(nas, 5_000)
                assert asked[0] == 40
                reply = sign_reply(
                    41, asked[1], asked[4:20], b"", SECRET, with_message_authenticator=True
                )
                nas.sendto(reply, source)
                await until(lambda: any(isinstance(item, Settled) for item in desk.items))
                await home.server.batcher.quiet()
                settled = desk.items[-1]
                assert isinstance(settled, Settled)
                assert (settled.order_id, settled.result) == (77, OrderResult.ACK)
                assert home.server.orders.pending_n == 0

    run(story)


def test_many_looks_at_once_are_taken_one_after_another_without_waiting_for_the_timer() -> None:
    async def story() -> None:
        desk = Desk()
        some: list[Item] = [Sweep(SweepKind.LOOK, frozenset({n}), more=n < 3) for n in (1, 2, 3)]

        def decide(item: Item) -> Outcome:
            desk.sweeps = [some[some.index(item) + 1]] if item in some[:2] else []
            return answer_all(item)

        desk.decide, desk.sweeps = decide, some[:1]
        async with house(desk, sweep_us=100_000_000) as home:
            home.server._sweep_now()
            await until(lambda: len(desk.items) == 3)
            assert desk.batches == [[one] for one in some]

    run(story)


def test_orders_left_by_a_crash_are_carried_out_at_the_next_start() -> None:
    async def story() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nas:
            nas.setblocking(False)
            nas.bind(("127.0.0.1", 0))
            store = Store(local_devices())
            store.orders = [order(5, address="127.0.0.1", port=nas.getsockname()[1])]
            async with house(store=store):
                asked = await asyncio.get_running_loop().sock_recv(nas, 5_000)
                assert asked[0] == 40

    run(story)


def test_a_device_added_while_running_is_served_without_a_restart() -> None:
    async def story() -> None:
        store = Store([])
        async with house(store=store) as home:
            router = home.router(home.auth)
            router.send(packets.login())
            await until(lambda: home.server.meters.unknown_client[()])
            store.devices = local_devices()
            store.changes = [Change(1, "device", 1)]
            home.server.nudge()
            await until(lambda: home.server.roster.names())
            packets.check_reply(await router.ask(packets.login()), packets.login(), 2)
            store.devices = [*local_devices(), device(9, prefix="127.0.0.0/8")]
            store.changes = [Change(2, "device", 9)]
            home.server.nudge()
            await until(lambda: "devices not reloaded" in home.log.events("error"))
            assert home.server.roster.by_id(9) is None
            assert home.server.readiness.ready(SystemClock().monotonic_us())

    run(story)


def test_s11_under_overload_stops_are_served_and_interims_are_shed() -> None:
    async def story() -> None:
        desk, gate, entered = Desk(), asyncio.Event(), asyncio.Event()

        async def hold() -> None:
            entered.set()
            await gate.wait()

        desk.before = hold
        async with house(desk, queue_max_n=50, batch_max_n=20) as home:
            router = home.router(home.acct)
            router.send(packets.record(0, session=b"first"))
            await entered.wait()
            for n in range(100):
                router.send(packets.record(n, session=b"i%d" % n))
            for n in range(100, 140):
                router.send(packets.record(n, session=b"s%d" % n, status=packets.STOP))
            await until(lambda: home.server.meters.shed["interim",] >= 90)
            gate.set()
            await home.turned()
            served = {item.packet.identifier for item in desk.items if isinstance(item, Request)}
            assert served >= set(range(100, 140))
            assert "stop" not in {labels[0] for labels in home.server.meters.shed}

    run(story)


def test_a_drain_answers_what_was_decided_and_gives_the_ports_back() -> None:
    async def story() -> None:
        desk, gate, entered = Desk(), asyncio.Event(), asyncio.Event()

        async def hold() -> None:
            entered.set()
            await gate.wait()

        desk.before = hold
        desk.decide = lambda item: Outcome(3, delay_us=20_000, label="wrong-credential")
        async with house(desk) as home:
            router = home.router(home.auth)
            router.send(packets.login(1))
            await entered.wait()
            drained = asyncio.ensure_future(home.server.drain())
            await until(lambda: home.server.foyer.closed)
            router.send(packets.login(2))
            gate.set()
            await drained
            packets.check_reply(await router.hear(), packets.login(1), 3)
            assert router.silent() and len(desk.items) == 1
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
                other.bind(("127.0.0.1", home.auth))

    run(story)


def test_a_drain_does_not_wait_for_ever() -> None:
    async def story() -> None:
        desk, entered = Desk(), asyncio.Event()

        async def hold() -> None:
            entered.set()
            await asyncio.Event().wait()

        desk.before = hold
        async with house(desk, drain_max_us=50_000) as home:
            home.router(home.acct).send(packets.record())
            await entered.wait()
            await home.server.drain()
            assert home.log.events("warning") == ["drain took too long"]

    run(story)


def test_a_start_that_fails_leaves_nothing_open() -> None:
    async def story() -> None:
        store = Store(local_devices())
        store.away = True
        home = House(Desk(), store)
        with pytest.raises(StoreUnavailable):
            await home.server.start()
        store.away = False
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            taken.bind(("127.0.0.1", home.acct))
            with pytest.raises(OSError, match=rf"cannot listen on 127.0.0.1 port {home.acct}"):
                await home.server.start()
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
                other.bind(("127.0.0.1", home.auth))
        home.close()

    run(story)


def test_the_pages_tell_figures_life_and_readiness() -> None:
    async def story() -> None:
        async with house() as home:
            await home.router(home.acct).ask(packets.record())
            pages = home.server.pages()
            assert pages["livez"]()[0] == 200
            assert pages["readyz"]()[0] == 200
            status, kind, body = pages["metrics"]()
            assert status == 200 and kind.startswith("text/plain; version=0.0.4")
            for line in (
                'aaa_radius_requests_total{client="nas1",code="accounting-request"} 1.0',
                'aaa_acct_packets_total{type="interim"} 1.0',
                'aaa_sessions_active{client="nas1"} 3.0',
                "aaa_db_up 1.0",
                'aaa_build_info{version="test"} 1.0',
            ):
                assert line in body.decode().splitlines()
            home.server.readiness.draining = True
            assert pages["readyz"]()[0] == 503 and b"draining" in pages["readyz"]()[2]

    run(story)


def test_any_free_port_will_do_and_is_told() -> None:
    async def story() -> None:
        desk, store = Desk(), Store(local_devices())
        home = House(desk, store, listen=BOTH)
        home.server._limits = Limits(listen=BOTH, auth_port=0, acct_port=0)
        await home.server.start()
        ((_, _, facts),) = [line for line in home.log.lines if line[1] == "serving"]
        for address in (*facts["auth"], *facts["acct"]):
            host, _, port = address.rpartition(":")
            assert int(port) > 0 and host in ("127.0.0.1", "[::1]")
        router = home.router(int(facts["auth"][1].rpartition(":")[2]), "::1")
        packets.check_reply(await router.ask(packets.login()), packets.login(), 2)
        home.close()

    run(story)


def test_the_server_needs_no_reactor() -> None:
    code = "import sys, server.lifecycle; sys.exit('twisted.internet.reactor' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0

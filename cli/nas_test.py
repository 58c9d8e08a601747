"""`tollhouse nas test`: does this NAS listen to us?

It sends a real Disconnect for a session that was invented, from this process and its own port, and
says what the answer, or the silence, means.
"""

from __future__ import annotations

import asyncio
import ipaddress

import click

from aaa.sealing import DEVICE_SECRET
from cli.errors import EXIT_FOUND, HouseError
from cli.office import Office, office_command
from cli.options import NAME
from domain.device import Device
from domain.grant import OrderResult
from nas.answers import Next, explain_answer, next_step
from nas.dialects import DIALECTS
from nas.disconnect import Exchange
from nas.probe import probe_order
from server.seams import UdpDatagrams
from store import office_devices


@click.command("test")
@click.argument("name", type=NAME)
@click.option("--address", help="Which of its addresses; needed when it is a whole prefix.")
@click.option(
    "--wait",
    "wait_s",
    type=click.IntRange(1, 30),
    default=30,
    show_default=True,
    metavar="SECONDS",
    help="How long an answer is waited for.",
)
@office_command
async def test(office: Office, *, name: str, address: str | None, wait_s: int) -> int:
    """Send a Disconnect for an invented session and say what the answer means.

    Exit code 0 when the NAS takes orders, 1 when it refuses them or is silent.

    \b
    Example:
      tollhouse nas test tower-3
    """
    async with office.database.reading() as connection:
        device = await office_devices.find(connection, name)
    if device is None:
        raise HouseError(f"there is no NAS {name}; see `tollhouse nas list`")
    target = target_of(device, address)
    secret = _open_secret(office, device)
    order = probe_order(
        device, address=target, tag=office.randomness.octets(4).hex(), now_us=office.now_us
    )
    exchange = Exchange(
        order,
        secret,
        identifier=office.randomness.below(256),
        now_us=office.clock.monotonic_us(),
        stamp_us=office.clock.now_us(),
    )
    click.echo(f"Disconnect-Request to {target} port {device.coa_port} ...", err=True)
    result = await _exchange(office, exchange, (target, device.coa_port), wait_s)
    click.echo(explain_answer(result, exchange.error_cause, DIALECTS[device.dialect]))
    taken = next_step(result, exchange.error_cause) in (Next.DONE, Next.GONE)
    return 0 if taken else EXIT_FOUND


def target_of(device: Device, address: str | None) -> str:
    """The one address to send to."""
    networks = [ipaddress.ip_network(prefix) for prefix in device.prefixes]
    if address is not None:
        try:
            wanted = ipaddress.ip_address(address)
        except ValueError:
            raise HouseError(f"--address: {address!r} is not an IP address") from None
        if not any(wanted in network for network in networks):
            raise HouseError(f"{wanted} is not an address of NAS {device.name}")
        return str(wanted)
    single = [network for network in networks if network.num_addresses == 1]
    if not single:
        raise HouseError(f"NAS {device.name} is a whole prefix: name one with --address")
    return str(single[0].network_address)


def _open_secret(office: Office, device: Device) -> bytes:
    try:
        return office.keys.open(DEVICE_SECRET, str(device.device_id), device.secret)
    except ValueError as error:
        raise HouseError(str(error)) from None


async def _exchange(
    office: Office, exchange: Exchange, target: tuple[str, int], wait_s: int
) -> OrderResult:
    """Send, repeat as RFC 5080 says, and wait for a true answer."""
    done = asyncio.Event()

    def received(octets: bytes, peer: tuple[str, int], _local: str) -> None:
        if exchange.on_reply(octets, peer, office.clock.monotonic_us()).result is not None:
            done.set()

    port = UdpDatagrams(asyncio.get_running_loop()).bind(
        "::" if ":" in target[0] else "0.0.0.0", 0, received
    )
    end_us = office.clock.monotonic_us() + wait_s * 1_000_000
    try:
        port.send(exchange.octets, target, None)
        while exchange.result is None and (now_us := office.clock.monotonic_us()) < end_us:
            pause_us = min(exchange.next_send_us, end_us) - now_us
            try:
                async with asyncio.timeout(max(pause_us, 0) / 1_000_000):
                    await done.wait()
            except TimeoutError:
                again = exchange.on_timer(office.clock.monotonic_us())
                if again is not None:
                    port.send(again, target, None)
    finally:
        port.close()
    return exchange.result or OrderResult.SILENCE

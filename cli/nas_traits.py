"""What can be said about a NAS on the command line, and the device that comes of it.

`nas add` and `nas set` share these options: access and protection first, then how it counts.
A secret leaves here only sealed; a weak one is warned about and works, an empty one is refused.
"""

from __future__ import annotations

import ipaddress
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import click

from aaa.sealing import DEVICE_SECRET
from cli.errors import HouseError
from cli.office import Office
from cli.options import INSTANT, Function
from domain.device import Device, Policy
from nas.dialects import DIALECTS
from nas.secrets import GENERATED_OCTETS, parse_secret, secret_warnings, written_secret

GENERATE = "generate"
POLICIES = [policy.value for policy in Policy]

ACCESS = [
    click.option(
        "--secret",
        metavar="TEXT|-|generate",
        help="The shared secret: text, or 0x and hex digits; `-` reads a line of standard "
        "input; `generate` makes one and shows it once.",
    ),
    click.option("--dialect", type=click.Choice(sorted(DIALECTS)), help="What it speaks."),
    click.option(
        "--coa-port",
        type=click.IntRange(1, 65_535),
        help="Where it listens for Disconnect and CoA.",
    ),
    click.option(
        "--coa-per-s",
        type=click.IntRange(1, 10_000),
        metavar="N",
        help="Changes and cuts by the office it takes in a second; 20 unless said. Sessions whose "
        "money is gone are cut at once.",
    ),
    click.option(
        "--require-message-authenticator",
        type=click.Choice(POLICIES),
        help="Drop Access-Requests without one? auto: from an address that has sent one.",
    ),
    click.option(
        "--limit-proxy-state",
        type=click.Choice(POLICIES),
        help="Drop Access-Requests with Proxy-State and no Message-Authenticator?",
    ),
]
COUNTING = [
    click.option(
        "--accounting-since",
        "accounting_since_us",
        type=INSTANT,
        metavar="TIME",
        help="Sessions that began before this are adopted: they pay from their first report on. "
        "`nas add` sets it to now.",
    ),
    click.option(
        "--interim",
        "interim_s",
        type=click.IntRange(60, 86_400),
        metavar="SECONDS",
        help="Ask for interims at this interval where the plan names none.",
    ),
    click.option(
        "--line-rate",
        "line_rate_bps",
        type=click.IntRange(min=1),
        metavar="BITS/S",
        help="The fastest port; usage beyond it is held back for review.",
    ),
    click.option("--gigawords/--no-gigawords", default=None, help="Does it send Acct-*-Gigawords?"),
    click.option(
        "--trust-gigawords/--distrust-gigawords",
        "gigawords_trusted",
        default=None,
        help="Are the ones it sends right?",
    ),
    click.option(
        "--counters",
        "counter_mode",
        type=click.Choice(["cumulative", "delta"]),
        help="Does an interim count since the start or since the last one?",
    ),
    click.option("--swap/--no-swap", default=None, help="Does it exchange Input and Output?"),
    click.option(
        "--octets-unit",
        type=click.IntRange(1, 1 << 30),
        help="Octets in one unit that it counts.",
    ),
    click.option(
        "--billing-level",
        type=click.Choice(["session", "service"]),
        help="Are its sessions billed, or the services inside them?",
    ),
]


def traits(function: Function) -> Function:
    """The options that `add` and `set` share, addresses apart."""
    for option in reversed(ACCESS + COUNTING):
        function = option(function)
    return function


def addresses(*, required: bool) -> Callable[[Function], Function]:
    """`--address`, once or more often."""
    return click.option(
        "--address",
        "addresses",
        multiple=True,
        required=required,
        metavar="CIDR",
        help="Where its packets come from: an address or prefix, IPv4 or IPv6; repeatable.",
    )


def changed(office: Office, device: Device, given: dict[str, Any]) -> Device:
    """The device with the options that were given; the secret ends up sealed."""
    plain = {
        trait: value
        for trait, value in given.items()
        if value is not None and trait not in ("addresses", "secret")
    }
    for policy in ("require_message_authenticator", "limit_proxy_state"):
        if policy in plain:
            plain[policy] = Policy(plain[policy])
    device = replace(device, **plain)
    if given["addresses"]:
        device = replace(device, prefixes=prefixes_of(given["addresses"]))
    if given["secret"] is not None:
        secret = secret_of(office, given["secret"])
        sealed = office.keys.seal(DEVICE_SECRET, str(device.device_id), secret)
        device = replace(device, secret=sealed)
    return device


def prefixes_of(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Addresses and prefixes in their canonical form, each once. HouseError names a wrong one."""
    found: dict[str, None] = {}
    for text in texts:
        found[str(_network(text.strip()))] = None
    return tuple(found)


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """One address or prefix. HouseError says how to write it."""
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise HouseError(
            f"--address: {text!r} is not an address or prefix; write 192.0.2.1, 192.0.2.0/24 or "
            "2001:db8::/64"
        ) from None
    address = text.partition("/")[0]
    if network.network_address != ipaddress.ip_address(address):
        raise HouseError(
            f"--address: {text} has host bits set; write {address} for this one address or "
            f"{network} for the whole network"
        )
    return network


def secret_of(office: Office, text: str) -> bytes:
    """The secret that an option names; weak ones are warned about on standard error."""
    if text == GENERATE:
        text = written_secret(office.randomness.octets(GENERATED_OCTETS))
    elif text == "-":
        text = sys.stdin.readline().rstrip("\r\n")
    try:
        secret = parse_secret(text)
    except ValueError as error:
        raise HouseError(f"--secret: {error}") from None
    for warning in secret_warnings(secret):
        click.echo(f"warning: {warning}", err=True)
    return secret

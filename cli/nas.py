"""`tollhouse nas`: the routers that may ask, what they speak, and whether they listen to us.

A device is known by the addresses its packets come from. Its shared secret is sealed before it is
stored and never printed again, except once when it was made up here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click

from cli import nas_seen, nas_test, router_config
from cli.errors import HouseError
from cli.key_proof import prove_keys
from cli.nas_traits import GENERATE, addresses, changed, traits
from cli.office import Office, office_command
from cli.options import NAME, output_option, reason_option
from cli.output import Column, Kind, render, render_one
from domain.deed import differing
from domain.device import Device
from nas.dialects import DIALECTS
from store import office_devices

LISTED = [
    Column("name", "NAS"),
    Column("addresses", "ADDRESSES"),
    Column("dialect", "DIALECT"),
    Column("coa_port", "COA PORT", Kind.NUMBER),
    Column("require_message_authenticator", "REQUIRE M-A"),
    Column("limit_proxy_state", "LIMIT PROXY-STATE"),
    Column("sample", "SAMPLE", Kind.FLAG),
    *nas_seen.LISTED,
]
SHOWN = [
    *LISTED[:6],
    Column("interim_s", "interim interval", Kind.SECONDS),
    Column("line_rate_bps", "line rate", Kind.BITS_PER_S),
    Column("coa_per_s", "orders of the office in a second", Kind.NUMBER),
    Column("gigawords", "sends gigawords", Kind.FLAG),
    Column("gigawords_trusted", "gigawords are trusted", Kind.FLAG),
    Column("counter_mode", "counters are"),
    Column("swap", "directions swapped", Kind.FLAG),
    Column("octets_unit", "octets in one unit", Kind.NUMBER),
    Column("billing_level", "billed by"),
    Column("latches", "proved by its addresses"),
    Column("created_us", "added", Kind.INSTANT),
    Column("accounting_since_us", "sessions are ours since", Kind.INSTANT),
    Column("sample", "sample", Kind.FLAG),
    *nas_seen.SHOWN,
]


@click.group("nas", no_args_is_help=True)
def nas() -> None:
    """The routers that may ask: add, change, test.

    \b
    Example:
      tollhouse nas add tower-3 --address 10.20.0.3 --secret generate --dialect mikrotik
    """


@nas.command("add")
@click.argument("name", type=NAME)
@addresses(required=True)
@traits
@office_command
async def add(office: Office, *, name: str, **given: Any) -> None:
    """Add a NAS; the running server knows it within a second.

    \b
    Examples:
      tollhouse nas add tower-3 --address 10.20.0.3 --secret generate --dialect mikrotik
      tollhouse nas add bras --address 192.0.2.0/28 --address 2001:db8::/64 \\
          --secret - --dialect cisco < secret.txt
    """
    dialect = given["dialect"] or "standard"
    device = Device(
        device_id=office.ids.next(),
        name=name,
        secret=b"",
        prefixes=(),
        dialect=dialect,
        coa_port=DIALECTS[dialect].default_coa_port,
        created_us=office.now_us,
        accounting_since_us=office.now_us,
    )
    if given["secret"] is None:
        raise HouseError("--secret is missing: give one, or `--secret generate` to make one")
    await prove_keys(office)
    device = changed(office, device, given)
    async with office.database.office() as connection:
        if await office_devices.find(connection, name):
            raise HouseError(f"there is a NAS {name} already; change it with `tollhouse nas set`")
        await refuse_taken(connection, device)
        await office_devices.add(connection, device)
        await tell(office, connection, "nas add", None, device)
    click.echo(f"added NAS {name}")
    _show_made(office, device, given)


@nas.command("set")
@click.argument("name", type=NAME)
@addresses(required=False)
@traits
@click.option(
    "--reset-latches",
    is_flag=True,
    help="Forget what its addresses have proved, as a change of policy does too.",
)
@reason_option
@office_command
async def set_(
    office: Office, *, name: str, reset_latches: bool, reason: str, **given: Any
) -> None:
    """Change a NAS; what is not named stays. Addresses replace all earlier ones.

    \b
    Example:
      tollhouse nas set tower-3 --require-message-authenticator yes
    """
    async with office.database.reading() as connection:
        before = await found(connection, name)
    if not reset_latches and all(value in (None, ()) for value in given.values()):
        raise HouseError("nothing to change; see `tollhouse nas set --help`")
    device = changed(office, before, given)
    policies = ("require_message_authenticator", "limit_proxy_state")
    forget = reset_latches or any(given[policy] is not None for policy in policies)
    async with office.database.office() as connection:
        if await found(connection, name) != before:
            raise HouseError(f"NAS {name} was changed by somebody else meanwhile; try again")
        await refuse_taken(connection, device)
        await office_devices.change(connection, device, forget_latches=forget)
        after = replace(device, latches=set()) if forget else device
        await tell(office, connection, "nas set", before, after, reason=reason)
    click.echo(f"changed NAS {name}")
    _show_made(office, device, given)


def _show_made(office: Office, device: Device, given: dict[str, Any]) -> None:
    """A secret that was made up is shown when it is stored: a refused one would only mislead."""
    if given["secret"] == GENERATE:
        secret = router_config.open_secret(office, device).decode("ascii")
        click.echo(f"shared secret, shown this once: {secret}")


@nas.command("list")
@output_option
@office_command
async def listing(office: Office, *, output: str) -> None:
    """List the NAS, with when each was last heard of and what is odd about it.

    \b
    Example:
      tollhouse nas list --output csv
    """
    seen = await nas_seen.look(office)
    render([whole_row(office, one) for one in seen.values()], LISTED, output)


@nas.command("show")
@click.argument("name", type=NAME)
@click.option(
    "--router-config",
    "kind",
    is_flag=False,
    flag_value=router_config.ALL,
    type=click.Choice([*router_config.KINDS, router_config.ALL]),
    help="Print the lines to paste into the router, for this kind of access or for all.",
)
@click.option("--server", metavar="ADDRESS", help="This server as the router reaches it.")
@click.option("--show-secret", is_flag=True, help="With the shared secret; told to the audit.")
@output_option
@office_command
async def show(
    office: Office, *, name: str, kind: str | None, server: str | None, **given: Any
) -> None:
    """Show everything about one NAS but its secret, or what to paste into it.

    \b
    Examples:
      tollhouse nas show local
      tollhouse nas show local --router-config hotspot --server 192.0.2.10
    """
    if kind is None and (server is not None or given["show_secret"]):
        raise HouseError("--server and --show-secret go with --router-config")
    async with office.database.reading() as connection:
        device = await found(connection, name)
    if kind is None:
        seen = (await nas_seen.look(office))[device.device_id]
        render_one(whole_row(office, seen), SHOWN, given["output"])
        return
    text = router_config.lines(
        device,
        kind,
        server=None if server is None else router_config.address_of(server),
        secret=router_config.open_secret(office, device) if given["show_secret"] else None,
        settings=office.place.settings,
    )
    if given["show_secret"]:
        async with office.database.office() as connection:
            await tell(office, connection, "nas reveal-secret", device, device)
    click.echo(text, nl=False)


@nas.command("remove")
@click.argument("name", type=NAME)
@reason_option
@office_command
async def remove(office: Office, *, name: str, reason: str) -> None:
    """Remove a NAS; refused while it has sessions or subscribers are bound to it.

    \b
    Example:
      tollhouse nas remove tower-3
    """
    async with office.database.office() as connection:
        device = await found(connection, name)
        uses = await office_devices.uses(connection, device.device_id, now_us=office.now_us)
        if uses["live"]:
            raise HouseError(
                f"NAS {name} still has live sessions ({uses['live']}); see `tollhouse session list "
                f"--nas {name}`"
            )
        if uses["subscribers"]:
            raise HouseError(
                f"{uses['subscribers']} subscribers may come from NAS {name} only; allow them "
                "another with `tollhouse subscriber set LOGIN --nas NAME`"
            )
        await office_devices.remove(connection, device.device_id)
        await tell(office, connection, "nas remove", device, None, reason=reason)
    click.echo(f"removed NAS {name}")


nas.add_command(nas_test.test)


async def tell(
    office: Office,
    connection: Any,
    action: str,
    before: Device | None,
    after: Device | None,
    *,
    reason: str = "",
) -> None:
    """Write into the audit what became of a device."""
    one = after or before
    assert one is not None
    old, new = differing(before, after)
    await office.audit(
        connection,
        action,
        kind="device",
        row_id=one.device_id,
        subject=one.name,
        before=old,
        after=new,
        reason=reason,
    )


async def refuse_taken(connection: Any, device: Device) -> None:
    """HouseError when a prefix belongs to another device."""
    for prefix, owner in (await office_devices.owners(connection, device.prefixes)).items():
        if owner != device.name:
            raise HouseError(f"{prefix} belongs to NAS {owner} already")


async def found(connection: Any, name: str) -> Device:
    """The device, or a HouseError that says where to look."""
    device = await office_devices.find(connection, name)
    if device is None:
        raise HouseError(f"there is no NAS {name}; see `tollhouse nas list`")
    return device


def whole_row(office: Office, seen: nas_seen.Seen) -> dict[str, Any]:
    """A device with what was seen of it."""
    skew_s = office.place.settings.accounting.clock_skew_s
    return as_row(seen.device) | seen.as_row(office.now_us, skew_s)


def as_row(device: Device) -> dict[str, Any]:
    """A device as it is printed; the secret is not among it."""
    row: dict[str, Any] = {
        column.name: getattr(device, column.name)
        for column in SHOWN
        if hasattr(device, column.name)
    }
    row["addresses"] = list(device.prefixes)
    row["latches"] = [f"{address} {latch}" for address, latch in sorted(device.latches)]
    return row

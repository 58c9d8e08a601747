"""`tollhouse session list`: who is connected, and who had an address years ago.

Without a question about the past it lists what is open. With an address, a station or a time it
looks among all sessions there ever were, and says what is not certain: without a Stop nobody knows
when a session ended, and an answer to an authority must not be surer than the books.
"""

from __future__ import annotations

import ipaddress
from typing import Any

import click

from cli.customers import customer_called
from cli.errors import HouseError
from cli.office import Office, office_command
from cli.options import INSTANT, LOGIN, MAC, NAME, limit_option, output_option
from cli.output import instant_in_words, render
from cli.session_rows import LISTED, LOOKED_UP, as_row
from store import lookup, office_devices, purging
from store.lookup import Network, Sought
from store.office_connection import Connection

NO_LIMIT = 1_000_000
SECOND_US = 1_000_000
_PAST = ("address", "mac", "at_us", "since_us", "until_us")


class AddressType(click.ParamType[Network]):
    """An IPv4 address, an IPv6 address or an IPv6 prefix."""

    name = "address"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Network:
        """The prefix; an address is one of full length."""
        try:
            network = ipaddress.ip_network(str(value).strip(), strict=False)
        except ValueError:
            self.fail(f"{value!r} is not an IPv4 or IPv6 address", param, ctx)
        if network.version == 4 and network.prefixlen < network.max_prefixlen:
            self.fail("name one IPv4 address, not a prefix", param, ctx)
        return network


@click.command("list")
@click.option("--login", type=LOGIN, help="Only those of this subscriber.")
@click.option("--nas", "nas_name", type=NAME, help="Only those on this NAS.")
@click.option(
    "--ip",
    "address",
    type=AddressType(),
    metavar="ADDRESS",
    help="Those that had this address, ever; an IPv6 address also inside a prefix.",
)
@click.option("--mac", type=MAC, metavar="MAC", help="Those of this station, ever.")
@click.option("--at", "at_us", type=INSTANT, metavar="TIME", help="Those that ran at this second.")
@click.option("--since", "since_us", type=INSTANT, metavar="TIME", help="That ran at it or later.")
@click.option("--until", "until_us", type=INSTANT, metavar="TIME", help="That ran at it or before.")
@click.option("--closed", is_flag=True, help="Only ended ones.")
@click.option("--all", "everything", is_flag=True, help="Ended ones too.")
@limit_option
@output_option
@office_command
async def listing(office: Office, *, limit: int, output: str, **given: Any) -> None:
    """List sessions that are open, newest first; or look among all there ever were.

    With an address, a MAC or a time ended sessions are listed too, and DOUBT says why it is not
    certain that a session still ran then. A TIME is 2026-03-01 or "2026-03-01 14:30:05", in the
    zone of this machine unless it has an offset such as +01:00. With neither --ip, --mac nor
    --login every session before the time is looked at, which takes long in a big house.

    \b
    Examples:
      tollhouse session list --nas tower-3 --all --limit 50
      tollhouse session list --ip 100.64.3.7 --at "2026-03-01 14:30:05 +01:00"
      tollhouse session list --mac 000c.421f.2e3d --since 2026-03-01
    """
    if given["at_us"] is not None and (given["since_us"], given["until_us"]) != (None, None):
        raise HouseError("--at is one second; leave out --since and --until")
    past = any(given[name] is not None for name in _PAST)
    async with office.database.reading() as connection:
        names = await office_devices.names(connection)
        sought = await _sought(connection, given, names, past=past)
        found = await lookup.sessions(connection, sought, limit=limit or NO_LIMIT)
        gone_us = await purging.sessions_until_us(connection)
    rows = [as_row(one, names) for one in found]
    if given["at_us"] is not None:
        for row, one in zip(rows, found, strict=True):
            row["doubt"] = lookup.doubt(one.session, given["at_us"], now_us=office.now_us)
        rows.sort(key=lambda row: bool(row["doubt"]))
    render(rows, LOOKED_UP if past or given["closed"] else LISTED, output)
    if output == "table" and gone_us and (past or given["closed"]):
        if (sought.since_us or 0) < gone_us:
            words = instant_in_words(gone_us)
            click.echo(f"(most sessions that ended before {words} were purged)", err=True)


async def _sought(
    connection: Connection, given: dict[str, Any], names: dict[int, str], *, past: bool
) -> Sought:
    """What is asked for, in terms of the books."""
    ids = {name: key for key, name in names.items()}
    nas_name, login = given["nas_name"], given["login"]
    if nas_name is not None and nas_name not in ids:
        raise HouseError(f"there is no NAS {nas_name}; see `tollhouse nas list`")
    account_id = (await customer_called(connection, login)).account.account_id if login else None
    ended = True if given["closed"] else None if past or given["everything"] else False
    at_us, until_us = given["at_us"], given["until_us"]
    if at_us is not None:
        until_us = at_us + SECOND_US - 1
    return Sought(
        network=given["address"],
        mac=given["mac"],
        since_us=at_us if at_us is not None else given["since_us"],
        until_us=until_us,
        account_id=account_id,
        device_id=ids.get(nas_name) if nas_name else None,
        ended=ended,
    )

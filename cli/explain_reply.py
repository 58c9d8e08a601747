"""`tollhouse explain reply`: the exact attributes that an Access-Accept would carry now.

The desk itself decides, on the books as they are, with a store that writes nothing (see
`rehearsal`); attributes are printed as operators know them from FreeRADIUS.
"""

from __future__ import annotations

import click

from cli.customers import customer_called
from cli.errors import EXIT_FOUND, HouseError
from cli.explain_reject import as_row, in_sentences
from cli.office import Office, office_command
from cli.options import LOGIN, MAC, NAME, output_option
from cli.output import Column, render
from cli.vocabulary import our_dictionary
from radius import decode_attributes
from radius.errors import ValueTextError
from store import office_devices

CALLING_STATION_ID = 31
ACCEPT = 2


@click.command("reply")
@click.argument("login", type=LOGIN)
@click.option("--nas", "nas_name", type=NAME, required=True, help="The NAS that would ask.")
@click.option("--mac", type=MAC, metavar="MAC", help="The Calling-Station-Id it would send.")
@click.option(
    "--attribute",
    "lines",
    multiple=True,
    metavar="'NAME = VALUE'",
    help="Another attribute of the request; repeatable.",
)
@output_option
@office_command
async def reply(
    office: Office,
    *,
    login: str,
    nas_name: str,
    mac: str | None,
    lines: tuple[str, ...],
    output: str,
) -> int:
    """Show the attributes that an Accept for this login would carry now; nothing is written.

    The real rules decide, the password apart. Intervals and timeouts are spread by a tenth, so
    they differ from call to call. Message-Authenticator, and the keys of MS-CHAP, depend on the
    request and are left out. Exit code 1 when the login would be refused.

    \b
    Example:
      tollhouse explain reply alice --nas local --attribute 'Framed-Protocol = PPP'
    """
    dictionary = our_dictionary()
    try:
        attributes = dictionary.parse_all("\n".join(lines))
    except ValueTextError as error:
        raise HouseError(f"--attribute: {error}") from None
    async with office.database.reading() as connection:
        subscriber = (await customer_called(connection, login)).subscriber
        device = await office_devices.find(connection, nas_name)
        names = await office_devices.names(connection)
    if device is None:
        raise HouseError(f"there is no NAS {nas_name}; see `tollhouse nas list`")
    station = mac or subscriber.mac
    if station and not any(kind == CALLING_STATION_ID for kind, _ in attributes):
        attributes.append((CALLING_STATION_ID, station.upper().encode()))
    from cli.rehearsal import rehearse  # half of the server, which nobody else here needs

    rehearsed = await rehearse(office, subscriber, device, attributes)
    if rehearsed.outcome.reply_code != ACCEPT:
        click.echo("Access-Reject", err=True)
        click.echo("\n".join(in_sentences(as_row(rehearsed.decision, names))), err=True)
        return EXIT_FOUND
    pairs = dictionary.format_all(decode_attributes(rehearsed.outcome.attributes))
    if output == "table":
        click.echo("Access-Accept")
        for line in pairs:
            click.echo(f"    {line}")
        return 0
    rows = [dict(zip(("attribute", "value"), line.split(" = ", 1), strict=True)) for line in pairs]
    render(rows, [Column("attribute", "ATTRIBUTE"), Column("value", "VALUE")], output)
    return 0

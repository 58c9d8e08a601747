"""`tollhouse subscriber find`: whoever a word is about.

A support desk has a login, a MAC from a sticker, an address from a log, or a name. Nobody should
have to say which of them it is; what it was found by stands beside each row.
"""

from __future__ import annotations

import click

from cli.customers import LISTED, as_row
from cli.errors import HouseError
from cli.office import Office, office_command
from cli.options import limit_option, output_option
from cli.output import Column, render
from domain.login import LOGIN_MAX_OCTETS
from store import finding

FOUND = [
    *LISTED[:3],
    Column("name", "NAME", only_if_set=True),
    *LISTED[3:],
    Column("found_by", "FOUND BY"),
]


@click.command("find")
@click.argument("text")
@limit_option
@output_option
@office_command
async def find(office: Office, *, text: str, limit: int, output: str) -> None:
    """Find subscribers by login, MAC, address or name, whichever TEXT is.

    A login is found by how it begins, a name by how any of its words begin, without case and
    accents; a MAC in any spelling and an address by those of a subscriber and of its running
    sessions. An IPv6 address is also found inside a prefix. Who had an address in the past:
    `tollhouse session list --ip`.

    \b
    Examples:
      tollhouse subscriber find ali
      tollhouse subscriber find 000c.421f.2e3d
      tollhouse subscriber find 100.64.3.7
      tollhouse subscriber find "ivanova ana"
    """
    if not 0 < len(text.encode("utf-8", "surrogateescape")) <= LOGIN_MAX_OCTETS:
        raise HouseError(f"TEXT must have 1 to {LOGIN_MAX_OCTETS} octets")
    async with office.database.reading() as connection:
        found = await finding.search(connection, text, limit=limit or 1_000_000)
    rows = [
        {**as_row(one.customer), "name": one.customer.subscriber.name, "found_by": one.by}
        for one in found
    ]
    render(rows, FOUND, output)

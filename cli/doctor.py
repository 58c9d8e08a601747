"""`tollhouse doctor`: look for what would cause trouble, and say what to do about it.

Each look gives one or more remarks: ok, warning or fault. Nothing is changed, except that
`--key-backed-up` notes that somebody has copied the key file.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import click

from cli import doctor_house, doctor_machine, nas_seen, settings
from cli.errors import EXIT_FOUND, HouseError
from cli.office import Office, in_office, run
from cli.options import output_option
from cli.output import Column, render
from cli.remark import Level, Remark
from store import office_house

LISTED = [
    Column("level", "STATE"),
    Column("topic", "ABOUT"),
    Column("text", "FOUND"),
    Column("advice", "WHAT TO DO", only_if_set=True),
]

Look = Callable[[Office], Awaitable[list[Remark]]]
LOOKS: tuple[Look, ...] = (
    doctor_house.key_backup,
    doctor_house.secrets,
    doctor_house.samples,
    doctor_house.clock,
    doctor_house.unknown_sources,
    nas_seen.routers,
    doctor_machine.ports,
)


@click.command("doctor")
@click.option("--key-backed-up", is_flag=True, help="Note that the key file has been copied.")
@output_option
@click.pass_context
def doctor(ctx: click.Context, /, key_backed_up: bool, output: str) -> None:
    """Look for what would cause trouble.

    Exit code 0 when nothing is wrong (warnings apart), 1 when there is a fault.

    \b
    Examples:
      tollhouse doctor
      tollhouse doctor --key-backed-up
    """
    place = settings.load(ctx.find_root().obj)
    if key_backed_up:
        run(in_office(place, _note_backup))
        return
    remarks = [*doctor_machine.files(place), *doctor_machine.buffers(place)]
    try:
        remarks += run_looks(place)
    except HouseError as error:
        remarks.append(Remark(Level.FAULT, "database", error.message))
    render([remark.as_row() for remark in remarks], LISTED, output)
    if any(remark.level is Level.FAULT for remark in remarks):
        ctx.exit(EXIT_FOUND)


def run_looks(place: settings.Place) -> list[Remark]:
    """Everything that needs the open house. HouseError when it cannot be opened."""
    found: list[Remark] = []

    async def look(office: Office) -> None:
        for one in LOOKS:
            found.extend(await one(office))

    found += doctor_machine.revision(place)
    run(in_office(place, look))
    return found


async def _note_backup(office: Office) -> None:
    async with office.database.office() as connection:
        await office_house.leave_note(connection, office_house.KEY_BACKED_UP, office.keys.key_id)
    click.echo("noted that the key file has been copied")

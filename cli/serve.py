"""`tollhouse serve`: the server, in the foreground, until it is told to stop.

What can be seen to be wrong before anything starts (settings, key file, version of the database)
is one line on the terminal; what goes wrong later is in the log.
"""

from __future__ import annotations

import click

from cli import settings
from cli.errors import HouseError


@click.command("serve")
@click.pass_context
def serve(ctx: click.Context) -> None:
    """Run the RADIUS server in the foreground.

    SIGTERM or Ctrl-C drains: what was accepted is committed and answered first. The log goes to
    standard error. Exit code 0 after a drain, 1 when it could not start.

    \b
    Example:
      tollhouse serve
    """
    from cli import wiring
    from cli.office import check_revision, read_keys, run
    from server.logs import configure, get_log
    from server.process import run_server
    from server.seams import SystemRandomness

    place = settings.load(ctx.find_root().obj)
    read_keys(place, SystemRandomness())
    run(check_revision(place))
    log = place.settings.log
    try:
        configure(level=log.level, form=wiring.log_form(log))
    except ValueError as error:
        raise HouseError(str(error)) from None
    status = run_server(
        wiring.builder(place),
        limits=wiring.limits(place.settings),
        outside=wiring.outside(place),
        log=get_log(),
    )
    ctx.exit(status)

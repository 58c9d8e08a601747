"""`tollhouse serve`: the server, in the foreground, until it is told to stop.

What can be seen to be wrong before anything starts (settings, key file, version of the database)
is one line on the terminal; what goes wrong later is in the log.
"""

from __future__ import annotations

import os
import sys

import click

from cli import settings
from cli.errors import HouseError
from domain.share import Share


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
    from server.worker_kit import VARIABLE, kit_of
    from server.workers import run_workers

    place = settings.load(ctx.find_root().obj)
    read_keys(place, SystemRandomness())
    run(check_revision(place))
    log = place.settings.log
    try:
        configure(level=log.level, form=wiring.log_form(log))
    except ValueError as error:
        raise HouseError(str(error)) from None
    bounds, line = wiring.limits(place.settings), os.environ.get(VARIABLE)
    if line is None and place.settings.radius.workers > 1:
        settings.refuse_workers(place)
        command = [
            sys.executable,
            "-m",
            "cli.main",
            "--config",
            str(place.source.resolve()),
            "serve",
        ]
        outside = wiring.outside(place)
        workers_n = place.settings.radius.workers
        status = run_workers(command, workers_n, limits=bounds, outside=outside, log=get_log())
    else:
        kit = kit_of(line) if line is not None else None
        alone = Share(guarded=not place.database_url.startswith("sqlite:"))
        status = run_server(
            wiring.builder(place, kit.share if kit is not None else alone),
            limits=bounds,
            outside=wiring.outside(place, kit),
            log=get_log() if kit is None else get_log(worker=kit.share.number),
        )
    ctx.exit(status)

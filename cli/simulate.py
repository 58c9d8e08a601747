"""`tollhouse simulate`: play a router against a running server and watch the money go down.

A whole life of a session over real UDP: login, Start, interims, and the Stop that follows the
server's Disconnect, a limit that was reached, or the last interim asked for. Here are its command
line and its last words; `simulate_play` is the session, `simulate_router` the router.
"""

from __future__ import annotations

import ipaddress
import json
from typing import Any

import click

from aaa.ports import StoreUnavailable
from cli import settings
from cli.errors import EXIT_FOUND, HouseError, escape_controls
from cli.office import open_database, run
from cli.options import LOGIN, check_password
from cli.output import octets_in_words, seconds_in_words
from cli.simulate_play import Play, Script
from cli.simulate_router import Uplink
from domain.money import format_amount
from rating.plan_values import bits_per_second
from server.seams import SystemClock, SystemRandomness
from store.database import Database

INTERRUPTED = 130


class SpeedType(click.ParamType[int]):
    """Bits in a second: `20M`, `512k` or digits."""

    name = "speed"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Bits in a second, at least 8."""
        try:
            bps = bits_per_second(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if bps < 8:
            self.fail("a line carries at least 8 bits in a second", param, ctx)
        return bps


class ServerType(click.ParamType[str]):
    """A literal address: a name could mean another machine tomorrow."""

    name = "address"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The address in its usual spelling."""
        try:
            return str(ipaddress.ip_address(str(value)))
        except ValueError:
            self.fail(f"{value!r} is not an IPv4 or IPv6 address", param, ctx)


@click.command("simulate")
@click.option(
    "--server",
    type=ServerType(),
    default="127.0.0.1",
    show_default=True,
    help="Where the server listens.",
)
@click.option(
    "--auth-port",
    type=click.IntRange(1, 65_535),
    default=1812,
    show_default=True,
    help="The server's port for logins.",
)
@click.option(
    "--acct-port",
    type=click.IntRange(1, 65_535),
    default=1813,
    show_default=True,
    help="The server's port for accounting.",
)
@click.option(
    "--coa-port",
    type=click.IntRange(1, 65_535),
    default=3799,
    show_default=True,
    help="Where this router listens for the server's orders.",
)
@click.option("--secret", default="testing123", show_default=True, help="The shared secret.")
@click.option("--login", type=LOGIN, default="alice", show_default=True, help="Who logs in.")
@click.option("--password", default="wonderland", show_default=True, help="The password.")
@click.option(
    "--method",
    type=click.Choice(["pap", "chap"]),
    default="pap",
    show_default=True,
    help="How it is sent.",
)
@click.option(
    "--rate",
    "rate_bps",
    type=SpeedType(),
    default="20M",
    show_default=True,
    metavar="BITS/S",
    help="How fast the subscriber uses the line, both directions together.",
)
@click.option(
    "--interval",
    "interval_s",
    type=click.IntRange(1, 86_400),
    default=10,
    show_default=True,
    metavar="SECONDS",
    help="Between two interims, in the time of the session.",
)
@click.option(
    "--speed",
    type=click.IntRange(1, 3_600),
    default=10,
    show_default=True,
    metavar="N",
    help="How many times faster than the clock the session runs.",
)
@click.option(
    "--count",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    metavar="N",
    help="Stop by itself after so many interims; 0: go on until the session is ended.",
)
@click.option(
    "--obey-limits/--ignore-limits",
    default=False,
    show_default=True,
    help="End the session at the limits in the Accept, or go on and wait for the Disconnect.",
)
@click.option(
    "--output",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="A line for each record, or one summary at the end.",
)
@click.pass_context
def simulate(ctx: click.Context, /, *, output: str, **given: Any) -> None:
    """Play a router: log in, use the line, watch the money go down until the cut.

    The packets are made and checked by pyrad, which shares no code with the server. Where the
    settings of the server are at hand, the balance is shown as its books have it. A speed that the
    server tells is shown (up/down), at the login and whenever a CoA changes it; --rate stays.

    Exit code 0 when the session was ended by the server, by a limit or by --count, 1 when the
    login was refused, 2 when nobody answered.

    \b
    Examples:
      tollhouse simulate
      tollhouse simulate --login bob --password secret --rate 2M --speed 60 --count 20
    """
    play = run_play(script_of(given), ctx.find_root().obj, silent=output == "json")
    if output == "json":
        click.echo(json.dumps(summary(play), indent=2))
    else:
        click.echo(last_words(play))
    ctx.exit({"refused": EXIT_FOUND, "interrupted": INTERRUPTED}.get(play.ending.ended, 0))


def script_of(given: dict[str, Any]) -> Script:
    """What the options ask for; HouseError for a secret or password that cannot be."""
    secret = given["secret"].encode()
    if not secret:
        raise HouseError("--secret: a shared secret cannot be empty")
    try:
        password = check_password(given["password"])
    except ValueError as error:
        raise HouseError(f"--password: {error}") from None
    uplink = Uplink(
        server=given["server"],
        auth_port=given["auth_port"],
        acct_port=given["acct_port"],
        coa_port=given["coa_port"],
        secret=secret,
    )
    same = ("login", "method", "rate_bps", "interval_s", "speed", "count", "obey_limits")
    return Script(uplink=uplink, password=password, **{name: given[name] for name in same})


def run_play(script: Script, config: str | None, *, silent: bool) -> Play:
    """Play it, with the books beside it where they are at hand."""
    clock = SystemClock()
    tag = SystemRandomness().octets(4).hex()
    try:
        place = settings.load(config)
    except HouseError:
        if config is not None:
            raise
        place = None
    played: list[Play] = []

    async def perform() -> None:
        books = await open_books(place)
        try:
            played.append(Play(script, books, clock=clock, tag=tag))
            await played[0].perform(silent=silent)
        finally:
            if books is not None:
                await books.close()

    run(perform())
    return played[0]


async def open_books(place: settings.Place | None) -> Database | None:
    """The database of these settings, or None where there is none to look into."""
    if place is None:
        return None
    try:
        return await open_database(place)
    except (HouseError, StoreUnavailable):
        return None


def summary(play: Play) -> dict[str, Any]:
    """Everything about a play that ended, for a program; amounts None where no books were seen."""
    counters, ending = play.router.counters, play.ending
    opening, closing = play.opening, play.closing
    return {
        "login": play.script.login,
        "acct_session_id": play.router.names["Acct-Session-Id"],
        "ended": ending.ended,
        "reply_message": ending.message,
        "session_s": counters.session_s,
        "input_octets": counters.input_octets,
        "output_octets": counters.output_octets,
        "interims_n": ending.interims_n,
        "unanswered_n": ending.unanswered_n,
        "speed": play.router.limits.speed,
        "orders": ending.orders,
        "currency": opening.currency if opening else None,
        "opening_micros": opening.balance_micros if opening else None,
        "closing_micros": closing.balance_micros if closing else None,
    }


def last_words(play: Play) -> str:
    """One line about how it ended."""
    ending, counters = play.ending, play.router.counters
    if ending.ended == "refused":
        said = f": {escape_controls(ending.message)}" if ending.message else ""
        return f"The login was refused{said} (why: tollhouse explain reject {play.script.login})"
    how = {
        "disconnect": "The server ended the session",
        "limit": "The router ended the session at its octet limit",
        "timeout": "The router ended the session at its Session-Timeout",
        "count": f"The session was stopped after {ending.interims_n} interims",
        "interrupted": "The session was interrupted and stopped",
    }[ending.ended]
    used = octets_in_words(counters.input_octets + counters.output_octets)
    text = f"{how} after {seconds_in_words(counters.session_s)} and {used}"
    if play.opening is not None and play.closing is not None:
        before = format_amount(play.opening.balance_micros, play.opening.currency)
        after = format_amount(play.closing.balance_micros, play.closing.currency)
        text += f"; the balance went from {before} to {after}"
    return f"{text}."

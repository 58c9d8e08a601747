"""The `tollhouse` command: a table of nouns, each loaded only when it is used.

The table stands here so that `--help` and a top-up do not import the server. Errors become one
line in one place: `House.main`.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

import click

from cli.errors import EXIT_REFUSED, HouseError, explain_usage, one_line

# name: (module and attribute, what `tollhouse --help` says about it)
COMMANDS = {
    "init": ("cli.init:init", "Create or upgrade the database and the key file."),
    "serve": ("cli.serve:serve", "Run the RADIUS server."),
    "nas": ("cli.nas:nas", "The routers that may ask: add, change, test."),
    "plan": ("cli.plan:plan", "What is sold: load plan files, look at them."),
    "subscriber": ("cli.subscriber:subscriber", "Who may log in: add, import, find, suspend."),
    "balance": ("cli.balance:balance", "Money of a subscriber: show, top up, correct."),
    "session": ("cli.session:session", "Connections: list, show, disconnect."),
    "explain": ("cli.explain:explain", "Why it cost that, and why a login was refused."),
    "rate": ("cli.rate:rate", "What some usage would cost, line by line."),
    "forecast": ("cli.forecast:forecast_", "How long it lasts, and what the period will cost."),
    "backup": ("cli.backup:backup", "Write everything into one sealed file."),
    "restore": ("cli.restore:restore", "Begin again from such a file."),
    "ledger": ("cli.ledger:ledger", "Check the books, or take their hash."),
    "purge": ("cli.purge:purge", "Take away what need not be kept any longer."),
    "audit": ("cli.audit:audit", "Who did what, when and why."),
    "suspense": ("cli.suspense:suspense", "Usage that nobody could be charged for."),
    "simulate": ("cli.simulate:simulate", "Play a router against a running server."),
    "doctor": ("cli.doctor:doctor", "Look for what would cause trouble."),
    "version": ("cli.version:version", "Print the versions of Tollhouse and its parts."),
}


class House(click.Group):
    """The group of all commands; loads each when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All nouns, in the order a newcomer needs them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of a noun."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name][0].split(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table above, without importing anything."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run a command line; what goes wrong becomes one line and an exit code."""
        run: Any = super().main
        if not extra.pop("standalone_mode", True):
            return run(*args, standalone_mode=False, **extra)
        try:
            code = run(*args, standalone_mode=False, **extra)
        except click.Abort:
            click.echo("tollhouse: interrupted", err=True)
            sys.exit(130)
        except click.exceptions.NoArgsIsHelpError as error:
            click.echo(error.format_message(), err=True)
            sys.exit(EXIT_REFUSED)
        except click.UsageError as error:
            click.echo(f"tollhouse: {one_line(explain_usage(error))}", err=True)
            sys.exit(EXIT_REFUSED)
        except click.ClickException as error:
            HouseError(error.format_message()).show()
            sys.exit(EXIT_REFUSED)
        sys.exit(code if isinstance(code, int) else 0)


@click.group(cls=House, no_args_is_help=True)
@click.option(
    "--config",
    envvar="TOLLHOUSE_CONFIG",
    metavar="FILE",
    help="The settings file. Also TOLLHOUSE_CONFIG; else conf/tollhouse.toml beside the program, "
    "else /etc/tollhouse/tollhouse.toml.",
)
@click.pass_context
def main(ctx: click.Context, config: str | None) -> None:
    """A RADIUS AAA server with the rating engine inside.

    Exit codes: 0 done; 1 done, but what was checked is not in order; 2 refused, nothing changed.

    \b
    Example:
      tollhouse subscriber find alice
    """
    ctx.obj = config


if __name__ == "__main__":
    main()

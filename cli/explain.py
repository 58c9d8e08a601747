"""`tollhouse explain`: why it cost that, why a login was refused, what a router would be told.

The group only; each question has a module of its own. Explaining reads and never changes: even a
rehearsed login leaves nothing behind.
"""

from __future__ import annotations

import click

from cli.explain_charge import charge
from cli.explain_reject import reject
from cli.explain_reply import reply


@click.group("explain", no_args_is_help=True)
def explain() -> None:
    """Why it cost that, why a login was refused, what a router would be told.

    \b
    Example:
      tollhouse explain reject alice
    """


explain.add_command(charge)
explain.add_command(reject)
explain.add_command(reply)

"""Options that `subscriber add` and `subscriber set` share: how a subscriber proves who it is,
where from and how long it may log in, and how far its money goes.

Each means the same in both commands; what is not given keeps its default, or what it was.
"""

from __future__ import annotations

import click

from cli.options import AMOUNT
from domain.account import CredentialKind

credential_option = click.option(
    "--credential",
    type=click.Choice([kind.value for kind in CredentialKind]),
    help="How the password is kept: clear (sealed; every method), nt (sealed NT hash; PAP and "
    "MS-CHAP), hash (one way; PAP only), none (the login is a MAC).",
)
nas_option = click.option(
    "--nas",
    "nas_names",
    multiple=True,
    metavar="NAME",
    help="Only from this NAS; repeat for more, `any` for all.",
)
valid_option = click.option(
    "--valid-until",
    metavar="WHEN",
    help="2026-12-31, 2026-12-31 18:00 (in the plan's zone) or never.",
)
credit_limit_option = click.option(
    "--credit-limit",
    type=AMOUNT,
    metavar="AMOUNT",
    help="How far below zero the balance may be spent.",
)
password_option = click.option(
    "--password", metavar="TEXT|-", help="The password; `-` reads it from standard input."
)

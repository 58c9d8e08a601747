"""Options that `subscriber add` and `subscriber set` share: how a subscriber proves who it is,
where from and how long it may log in, how far its money goes, who it is, what devices are told.

Each means the same in both commands; what is not given keeps its default, or what it was.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

from cli.options import AMOUNT, NAME
from domain.account import CredentialKind
from domain.plan import Access
from nas.dialects import DIALECTS

credential_option = click.option(
    "--credential",
    type=click.Choice([kind.value for kind in CredentialKind]),
    help="How the password is kept: clear (sealed; every method), nt (sealed NT hash; PAP and "
    "MS-CHAP), hash (one way; PAP only), crypt (the password is a crypt hash from elsewhere; PAP "
    "only), none (the login is a MAC).",
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

_TRAITS = (
    click.option("--name", metavar="TEXT", help="Of the person; `none` clears it."),
    click.option("--group", "group_name", metavar="TEXT", help="Your word for a set of them."),
    click.option("--language", metavar="TAG", help="Such as en or pt-BR."),
    click.option("--timezone", metavar="ZONE", help="Its days and months; else the plan's."),
    click.option(
        "--ip", "framed_ip_address", metavar="A|none", help="Its IPv4 address, nobody else's."
    ),
    click.option(
        "--ipv6", "framed_ipv6", metavar="A|PREFIX|none", help="Its IPv6 address, or its prefix."
    ),
    click.option(
        "--delegated-prefix",
        "delegated_ipv6_prefix",
        metavar="PREFIX|none",
        help="The IPv6 prefix that its router is given.",
    ),
    click.option(
        "--reply",
        "reply_lines",
        multiple=True,
        metavar="'NAME = VALUE'",
        help="Told to its device instead of what the plan says; repeat for more, `none` clears.",
    ),
    click.option(
        "--reply-dialect",
        type=click.Choice(list(DIALECTS)),
        help="These replies are for such devices only.",
    ),
    click.option(
        "--reply-access",
        type=click.Choice([access.value for access in Access]),
        multiple=True,
        help="These replies are for such logins only; repeatable.",
    ),
)


def trait_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Who a subscriber is and what its device is told; see `cli.subscriber_traits`."""
    return functools.reduce(lambda found, option: option(found), reversed(_TRAITS), function)


def renewal_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """How packages follow one another, on `set`."""
    for option in (
        click.option(
            "--next-plan",
            "next_plan_name",
            type=NAME,
            metavar="PLAN|none",
            help="The package to begin when this one ends, at the renewal.",
        ),
        click.option(
            "--billing-day",
            type=click.IntRange(1, 31),
            metavar="N",
            help="The day of the month on which its months and weeks begin, of bundles, caps and "
            "the like; 29 to 31 are the last day of shorter months.",
        ),
        click.option(
            "--auto-renew",
            type=click.Choice(["yes", "no", "plan"]),
            help="Buy the package again from the balance when it ends? plan: as the plan says.",
        ),
    ):
        function = option(function)
    return function

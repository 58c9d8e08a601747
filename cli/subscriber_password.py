"""`tollhouse subscriber reveal-password`: the password itself, for the telephone at the desk.

Only a password that is kept in clear (sealed) can be shown. The audit is told who looked before
anything is printed: looking changes nothing, and is the one such thing that is written down.
"""

from __future__ import annotations

import click

from aaa.sealing import CREDENTIAL
from cli.customers import customer_called
from cli.errors import HouseError, escape_controls
from cli.office import Office, office_command
from cli.options import LOGIN, reason_option
from domain.account import CredentialKind

WHY_NOT = {
    CredentialKind.NT: "only its NT hash is kept",
    CredentialKind.HASH: "only its hash is kept",
    CredentialKind.CRYPT: "only the hash that was brought from elsewhere is kept",
    CredentialKind.NONE: "it has none, its MAC is its login",
}


@click.command("reveal-password")
@click.argument("login", type=LOGIN)
@reason_option
@office_command
async def reveal_password(office: Office, *, login: str, reason: str) -> None:
    """Print the password of a subscriber; who looked stays in the audit.

    \b
    Example:
      tollhouse subscriber reveal-password bob --reason "asked by telephone"
    """
    async with office.database.reading() as connection:
        one = (await customer_called(connection, login)).subscriber
    if one.credential_kind is not CredentialKind.CLEAR:
        raise HouseError(
            f"the password of {login} cannot be shown: {WHY_NOT[one.credential_kind]}; give a new "
            f"one with `tollhouse subscriber set {login} --password -`"
        )
    try:
        password = office.keys.open(CREDENTIAL, str(one.subscriber_id), one.credential)
    except ValueError as error:
        raise HouseError(str(error)) from None
    async with office.database.office() as connection:
        await office.audit(
            connection,
            "subscriber reveal-password",
            kind="subscriber",
            row_id=one.subscriber_id,
            subject=login,
            reason=reason,
        )
    click.echo(escape_controls(password.decode("utf-8")))

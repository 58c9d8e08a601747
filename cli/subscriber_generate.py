"""`tollhouse subscriber generate`: many logins with passwords made up here, for hotspots and cards.

People read them off paper and type them on telephones, so they are of small letters and digits that
are not taken for one another. They are drawn from the cryptographic source only. The list is the
one place where they stand in clear; a file for it belongs to its owner alone and is on disk before
anybody can log in with what is in it.
"""

from __future__ import annotations

import csv
import io
import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import click

from billing.activation import fee_of
from billing.change import unpaid
from billing.package import Renewal, renew
from billing.payment import Declined, Stamp
from cli.customers import plan_called
from cli.errors import HouseError
from cli.key_proof import prove_keys
from cli.office import Office, office_command
from cli.options import AMOUNT, NAME, check_login, reason_option
from cli.people import Applicant, added, enrol
from cli.subscriber_options import valid_option
from cli.subscriber_renew import FIRST_KEY, activate_first, write_and_tell
from cli.subscriber_traits import traits_of
from domain.account import Subscriber
from domain.ledger import Entry
from domain.period import format_instant
from domain.plan import Plan
from domain.seams import Randomness
from store import office_crowds, office_subscribers
from store.office_subscribers import Customer

ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"  # 31 of them: no 0 and o, no 1, i and l
LOGIN_LENGTH: Final = 6
LENGTH_DEFAULT: Final = 10  # 49 bits
COUNT_MAX: Final = 100_000


@click.command("generate")
@click.option("--plan", "plan_name", type=NAME, required=True, help="What they buy.")
@click.option(
    "--count", type=click.IntRange(1, COUNT_MAX), required=True, metavar="N", help="How many."
)
@click.option("--prefix", default="", metavar="TEXT", help="What every login begins with.")
@click.option(
    "--length",
    type=click.IntRange(6, 32),
    default=LENGTH_DEFAULT,
    show_default=True,
    metavar="N",
    help="Characters of a password, of 31 that are not taken for one another: 4.95 bits each.",
)
@click.option("--balance", type=AMOUNT, default="0", metavar="AMOUNT", help="Money of each.")
@valid_option
@click.option("--group", "group_name", metavar="TEXT", help="Your word for a set of them.")
@click.option(
    "--output",
    "file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A new file for the list, readable by you only; else it is printed.",
)
@reason_option
@office_command
async def generate(
    office: Office, *, plan_name: str, count: int, file: Path | None, reason: str, **given: Any
) -> None:
    """Make up N subscribers and print their logins and passwords as CSV.

    The time of a plan with a validity begins now; where it costs something, it is paid from
    --balance, unless --valid-until gives it. All are added, or none.

    \b
    Example:
      tollhouse subscriber generate --plan hotel-hourly --count 100 --prefix h- --output cards.csv
    """
    async with office.database.reading() as connection:
        plan = await plan_called(connection, plan_name)
    await prove_keys(office)
    traits: dict[str, Any] = traits_of({"group_name": given["group_name"]})
    passwords = await _made_up(office, count, prefix=given["prefix"], length=given["length"])
    customers: list[Customer] = []
    entries: list[Entry] = []
    for login, password in passwords.items():
        applicant = Applicant(
            login=login,
            plan_name=plan_name,
            password=password.encode("ascii"),
            balance_micros=given["balance"],
            valid_until=given["valid_until"],
        )
        customer, opening = enrol(office, applicant, plan)
        subscriber = replace(customer.subscriber, **traits)
        customers.append(replace(customer, subscriber=subscriber))
        entries += opening
    bought = [] if given["valid_until"] else _first_packages(office, customers, plan)
    until = {one.subscriber.login: one.subscriber for _, one in bought}
    people = [until.get(one.subscriber.login, one.subscriber) for one in customers]
    written = listed(people, passwords, plan)
    if file is not None:
        _write(file, written)
    try:
        async with office.database.office() as connection:
            if taken := await office_crowds.called(connection, list(passwords)):
                raise HouseError(f"{min(taken)} was added by somebody else meanwhile; try again")
            await office_subscribers.add(connection, customers, entries)
            told = [added(office, "subscriber generate", one, reason) for one in customers]
            await office.audit_all(connection, told)
            for one in customers if fee_of(plan) else ():
                await activate_first(office, connection, one, plan, given["valid_until"])
            await write_and_tell(office, connection, bought, "subscriber renew")
    except BaseException:
        if file is not None:
            _take_back(file)
        raise
    if file is None:
        click.echo(written, nl=False)
    else:
        click.echo(f"added {count} subscribers; their passwords are in {file}")


def _first_packages(
    office: Office, customers: list[Customer], plan: Plan
) -> list[tuple[Customer, Renewal]]:
    """The time of each, bought from its balance; HouseError when that is not enough."""
    made: list[tuple[Customer, Renewal]] = []
    for one in customers if unpaid(plan) else ():
        stamp = Stamp(office.ids.next(), FIRST_KEY, office.now_us, f"first {plan.name}")
        bought = renew(
            one.subscriber,
            one.account,
            plan,
            purchase_id=office.ids.next(),
            stamp=stamp,
            activation_id=office.ids.next() if fee_of(plan) else None,
        )
        if isinstance(bought, Declined):
            raise HouseError(
                f"{bought.text}; give each what plan {plan.name} costs with --balance, or an end "
                "with --valid-until"
            )
        made.append((one, bought))
    return made


async def _made_up(office: Office, count: int, *, prefix: str, length: int) -> dict[str, str]:
    """New logins and their passwords; no login is taken."""
    try:
        if check_login(prefix + ALPHABET[0]) != prefix + ALPHABET[0]:
            raise ValueError(f"{prefix[:40]!r} would be changed; use small letters and digits")
        check_login(prefix + ALPHABET[0] * LOGIN_LENGTH)
    except ValueError as error:
        raise HouseError(f"--prefix: {error}") from None
    found: dict[str, str] = {}
    while len(found) < count:
        fresh = [
            prefix + readable(office.randomness, LOGIN_LENGTH) for _ in range(count - len(found))
        ]
        async with office.database.reading() as connection:
            taken = await office_subscribers.taken(connection, fresh)
        for login in fresh:
            if login not in taken and login not in found:
                found[login] = readable(office.randomness, length)
    return found


def readable(randomness: Randomness, length: int) -> str:
    """So many characters that are not taken for one another, each drawn alike."""
    return "".join(ALPHABET[randomness.below(len(ALPHABET))] for _ in range(length))


def listed(people: list[Subscriber], passwords: dict[str, str], plan: Plan) -> str:
    """The list as CSV: login, password, plan and until when."""
    drawing = io.StringIO()
    writer = csv.writer(drawing, lineterminator="\n")
    writer.writerow(("login", "password", "plan", "valid_until"))
    for one in people:
        until = ""
        if one.valid_until_us is not None:
            until = format_instant(one.valid_until_us, plan.timezone)
        writer.writerow((one.login, passwords[one.login], one.plan_name, until))
    return drawing.getvalue()


def _write(path: Path, text: str) -> None:
    """A new file for its owner only, on disk; HouseError if that cannot be."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise HouseError(f"--output: {path} is there already; name a new file") from None
    except OSError as error:
        raise HouseError(f"--output: cannot write {path}: {error.strerror}") from None


def _take_back(path: Path) -> None:
    """Nobody was added, so nobody has these passwords."""
    with suppress(OSError):
        path.unlink()

"""What a file of subscribers comes to: who is added, who changes and how, who stays as they are.

Everything is decided here on values, before anything is written, and shown by a dry run: the same
lines and the same books give the same difference. Hashing and sealing are done on all cores. What
is wrong with a line is a fault with its number; a password is never repeated.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from rich.console import Console
from rich.progress import Progress

from aaa.sealing import CREDENTIAL, check_password
from billing.activation import fee_of, had_before
from billing.change import move_to, unpaid
from cli.errors import HouseError
from cli.import_lines import Added, Books, Changed, Difference, Line
from cli.import_sales import first_sale
from cli.office import Office
from cli.people import (
    Applicant,
    credential_of,
    enrol,
    kind_of,
    mac_of,
    to_be_sealed,
    valid_until_us,
)
from cli.plan_change import PlanChange
from domain.account import CredentialKind, Status, Subscriber
from domain.address import Holders, addresses_of, overlap
from domain.plan import Plan
from store.office_subscribers import Customer


def difference(
    office: Office,
    lines: Sequence[Line],
    books: Books,
    holders: Holders,
    faults: list[str],
    *,
    charge_fees: bool = False,
) -> Difference:
    """What the lines come to; their faults are added to `faults`.

    `holders` has everybody's addresses but those of subscribers in the file. With `charge_fees`
    those who begin a plan buy it. Slow.
    """
    assert office.keys is not None  # read before threads want it

    def decided(line: Line) -> Added | Changed | str:
        try:
            known = books.customers.get(line.applicant.login)
            if known is None:
                return _new(office, line, books, charge_fees=charge_fees)
            return _altered(office, line, known, books, charge_fees=charge_fees)
        except HouseError as error:
            return f"line {line.number}: {error.message}"

    found = Difference()
    with ThreadPoolExecutor() as pool, _progress() as bar:
        task = bar.add_task("sealing passwords", total=len(lines))
        for line, made in zip(lines, pool.map(decided, lines), strict=True):
            bar.advance(task)
            if isinstance(made, str):
                faults.append(made)
                continue
            one = made.customer.subscriber if isinstance(made, Added) else made.moved
            faults += _addressed(line, one, holders)
            _sort_in(found, made, books.plans[one.plan_name], charge_fees=charge_fees)
    return found


def _sort_in(found: Difference, made: Added | Changed, plan: Plan, *, charge_fees: bool) -> None:
    """Put what a line comes to where it belongs, and count it; `plan` is the one it has then."""
    if isinstance(made, Added):
        found.added.append(made)
        ended = made.line.applicant.valid_until is not None
        found.unpaid_n += unpaid(plan) and not ended and made.sale.bought is None
        begins = True
    elif made.nothing:
        found.unchanged_n += 1
        return
    else:
        found.changed.append(made)
        begins = made.another is not None
    found.uncharged_n += begins and not charge_fees and fee_of(plan) > 0


def _progress() -> Progress:
    """A bar for a person who waits."""
    visible = sys.stderr.isatty() and sys.stdout.isatty()
    return Progress(console=Console(stderr=True), disable=not visible)


def _new(office: Office, line: Line, books: Books, *, charge_fees: bool) -> Added:
    """Somebody who is not there yet. Who comes with an end of time had the plan before."""
    plan = _local(books.plans[line.applicant.plan_name], line, None)
    customer, entries = enrol(office, line.applicant, plan, device_ids=_bound(line, books))
    subscriber = replace(
        customer.subscriber,
        status=line.status or Status.ACTIVE,
        **line.traits,  # type: ignore[arg-type]
    )
    if not charge_fees or line.applicant.valid_until is not None:
        return Added(line, replace(customer, subscriber=had_before(subscriber)), entries)
    customer = replace(customer, subscriber=subscriber)
    return Added(line, customer, entries, first_sale(office, customer, plan))


def _altered(
    office: Office, line: Line, known: Customer, books: Books, *, charge_fees: bool
) -> Changed:
    """Somebody who is there: only what the line gives can differ, and never the money."""
    before, given = known.subscriber, line.applicant
    plan = books.plans[given.plan_name or before.plan_name]
    if plan.currency != known.account.currency:
        raise HouseError(
            f"plan {plan.name} is in {plan.currency}, the money of {given.login} is in "
            f"{known.account.currency}"
        )
    if before.status is Status.CLOSED and line.status is None:
        raise HouseError(f"subscriber {given.login} is closed; status active brings it back")
    plan = _local(plan, line, before)
    after = replace(before, **line.traits)  # type: ignore[arg-type]
    after.status = line.status or before.status
    another = None
    if plan.name != before.plan_name:
        old, keep = books.plans.get(before.plan_name), given.valid_until is not None
        another = PlanChange(office, old, plan, keep=keep, activate=charge_fees)
        move_to(after, plan, office.now_us)
    if given.valid_until is not None:
        after.valid_until_us = valid_until_us(given.valid_until, plan, office.now_us)
    if given.mac is not None:
        after.mac, after.mac_mode = mac_of(given.mac)
    if line.nas_names:
        after.device_ids = _bound(line, books)
    _give_credential(office, given, after)
    limit_micros = line.credit_limit_micros
    if limit_micros is not None and limit_micros < 0:
        raise HouseError("a credit limit cannot be negative")
    if limit_micros == known.account.credit_limit_micros:
        limit_micros = None
    return Changed(line, known, after, limit_micros, another)


def _local(plan: Plan, line: Line, before: Subscriber | None) -> Plan:
    """The plan in the zone of the subscriber, whose days its validity ends with."""
    zone = line.traits.get("timezone") or (before.timezone if before else "")
    return replace(plan, timezone=zone) if zone else plan


def _bound(line: Line, books: Books) -> tuple[int, ...]:
    """The only devices that the login may come from."""
    if line.nas_names == ("any",):
        return ()
    return tuple(sorted({books.device_ids[name] for name in line.nas_names}))


def _give_credential(office: Office, given: Applicant, after: Subscriber) -> None:
    """Another password or another way to keep it, unless it is the same already."""
    kind, was = given.credential_kind, after.credential_kind
    if given.password is None and kind in (None, was):
        return
    if kind is None:
        kind = CredentialKind.CLEAR if was in (CredentialKind.NONE, CredentialKind.CRYPT) else was
    kind = kind_of(replace(given, credential_kind=kind))
    if kind is was and _same(office, given, after):
        return
    after.credential_kind = kind
    after.credential = credential_of(
        office, after.subscriber_id, kind, given.password, ready=given.ready
    )


def _same(office: Office, given: Applicant, known: Subscriber) -> bool:
    """Is this the password that is kept already? Its kind is the same."""
    password = given.password
    if password is None or known.credential_kind is CredentialKind.CRYPT:
        return (password or b"") == known.credential
    try:
        if known.credential_kind is CredentialKind.HASH:
            return check_password(password, known.credential)
        kept = office.keys.open(CREDENTIAL, str(known.subscriber_id), known.credential)
    except ValueError as error:
        raise HouseError(str(error)) from None
    return kept == to_be_sealed(known.credential_kind, password, ready=given.ready)


def _addressed(line: Line, one: Subscriber, holders: Holders) -> list[str]:
    """Give the subscriber its addresses; what is in the way is a fault."""
    mine = addresses_of(one)
    if any(overlap(a, b) for at, a in enumerate(mine) for b in mine[:at]):
        return [f"line {line.number}: {' and '.join(mine)} overlap"]
    faults = []
    for text in mine:
        taken = holders.add(text, one.login)
        if taken is not None:
            faults.append(f"line {line.number}: {text} overlaps {taken[0]}, which is {taken[1]}'s")
    return faults

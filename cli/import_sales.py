"""What a file of subscribers buys, gives up and gets back.

Whoever moves in has paid elsewhere: an import charges nothing, neither now nor as an activation fee
with the first renewal, unless it is told that those who are new begin here (`--charge-fees`). What
a change of plan does to time that is left is declared by the plan that is left ([on_change]), here
as for a single subscriber; it too charges no activation fee unless told to.

Worked out on values or in the transaction of the import, so that money and file go together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from billing.activation import activation, fee_of
from billing.change import unpaid
from billing.package import Renewal, renew
from billing.payment import Declined, Payment, Stamp, customer_micros
from cli.booking import tell
from cli.errors import HouseError
from cli.office import Office
from cli.people import money
from cli.plan_change import PlanChange
from cli.subscriber_renew import FIRST_KEY, write_and_tell
from domain.account import Account, Subscriber
from domain.money import format_amount
from domain.plan import Plan
from store import office_money
from store.office_connection import Connection
from store.office_subscribers import Customer


@dataclass(frozen=True, slots=True)
class Sale:
    """What somebody new buys: its first time, or a plan once whose time costs nothing."""

    bought: Renewal | None = None
    activated: Payment | None = None

    def words(self, account: Account) -> str:
        """What it costs, in words; nothing for nothing."""
        said = []
        renewal = self.bought
        if renewal is not None and renewal.payment is not None:
            said.append(f"its time for {_paid(renewal.payment, account)}")
        fee = renewal.activated if renewal is not None else self.activated
        if fee is not None:
            said.append(f"activation for {_paid(fee, account)}")
        return f", buys {' and '.join(said)}" if said else ""


NOTHING: Final = Sale()


def _paid(payment: Payment, account: Account) -> str:
    return money(-customer_micros(payment.entry), account)


def first_sale(office: Office, customer: Customer, plan: Plan) -> Sale:
    """What `subscriber add` would sell; nothing without the money for a first package. HouseError
    without that for the activation of a plan whose time costs nothing."""
    one, ids = customer.subscriber, office.ids
    if unpaid(plan):
        stamp = Stamp(ids.next(), FIRST_KEY, office.now_us, f"first {plan.name}")
        activation_id = ids.next() if fee_of(plan) else None
        bought = renew(
            *(one, customer.account, plan),
            purchase_id=ids.next(),
            stamp=stamp,
            activation_id=activation_id,
        )
        return Sale() if isinstance(bought, Declined) else Sale(bought)
    made = activation(customer.account, plan, entry_id=ids.next(), now_us=office.now_us)
    if isinstance(made, Declined):
        raise HouseError(f"{one.login}: {made.text}; give it with the balance")
    return Sale(activated=made)


async def write_sales(
    office: Office, connection: Connection, sold: Sequence[tuple[Customer, Sale]]
) -> None:
    """Write what those who were just added have bought, and tell the audit."""
    for customer, sale in sold:
        if sale.activated is not None:
            await office_money.book(connection, sale.activated)
            login = customer.subscriber.login
            await tell(office, connection, login, sale.activated, "subscriber import")
    renewals = [(customer, sale.bought) for customer, sale in sold if sale.bought is not None]
    await write_and_tell(office, connection, renewals, "subscriber renew")


class Purses:
    """The accounts of a file while it is worked out: of several logins of one, what is left."""

    def __init__(self) -> None:
        self._known: dict[int, Account] = {}

    async def change(
        self,
        connection: Connection,
        customer: Customer,
        moved: Subscriber,
        another: PlanChange,
        *,
        limit_micros: int | None = None,
        write: bool = True,
    ) -> None:
        """Make a change of plan, or only work it out. HouseError as of `PlanChange`."""
        account = self._known.get(customer.account.account_id, customer.account)
        if limit_micros is not None:
            account = replace(account, credit_limit_micros=limit_micros)
        one = Customer(customer.subscriber, account)
        if write:
            another.tells_left = False  # to ask it of ten thousand would take seconds
            await another.write(connection, one, moved)
        else:
            await another.work_out(connection, one, moved)
        assert another.made is not None
        self._known[account.account_id] = another.made.account


def words_of(changes: Iterable[PlanChange]) -> str:
    """What changes of plan came to: whose time was given up, and what was booked."""
    given_up_n = 0
    sums: defaultdict[tuple[str, str], int] = defaultdict(int)
    for another in changes:
        made = another.made
        if made is None:
            continue
        given_up_n += made.purchase is not None
        for what, payment in (("refunded", made.refunded), ("activation", made.activated)):
            if payment is not None:
                sums[what, made.account.currency] += abs(customer_micros(payment.entry))
    said = f"; the time of {given_up_n} was given up" if given_up_n else ""
    for (what, currency), micros in sorted(sums.items()):
        said += f", {what} {format_amount(micros, currency)}"
    return said

"""What a subscriber may spend on usage now: one word, `spendable`, and one number everywhere.

It is the balance less what running sessions hold, and the credit limit; of a plan that is paid
after its time without what only the package may spend; and no more than is left up to a cap that
stops. That is what the server promises to sessions, so a login with less than it needs is refused.
Below zero it is what is missing. Nothing is changed here.
"""

from __future__ import annotations

from collections.abc import Sequence

from accounting.hold import for_usage
from accounting.standing import Standing
from cli.allowances_left import left_of
from domain.plan import Plan
from domain.pot import PotKind
from domain.pricing import AtCap
from store.office_connection import Connection
from store.office_subscribers import Customer


def spendable_micros(customer: Customer, plan: Plan, left: Sequence[Standing], now_us: int) -> int:
    """What may be spent on usage at an instant, with what is `left` of the plan's caps then."""
    micros = for_usage(customer.account, customer.subscriber, plan.package, now_us)
    caps = plan.pricing.caps if plan.pricing is not None else ()
    stops = {cap.period for cap in caps if cap.then is AtCap.STOP}
    up_to = [one.left for one in left if one.kind is PotKind.CAP and one.period in stops]
    return min([micros, *(one for one in up_to if one is not None)])


async def spendable_now(connection: Connection, customer: Customer, plan: Plan, now_us: int) -> int:
    """The same, with what is left read from the books."""
    left = await left_of(connection, customer, plan, now_us)
    return spendable_micros(customer, plan, left, now_us)

"""What the device of a session is told of its service, what it was told last, and the change.

A service is speeds, reply attributes and addresses (`nas.replies`), behind a wall the garden's. It
is computed from the newest version of the subscriber's plan, so that a plan may change what it
gives while sessions run; prices are those the session began with. `session.told` remembers it as
attributes behind one octet that says how well it is known, so that nothing is told twice and
nothing that was never told is taken away.

Most subscribers have neither attributes nor addresses of their own. What those of one plan are told
is made once for each version, dialect, kind of access and wall, and then remembered.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from aaa.entitled import garden_of
from aaa.limits import Deal
from domain.account import Subscriber
from domain.plan import Access, Plan
from domain.session import Walled
from nas import replies
from nas.dialect import Attribute
from nas.garden import addresses_differ, behind_wall
from radius import decode_attributes, encode_attributes

TOLD = b"\x01"  # the device was told this, and has not refused it
REFUSED = b"\x02"  # nobody knows what the device has: only a new login settles it


class _Told(NamedTuple):
    """What one plan gives to all who have nothing of their own."""

    plan: Plan  # the very object it was made from: ids are unique within one database only
    attributes: list[Attribute]
    told: bytes


_SERVICES_MAX_N: Final = 4_096
_services: dict[tuple[int, str, str, int, tuple[int | str | None, ...]], _Told] = {}


def service(deal: Deal, wall: Walled, plan: Plan | None = None) -> list[Attribute]:
    """The attributes of what the session is given behind `wall`, by `plan` or the newest one.

    Not to be changed: others are given the same list.
    """
    plan = plan or deal.offer
    if _has_own(deal.subscriber):
        return _worked_out(deal, wall, plan)
    return _shared(deal, wall, plan).attributes


def _has_own(subscriber: Subscriber) -> bool:
    """Is anything told to this subscriber that others of the plan are not?"""
    return bool(
        subscriber.replies
        or subscriber.framed_ip_address
        or subscriber.framed_ipv6
        or subscriber.delegated_ipv6_prefix
    )


def _shared(deal: Deal, wall: Walled, plan: Plan) -> _Told:
    """What all who have nothing of their own are told alike; made once."""
    # Of one version there are several that differ in the speeds of fair use.
    speeds = plan.down_bps, plan.up_bps, plan.policy_down, plan.policy_up, plan.mikrotik_rate
    key = (plan.plan_id, deal.device.dialect, deal.session.access, int(wall), speeds)
    known = _services.get(key)
    if known is None or known.plan is not plan:
        if len(_services) >= _SERVICES_MAX_N:
            _services.clear()
        attributes = _worked_out(deal, wall, plan)
        known = _services[key] = _Told(plan, attributes, TOLD + encode_attributes(attributes))
    return known


def _worked_out(deal: Deal, wall: Walled, plan: Plan) -> list[Attribute]:
    dialect = deal.device.dialect
    access = Access(deal.session.access) if deal.session.access else None
    full = replies.assembled(
        deal.dialect.write_speeds(plan),
        replies.chosen(plan.replies, deal.subscriber.replies, dialect=dialect, access=access),
        replies.addresses(deal.subscriber),
    )
    garden = garden_of(plan, wall)
    if garden is None:
        return full
    return behind_wall(full, replies.chosen(garden.replies, (), dialect=dialect, access=access))


def has_garden(deal: Deal, wall: Walled) -> bool:
    """Does the plan have a garden behind this wall that says anything to this device?

    Attributes for other dialects make no wall here: whoever got in without any would be in the
    full service for nothing.
    """
    garden = garden_of(deal.offer, wall)
    if garden is None:
        return False
    access = Access(deal.session.access) if deal.session.access else None
    return bool(replies.chosen(garden.replies, (), dialect=deal.device.dialect, access=access))


def begin(deal: Deal) -> bytes:
    """The device is told what the session is given from now on: encoded attributes."""
    wall = deal.session.walled
    if _has_own(deal.subscriber):
        remember(deal, _worked_out(deal, wall, deal.offer))
    else:
        deal.session.told = _shared(deal, wall, deal.offer).told
    return deal.session.told[1:]


def remember(deal: Deal, attributes: list[Attribute]) -> None:
    """The device is told this from now on."""
    deal.session.told = TOLD + encode_attributes(attributes)


def doubt(deal: Deal) -> None:
    """What the device has is not what it should have, and it cannot be told: no guess is safe."""
    deal.session.told = REFUSED


def doubted(deal: Deal) -> bool:
    """Is the session to end because it cannot be told what it should have?"""
    return deal.session.told == REFUSED


def differs(deal: Deal, wall: Walled) -> bool:
    """Would the device be told anything else now than what it was told last?"""
    if not _has_own(deal.subscriber) and deal.session.told == _shared(deal, wall, deal.offer).told:
        return False
    return before(deal) != service(deal, wall)


def change(deal: Deal, wall: Walled) -> list[Attribute] | None:
    """What a CoA must carry so that the session has the service behind `wall`.

    Empty: nothing differs. None: its device cannot change that while the session runs.
    """
    had = before(deal)
    if had is None:
        return None
    return replies.live_change(deal.dialect, had, service(deal, wall))


def readdressed(deal: Deal, wall: Walled) -> bool:
    """Is it the addresses that differ from what was told?"""
    return addresses_differ(before(deal) or [], service(deal, wall))


def before(deal: Deal) -> list[Attribute] | None:
    """What the device has, as far as we know; None: nobody knows.

    A session that was never told anything by us (it was adopted, or runs since before this was
    remembered) is taken to have what its plan gave when it began.
    """
    told = deal.session.told
    if not told:
        return service(deal, Walled.NO, deal.plan)
    return list(decode_attributes(told[1:])) if told[:1] == TOLD else None

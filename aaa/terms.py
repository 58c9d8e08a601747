"""What a plan offers at a device to all who have nothing of their own, worked out once.

The long road (`aaa.login`) decides what becomes of a login; `aaa._turnstile` repeats the common
case of it in compiled code. This module is the switch between the two: it makes `Terms` only of
plans and devices whose grants differ in nothing but their numbers, and finds where those stand by
having the device's dialect write grants of known numbers. What a plan has that needs a look at the
clock or at other sessions (hours, included usage, bands) has no terms, and goes down the long road.
"""

from __future__ import annotations

from typing import Any, Final

from aaa import grants, telling
from aaa._terms import Terms
from aaa.limits import Deal
from aaa.turn import Turn
from domain.account import Subscriber
from domain.device import Device
from domain.grant import Grant
from domain.plan import Access, Plan
from domain.session import Session, SessionState
from nas.access import access_of
from nas.dialect import Dialect
from nas.dialects import DIALECTS
from nas.login import LoginHints
from radius import encode_attributes

_SPEEDS: Final = ("down_bps", "up_bps", "policy_down", "policy_up")
# Two grants whose numbers share no octet with one another, nor with anything near them.
_FIRST: Final = (0x11A2_33C4, 0x55E6_77F8, 0x19AA_3BCC_5DEE_7FF1)
_SECOND: Final = (0x2A13_4C35, 0x6E57_7F89, 0x2ABB_4CDD_6EFF_1832)
_OCTETS_N: Final = 4  # of a number


def lay(
    turn: Turn, device: Device, plan: Plan, subscriber: Subscriber, hints: LoginHints
) -> Terms | None:
    """The terms of a plan's newest version at a device for such a request, if it can have any.

    `subscriber` is one of those who have nothing of their own.
    """
    if plan.hours or plan.included_octets or plan.included_s or plan.sessions_max < 1:
        return None
    if plan.priced and plan.volume is None and plan.time is None:
        return None  # a fee alone is held differently
    if plan.package is not None and plan.package.pay_after:
        return None  # not all that is available is for usage
    if plan.pricing is not None:
        return None  # bands, bundles and caps are the long road's
    dialect = DIALECTS[device.dialect]
    by_volume = plan.volume is not None and plan.volume.amount_micros > 0
    names = grants.limits_told(plan) if by_volume and dialect.has_octet_limit else ()
    found = _written(dialect, names, hints)
    if found is None:
        return None
    listens = device.coa_port and dialect.has_disconnect
    unguarded = by_volume and not dialect.has_octet_limit and not device.coa_port
    speeds = {name: getattr(plan, name) for name in _SPEEDS}
    deal = _deal(turn, device, plan, subscriber, access_of(hints))
    telling.begin(deal)
    return Terms(
        plan=plan,
        device=device,
        tariff=deal.tariff,
        access=deal.session.access,
        told=deal.session.told,
        grant=found[0],
        places=found[1],
        limit_names=names,
        speeds={name: speed for name, speed in speeds.items() if speed is not None},
        interim_s=plan.interim_s or device.interim_s or turn.settings.interim_s,
        guard_octets=grants.guard_octets(plan, device, dialect),
        line_bps=grants.speed_bps(plan, device) if unguarded else 0,
        renewal_s=grants.RENEWAL_S if listens else 0,
    )


def _deal(
    turn: Turn, device: Device, plan: Plan, subscriber: Subscriber, access: Access | None
) -> Deal:
    """A deal as the login of anybody with such terms makes one; nothing keeps it."""
    session = Session(
        0,
        subscriber.account_id,
        subscriber.subscriber_id,
        device.device_id,
        plan.plan_id,
        SessionState.ACCEPTED,
        1,
        access=str(access) if access is not None else "",
    )
    account, tariff = turn.books.accounts[subscriber.account_id], turn.books.tariff(plan)
    return Deal(session, subscriber, account, plan, tariff, device, plan)


def _written(
    dialect: Dialect, names: tuple[str, ...], hints: LoginHints
) -> tuple[bytes, tuple[int, ...]] | None:
    """The attributes of a grant with octet limits of these names, and where its numbers stand.

    None: they are not written in a form that only differs in its numbers.
    """
    written = []
    for timeout, interim, limit in (_FIRST, _SECOND):
        limits: dict[str, Any] = dict.fromkeys(names, limit)
        grant = Grant(timeout, interim)._replace(**limits)
        written.append(encode_attributes(dialect.write_grant(grant, hints)))
    octets, second = written
    places: list[int] = []
    filled = octets
    words = _words(_FIRST, len(names)), _words(_SECOND, len(names))
    for number, instead in zip(*words, strict=True):
        at = octets.find(number, places[-1] + _OCTETS_N if len(places) > 1 else 0)
        if at < 0:
            return None
        places.append(at)
        filled = filled[:at] + instead + filled[at + _OCTETS_N :]
    return (octets, tuple(places)) if filled == second else None


def _words(numbers: tuple[int, int, int], limits_n: int) -> list[bytes]:
    """Session-Timeout, interval, and for each octet limit its low and its high word."""
    timeout, interim, limit = numbers
    high, low = limit.to_bytes(8, "big")[:4], limit.to_bytes(8, "big")[4:]
    return [timeout.to_bytes(4, "big"), interim.to_bytes(4, "big"), *[low, high] * limits_n]

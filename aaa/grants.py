"""The grant: how far a device is told that a session may go.

It says no more than was held, less a guard band for how late the device notices; time is the least
of what the money pays, the end of validity or hours, and the longest session. Devices count from
the start of a session, so what is nobody's to pay comes on top. Behind a wall there is a short time
and nothing else.
"""

from __future__ import annotations

from typing import Any, Final

from aaa.entitled import garden_of
from aaa.limits import Deal, reach_of
from aaa.turn import Turn
from accounting.charging import Total
from accounting.hold import Reach
from accounting.in_force import ends_us
from domain.device import Device
from domain.grant import Grant
from domain.period import hours_end_us
from domain.plan import Counted, Plan
from domain.seams import US_PER_S
from domain.session import Session
from nas.dialects import DIALECTS, Dialect
from rating import counted_octets, price

TIMEOUT_SLACK_S = 60  # a Start comes later than the login from which the told time is counted
RENEWAL_S = 60  # a device that listens to orders is told this much beyond validity
UNLIMITED_OCTETS = 1 << 61  # farther than any session goes; a limit can be replaced, not removed


def grant_of(turn: Turn, deal: Deal, reach: Reach, *, start_us: int, spread: bool) -> Grant:
    """What the device is told; `start_us` is when the session began, for limits of time.

    The money is counted by the session's own plan, all else is what the newest version says.
    """
    if deal.session.walled:
        return _behind_wall(turn, deal, start_us=start_us, spread=spread)
    plan, device, dialect = deal.offer, deal.device, deal.dialect
    most_s = turn.spread(plan.max_session_s) if spread else plan.max_session_s
    ends = [most_s]
    if reach.seconds is not None:
        ends.append(reach.seconds + deal.session.unrated_s)
    ends += _ends_by_time(turn, deal, start_us)
    octets = _less_guard(reach.octets, plan, device, dialect)
    if octets is not None and not dialect.has_octet_limit and not device.coa_port:
        # Nothing else can end this session: the line must be fast enough to waste the rest.
        rate_bps = speed_bps(plan, device)
        if rate_bps:
            # Rated usage goes on from here: what is unrated took its own time.
            ends.append(octets * 8 // rate_bps + deal.session.unrated_s)
    interim_s = plan.interim_s or device.interim_s or turn.settings.interim_s
    limits: dict[str, Any] = {}
    if octets is None and deal.session.limit_octets and deal.plan.pricing is not None:
        octets = UNLIMITED_OCTETS  # another band costs nothing: what was told is lifted
    if octets is not None and dialect.has_octet_limit:
        limits = _octet_limits(deal.plan, octets, deal.session)
    return Grant(
        max(min(ends), 1),
        turn.spread(interim_s) if spread else interim_s,
        down_bps=plan.down_bps,
        up_bps=plan.up_bps,
        policy_down=plan.policy_down,
        policy_up=plan.policy_up,
    )._replace(**limits)


def _ends_by_time(turn: Turn, deal: Deal, start_us: int) -> list[int]:
    """Seconds from the start to where validity and hours end.

    A device that listens is ended by our order when validity ends, or hears of a renewal: it is
    told a little more, so that it does not end a line that was renewed in that very moment.
    """
    ends = []
    end_us = ends_us(deal.subscriber, deal.offer)
    if end_us is not None:
        listens = deal.device.coa_port and deal.dialect.has_disconnect
        ends.append((end_us - start_us) // US_PER_S + (RENEWAL_S if listens else 0))
    plan = deal.offer
    if plan.hours:
        end_of_hours_us = hours_end_us(turn.now_us, plan.hours, plan.timezone)
        if end_of_hours_us is not None:
            ends.append((end_of_hours_us - start_us) // US_PER_S)
    return ends


def timeout_stale(turn: Turn, deal: Deal) -> bool:
    """Was the device told a Session-Timeout that validity or hours have moved away from since?

    What the money pays is told when the money changes; how long a session lasts at most was told
    with a tenth more or less.
    """
    session = deal.session
    if session.walled or not session.timeout_s or not deal.device.coa_port:
        return False
    ends = _ends_by_time(turn, deal, session.start_us)
    if ends and session.timeout_s > max(min(ends), 1) + TIMEOUT_SLACK_S:
        return True
    reach = reach_of(turn, deal)
    if reach.seconds is not None:
        ends.append(reach.seconds + session.unrated_s)
    least_s = min([*ends, deal.offer.max_session_s * 9 // 10])
    return session.timeout_s < least_s - TIMEOUT_SLACK_S


def _behind_wall(turn: Turn, deal: Deal, *, start_us: int, spread: bool) -> Grant:
    """A short time from now, interims, and no octet limit: one that was told before is lifted."""
    garden = garden_of(deal.offer, deal.session.walled)
    short_s = garden.session_timeout_s if garden is not None else 1
    interim_s = deal.offer.interim_s or deal.device.interim_s or turn.settings.interim_s
    limits: dict[str, Any] = {}
    if deal.session.limit_octets and deal.dialect.has_octet_limit:
        limits = _octet_limits(deal.plan, UNLIMITED_OCTETS, deal.session)
    return Grant(
        (turn.now_us - start_us) // US_PER_S + (turn.spread(short_s) if spread else short_s),
        turn.spread(interim_s) if spread else interim_s,
    )._replace(**limits)


def speed_bps(plan: Plan, device: Device) -> int:
    """Bits per second the session can move in both directions; 0: not known."""
    return DIALECTS[device.dialect].peak_bps(plan) or 2 * (device.line_rate_bps or 0)


DISCONNECT_S = 35  # from the report that tells to the end: its delay, and COA-03's 30 s


def bound_micros(deal: Deal, start_wait_s: int) -> int | None:
    """How far a session of this plan and device may take its account below the floor (1.3).

    At the line's full rate for as long as nobody would notice: where the device itself stops at
    the octet limit that it was told, as late as it does; elsewhere, and where it was told none as
    of a session that was adopted, one interval and what a Disconnect takes. Of
    what is included, a second session is promised a half and a third one a third, though the
    first may have used all of it unheard. A session that a redial has replaced owes what it used
    since its last report beside the hold that the redial was given, and is left alone for as long
    as a Start may take. None: no rate is known, so there is no bound.
    """
    rate_bps = speed_bps(deal.offer, deal.device)
    if not rate_bps:
        return None
    seconds = deal.session.interim_s * 11 // 10 + DISCONNECT_S
    if deal.session.replaced_by:
        seconds += start_wait_s
    elif deal.session.limit_octets and deal.plan.volume is not None:
        seconds = deal.dialect.granularity_s
    nths = range(2, deal.plan.sessions_max + 1)
    octets = rate_bps * seconds // 8 + sum(deal.plan.included_octets // nth for nth in nths)
    seconds += sum(deal.plan.included_s // nth for nth in nths)
    try:
        return sum(price(deal.tariff, octets, seconds, 0, 0, False))
    except OverflowError:
        return None  # more than any book holds


def overstated(turn: Turn, deal: Deal, reach: Reach) -> bool:
    """Was the device told more octets than are paid, and could it get there unheard?

    What was told assumed that no money goes to time and that nobody else takes of what is
    included. A device that stops itself must hear of less before it matters: while it can come to
    the end within two intervals and what a report takes; at a speed that nobody knows, once it has
    come half the way. Sooner it would only be noise.
    """
    session = deal.session
    if not session.limit_octets or not deal.dialect.has_octet_limit or reach.octets is None:
        return False
    paid = _less_guard(reach.octets, deal.offer, deal.device, deal.dialect)
    if paid is None or rated_limit(session, deal.plan) <= paid:
        return False
    counted = counted_of(deal)
    return paid - counted <= _unheard_octets(deal, counted)


def misstated(deal: Deal, reach: Reach) -> bool:
    """Was the device told an end that bands or bundles have moved away, or none where one is now?

    Only a plan with pricing can do so. It hears of it before it would come to the end it was told.
    """
    session, plan = deal.session, deal.plan
    if plan.pricing is None or not deal.dialect.has_octet_limit:
        return False
    lifted = not session.limit_octets or session.limit_octets >= UNLIMITED_OCTETS
    if reach.octets is None or lifted:
        return (reach.octets is None) is not lifted
    paid = _less_guard(reach.octets, deal.offer, deal.device, deal.dialect)
    told_octets = rated_limit(session, plan)
    if paid is None or paid <= told_octets:
        return False
    return told_octets - counted_of(deal) <= _unheard_octets(deal, counted_of(deal))


def counted_of(deal: Deal) -> int:
    """The rated octets of a session in the direction that its plan counts."""
    total = Total.of(deal.session)
    return counted_octets(deal.tariff, total.input_octets, total.output_octets)


def _unheard_octets(deal: Deal, otherwise: int) -> int:
    """What may pass within two intervals and what a report takes; `otherwise` at unknown speed."""
    rate_bps = speed_bps(deal.offer, deal.device)
    seconds = deal.session.interim_s * 22 // 10 + DISCONNECT_S
    return rate_bps * seconds // 8 if rate_bps else otherwise


def _less_guard(octets: int | None, plan: Plan, device: Device, dialect: Dialect) -> int | None:
    """The octets to tell: the held ones less what passes before the device notices (1.3, 5).

    The guard never takes more than half: a small balance must still buy something.
    """
    if octets is None:
        return None
    return octets - min(guard_octets(plan, device, dialect), octets // 2)


def guard_octets(plan: Plan, device: Device, dialect: Dialect) -> int:
    """The octets that may pass before the device notices that it is at its limit."""
    return speed_bps(plan, device) * dialect.granularity_s // 8


def limits_told(plan: Plan) -> tuple[str, ...]:
    """The octet limits of a grant that tell what the plan counts: of input, output, or both."""
    counted = plan.volume.counted if plan.volume else plan.counted
    return _LIMITS_TOLD[counted]


_LIMITS_TOLD: Final = {
    Counted.DOWN: ("output_limit_octets",),
    Counted.UP: ("input_limit_octets",),
    Counted.LARGER: ("input_limit_octets", "output_limit_octets"),
    Counted.SUM: ("total_limit_octets",),
}


def _octet_limits(plan: Plan, octets: int, session: Session) -> dict[str, Any]:
    """The octet limits that the plan counts, as the device counts them.

    The device counts from its start: what is nobody's to pay comes on top, in each direction.
    """
    up, down = session.unrated_input, session.unrated_output
    unrated = {
        "input_limit_octets": up,
        "output_limit_octets": down,
        "total_limit_octets": up + down,
    }
    return {name: octets + unrated[name] for name in limits_told(plan)}


def rated_limit(session: Session, plan: Plan) -> int:
    """The octet limit that was told, in rated octets; see `told` for which one is kept."""
    up, down = session.unrated_input, session.unrated_output
    counted = plan.volume.counted if plan.volume else plan.counted
    return session.limit_octets - {Counted.SUM: up + down, Counted.UP: up}.get(counted, down)


def told(session: Session, grant: Grant) -> None:
    """Remember on the session what its device was told."""
    session.timeout_s = grant.session_timeout_s
    limit = grant.total_limit_octets
    if limit is None:
        limit = grant.output_limit_octets
    if limit is None:
        limit = grant.input_limit_octets
    session.limit_octets = limit or 0

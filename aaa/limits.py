"""What a session may do: slots, holds and the grant that a device is told.

The grant says no more than was held, less a guard band for how late the device notices; time is
the least of what the money pays, the end of validity or hours, and the longest session. A session
that reaches the end of its hold takes another share of what is left; when nothing is left it is
cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from aaa.books import Books
from aaa.entitled import ends_us, garden_of
from aaa.turn import Turn
from accounting import hold
from accounting.charging import Total
from accounting.hold import Reach
from domain.account import Account, Subscriber
from domain.device import Device
from domain.grant import Grant
from domain.period import hours_end_us
from domain.plan import Counted, Plan
from domain.seams import US_PER_S
from domain.session import Session, SessionState
from nas.dialects import DIALECTS, Dialect
from rating import Tariff, counted_octets, price

TIMEOUT_SLACK_S = 60  # a Start comes later than the login from which the told time is counted
RENEWAL_S = 60  # a device that listens to orders is told this much beyond validity
UNLIMITED_OCTETS = 1 << 61  # farther than any session goes; a limit can be replaced, not removed


@dataclass(frozen=True, slots=True)
class Deal:
    """A session with all that its limits depend on."""

    session: Session
    subscriber: Subscriber
    account: Account
    plan: Plan
    tariff: Tariff
    device: Device
    offer: Plan  # the newest version of the subscriber's plan: what it is given now

    @property
    def dialect(self) -> Dialect:
        """The attribute language of the session's device."""
        return DIALECTS[self.device.dialect]


def deal_of(turn: Turn, session: Session) -> Deal | None:
    """The deal of a subscriber's session; None if it is nobody's or its device is gone."""
    books = turn.books
    account = books.accounts.get(session.account_id)
    plan = books.plans.get(session.plan_id)
    device = turn.devices.get(session.device_id)
    logins = books.logins_of.get(session.account_id, ())
    owners = [books.subscribers[login] for login in logins]
    owner = next((s for s in owners if s.subscriber_id == session.subscriber_id), None)
    if account is None or plan is None or device is None or owner is None:
        return None
    offer = books.plan_of(owner) or plan
    return Deal(session, owner, account, plan, books.tariff(plan), device, offer)


def included_left(
    books: Books, session: Session, plan: Plan, subscriber: Subscriber, now_us: int
) -> tuple[int, int]:
    """A session's part of the included octets and seconds left in the validity period."""
    account_id = subscriber.account_id
    if not plan.included_octets and not plan.included_s:
        return 0, 0
    used = books.allowances.get(account_id, {}).get(subscriber.period_at_us(now_us))
    used_octets, used_s = (used.used_octets, used.used_s) if used is not None else (0, 0)
    # Each live session is promised its part, as of money; alone, it has all of it.
    live = (books.sessions[key] for key in books.live_of.get(account_id, ()))
    parts = len({*(one.session_id for one in live if not one.walled), session.session_id})
    return (
        max(plan.included_octets - used_octets, 0) // parts,
        max(plan.included_s - used_s, 0) // parts,
    )


def free_slots(
    turn: Turn,
    account_id: int,
    plan: Plan,
    but: Sequence[Session] = (),
    *,
    walled: bool = False,
) -> int:
    """Simultaneous sessions of the plan that are not in use by others than `but`.

    A login counts until its Start is overdue (F-41); a suspect session does not count (F-40). Those
    behind a wall take no place of the service: as many as the plan allows may stand there besides.
    """
    used = 0
    for session in turn.books.live_sessions(account_id):
        if bool(session.walled) is not walled or any(session is one for one in but):
            continue
        if session.state is SessionState.ACCEPTED:
            used += turn.now_us < session.slot_until_us
        else:
            used += not turn.hearing.suspect(session, turn.settings.stale_min_s)
    return plan.sessions_max - used


def reach_of(turn: Turn, deal: Deal) -> Reach:
    """How far the session may go with what it was granted."""
    included = included_left(turn.books, deal.session, deal.plan, deal.subscriber, turn.now_us)
    return hold.reach(deal.session, deal.plan, deal.tariff, included)


def exhausted(deal: Deal, reach: Reach) -> bool:
    """Has the session come to where the next octet or second is not paid?"""
    session = deal.session
    if not deal.plan.priced:
        return False
    if deal.plan.volume is None and deal.plan.time is None:
        return session.charged_micros > session.granted_micros  # a fee, and nothing else
    total = Total.of(session)
    counted = counted_octets(deal.tariff, total.input_octets, total.output_octets)
    if reach.octets is not None and counted >= reach.octets:
        return True
    return reach.seconds is not None and total.session_s >= reach.seconds


def hold_more(turn: Turn, deal: Deal) -> int:
    """Let the session hold one more share of what is available; answers how much."""
    slots = free_slots(turn, deal.account.account_id, deal.plan, but=[deal.session])
    own_micros = deal.session.held_micros
    amount_micros = hold.share(deal.account.available_micros + own_micros, slots) - own_micros
    if deal.plan.volume is None and deal.plan.time is None:
        owed_micros = max(deal.plan.session_fee_micros - deal.session.granted_micros, 0)
        amount_micros = min(amount_micros, owed_micros)
    if amount_micros <= 0:
        return 0
    held = hold.take(deal.session, deal.account, amount_micros)
    deal.account.held_micros += held
    turn.books.move(deal.account, held=held, promise=True)
    return amount_micros


def pays(turn: Turn, deal: Deal, money_micros: int) -> bool:
    """Would this money let a session begin and use anything?"""
    if not deal.plan.priced:
        return True
    if money_micros < deal.plan.session_fee_micros:
        return False
    if deal.plan.volume is None and deal.plan.time is None:
        return True
    session = deal.session
    granted = session.granted_micros
    session.granted_micros = money_micros
    reach = reach_of(turn, deal)
    session.granted_micros = granted
    return not reach.nothing


def give_back(turn: Turn, deal: Deal, amount_micros: int) -> None:
    """Shrink the session's hold by at most what is unused."""
    back = hold.give_back(deal.session, amount_micros)
    deal.account.held_micros -= back
    turn.books.move(deal.account, held=-back)


def grant_of(turn: Turn, deal: Deal, reach: Reach, *, start_us: int, spread: bool) -> Grant:
    """What the device is told; `start_us` is when the session began, for limits of time.

    The money is counted by the session's own plan, all else is what the newest version says.
    """
    if deal.session.walled:
        return _behind_wall(turn, deal, start_us=start_us, spread=spread)
    plan, device = deal.offer, deal.device
    most_s = turn.spread(plan.max_session_s) if spread else plan.max_session_s
    ends = [most_s]
    if reach.seconds is not None:
        ends.append(reach.seconds + deal.session.unrated_s)
    ends += _ends_by_time(turn, deal, start_us)
    octets = _less_guard(reach.octets, plan, device, deal.dialect)
    rate_bps = _rate_bps(plan, device)
    if octets is not None and not deal.dialect.has_octet_limit and not device.coa_port:
        # Nothing else can end this session: the line must be fast enough to waste the rest.
        if rate_bps:
            # Rated usage goes on from here: what is unrated took its own time.
            ends.append(octets * 8 // rate_bps + deal.session.unrated_s)
    interim_s = plan.interim_s or device.interim_s or turn.settings.interim_s
    grant = Grant(
        session_timeout_s=max(min(ends), 1),
        interim_s=turn.spread(interim_s) if spread else interim_s,
        down_bps=plan.down_bps,
        up_bps=plan.up_bps,
        policy_down=plan.policy_down,
        policy_up=plan.policy_up,
    )
    if octets is None or not deal.dialect.has_octet_limit:
        return grant
    return _with_octets(grant, deal.plan, octets, deal.session)


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
    end_of_hours_us = hours_end_us(turn.now_us, plan.hours, plan.timezone)
    if plan.hours and end_of_hours_us is not None:
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
    grant = Grant(
        session_timeout_s=(turn.now_us - start_us) // US_PER_S
        + (turn.spread(short_s) if spread else short_s),
        interim_s=turn.spread(interim_s) if spread else interim_s,
    )
    if not deal.session.limit_octets or not deal.dialect.has_octet_limit:
        return grant
    return _with_octets(grant, deal.plan, UNLIMITED_OCTETS, deal.session)


def _rate_bps(plan: Plan, device: Device) -> int:
    """Bits per second the session can move in both directions; 0: not known."""
    if plan.down_bps and plan.up_bps:
        return plan.down_bps + plan.up_bps
    return 2 * (device.line_rate_bps or 0)


DISCONNECT_S = 35  # from the report that tells to the end: its delay, and COA-03's 30 s


def bound_micros(deal: Deal) -> int | None:
    """How far a session of this plan and device may take its account below the floor (1.3).

    At the line's full rate for as long as nobody would notice: where the device itself stops at
    its octet limit, as late as it does; elsewhere one interval and what a Disconnect takes. Of
    what is included, a second session is promised a half and a third one a third, though the
    first may have used all of it unheard. None: no rate is known, so there is no bound.
    """
    rate_bps = _rate_bps(deal.offer, deal.device)
    if not rate_bps:
        return None
    seconds = deal.session.interim_s * 11 // 10 + DISCONNECT_S
    if deal.dialect.has_octet_limit and deal.plan.volume is not None:
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
    total = Total.of(session)
    counted = counted_octets(deal.tariff, total.input_octets, total.output_octets)
    rate_bps = _rate_bps(deal.offer, deal.device)
    seconds = session.interim_s * 22 // 10 + DISCONNECT_S
    return paid - counted <= (rate_bps * seconds // 8 if rate_bps else counted)


def _less_guard(octets: int | None, plan: Plan, device: Device, dialect: Dialect) -> int | None:
    """The octets to tell: the held ones less what passes before the device notices (1.3, 5).

    The guard never takes more than half: a small balance must still buy something.
    """
    if octets is None:
        return None
    guard = _rate_bps(plan, device) * dialect.granularity_s // 8
    return octets - min(guard, octets // 2)


def _with_octets(grant: Grant, plan: Plan, octets: int, session: Session) -> Grant:
    """The octet limit in the direction that the plan counts, as the device counts.

    The device counts from its start: what is nobody's to pay comes on top, in each direction.
    """
    up, down = session.unrated_input, session.unrated_output
    counted = plan.volume.counted if plan.volume else plan.counted
    if counted is Counted.DOWN:
        return replace(grant, output_limit_octets=octets + down)
    if counted is Counted.UP:
        return replace(grant, input_limit_octets=octets + up)
    if counted is Counted.LARGER:
        return replace(grant, input_limit_octets=octets + up, output_limit_octets=octets + down)
    return replace(grant, total_limit_octets=octets + up + down)


def rated_limit(session: Session, plan: Plan) -> int:
    """The octet limit that was told, in rated octets; see `told` for which one is kept."""
    up, down = session.unrated_input, session.unrated_output
    counted = plan.volume.counted if plan.volume else plan.counted
    return session.limit_octets - {Counted.SUM: up + down, Counted.UP: up}.get(counted, down)


def told(session: Session, grant: Grant) -> None:
    """Remember on the session what its device was told."""
    session.timeout_s = grant.session_timeout_s
    limits = (grant.total_limit_octets, grant.output_limit_octets, grant.input_limit_octets)
    session.limit_octets = next((limit for limit in limits if limit is not None), 0)

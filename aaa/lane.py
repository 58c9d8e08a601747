"""Whether the next interims of a session may take the lane, and what the lane must know for it.

The long road (`aaa.record`) decides what a record means; `aaa._lane` repeats one case of it in
compiled code. This module is the switch between the two. It looks at one interim with the long
road's own rules and lays a `Track` only if every record with the same names, as long as nothing
else happens to the session, can do nothing but move counters: it can only be of this session
(`accounting.identity`), binds nothing new, and leaves `aaa.enforce` nothing to do but watch the
money. What may change without touching the session drops its track where it changes: its account
and its siblings in `aaa.books`, plans and devices by dropping all.
"""

from __future__ import annotations

from aaa import telling, walls
from aaa._lane import Lane
from aaa._survey import Ground, learn
from aaa._track import Track
from aaa.entitled import next_look_us, unfit, wall_of
from aaa.grants import guard_octets, rated_limit
from aaa.hearing import has_reported
from aaa.identify import session_key, token_session
from aaa.limits import Deal, deal_of
from aaa.record import binds, is_kept_whole
from aaa.request import Request
from aaa.turn import Turn
from accounting import charging
from accounting.charging import Total
from accounting.event_time import EventTime, event_time
from accounting.identity import match, same_address
from domain.device import Device
from domain.plan import Plan
from domain.seams import US_PER_S
from domain.session import HoldState, Session, SessionState, Walled
from domain.usage import RecordKind, Usage

LIMIT_MAX_OCTETS = 1 << 62  # what is beyond this is never reached


def lay(turn: Turn, lane: Lane, at: int, request: Request, usage: Usage) -> bool:
    """Lay a track for the session of record `at` of the batch, if it may have one."""
    if usage.kind is not RecordKind.INTERIM or usage.service or not lane.readable(at):
        return False
    device = request.device
    if device.counter_mode == "delta" or turn.devices.get(device.device_id) is not device:
        return False
    if device.device_id in turn.removed or not is_kept_whole(request.packet):
        return False
    when = event_time(usage, turn.settings.clock_skew_s)
    session = _only_session(turn, device, usage, when)
    if session is None or not _plain(turn, session, usage):
        return False
    deal = deal_of(turn, session)
    if deal is None or deal.plan.pricing is not None or not _at_ease(turn, deal):
        return False
    track = _track(turn, lane, deal, usage)
    if track is None:
        return False
    lane.lay(track, at)
    _learn(turn, lane, deal, usage.source_address)
    return True


def _learn(turn: Turn, lane: Lane, deal: Deal, source_address: str) -> None:
    """Others like this one need no more than a look at their numbers (`aaa._survey`)."""
    plan, device, offer = deal.plan, deal.device, deal.offer
    if plan.included_octets or plan.included_s or not deal.dialect.plain_records:
        return
    ground = Ground(
        device,
        source_address,
        deal.subscriber,
        plan,
        offer,
        deal.tariff,
        lane.days_of(plan.timezone),
        (_guard(deal), turn.settings.interim_s, _grace_us(offer)),
        deal.dialect.has_octet_limit,
    )
    learn(lane, ground)


def _guard(deal: Deal) -> int:
    return min(guard_octets(deal.offer, deal.device, deal.dialect), LIMIT_MAX_OCTETS)


def _grace_us(offer: Plan) -> int:
    return offer.package.grace_s * US_PER_S if offer.package is not None else 0


def _only_session(turn: Turn, device: Device, usage: Usage, when: EventTime) -> Session | None:
    """The session that any record with these names is of, whatever its times and counters say."""
    same_id = turn.books.with_id(device.device_id, session_key(usage))
    token = token_session(turn, usage, device)
    found = match(usage, when, token, same_id, ())
    if found.session is None or found.superseded or len(same_id) != 1:
        return None
    # Under a token nothing else is asked of an open session. Without one it is alone with its id,
    # and it may not be its course alone that has made it this one.
    if token is None and not same_address(usage, found.session):
        return None
    return None if binds(found.session, usage) else found.session


def _plain(turn: Turn, session: Session, usage: Usage) -> bool:
    """Is the session one to which an interim only adds usage?"""
    return (
        session.state is SessionState.OPEN
        and session.account_id != 0
        and session.records_n > 0
        and has_reported(session)  # the first report of usage is one that `aaa.vigil` hears of
        and session.walled is Walled.NO
        and not session.cut_order_id
        and not session.replaced_by
        and session.candidate_event_us is None
        and not (session.review_input or session.review_output)
        and session.session_id not in turn.books.draft.new_sessions
        and not turn.books.suspense.get(session.session_id)
        and (session.fee_due or not session.owes_fee)
        and (not session.adopted or _baseline_taken(session))
    )


def _baseline_taken(session: Session) -> bool:
    """Has each counter of an adopted session been seen (`accounting.adoption`)?"""
    total = Total.of(session)
    return bool(
        (total.input_octets or session.unrated_input)
        and (total.output_octets or session.unrated_output)
        and (total.session_s or session.unrated_s)
    )


def _at_ease(turn: Turn, deal: Deal) -> bool:
    """Would `aaa.enforce` look at nothing but the money, until time changes that?"""
    session = deal.session
    return (
        not unfit(deal.subscriber, session)
        and not wall_of(deal.subscriber, deal.offer, turn.now_us)
        and next_look_us(deal.subscriber, deal.offer, turn.now_us) == session.look_us
        and not telling.doubted(deal)
        and not walls.outdated(deal)
    )


def _track(turn: Turn, lane: Lane, deal: Deal, usage: Usage) -> Track | None:
    session, plan, device = deal.session, deal.plan, deal.device
    included = bool(plan.included_octets or plan.included_s)
    allowance = None
    if included:
        if deal.subscriber.periods_ahead_us:
            return None
        if turn.books.live_sessions(session.account_id) != [session]:
            return None
        period_us = deal.subscriber.period_at_us(turn.now_us)
        allowance = turn.books.allowance(session.account_id, period_us)
    try:
        priced = charging.price_of(deal.tariff, Total.of(session))
    except OverflowError:
        return None
    return Track(
        session=session,
        account=deal.account,
        device=device,
        source_address=usage.source_address,
        tariff=deal.tariff,
        days=lane.days_of(plan.timezone),
        allowance=allowance,
        plan_id=plan.plan_id,
        interval_s=session.interim_s or turn.settings.interim_s,
        rate_bps=device.line_rate_bps,
        until_us=session.look_us,
        fee_micros=plan.session_fee_micros if session.owes_fee else 0,
        guard_octets=_guard(deal),
        rated_limit_octets=min(max(rated_limit(session, plan), 0), LIMIT_MAX_OCTETS),
        included_octets=plan.included_octets,
        included_s=plan.included_s,
        held=session.hold_state is HoldState.HELD,
        limited=bool(session.limit_octets and deal.dialect.has_octet_limit),
        charges=plan.priced,
        volume=plan.volume is not None,
        time=plan.time is not None,
        priced=priced,
    )

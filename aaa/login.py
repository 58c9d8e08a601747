"""A login, decided: the refusals in their one order, then the hold and the grant.

unknown, wrong credential, wrong NAS or MAC, outside hours, suspended, expired, no credit, too many
sessions: the first that applies is the answer. Every decision is kept for `explain reject` with
what it was made of; secrets never are.
"""

from __future__ import annotations

from aaa import authenticate, deeds, ghosts, grants, limits, telling, walls
from aaa.answer import accept, answer, refuse
from aaa.as_served import as_served
from aaa.decisions import Attempt, login_key
from aaa.entitled import REFUSAL_OF, wall_of
from aaa.limits import Deal
from aaa.outcome import FAILED, SILENT, Outcome
from aaa.repeats import key_of
from aaa.request import Request
from aaa.turn import Turn
from accounting import hold
from domain.account import MacMode, Status, Subscriber
from domain.login import canonical_mac
from domain.period import within_hours
from domain.plan import Plan
from domain.pricing import AtCap
from domain.refusal import Refusal
from domain.session import Session, SessionState, Walled
from nas.access import access_of
from nas.login import LoginHints


def decide_login(turn: Turn, request: Request, hints: LoginHints) -> Outcome:
    """Accept or refuse one Access-Request."""
    turn.hearing.note(request.device.device_id, turn.now_us)
    credential = authenticate.credential_of(request.packet, request.device.secret)
    attempt = Attempt(request, hints, credential, key_of(request))
    device_id = request.device.device_id
    if request.latches and device_id not in turn.removed:
        turn.books.draft.latches += [
            (device_id, request.source_address, latch) for latch in request.latches
        ]
        turn.books.draft.deeds += [
            deeds.latched(turn.now_us, request.device, request.source_address, latch)
            for latch in request.latches
        ]
    subscriber = attempt.subscriber = turn.books.subscribers.get(login_key(hints))
    if subscriber is None or subscriber.status is Status.CLOSED:
        attempt.subscriber = None
        if subscriber is not None:
            attempt.facts["advice"] = (
                "it was removed; `tollhouse subscriber resume LOGIN` brings it back"
            )
        return refuse(turn, attempt, Refusal.UNKNOWN)
    try:
        proof = authenticate.prove(credential, subscriber, turn.sealer, request.hash_ok)
    except ValueError:
        # Sealed with another key, or a damaged row: our fault, so no Reject (ATH-06).
        turn.notes["credential-unreadable"] += 1
        return FAILED
    attempt.proof = proof
    if proof.check is not None:
        return Outcome(None, label="slow", check=proof.check)
    plan = turn.books.plan_of(subscriber, turn.now_us)
    assert plan is not None, "L9: a subscriber without a plan"
    refusal = proof.refusal or _barred(turn, attempt, subscriber, plan)
    if refusal is not None:
        return refuse(turn, attempt, refusal)
    return _let_in(turn, attempt, subscriber, plan)


def _barred(turn: Turn, attempt: Attempt, subscriber: Subscriber, plan: Plan) -> Refusal | None:
    """The refusals that no garden is for, in order."""
    device, station = attempt.request.device, attempt.hints.calling_station_id
    if subscriber.device_ids and device.device_id not in subscriber.device_ids:
        attempt.facts["nas"] = device.name
        return Refusal.WRONG_DEVICE
    if subscriber.mac_mode is MacMode.FIXED and canonical_mac(station) != subscriber.mac:
        attempt.facts.update(mac=station, expected=subscriber.mac)
        return Refusal.WRONG_MAC
    if plan.hours and not within_hours(turn.now_us, plan.hours, plan.timezone):
        attempt.facts.update(plan=plan.name, timezone=plan.timezone)
        return Refusal.OUTSIDE_HOURS
    return None


def _let_in(turn: Turn, attempt: Attempt, subscriber: Subscriber, plan: Plan) -> Outcome:
    """To the service, to the garden behind a wall, or on with what runs already."""
    if _is_late_copy(turn, attempt):
        turn.notes["login-copied"] += 1
        return SILENT
    wall = wall_of(subscriber, plan, turn.now_us)
    if wall is Walled.EXPIRED:
        attempt.facts["valid_until_us"] = subscriber.valid_until_us
    session = _session(turn, attempt, subscriber, plan)
    again = ghosts.renewed(turn, session)
    if again is not None:
        return _renew(turn, attempt, again, wall)
    account = turn.books.accounts[subscriber.account_id]
    tariff, device = turn.books.tariff(plan), attempt.request.device
    offer = as_served(turn.books, session, subscriber, plan, turn.now_us)
    deal = Deal(session, subscriber, account, plan, tariff, device, offer)
    if wall:
        return _stand_before(turn, attempt, deal, wall)
    return _admit(turn, attempt, deal)


def _is_late_copy(turn: Turn, attempt: Attempt) -> bool:
    """Has this very request begun a session, which its device has reported since?

    Then the device has had its Accept, and nobody waits for another one.
    """
    begun = turn.repeats.session_of(attempt.key, turn.now_us)
    session = turn.books.sessions.get(begun) if begun else None
    return session is not None and session.state in (SessionState.OPEN, SessionState.CLOSED)


def _admit(turn: Turn, attempt: Attempt, deal: Deal) -> Outcome:
    """Credit and slots, then the hold: the promise of a login (L7)."""
    plan, account, session = deal.plan, deal.account, deal.session
    live = turn.books.live_sessions(account.account_id)
    replaced: list[Session] = []
    ended: list[Session] = []
    slots, available_micros = plan.sessions_max, limits.for_usage(turn, deal)
    if live:
        replaced, ended = ghosts.replaced(turn, session, plan)
        slots = limits.free_slots(turn, account.account_id, plan, but=(*replaced, *ended))
        available_micros += sum(old.held_micros for old in (*replaced, *ended))
    gone = (*replaced, *ended)
    whole_micros = available_micros + sum(one.held_micros for one in live if one not in gone)
    share_micros = hold.share(available_micros, slots)
    reach = limits.reach_with(turn, deal, whole_micros)
    if reach.nothing:
        _note_money(attempt, deal, slots)
        if whole_micros > 0 and _may_stop(plan):
            attempt.facts["advice"] = (
                "there is money: `tollhouse subscriber show LOGIN` tells of a cap that stops, and "
                "until when; top up if what is there is too little for one step of the price"
            )
        return _stand_before(turn, attempt, deal, Walled.NO_CREDIT)
    if slots <= 0:
        _note_money(attempt, deal, slots)
        return refuse(turn, attempt, Refusal.TOO_MANY_SESSIONS)
    if share_micros != whole_micros:
        reach = limits.reach_with(turn, deal, share_micros)
    if reach.nothing:
        _note_money(attempt, deal, slots)
        attempt.facts["advice"] = (
            "other sessions, or logins that never began, hold the money: "
            "`tollhouse session list --login LOGIN`, `session disconnect` ends one"
        )
        return _stand_before(turn, attempt, deal, Walled.NO_CREDIT)
    ghosts.give_way(turn, session, replaced, ended)
    if plan.priced:
        limits.hold_more(turn, deal, slots)  # what gave way had no part in them
    # Of what is included, those who gave way had parts that are this session's now.
    shares = plan.included_octets or plan.included_s or plan.pricing is not None
    same_parts = not gone or not shares
    as_tried = same_parts and (not plan.priced or session.granted_micros == share_micros)
    return accept(turn, attempt, deal, reach if as_tried else limits.reach_of(turn, deal))


def _may_stop(plan: Plan) -> bool:
    """Has the plan a cap at which sessions end, whatever money is left?"""
    return plan.pricing is not None and any(cap.then is AtCap.STOP for cap in plan.pricing.caps)


def _note_money(attempt: Attempt, deal: Deal, slots: int) -> None:
    """What a refusal for want of money or of room rests on."""
    account = deal.account
    attempt.facts.update(
        posted_micros=account.balance_micros,
        held_micros=account.held_micros,
        credit_limit_micros=account.credit_limit_micros,
        free_slots=slots,
        sessions_max=deal.plan.sessions_max,
    )


def _stand_before(turn: Turn, attempt: Attempt, deal: Deal, wall: Walled) -> Outcome:
    """Let the login into the plan's garden behind the wall; without one it is refused."""
    if not telling.has_garden(deal, wall):
        return refuse(turn, attempt, REFUSAL_OF[wall])
    replaced, ended = ghosts.replaced(turn, deal.session, deal.offer)
    slots = limits.free_slots(
        turn, deal.account.account_id, deal.offer, but=(*replaced, *ended), walled=True
    )
    if slots <= 0:
        return refuse(turn, attempt, Refusal.TOO_MANY_SESSIONS)
    ghosts.give_way(turn, deal.session, replaced, ended)
    walls.enter(turn, deal, wall)
    return accept(turn, attempt, deal, limits.reach_of(turn, deal))


def _renew(turn: Turn, attempt: Attempt, session: Session, wall: Walled) -> Outcome:
    """The device asks again within a session (F-39): it goes on, under its own Class.

    The device counts the new Session-Timeout from now, so what was used of paid time is taken off.
    """
    deal = limits.deal_of(turn, session)
    assert deal is not None, "L9: a session of a subscriber without a deal"
    if not wall:
        deal = _paid_again(turn, deal)
        wall = deal.session.walled if deal is not None else Walled.NO_CREDIT
    deal = deal or limits.deal_of(turn, session)
    assert deal is not None
    if wall:
        if not telling.has_garden(deal, wall):
            return refuse(turn, attempt, REFUSAL_OF[wall])
        walls.enter(turn, deal, wall)
    reach = limits.reach_of(turn, deal)
    grant = grants.grant_of(turn, deal, reach, start_us=turn.now_us, spread=True)
    if reach.seconds is not None and not wall:
        left_s = reach.seconds - (session.session_s - session.unrated_s)
        grant = grant._replace(session_timeout_s=max(min(grant.session_timeout_s, left_s), 1))
    turn.books.touch(session)
    turn.notes["renewed"] += 1
    return answer(turn, attempt, deal, grant)


def _paid_again(turn: Turn, deal: Deal) -> Deal | None:
    """The deal of a session that is asked for again, if anything more of it is paid."""
    if deal.session.walled:
        return walls.let_in(turn, deal)
    if limits.exhausted(deal, limits.reach_of(turn, deal)):
        limits.hold_more(turn, deal)
        if limits.exhausted(deal, limits.reach_of(turn, deal)):
            return None
    return deal


def _session(turn: Turn, attempt: Attempt, subscriber: Subscriber, plan: Plan) -> Session:
    hints = attempt.hints
    access = access_of(hints)
    return Session(
        session_id=turn.ids.next(),
        account_id=subscriber.account_id,
        subscriber_id=subscriber.subscriber_id,
        device_id=attempt.request.device.device_id,
        plan_id=plan.plan_id,
        state=SessionState.ACCEPTED,
        access=str(access) if access is not None else "",
        mac=canonical_mac(hints.calling_station_id),
        version=1,
        acct_session_id=hints.acct_session_id,
        user_name=hints.user_name,
        calling_station_id=hints.calling_station_id,
        called_station_id=hints.called_station_id,
        nas_port=hints.nas_port,
        nas_port_id=hints.nas_port_id,
        nas_ip_address=hints.nas_ip_address,
        nas_identifier=hints.nas_identifier,
        source_address=attempt.request.source_address,
        created_us=turn.now_us,
        start_us=turn.now_us,
        last_seen_us=turn.now_us,
        slot_until_us=turn.after(turn.settings.start_wait_s),
    )

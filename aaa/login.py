"""A login, decided: the refusals in their one order, then the hold and the grant.

unknown, wrong credential, wrong NAS or MAC, outside hours, suspended, expired, no credit, too many
sessions: the first that applies is the answer. Every decision is kept for `explain reject` with
what it was made of; secrets never are.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from aaa import authenticate, ghosts, limits, token
from aaa.authenticate import Proof
from aaa.decisions import Attempt, login_key, remember
from aaa.limits import Deal
from aaa.outcome import FAILED, Outcome
from aaa.request import Request
from aaa.turn import Turn
from accounting import hold
from domain.account import MacMode, Status, Subscriber
from domain.grant import Grant
from domain.login import canonical_mac
from domain.period import within_hours
from domain.plan import Plan
from domain.refusal import NEUTRAL_MESSAGE, Refusal
from domain.session import Session, SessionState
from nas import replies
from nas.access import access_of
from nas.login import LoginHints
from radius import encode_attributes, passwords
from radius.vendors import vendor_attribute

ACCEPT, REJECT = 2, 3
REPLY_MESSAGE, CLASS, PROXY_STATE = 18, 25, 33


def decide_login(turn: Turn, request: Request, hints: LoginHints) -> Outcome:
    """Accept or refuse one Access-Request."""
    turn.hearing.note(request.device.device_id, turn.now_us)
    login = login_key(hints)
    credential = authenticate.credential_of(request.packet, request.device.secret)
    attempt = Attempt(request, hints, credential)
    device_id = request.device.device_id
    if device_id not in turn.removed:
        turn.books.latches += [
            (device_id, request.source_address, latch) for latch in request.latches
        ]
    subscriber = attempt.subscriber = turn.books.subscribers.get(login)
    if subscriber is None or subscriber.status is Status.CLOSED:
        attempt.subscriber = None
        if subscriber is not None:
            attempt.facts["advice"] = (
                "it was removed; `tollhouse subscriber resume LOGIN` brings it back"
            )
        return _refuse(turn, attempt, Refusal.UNKNOWN)
    try:
        proof = authenticate.prove(credential, subscriber, turn.sealer, request.hash_ok)
    except ValueError:
        # Sealed with another key, or a damaged row: our fault, so no Reject (ATH-06).
        turn.notes["credential-unreadable"] += 1
        return FAILED
    attempt.proof = proof
    if proof.check is not None:
        return Outcome(None, label="slow", check=proof.check)
    plan = turn.books.plan_of(subscriber)
    assert plan is not None, "L9: a subscriber without a plan"
    refusal = proof.refusal or _barred(turn, attempt, subscriber, plan)
    if refusal is not None:
        return _refuse(turn, attempt, refusal)
    return _admit(turn, attempt, subscriber, plan)


def _barred(turn: Turn, attempt: Attempt, subscriber: Subscriber, plan: Plan) -> Refusal | None:
    """The refusals that need no look at money or sessions, in order."""
    device_id = attempt.request.device.device_id
    mac = canonical_mac(attempt.hints.calling_station_id)
    checks: tuple[tuple[bool, Refusal, dict[str, Any]], ...] = (
        (
            bool(subscriber.device_ids) and device_id not in subscriber.device_ids,
            Refusal.WRONG_DEVICE,
            {"nas": attempt.request.device.name},
        ),
        (
            subscriber.mac_mode is MacMode.FIXED and mac != subscriber.mac,
            Refusal.WRONG_MAC,
            {"mac": attempt.hints.calling_station_id, "expected": subscriber.mac},
        ),
        (
            bool(plan.hours) and not within_hours(turn.now_us, plan.hours, plan.timezone),
            Refusal.OUTSIDE_HOURS,
            {"plan": plan.name, "timezone": plan.timezone},
        ),
        (subscriber.status is Status.SUSPENDED, Refusal.SUSPENDED, {}),
        (
            subscriber.valid_until_us is not None and turn.now_us >= subscriber.valid_until_us,
            Refusal.EXPIRED,
            {"valid_until_us": subscriber.valid_until_us},
        ),
    )
    for applies, refusal, facts in checks:
        if applies:
            attempt.facts.update(facts)
            return refusal
    return None


def _admit(turn: Turn, attempt: Attempt, subscriber: Subscriber, plan: Plan) -> Outcome:
    """Credit and slots, then the hold: the promise of a login (L7)."""
    books = turn.books
    account = books.accounts[subscriber.account_id]
    device = attempt.request.device
    session = _session(turn, attempt, subscriber, plan)
    again = ghosts.renewed(turn, session)
    if again is not None:
        return _renew(turn, attempt, again)
    replaced, ended = ghosts.replaced(turn, session, plan)
    gone = (*replaced, *ended)
    deal = Deal(session, subscriber, account, plan, books.tariff(plan), device)
    slots = limits.free_slots(turn, account.account_id, plan, but=gone)
    available_micros = account.available_micros + sum(old.held_micros for old in gone)
    others = [s for s in books.live_sessions(account.account_id) if s not in gone]
    attempt.facts.update(
        posted_micros=account.balance_micros,
        held_micros=account.held_micros,
        credit_limit_micros=account.credit_limit_micros,
        free_slots=slots,
        sessions_max=plan.sessions_max,
    )
    if not _pays(turn, deal, available_micros + sum(other.held_micros for other in others)):
        return _refuse(turn, attempt, Refusal.NO_CREDIT)
    if slots <= 0:
        return _refuse(turn, attempt, Refusal.TOO_MANY_SESSIONS)
    if not _pays(turn, deal, hold.share(available_micros, slots)):
        attempt.facts["advice"] = (
            "other sessions, or logins that never began, hold the money: "
            "`tollhouse session list --login LOGIN`, `session disconnect` ends one"
        )
        return _refuse(turn, attempt, Refusal.NO_CREDIT)
    ghosts.give_way(turn, session, replaced, ended)
    if plan.priced:
        limits.hold_more(turn, deal)
    return _accept(turn, attempt, deal)


def _pays(turn: Turn, deal: Deal, money_micros: int) -> bool:
    """Would this money let the session begin and use anything?"""
    if not deal.plan.priced:
        return True
    if money_micros < deal.plan.session_fee_micros:
        return False
    if deal.plan.volume is None and deal.plan.time is None:
        return True
    session = deal.session
    granted = session.granted_micros
    session.granted_micros = money_micros
    reach = limits.reach_of(turn, deal)
    session.granted_micros = granted
    return not reach.nothing


def _renew(turn: Turn, attempt: Attempt, session: Session) -> Outcome:
    """The device asks again within a session (F-39): it goes on, under its own Class.

    The device counts the new Session-Timeout from now, so what was used of paid time is taken off.
    """
    deal = limits.deal_of(turn, session)
    assert deal is not None, "L9: a session of a subscriber without a deal"
    if limits.exhausted(deal, limits.reach_of(turn, deal)):
        limits.hold_more(turn, deal)
    reach = limits.reach_of(turn, deal)
    if limits.exhausted(deal, reach):
        return _refuse(turn, attempt, Refusal.NO_CREDIT)
    grant = limits.grant_of(turn, deal, reach, start_us=turn.now_us, spread=True)
    if reach.seconds is not None:
        left_s = reach.seconds - (session.session_s - session.unrated_s)
        grant = replace(grant, session_timeout_s=max(min(grant.session_timeout_s, left_s), 1))
    limits.told(session, grant)
    session.interim_s = grant.interim_s
    turn.books.touch(session)
    turn.notes["renewed"] += 1
    return _answer(turn, attempt, deal, grant)


def _session(turn: Turn, attempt: Attempt, subscriber: Subscriber, plan: Plan) -> Session:
    hints = attempt.hints
    return Session(
        session_id=turn.ids.next(),
        account_id=subscriber.account_id,
        subscriber_id=subscriber.subscriber_id,
        device_id=attempt.request.device.device_id,
        plan_id=plan.plan_id,
        state=SessionState.ACCEPTED,
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


def _accept(turn: Turn, attempt: Attempt, deal: Deal) -> Outcome:
    session = deal.session
    reach = limits.reach_of(turn, deal)
    grant = limits.grant_of(turn, deal, reach, start_us=turn.now_us, spread=True)
    limits.told(session, grant)
    session.interim_s = grant.interim_s
    session.hold_until_us = turn.after(grant.session_timeout_s + turn.settings.hold_margin_s)
    turn.books.add_session(session)
    return _answer(turn, attempt, deal, grant)


def _answer(turn: Turn, attempt: Attempt, deal: Deal, grant: Grant) -> Outcome:
    """The Accept of a session, new or renewed, with all that its device is told."""
    session = deal.session
    _learn_mac(turn, attempt, deal.subscriber)
    attributes = [(CLASS, token.issue(session.session_id, turn.sealer.class_key))]
    attributes += deal.dialect.write_grant(grant, attempt.hints)
    attributes += replies.assembled(
        deal.dialect.write_speeds(deal.plan),
        replies.chosen(
            deal.plan.replies,
            deal.subscriber.replies,
            dialect=deal.device.dialect,
            access=access_of(attempt.hints),
        ),
        replies.addresses(deal.subscriber),
    )
    attributes += _method_attributes(turn, attempt.proof, attempt.request)
    attempt.facts = _shown(deal, grant)
    remember(turn, attempt, "accepted", session.session_id)
    return _outcome(attempt, ACCEPT, attributes, 0, "accepted")


def _shown(deal: Deal, grant: Grant) -> dict[str, Any]:
    shown = {
        name: getattr(grant, name) for name in grant.__slots__ if getattr(grant, name) is not None
    }
    shown["granted_micros"] = deal.session.granted_micros
    return shown


def _learn_mac(turn: Turn, attempt: Attempt, subscriber: Subscriber) -> None:
    """The first accepted login fixes the MAC of a subscriber that is to learn one."""
    mac = canonical_mac(attempt.hints.calling_station_id)
    if subscriber.mac_mode is MacMode.LEARN and mac is not None:
        subscriber.mac, subscriber.mac_mode = mac, MacMode.FIXED
        turn.books.macs.append((subscriber.subscriber_id, mac))


def _method_attributes(turn: Turn, proof: Proof, request: Request) -> list[tuple[int, bytes]]:
    """Success and keys of MS-CHAP, hidden as each must be, salts all different (HID-05)."""
    salts = passwords.salts(turn.randomness.below(1 << 15)) if proof.salted else iter(())
    secret, authenticator = request.device.secret, request.packet.authenticator
    out = []
    for kind, value in proof.vendor:
        if kind in proof.salted:
            value = passwords.hide_salted(value, secret, authenticator, next(salts))
        elif kind in proof.hidden:
            value = passwords.hide_mppe_keys(value, secret, authenticator)
        out.append(vendor_attribute(authenticate.MICROSOFT, kind, value))
    return out


def _refuse(turn: Turn, attempt: Attempt, refusal: Refusal) -> Outcome:
    """A Reject: neutral to the subscriber, plain to the operator (ATH-07, S10)."""
    attributes = [(REPLY_MESSAGE, NEUTRAL_MESSAGE.encode())]
    error = authenticate.error_attribute(
        attempt.request.packet, refusal, turn.randomness.octets(16)
    )
    if error is not None:
        attributes.append(
            vendor_attribute(authenticate.MICROSOFT, authenticate.MS_CHAP_ERROR, error)
        )
    if attempt.proof.hint:
        attempt.facts["hint"] = attempt.proof.hint
    remember(turn, attempt, refusal.code, 0)
    return _outcome(attempt, REJECT, attributes, turn.settings.reject_delay_us, refusal.code)


def _outcome(
    attempt: Attempt, code: int, attributes: list[tuple[int, bytes]], delay_us: int, label: str
) -> Outcome:
    proxied = [(PROXY_STATE, value) for value in attempt.request.packet.all(PROXY_STATE)]
    return Outcome(code, encode_attributes(attributes + proxied), delay_us, label)

"""What a login is told: the Accept with all that was decided, or one neutral Reject.

Every answer is remembered for `explain reject` with the facts it rests on. The subscriber reads
why in none of them (S10); a device reads limits, speeds and attributes in its own language.
"""

from __future__ import annotations

from typing import Any

from aaa import authenticate, deeds, grants, telling, token
from aaa.authenticate import Proof
from aaa.bands import look_us
from aaa.decisions import Attempt, remember
from aaa.entitled import REASON_OF
from aaa.limits import Deal
from aaa.outcome import Outcome
from aaa.request import Request
from aaa.turn import Turn
from accounting.hold import Reach
from domain.account import MacMode, Subscriber
from domain.grant import Grant
from domain.login import canonical_mac
from domain.refusal import NEUTRAL_MESSAGE, Refusal
from radius import encode_attributes, passwords
from radius.vendors import vendor_attribute

ACCEPT, REJECT = 2, 3
_GRANT = Grant._fields
REPLY_MESSAGE, CLASS, PROXY_STATE = 18, 25, 33


def accept(turn: Turn, attempt: Attempt, deal: Deal, reach: Reach) -> Outcome:
    """The Accept of a new session, behind a wall or not; its hold has been taken.

    `reach` is how far the hold carries it.
    """
    session = deal.session
    grant = grants.grant_of(turn, deal, reach, start_us=turn.now_us, spread=True)
    session.hold_until_us = turn.after(grant.session_timeout_s + turn.settings.hold_margin_s)
    turn.books.add_session(session)
    turn.begun[attempt.key] = attempt.begun_id = session.session_id
    return answer(turn, attempt, deal, grant)


def answer(turn: Turn, attempt: Attempt, deal: Deal, grant: Grant) -> Outcome:
    """The Accept of a session, new or renewed, with all that its device is told."""
    session = deal.session
    grants.told(session, grant)
    session.interim_s = grant.interim_s
    session.look_us = look_us(turn.books, deal.subscriber, deal.plan, deal.offer, turn.now_us)
    if deal.subscriber.mac_mode is MacMode.LEARN:
        _learn_mac(turn, attempt, deal.subscriber)
    attributes = [(CLASS, token.issue(session.session_id, turn.sealer.class_key))]
    attributes += deal.dialect.write_grant(grant, attempt.hints)
    octets = encode_attributes(attributes) + telling.begin(deal)
    if attempt.proof.vendor:
        octets += encode_attributes(method_attributes(turn, attempt.proof, attempt.request))
    attempt.facts = _shown(deal, grant)
    remember(turn, attempt, "accepted", session.session_id)
    return _outcome(attempt, ACCEPT, octets, 0, "walled" if session.walled else "accepted")


def _shown(deal: Deal, grant: Grant) -> dict[str, Any]:
    shown = {name: said for name, said in zip(_GRANT, grant, strict=True) if said is not None}
    if deal.session.walled:
        shown["walled"] = REASON_OF[deal.session.walled]
        if deal.subscriber.valid_until_us is not None:
            shown["valid_until_us"] = deal.subscriber.valid_until_us
    shown["granted_micros"] = deal.session.granted_micros
    return shown


def _learn_mac(turn: Turn, attempt: Attempt, subscriber: Subscriber) -> None:
    """The first accepted login fixes the MAC of a subscriber that is to learn one."""
    mac = canonical_mac(attempt.hints.calling_station_id)
    if mac is not None:
        turn.books.draft.deeds.append(deeds.mac_learned(turn.now_us, subscriber, mac))
        subscriber.mac, subscriber.mac_mode = mac, MacMode.FIXED
        turn.books.draft.macs.append((subscriber.subscriber_id, mac))


def method_attributes(turn: Turn, proof: Proof, request: Request) -> list[tuple[int, bytes]]:
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


def refuse(turn: Turn, attempt: Attempt, refusal: Refusal) -> Outcome:
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
    octets = encode_attributes(attributes)
    return _outcome(attempt, REJECT, octets, turn.settings.reject_delay_us, refusal.code)


def _outcome(attempt: Attempt, code: int, octets: bytes, delay_us: int, label: str) -> Outcome:
    proxied = attempt.request.packet.all(PROXY_STATE)
    if proxied:
        octets += encode_attributes([(PROXY_STATE, value) for value in proxied])
    return Outcome(code, octets, delay_us, label)

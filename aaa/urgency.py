"""Who goes first when more waits than a batch may hold (reliability 5.3): two questions to memory.

An interim that comes late costs money only where the session nears the end of what it may use: the
subscriber goes on unpaid, or a device that stops by itself stops somebody who could have been given
more. A login matters more if its subscriber is online or was lately: after a router's restart these
come all at once, and guesses at passwords must not hold them up.

Of an interim whose session has a track the question is answered in compiled code (`_urgency.pyx`):
a flood has it asked for each datagram. `near_end` is what that must agree with, and answers for all
others.

The answers are hints. They read what is in memory, load nothing, change nothing and never fail; an
account that is not in memory is nobody special.
"""

from __future__ import annotations

from aaa._urgency import near_end as near_end_of_track
from aaa.books import Books
from aaa.limits import included_left
from aaa.request import Request
from accounting import hold
from domain.login import canonical_login
from domain.session import Session, SessionState
from nas import attribute_types as kinds
from nas.values import text_of
from radius import Code
from rating import counted_octets

AHEAD_INTERVALS_N = 2  # the one that the waiting report tells of, and the one until the next


def urgent(books: Books, request: Request) -> bool:
    """Does the request go before others of its kind?"""
    packet = request.packet
    if packet.code == Code.ACCESS_REQUEST:
        name = packet.first(kinds.USER_NAME) or packet.first(kinds.CALLING_STATION_ID)
        subscriber = books.subscribers.get(canonical_login(text_of(name)))
        return subscriber is not None and subscriber.account_id in books.lately
    tracked = near_end_of_track(books.lane, request, AHEAD_INTERVALS_N)
    if tracked is not None:
        return tracked
    session_id = text_of(packet.first(kinds.ACCT_SESSION_ID))
    device_id = request.device.device_id
    return any(
        near_end(books, session, request.arrived_us)
        for session in books.with_id(device_id, session_id)
    )


def near_end(books: Books, session: Session, now_us: int) -> bool:
    """At its pace so far, will what the session holds be used up within AHEAD_INTERVALS_N?"""
    plan = books.plans.get(session.plan_id)
    if session.state is not SessionState.OPEN or plan is None or not plan.priced:
        return False
    owners = books.people_of(session.account_id)
    owner = next((s for s in owners if s.subscriber_id == session.subscriber_id), None)
    if owner is None:
        return False
    tariff = books.tariff(plan)
    included = included_left(books, session, plan, owner, now_us)
    reach = hold.reach(session, plan, tariff, included)
    ahead_s = AHEAD_INTERVALS_N * session.interim_s
    if reach.seconds is not None and reach.seconds - session.session_s <= ahead_s:
        return True
    if reach.octets is None:
        return False
    counted = counted_octets(tariff, session.input_octets, session.output_octets)
    left = reach.octets - counted
    return left <= 0 or left * session.session_s < counted * ahead_s

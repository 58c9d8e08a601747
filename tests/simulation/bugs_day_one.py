"""Planted bugs in what is sold by the day, in walls, and in moving in.

What a customer who has paid would notice (behind the wall all the same, cut at the end of a day
that was renewed), what the provider would (the full service for nothing, a package for nothing),
and what nobody would notice but a judge: rated behind a wall, sold twice, told to no audit.
"""

from __future__ import annotations

from tests.simulation.planting import MOVED, SOLD, Bug, Code

BUGS = (
    Bug(
        "rated-behind-the-wall",
        "usage behind a wall is charged like any other",
        ("W1", "A2"),
        60,
        (Code("aaa.record:_apply", "if session.walled:", "if session.walled and False:"),),
        SOLD,
    ),
    Bug(
        "hold-kept-behind-the-wall",
        "a session that goes behind a wall keeps the money it held",
        ("W1",),
        60,
        (Code("aaa.walls:enter", "closing.release(turn, deal.session, HoldState.POSTED)", "pass"),),
        SOLD,
    ),
    Bug(
        "expiry-not-looked-at",
        "a session whose time ends is left in the full service",
        ("W2", "W3"),
        100,
        (
            Code("aaa.enforce:enforce", "if wall:", "if wall and wall.value != 1:"),
            Code("aaa.login:_let_in", "if wall:", "if wall and wall.value != 1:"),
        ),
        SOLD,
    ),
    Bug(
        "grace-forgotten",
        "who is within the grace of a package is walled already",
        ("W2", "W3"),
        400,
        (
            Code(
                "accounting.in_force:ends_us",
                "plan.package.grace_s if plan.package is not None else 0",
                "0",
            ),
        ),
        SOLD,
    ),
    Bug(
        "renewal-half-paid",
        "a package is bought for half of its price",
        ("P1",),
        60,
        (
            Code(
                "billing.package:renew",
                "price_micros = plan.package.price_micros",
                "price_micros = plan.package.price_micros // 2",
            ),
        ),
        SOLD,
    ),
    Bug(
        "renewed-from-now",
        "a renewal in time begins when it is bought, and the rest of the paid time is lost",
        ("P1",),
        100,
        (Code("billing.package:begins_us", "return until_us", "return now_us"),),
        SOLD,
    ),
    Bug(
        "renewed-each-round",
        "the server renews who renews himself although the end is not near",
        ("P1",),
        60,
        (
            Code("store.office_packages:_due", "end_us > until_us", "end_us > until_us + 10**10"),
            Code("server.renewals:Renewals._until_us", "+ AHEAD_US", "+ 60 * AHEAD_US"),
        ),
        SOLD,
    ),
    Bug(
        "never-renews",
        "who renews by himself and has the money is left to expire",
        ("W4",),
        100,
        (Code("billing.package:renews_itself", "return plan.package.auto_renew", "return False"),),
        SOLD,
    ),
    Bug(
        "renewal-not-told",
        "what the server renews is not told in the audit",
        ("S40",),
        100,
        (Code("store.office_packages:Renewer.renew", "if deeds:", "if not deeds:"),),
        SOLD,
    ),
    Bug(
        "adopted-from-zero",
        "a session that ran before its router was ours is charged for all of it",
        ("AD1", "L8", "A2"),
        100,
        (Code("aaa.record:_apply", "adoption.take_baseline(session, before)", "pass"),),
        MOVED,
    ),
    Bug(
        "adopted-all-free",
        "a session that came along is never charged",
        ("AD1", "W1"),
        100,
        (
            Code(
                "accounting.adoption:take_baseline",
                "not before.output_octets and not session.unrated_output",
                "True",
            ),
        ),
        MOVED,
    ),
)

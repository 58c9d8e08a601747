"""Planted bugs in prices, charges, holds and limits: what a session costs and how far it may go.

They are found by the oracle, which prices the truth by other means, by the ledger's own laws after
each commit, and by the two things that a subscriber would notice: service beyond the money (an
overdraft beyond its bound) and no service in spite of money (a false cut or refusal).

Not planted, for it harms nobody: to keep silent about the share that a session takes when it has
come to the end of its hold. A device that keeps limits has ended it there, the others do not ask.
"""

from __future__ import annotations

from tests.simulation.planting import OFFICE, SOLD, Bug, Code

_NO_CHECK = Code(
    "accounting.charging:charges",
    "assert was_micros == session.charged_micros, "
    '"A2: charged is not the price of the watermark"\n',
    "\n",
)
_NO_MONOTONY = Code(
    "accounting.charging:charges",
    'assert amount_micros >= 0, "T1: a price fell as usage rose"\n',
    "\n",
)

BUGS = (
    Bug(
        "stop-not-charged",
        "what passed between the last Interim and the Stop is counted and not charged",
        ("A2",),
        20,
        (
            Code(
                "aaa.record:_apply",
                "charge(turn, session, before, from_us)",
                "usage.kind is RecordKind.STOP or charge(turn, session, before, from_us)",
            ),
        ),
    ),
    Bug(
        "rates-differences",
        "each report is priced by itself instead of the total less what was priced",
        ("A2",),
        100,
        (
            _NO_CHECK,
            Code(
                "accounting.charging:charges",
                "was, now = price_of(tariff, before), price_of(tariff, after)",
                "was = 0, 0, 0\n"
                "    now = price_of(tariff, Total(*("
                "getattr(after, name) - getattr(before, name) for name in Total.__slots__)))",
            ),
        ),
    ),
    Bug(
        "rounds-each-report",
        "each report is charged in whole hundredths of a cent",
        ("A2",),
        50,
        (
            _NO_CHECK,
            Code(
                "accounting.charging:charges",
                "amount_micros = now[step] - was[step]",
                "amount_micros = (now[step] - was[step]) // 100 * 100",
            ),
            Code(
                "accounting.charging:charges",
                "now_micros - was_micros",
                "sum(row.amount_micros for row in rows)",
            ),
        ),
    ),
    Bug(
        "float-rating",
        "an amount is turned to units of currency and back in floating point",
        ("A2", "A11", "the server says: a decision broke"),
        500,
        (
            Code("accounting.charging:price_of", "return price(", "found = price("),
            Code(
                "accounting.charging:price_of",
                "total.fee_due,\n    )\n",
                "total.fee_due,\n    )\n"
                "    return tuple(int(micros / 1e6 * 1e6) for micros in found)\n",
            ),
        ),
    ),
    Bug(
        "newest-plan-for-all",
        "a session is priced by the newest version of its plan instead of its own",
        ("A2", "A11", "the server says: a decision broke"),
        1000,
        (
            Code(
                "aaa.limits:deal_before_use",
                "offer = books.plan_of(owner, turn.now_us, running=plan) or plan\n",
                "plan = offer = books.plan_of(owner, turn.now_us) or plan\n",
            ),
        ),
        OFFICE,
    ),
    Bug(
        "newest-within-bought-time",
        "a login takes the newest version of a plan within time that was bought as an older one",
        ("T6",),
        500,
        (
            Code(
                "aaa.books:Books.plan_of",
                "bought = self.plans.get(subscriber.plan_id_at(now_us))\n",
                "bought = None\n",
            ),
        ),
        SOLD,
    ),
    Bug(
        "included-for-each-session",
        "each session consumes the included volume as if it were alone",
        ("A2",),
        1000,
        (
            Code(
                "accounting.charging:take_included",
                "left = max(plan.included_octets - used.used_octets, 0)",
                "left = max(plan.included_octets - session.free_octets, 0)",
            ),
        ),
    ),
    Bug(
        "fee-without-usage",
        "the session fee is taken with each record, as if none had been taken before",
        ("A2", "the server says: a decision broke"),
        500,
        (
            Code(
                "aaa.record:_apply",
                "owed = session.owes_fee and charging.begun(session, walled=bool(session.walled))",
                "owed = charging.begun(session, walled=True) and usage.kind is not RecordKind.STOP",
            ),
            Code(
                "aaa.record:_apply",
                "session.fee_due = session.fee_due or owed",
                "session.fee_due = owed",
            ),
        ),
    ),
    Bug(
        "charge-on-the-wrong-day",
        "usage is booked on the day that it was in Greenwich, not where the plan is",
        ("T6",),
        500,
        (
            Code(
                "accounting.charging:charges",
                "day = day_number(session.last_event_us, plan.timezone)",
                'day = day_number(session.last_event_us, "UTC")',
            ),
        ),
    ),
    Bug(
        "charge-row-overwritten",
        "the second charge of a batch to the same row replaces the first",
        ("A2", "L3"),
        1000,
        (
            Code(
                "aaa.draft:Draft.add_charge",
                "row.amount_micros += charge.amount_micros",
                "row.amount_micros = charge.amount_micros",
            ),
        ),
    ),
    # ---------------------------------------------------------------- sums of an account
    Bug(
        "cached-balance-off",
        "closing a session moves its charges into an entry, but the cached balance stays",
        ("L3", "L2"),
        20,
        (
            Code(
                "accounting.ledger:charge_entry",
                "account.posted_micros -= amount_micros",
                "account.posted_micros -= 0",
            ),
            Code(
                "aaa.closing:post_charges",
                "move(account, posted=-amount_micros, opened=-amount_micros, entries=1)",
                "move(account, posted=0, opened=-amount_micros, entries=1)",
            ),
        ),
    ),
    Bug(
        "numbers-from-a-sequence",
        "an entry takes its number from what was drawn, not from what was booked",
        ("L10", "L4"),
        20,
        (
            Code(
                "accounting.ledger:charge_entry",
                "seq=account.entries_n,",
                "seq=account.entries_n + session.records_n,",
            ),
        ),
    ),
    Bug(
        "overrun-not-told",
        "an entry that takes an account below its floor does not say so",
        ("L8",),
        500,
        (
            Code(
                "accounting.ledger:charge_entry",
                "overrun_micros=min(max(below, 0), amount_micros),",
                "overrun_micros=0,",
            ),
        ),
    ),
    # ---------------------------------------------------------------- holds
    Bug(
        "hold-skipped",
        "a login is granted money that the account does not hold back for it",
        ("L", "the server says: a decision broke"),
        20,
        (
            Code(
                "aaa.limits:hold_more",
                "deal.account.held_micros += held\n"
                "    turn.books.draft.move(deal.account, held=held, promise=True)\n",
                "\n",
            ),
        ),
    ),
    Bug(
        "holds-ignored",
        "money that is held for one session is available to the next: both hold everything",
        ("L7",),
        200,
        (
            Code(
                "aaa.login:_admit",
                "slots, available_micros = plan.sessions_max, limits.for_usage(turn, deal)",
                "slots, available_micros = plan.sessions_max, limits.for_usage(turn, deal) + ("
                "account.held_micros)",
            ),
            Code(
                "aaa.limits:hold_more",
                "hold.share(for_usage(turn, deal) + own_micros, slots)",
                "hold.share(for_usage(turn, deal) + deal.account.held_micros, slots)",
            ),
            Code(
                "accounting.hold:take",
                "max(account.available_micros, 0)",
                "max(account.available_micros + account.held_micros, 0)",
            ),
            Code("aaa.limits:hold_more", "promise=True", "promise=False"),
        ),
    ),
    Bug(
        "hold-kept-at-stop",
        "the hold of a session that has ended is never given back",
        ("L6", "L"),
        20,
        (Code("aaa.closing:close", "release(turn, session, HoldState.POSTED)\n", "\n"),),
    ),
    Bug(
        "hold-released-twice",
        "a Stop gives back what was held, and then once more",
        ("L", "the server says: a decision broke"),
        20,
        (
            Code(
                "aaa.closing:release",
                "back = hold.resolve(session, state)",
                "back = session.held_micros + hold.resolve(session, state)",
            ),
        ),
    ),
    Bug(
        "hold-expires-early",
        "a hold lapses with its slot, while the device can still spend it",
        ("L7",),
        20,
        (
            Code(
                "aaa.answer:accept",
                "session.hold_until_us = turn.after("
                "grant.session_timeout_s + turn.settings.hold_margin_s)",
                "session.hold_until_us = session.slot_until_us",
            ),
        ),
    ),
    Bug(
        "hold-never-expires",
        "a login that never began holds its money for ever",
        ("L6",),
        500,
        (
            Code(
                "aaa.vigil:has_lapsed",
                "now_us >= session.hold_until_us or session.device_id not in devices",
                "session.device_id not in devices",
            ),
        ),
    ),
    Bug(
        "replaced-login-keeps-hold",
        "a login that is asked for again holds money twice",
        (
            "F5",
            "F1",
            "L7",
        ),
        1000,
        (Code("aaa.ghosts:replaced", "logins.append(session)", "pass"),),
    ),
    Bug(
        "slots-leak",
        "a login that never began takes a slot for as long as its hold",
        ("F5",),
        1000,
        (
            Code(
                "aaa.limits:free_slots",
                "used += turn.now_us < session.slot_until_us",
                "used += 1",
            ),
        ),
    ),
    # ---------------------------------------------------------------- limits
    Bug(
        "no-guard-band",
        "the device is told all octets that are held, and notices late that they are used",
        ("L7",),
        100,
        (
            Code(
                "aaa.grants:_less_guard",
                "return octets - min(guard_octets(plan, device, dialect), octets // 2)",
                "return octets",
            ),
        ),
    ),
    Bug(
        "limit-told-twice-too-high",
        "the octet limit is told as if both directions had one of their own",
        ("L7", "L8"),
        500,
        (
            Code(
                "aaa.grants:_less_guard",
                "return octets - min(guard_octets(plan, device, dialect), octets // 2)",
                "return 2 * octets - min(guard_octets(plan, device, dialect), octets // 2)",
            ),
        ),
    ),
    Bug(
        "top-up-not-told",
        "money that comes is held for a running session, and its device is not told",
        ("F6",),
        300,
        (Code("aaa.enforce:look", 'tell_limits(turn, deal, "money changed")\n', "pass\n"),),
        OFFICE,
    ),
    Bug(
        "exhausted-not-cut",
        "a session without money goes on",
        ("F2", "L8"),
        200,
        (
            Code(
                "aaa.enforce:_see_to_money",
                "walls.put_up(turn, deal, Walled.NO_CREDIT)\n",
                "\n",
            ),
        ),
    ),
    Bug(
        "cut-at-first-share",
        "a session is cut at the end of its hold without asking for more",
        ("F3",),
        500,
        (
            Code(
                "aaa.enforce:_see_to_money",
                "more_micros = hold_more(turn, deal)",
                "more_micros = 0",
            ),
        ),
    ),
    Bug(
        "no-credit-too-soon",
        "the credit limit does not count at a login",
        (
            "F1",
            "F3",
        ),
        500,
        (
            Code(
                "aaa.login:_admit",
                "slots, available_micros = plan.sessions_max, limits.for_usage(turn, deal)",
                "slots, available_micros = plan.sessions_max, limits.for_usage(turn, deal) - ("
                "account.credit_limit_micros)",
            ),
        ),
    ),
)

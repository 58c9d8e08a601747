"""Planted bugs at the rim: doors, the line before the desk, answers, orders and the office.

Nothing here touches money directly. It is lost all the same when an answer says what did not
happen, when the order that should end a session never goes out, or when a person's second try is
a second payment.
"""

from __future__ import annotations

from tests.simulation.planting import CRASHES, DISK, OFFICE, ROUTERS, Bug, Code, odd

BUGS = (
    Bug(
        "fresh-key-at-each-try",
        "a person who does not know whether a payment was booked tries again under another key",
        ("P1", "A1", "office transfer"),
        1000,
        (Code("tests.simulation.errands:Purse._made", "wish.key", 'f"{wish.key}.{wish.tries_n}"'),),
        OFFICE,
        lambda plan: len(plan.kinds) > 1,
    ),
    Bug(
        "queue-answers-what-it-sheds",
        "a record that the line has no room for is answered, to keep the routers quiet",
        ("ATH-07", "A1", "A2"),
        500,
        (
            Code(
                "server.door:Door.shed",
                "self.abandon(visit.ticket)",
                "self.reply(visit, Outcome(5, b'', 0, 'shed'))",
            ),
        ),
        frozenset({"rush"}),
    ),
    Bug(
        "answer-to-the-wrong-request",
        "the outcomes of a batch are handed out in the wrong order",
        ("ATH-07", "A1", "A2", "A4", "liveness", "the server says"),
        500,
        (
            Code(
                "server.batcher:Batcher._hand_out",
                "settle_all(errands, outcomes, ended_us)",
                "settle_all(errands, outcomes[::-1], ended_us)",
            ),
        ),
        frozenset({"rush"}),
    ),
    Bug(
        "acknowledges-before-deciding",
        "an Accounting-Request is answered as soon as its sums are right",
        ("A1",),
        50,
        (
            Code(
                "server.door:Door.received_all",
                "self._foyer.offer_all(visits)",
                "self._foyer.offer_all(visits)\n"
                "                for visit in visits:\n"
                "                    if visit.item.packet.code == Code.ACCOUNTING_REQUEST:\n"
                "                        self.reply(visit, Outcome(5, b'', 0, 'early'))",
            ),
        ),
    ),
    Bug(
        "abandoned-request-remembered",
        "a request that got no answer is never worked on again",
        ("liveness", "A"),
        500,
        (
            Code(
                "server.door:Door.abandon",
                "self._foyer.duplicates.abandon(ticket)",
                "pass",
            ),
        ),
        DISK | frozenset({"buggify"}),
    ),
    Bug(
        "failed-task-forgotten",
        "a task of our own that met a store that was away is not tried again",
        ("liveness",),
        1000,
        (
            Code(
                "server.batcher:Batcher._again",
                "if not isinstance(chore.item, Sweep):",
                "if False:",
            ),
        ),
        DISK,
    ),
    # ---------------------------------------------------------------- orders
    Bug(
        "orders-not-loaded",
        "a start does not look for the orders that the last run left behind",
        ("liveness",),
        500,
        (
            Code(
                "server.lifecycle:Server._load_orders",
                "await self._store.pending_orders()",
                "await self._store.pending_orders() and []",
            ),
        ),
        CRASHES | frozenset({"restart"}),
    ),
    Bug(
        "orders-in-memory-only",
        "an order is sent and never written down: a crash in between loses it",
        ("liveness", "L9", "COA"),
        500,
        (
            Code(
                "store.writing:commit_steps",
                "[rows.ORDERS.to_row(order) for order in changes.orders_new]",
                "[]",
            ),
            Code(
                "store.writing:commit_steps",
                "sorted(map(rows.ORDERS.to_row, changes.orders))",
                "[]",
            ),
        ),
    ),
    Bug(
        "order-result-not-stored",
        "how an order ended is known to the session and not to the order",
        ("liveness",),
        200,
        (
            Code(
                "aaa.enforce:settled",
                "turn.books.draft.changed_orders[order.order_id] = order\n",
                "\n",
            ),
        ),
    ),
    Bug(
        "disconnect-never-sent",
        "a Disconnect is taken for limits that are too old to be told",
        ("liveness", "L8", "F4"),
        200,
        (
            Code(
                "server.orders:OrderSender._admit",
                "if order.kind is OrderKind.LIMITS and old_us > LIMITS_AGE_MAX_US:",
                "if order.kind is OrderKind.DISCONNECT:",
            ),
        ),
    ),
    Bug(
        "disconnect-of-another",
        "a Disconnect names the oldest session of the device",
        (
            "COA-05",
            "F4",
            "liveness",
        ),
        1000,
        (
            Code(
                "aaa.orders:cut",
                "deal.dialect.session_keys(session, for_coa=False)",
                "deal.dialect.session_keys("
                "turn.books.sessions_on(session.device_id)[0], for_coa=False)",
            ),
        ),
    ),
    Bug(
        "any-answer-is-an-ack",
        "a NAK to a Disconnect is taken for an ACK",
        (
            "COA-11",
            "liveness",
            "L8",
            "F4",
        ),
        1000,
        (
            Code(
                "aaa.enforce:settled",
                "acknowledged = told_back.result is OrderResult.ACK",
                "acknowledged = told_back.result is not OrderResult.SILENCE",
            ),
        ),
    ),
    Bug(
        "cut-without-an-end",
        "a session whose Disconnect was acknowledged and whose Stop never came stays open",
        ("A10",),
        1000,
        (
            Code(
                "aaa.desk:Desk._sweep",
                "enforce.end_without_stop(turn, session, acked_us)",
                "pass",
            ),
        ),
        ROUTERS,
        odd("no stop", "gives up", "cut dead"),
    ),
    Bug(
        "silent-sessions-stay",
        "a session that fell silent while its device talks on is never ended",
        ("A10",),
        1000,
        (Code("aaa.vigil:Vigil.is_stale", "2 * stale_after_us(", "10**9 * stale_after_us("),),
        ROUTERS,
        odd("no stop", "reboots", "stale boots", "boots late", "forgets ids"),
    ),
)

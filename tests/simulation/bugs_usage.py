"""Planted bugs in what a record says, whose it is, and how it moves a session.

Each is a slip in reading, matching or counting (floors 1 to 3). What notices them is the truth
that the routers wrote down: the counters and the money of a session must come to it, whatever was
lost, doubled, late or repeated on the way. `planting.py` says what a bug is made of.
"""

from __future__ import annotations

from tests.simulation.planting import CRASHES, DISK, PATHS, ROUTERS, Bug, Code, odd

BUGS = (
    Bug(
        "record-dedupe-dropped",
        "an old record of a session is taken for a reading of now",
        ("A5", "A2", "A3", "the server says: a decision broke"),
        1000,
        (Code("accounting.counters:_stale", "if session.records_n == 0:", "if True:"),),
        ROUTERS,
        odd("replays"),
    ),
    Bug(
        "counters-fall",
        "the last reading of a Stop is believed, also when it is lower than the one before",
        ("A5", "A2", "the server says: a decision broke"),
        1000,
        (
            Code(
                "accounting.counters:advance",
                "low = raw_input < last_input or raw_output < last_output",
                "low = not reading.final and (raw_input < last_input or raw_output < last_output)",
            ),
        ),
        ROUTERS,
    ),
    Bug(
        "wrap-not-added",
        "a counter that went through 2^32 is recognised, but nothing is added to its base",
        ("A2", "A5", "the server says: a decision broke"),
        1000,
        (
            Code(
                "accounting.counters:_wrapped",
                "session.output_base += rises[1]",
                "session.output_base += rises[0]",
            ),
        ),
        frozenset({"wraps"}),
    ),
    Bug(
        "wrap-added-twice",
        "a counter that went through 2^32 once is raised by 2^33",
        ("A2",),
        1000,
        (Code("accounting.counters:_wrapped", "rises[side] = wrap", "rises[side] = 2 * wrap"),),
        frozenset({"wraps"}),
    ),
    Bug(
        "reset-taken-for-wrap",
        "every counter that fell is said to have gone through 2^32",
        ("A2", "A5"),
        1000,
        (
            Code(
                "accounting.counters:_wrapped",
                "if line.gigawords or line.rate_bps is None:\n        return False",
                "",
            ),
            Code(
                "accounting.counters:_wrapped",
                "if last - value <= wrap // 2 or not 0 <= rise <= carried:",
                "if False:",
            ),
        ),
        ROUTERS,
        odd("reset", "zero stop", "fall"),
    ),
    Bug(
        "gigawords-ignored",
        "the upper 32 bits of a counter are not read",
        ("A2", "A1", "A5"),
        1000,
        (
            Code(
                "nas.accounting_record:_counter",
                "if device.gigawords and device.gigawords_trusted:",
                "if device.gigawords and not device.gigawords_trusted:",
            ),
        ),
    ),
    Bug(
        "directions-swapped",
        "input and output are exchanged where the device needs no exchange",
        ("A1", "A2"),
        20,
        (Code("nas.accounting_record:read_record", "if device.swap:", "if not device.swap:"),),
    ),
    Bug(
        "delay-ignored",
        "Acct-Delay-Time does not count: an old record is of the moment in which it came",
        (
            "T7",
            "A2",
            "A8",
        ),
        1000,
        (
            Code(
                "accounting.event_time:event_time",
                "delay_s = usage.delay_s if 0 <= usage.delay_s <= DELAY_MAX_S else 0",
                "delay_s = 0",
            ),
        ),
    ),
    Bug(
        "device-clock-obeyed",
        "a device whose clock is years off is believed",
        (
            "T7",
            "A2",
            "A8",
            "T6",
        ),
        1000,
        (
            Code(
                "accounting.event_time:event_time",
                "if abs(skew_us) > skew_limit_s * US_PER_S:",
                "if abs(skew_us) < 0:",
            ),
        ),
        ROUTERS,
        odd("wrong clock", "clock steps"),
    ),
    Bug(
        "session-time-lost",
        "a session time that is taken replaces the one before an epoch instead of adding to it",
        ("A2", "A5", "the server says: a decision broke"),
        1000,
        (
            Code(
                "accounting.counters:_accept",
                "session.session_s = max(session.session_s, "
                "session.session_base_s + reading.session_s)",
                "session.session_s = reading.session_s",
            ),
        ),
        ROUTERS,
        odd("reset", "time falls"),
    ),
    # ---------------------------------------------------------------- whose is it
    Bug(
        "reused-id-merged",
        "a Start with an Acct-Session-Id that was there before goes on with the old session",
        ("A7", "A2", "A1", "liveness"),
        1000,
        (
            Code(
                "accounting.identity:_match_start",
                "if near or at_us <= session.last_event_us:",
                "if session.records_n:",
            ),
            Code(
                "accounting.identity:_match_start",
                "if session.state is SessionState.CLOSED and _accepted_since(session, unstarted):",
                "if False:",
            ),
        ),
        ROUTERS,
        odd("forgets ids", "no class, old ids"),
    ),
    Bug(
        "stop-without-start-dropped",
        "a Stop of a session that nobody has heard of is acknowledged and thrown away",
        ("A1", "A2", "A6"),
        500,
        (
            Code(
                "aaa.record:decide_record",
                "elif usage.kind is RecordKind.OTHER or usage.service:",
                "elif usage.kind is RecordKind.STOP and not turn.books.with_id(\n"
                "        device.device_id, session_key(usage)\n"
                "    ):",
            ),
        ),
        ROUTERS,
        odd("stops only", "no start"),
    ),
    Bug(
        "interim-after-stop-reopens",
        "a late Interim brings a session back that its device has stopped",
        ("A1", "A6", "T7"),
        1000,
        (
            Code(
                "aaa.record:_begin",
                "elif session.state is SessionState.CLOSED and session.synthetic:",
                "elif session.state is SessionState.CLOSED:",
            ),
        ),
        ROUTERS | PATHS | CRASHES | DISK,
    ),
    Bug(
        "second-stop-closes-again",
        "a Stop that comes twice makes an entry twice: what was closed is not remembered",
        ("L9", "L3"),
        50,
        (
            Code(
                "aaa.closing:post_charges",
                "session.closed_micros = session.charged_micros\n",
                "\n",
            ),
        ),
        ROUTERS | PATHS | CRASHES | DISK,
    ),
    Bug(
        "accounting-on-ignored",
        "a device that booted is thought to serve its old sessions still",
        ("A8", "liveness"),
        500,
        (
            Code(
                "aaa.boot:decide_boot",
                "for session in turn.books.sessions_on(device.device_id):",
                "for session in ():",
            ),
        ),
        ROUTERS,
        odd("reboots", "stale boots", "boots late", "forgets ids"),
    ),
    Bug(
        "stale-on-believed",
        "an Accounting-On of an hour ago, sent again, ends the sessions of now",
        ("A8",),
        1000,
        (
            Code("aaa.boot:decide_boot", "if when.stale:", "if False:"),
            Code(
                "aaa.boot:decide_boot",
                "if known is not None and when.at_us <= known.event_us:",
                "if False:",
            ),
        ),
        ROUTERS,
        odd("reboots", "stale boots"),
    ),
    Bug(
        "on-ends-later-sessions",
        "an Accounting-On that was late on the way ends sessions that began after the boot",
        ("A8",),
        1000,
        (
            Code(
                "aaa.boot:decide_boot",
                "elif session.start_us <= when.at_us and session.last_event_us <= when.at_us:",
                "else:",
            ),
        ),
        ROUTERS,
        odd("reboots", "stale boots", "boots late", "forgets ids"),
    ),
    Bug(
        "suspense-not-booked",
        "usage of nobody is stored, but put on no list that anybody will look at",
        ("A9",),
        500,
        (
            Code(
                "aaa.identify:_open",
                "if reason is not None:\n        turn.books.put_suspense(\n",
                "if reason is not None:\n        (\n",
            ),
        ),
        ROUTERS,
        odd("lets anybody in"),
    ),
    Bug(
        "unknown-user-dropped",
        "a record of a login that does not exist is acknowledged and thrown away",
        ("A9", "A1"),
        500,
        (
            Code(
                "aaa.record:decide_record",
                "elif usage.kind is RecordKind.OTHER or usage.service:",
                "elif turn.books.subscribers.get(usage.user_name) is None:",
            ),
        ),
        ROUTERS,
        odd("lets anybody in"),
    ),
    Bug(
        "class-of-anybody",
        "a record without a Class goes to the newest session of its device",
        (
            "A7",
            "A2",
            "A1",
        ),
        500,
        (
            Code(
                "aaa.identify:token_session",
                "session = turn.books.sessions.get(session_id) if session_id is not None else None",
                "session = turn.books.sessions.get(session_id) if session_id is not None else"
                " (turn.books.sessions_on(device.device_id) or [None])[-1]",
            ),
        ),
        ROUTERS,
        odd("lets anybody in", "no class", "no class, old ids", "forgets ids"),
    ),
)

"""Strands: the part of a session's traffic that its device counts apart, service by service.

A Cisco ISG or a Juniper router reports each service of a session under an id of its own, in
records whose octets are in the session's too (F-26). Such a record opens no session and raises no
total: its counters are kept with the session, advanced by the same rules as the session's own, so
that repeats, late records, wraps and resets do what they do there.

What a strand has counted waits until the session's own totals rise, and is then given to the class
of its name, never more than the rise: a session is billed once, by its own counters (Q-21). What
comes late counts with the next rise; what the session never had remains, and can be seen. A rise
that is nobody's to pay takes its part of what waits along.

Kept as JSON text on the session: [id, name, given up, given down, records, newest event, counters],
in the order in which they came, then what is known of those that were let go, and the ids of those
that have stopped.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from accounting.counters import Step, restore, snapshot
from accounting.event_time import EventTime
from accounting.reading import read_into
from domain.device import Device
from domain.session import Session, SessionState
from domain.usage import RecordKind, Usage

STRANDS_MAX: Final = 32
"""A session keeps no more. One of which nothing waits is let go, the one silent longest."""

Octets = tuple[int, int]  # up and down


@dataclass(slots=True)
class Strand:
    """One service of a session, as its device has counted it."""

    key: str  # the Acct-Session-Id of its records
    name: str
    given_input: int  # of its octets, what was given to a class or was nobody's to pay
    given_output: int
    counters: Session  # no session of the books: only what `accounting.counters` moves

    @property
    def waiting(self) -> Octets:
        """What it has counted and no rise of the session has taken yet."""
        counters = self.counters
        return (
            counters.input_octets - self.given_input,
            counters.output_octets - self.given_output,
        )


@dataclass(slots=True)
class Strands:
    """All strands of a session. What is older than `let_go_us` is of one that was let go."""

    rows: list[Strand]
    let_go_us: int = 0
    stopped: set[str] = field(default_factory=set)  # keys


def read(text: str) -> Strands:
    """The strands of a session. Raises ValueError for text that `written` has not made."""
    if not text:
        return Strands([])
    try:
        rows, let_go_us, *stopped = json.loads(text)
        keys = {str(key) for each in stopped for key in each}
        return Strands([_strand(row) for row in rows], int(let_go_us), keys)
    except (TypeError, IndexError, OverflowError, RecursionError) as error:
        raise ValueError("its strands are not as they were written") from error


def written(strands: Strands) -> str:
    """The text that a session keeps."""
    rows = [
        [
            *(one.key, one.name, one.given_input, one.given_output),
            *(one.counters.records_n, one.counters.last_event_us),
            *snapshot(one.counters),
        ]
        for one in strands.rows
    ]
    stopped = [sorted(strands.stopped)] if strands.stopped else []
    return json.dumps([rows, strands.let_go_us, *stopped], separators=(",", ":"))


def note(session: Session, usage: Usage, device: Device, when: EventTime, interval_s: int) -> Step:
    """Take in a record of one of the session's services; says what it did to its counters."""
    strands = read(session.strands)
    step = take(strands, usage, device, when, interval_s)
    session.strands = written(strands)
    return step


def take(strands: Strands, usage: Usage, device: Device, when: EventTime, interval_s: int) -> Step:
    """As `note`, where they are at hand. A strand that is new stands last."""
    key = usage.acct_session_id
    one = next((one for one in strands.rows if one.key == key), None)
    if one is None:
        if when.at_us <= strands.let_go_us:
            return Step.STALE
        one = Strand(key, usage.service_name, 0, 0, _fresh())
        strands.rows.append(one)
    one.name = usage.service_name or one.name
    step = read_into(one.counters, usage, device, when=when, ended=False, interval_s=interval_s)
    one.counters.records_n += 1
    if usage.kind is RecordKind.STOP:
        strands.stopped.add(key)
    if len(strands.rows) > STRANDS_MAX:
        oldest = min(strands.rows[:-1], key=_silence)
        strands.rows.remove(oldest)
        strands.stopped.discard(oldest.key)
        strands.let_go_us = max(strands.let_go_us, oldest.counters.last_event_us)
    return step


def classes_of_rise(
    strands: Strands, classes: Mapping[str, int], classes_n: int, rise: Octets
) -> list[Octets]:
    """Divide a rise of the session among classes 1 to `classes_n`: (up, down) of each.

    `classes` tells that of a service's name. The oldest strand is given first; together they are
    given no more than the rise. Raises `given_*` by it.
    """
    found = [(0, 0)] * classes_n
    up, down = rise
    for one in strands.rows:
        at = class_of(classes, one.name)
        if not at:
            continue
        more_up, more_down = _give(one, up, down)
        found[at - 1] = found[at - 1][0] + more_up, found[at - 1][1] + more_down
        up, down = up - more_up, down - more_down
    return found


def pass_over(session: Session, up: int, down: int) -> None:
    """So much of the session's rise is nobody's to pay: what waits goes with it, the oldest first.

    Which service it was of is not known; what is left counts for what is rated after it.
    """
    if not session.strands or not (up > 0 or down > 0):
        return
    strands = read(session.strands)
    leave(strands, (max(up, 0), max(down, 0)))
    session.strands = written(strands)


def leave(strands: Strands, rise: Octets) -> None:
    """As `pass_over`, where they are at hand."""
    up, down = rise
    for one in strands.rows:
        more_up, more_down = _give(one, up, down)
        up, down = up - more_up, down - more_down


def class_of(classes: Mapping[str, int], name: str) -> int:
    """The class of a service by its name, 0 if none: `name(parameters)` is of `name` too."""
    return classes.get(name) or classes.get(name.partition("(")[0], 0)


def going(text: str) -> bool:
    """Has any service of a session not stopped yet, as far as its device has told?"""
    strands = read(text)
    return any(one.key not in strands.stopped for one in strands.rows)


def left(strands: Strands) -> Octets:
    """What no rise of the session has taken: more than there was, or told after its end."""
    waiting = [one.waiting for one in strands.rows]
    return sum(one[0] for one in waiting), sum(one[1] for one in waiting)


def _silence(one: Strand) -> tuple[bool, int]:
    """Who is let go first: those of which nothing waits, then those heard of longest ago."""
    return any(one.waiting), one.counters.last_event_us


def _give(one: Strand, up: int, down: int) -> Octets:
    waiting_up, waiting_down = one.waiting
    more = min(waiting_up, up), min(waiting_down, down)
    one.given_input += more[0]
    one.given_output += more[1]
    return more


def _fresh() -> Session:
    """Counters of nobody: what the line could carry is judged on the session's own."""
    return Session(0, 0, 0, 0, 0, SessionState.OPEN, 1)


def _strand(row: Sequence[int | str]) -> Strand:
    key, name, given_input, given_output, records_n, last_event_us, *counted = row
    counters = _fresh()
    counters.records_n, counters.last_event_us = int(records_n), int(last_event_us)
    restore(counters, tuple(counted))  # type: ignore[arg-type]
    return Strand(str(key), str(name), int(given_input), int(given_output), counters)

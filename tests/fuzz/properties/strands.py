"""What must hold for the services of a session: read or refused, and given no more than there is.

A session's row keeps what its services have counted as text; octets that nobody wrote are refused
with one exception. Whatever services report, in any order and as often as they like, the classes
get no more than the session rose by, and no more than their services have counted.
"""

from __future__ import annotations

from accounting import strands
from accounting.event_time import EventTime, event_time
from domain.device import Device
from domain.session import Session, SessionState
from domain.usage import RecordKind, Usage
from tests.fuzz.properties.dice import Dice

DEVICE = Device(5, "isg", b"x" * 16, ("10.0.0.0/8",), "cisco", 1700)
NARROW = Device(6, "old", b"x" * 16, ("10.0.0.0/8",), "cisco", 1700, gigawords=False)
KINDS = (RecordKind.START, RecordKind.INTERIM, RecordKind.INTERIM, RecordKind.STOP)
NAMES = ("IX", "IX(5)", "VIDEO", "OTHER", "")
CLASSES = {"IX": 1, "VIDEO": 2}
STEPS_MAX = 40
BEGIN_US = 1_790_000_000_000_000


def check(octets: bytes) -> None:
    """Octets as what a row keeps, and a history of services."""
    _check_text(octets.decode("utf-8", "replace"))
    _check_history(Dice(octets))


def _check_text(text: str) -> None:
    try:
        found = strands.read(text)
    except ValueError:
        return
    written = strands.written(found)
    assert strands.written(strands.read(written)) == written, "what was read is written otherwise"
    assert strands.left(found) == strands.left(strands.read(written))


def _check_history(dice: Dice) -> None:
    session = Session(1, 9, 2, 5, 7, SessionState.OPEN, 1)
    device = dice.choice((DEVICE, DEVICE, NARROW))
    keys_n = dice.choice((2, 5, 2 * strands.STRANDS_MAX))
    at_us = BEGIN_US
    for _ in range(dice.randrange(STEPS_MAX) + 1):
        at_us += dice.randrange(600) * 1_000_000
        act = dice.randrange(4)
        if act == 0:
            _divide(session, dice)
        elif act == 1 and dice.randrange(3) == 0:
            _pass_over(session, dice)
        else:
            strands.note(session, *_said(dice, keys_n, at_us, device), 300)
        kept = strands.read(session.strands)
        assert len(kept.rows) <= strands.STRANDS_MAX
        assert len({one.key for one in kept.rows}) == len(kept.rows), "a service twice"
        for one in kept.rows:
            assert min(one.waiting) >= 0, "more was given than its service has counted"


def _said(dice: Dice, keys_n: int, at_us: int, device: Device) -> tuple[Usage, Device, EventTime]:
    """What a service says, and when."""
    key = dice.randrange(keys_n)
    said = Usage(
        *(dice.choice(KINDS), f"S{key}", "alice", at_us),
        event_timestamp_us=at_us - dice.choice((0, 0, 60, 10**6)) * 1_000_000,
        session_s=dice.randrange(100_000),
        input_octets=_octets(dice),
        output_octets=_octets(dice),
        service=True,
        service_name=dice.choice(NAMES),
        parent_id="P",
    )
    return said, device, event_time(said, 300)


def _octets(dice: Dice) -> int | None:
    kind = dice.randrange(8)
    return (None, 0, 2**32 - 1, 2**62)[kind] if kind < 4 else dice.getrandbits(34)


def _divide(session: Session, dice: Dice) -> None:
    """The session rose: its classes get their part."""
    rise = dice.getrandbits(33), dice.getrandbits(33)
    kept = strands.read(session.strands)
    waited = strands.left(kept)
    found = strands.classes_of_rise(kept, CLASSES, 2, rise)
    for way in (0, 1):
        given = sum(octets[way] for octets in found)
        assert min(octets[way] for octets in found) >= 0
        assert given <= rise[way], "the classes got more than the session rose by"
        assert waited[way] - strands.left(kept)[way] == given, "given and not taken"
    session.strands = strands.written(kept) if kept.rows else session.strands


def _pass_over(session: Session, dice: Dice) -> None:
    """A part of the rise was nobody's to pay."""
    before = strands.left(strands.read(session.strands))
    more = dice.getrandbits(33), dice.getrandbits(33)
    strands.pass_over(session, *more)
    after = strands.left(strands.read(session.strands))
    for way in (0, 1):
        assert after[way] == before[way] - min(more[way], before[way]), "passed over otherwise"

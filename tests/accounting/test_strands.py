"""What a device counts of services: advanced like a session, given to classes, never too much."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounting import strands
from accounting.counters import WRAP, Step
from accounting.event_time import event_time
from domain.device import Device
from domain.session import Session, SessionState
from domain.usage import RecordKind, Usage

DEVICE = Device(5, "isg", b"x" * 16, ("10.0.0.0/8",), "cisco", 1700)
MB = 1_000_000
KINDS = {"S": RecordKind.START, "I": RecordKind.INTERIM, "X": RecordKind.STOP}


def session(text: str = "") -> Session:
    return Session(1, 9, 2, 5, 7, SessionState.OPEN, 1, strands=text)


def tell(
    one: Session, key: str, kind: str, at_s: int, octets: int, *, device: Device = DEVICE
) -> Step:
    at_us = at_s * 1_000_000
    said = Usage(
        *(KINDS[kind], key, "alice", at_us, at_us),
        session_s=at_s,
        input_octets=0,
        output_octets=octets,
        service=True,
        service_name=key[0],
        parent_id="P",
    )
    return strands.note(one, said, device, event_time(said, 300), 300)


def counted(one: Session) -> list[int]:
    return [each.counters.output_octets for each in strands.read(one.strands).rows]


# Device, then what came of each record: key, kind, second, octets, step, octets counted by then.
HISTORIES = {
    "repeats and late records": (
        DEVICE,
        """
        L1 S 1    0          unchanged 0
        L1 I 300  500        advanced  500
        L1 I 300  500        unchanged 500
        L1 I 100  200        stale     500
        L1 X 600  700        advanced  700
        L1 X 600  700        unchanged 700
        """,
    ),
    "a wrap on a device without Gigawords": (
        replace(DEVICE, gigawords=False, line_rate_bps=100_000_000),
        """
        L1 I 600  4290000000 advanced  4290000000
        L1 I 1200 5032704    wrapped   4300000000
        """,
    ),
    "one low reading is nothing, two are a reset": (
        DEVICE,
        """
        L1 I 600  500        advanced        500
        L1 I 1200 20         reset-candidate 500
        L1 I 1800 60         reset           560
        """,
    ),
    "a device that reports differences": (
        replace(DEVICE, counter_mode="delta"),
        """
        L1 I 300  100        advanced  100
        L1 I 300  100        stale     100
        L1 I 600  50         advanced  150
        """,
    ),
}


@pytest.mark.parametrize("name", HISTORIES)
def test_a_strand_advances_as_a_session_does(name: str) -> None:
    device, history = HISTORIES[name]
    one = session()
    for line in filter(None, map(str.strip, history.splitlines())):
        key, kind, at_s, octets, step, total = line.split()
        assert tell(one, key, kind, int(at_s), int(octets), device=device) == step, line
        assert counted(one) == [int(total)], line
    assert WRAP == 1 << 32


def test_a_session_keeps_so_many_and_lets_go_of_those_of_which_nothing_waits() -> None:
    one = session()
    tell(one, "A", "I", 1, 0)
    tell(one, "B", "I", 2, MB)
    for n in range(strands.STRANDS_MAX - 1):
        tell(one, f"C{n}", "I", 10 + n, 0)
    kept = [each.key for each in strands.read(one.strands).rows]
    assert len(kept) == strands.STRANDS_MAX and kept[:2] == ["B", "C0"]
    assert tell(one, "A", "I", 1, 0) is Step.STALE, "a repeat begins no strand anew"
    assert [each.key for each in strands.read(one.strands).rows] == kept


def test_what_was_written_is_read_again_and_what_was_not_is_refused() -> None:
    one = session()
    tell(one, 'L"1', "I", 300, MB)
    found = strands.read(one.strands)
    found.rows[0].given_output = 7
    text = strands.written(found)
    assert strands.written(strands.read(text)) == text
    assert strands.left(strands.read(text)) == (0, MB - 7)
    assert strands.read("").rows == []
    for spoilt in ("{", "[]", "[[[1]],0]", '[[["a","b",0]],0]', "7", "[[],0,7]"):
        with pytest.raises(ValueError):
            strands.read(spoilt)


def test_a_session_has_services_going_until_each_of_them_has_stopped() -> None:
    one = session()
    assert not strands.going(one.strands)
    tell(one, "A", "S", 1, 0)
    tell(one, "B", "I", 2, MB)
    tell(one, "A", "X", 3, 0)
    tell(one, "A", "I", 2, 0)  # late
    assert strands.going(one.strands)
    tell(one, "B", "X", 4, MB)
    assert not strands.going(one.strands)
    for n in range(strands.STRANDS_MAX):
        tell(one, f"C{n}", "I", 10 + n, 0)
    found = strands.read(one.strands)
    assert [each.key for each in found.rows][:2] == ["B", "C1"]
    assert found.stopped == {"B"}, "A was let go"


@pytest.mark.parametrize(
    ("name", "number"),
    [("L", 1), ("L(10m,upload)", 1), ("V(x)", 3), ("V", 2), ("", 0), ("(x)", 0), ("W", 0)],
)
def test_a_name_with_parameters_is_of_the_class_of_the_name(name: str, number: int) -> None:
    assert strands.class_of({"L": 1, "V": 2, "V(x)": 3}, name) == number


def test_a_rise_that_is_nobodys_to_pay_takes_the_oldest_first() -> None:
    one = session()
    tell(one, "L", "I", 300, 10)
    tell(one, "V", "I", 300, 10)
    strands.pass_over(one, 0, 15)
    assert [each.waiting for each in strands.read(one.strands).rows] == [(0, 0), (0, 5)]
    before = one.strands
    strands.pass_over(one, 0, 0)
    strands.pass_over(session(), 5, 5)
    assert one.strands == before


@given(
    st.lists(
        st.tuples(st.sampled_from(["L1", "L2", "V1", "X1", "rise"]), st.integers(0, 1000)),
        max_size=30,
    )
)
def test_classes_never_have_more_than_the_session_or_than_their_services(
    events: list[tuple[str, int]],
) -> None:
    one = session()
    classes = {"L": 1, "V": 2}
    totals = dict.fromkeys(["L1", "L2", "V1", "X1"], 0)
    given = [0, 0]
    for second, (what, octets) in enumerate(events, 1):
        if what != "rise":
            totals[what] += octets
            tell(one, what, "I", second, totals[what])
            continue
        found = strands.read(one.strands)
        rise = strands.classes_of_rise(found, classes, 2, (0, octets))
        one.strands = strands.written(found)
        assert sum(down for _, down in rise) <= octets
        given = [given[n] + rise[n][1] for n in range(2)]
        assert given[0] <= totals["L1"] + totals["L2"] and given[1] <= totals["V1"]
        waits = totals["L1"] + totals["L2"] - given[0], totals["V1"] - given[1]
        assert sum(down for _, down in rise) == octets or waits == (0, 0), "no more than it must"

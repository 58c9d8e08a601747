"""The event sequences of the field notes, through packets, desk and database to the books.

Each block of tests/accounting/sequences/*.txt is one test; see the head of that file.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from domain.session import Session, SessionState
from tests.aaa.gate import SAMPLE_PLAN, T0_US, Gate, class_of

FOLDER = Path(__file__).parents[1] / "accounting" / "sequences"
KINDS = {"S": "start", "I": "interim", "X": "stop", "On": "on", "Off": "off"}
STATES = {SessionState.OPEN: "open", SessionState.CLOSED: "closed"}


def blocks() -> list[Any]:
    found = []
    for path in sorted(FOLDER.glob("*.txt")):
        lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
        for block in "\n".join(lines).split("\n\n"):
            if block.strip():
                head, *records = block.strip().splitlines()
                found.append(pytest.param(head.split()[1:], records, id=head.split()[0]))
    return found


def words(line: str) -> dict[str, str]:
    """`t300 o=5 id=B` as a mapping; a word is a name followed by its value."""
    found = {}
    for word in line.split():
        if "=" in word:
            name, value = word.split("=", 1)
        else:
            name = word.rstrip("-0123456789")
            value = word[len(name) :]
        found[name] = value
    return found


def equip(gate: Gate, traits: list[str]) -> None:
    said = words(" ".join(traits))
    device = gate.devices["nas"]
    device.gigawords = said.get("gigawords", "yes") == "yes"
    device.line_rate_bps = int(said["rate"]) if "rate" in said else None
    device.counter_mode = said.get("counter_mode", "cumulative")
    device.swap = said.get("swap") == "yes"


def play(gate: Gate, line: str, tokens: list[bytes]) -> None:
    kind, _, rest = line.partition(" ")
    said = words(rest)
    if kind == "Acc":
        identity = said.get("id", "A")
        outcome = gate.accept("alice", **({} if identity == "none" else {"id": identity}))
        assert outcome.reply_code == 2, outcome.label
        tokens.append(class_of(outcome))
        return
    at_s = int(said.get("t", said.get("a", 0)))
    gate.at(max(int(said.get("a", at_s)), 0))
    numbers = {name: int(said[name]) for name in ("st", "o", "i", "gw", "delay") if name in said}
    names: dict[str, Any] = {name: said[name] for name in ("ip", "mac", "id") if name in said}
    if "class" in said:
        names["token"] = tokens[int(said["class"]) - 1]
    outcome = gate.record(
        KINDS[kind], t=int(said["t"]) if "t" in said else None, **numbers, **names
    )
    assert outcome.reply_code == 5, "every storable record is acknowledged (ACC-01)"


def seen(session: Session, said: dict[str, str]) -> dict[str, str]:
    """The session in the words of the expectation."""
    assert session.stop_us is None or not session.live
    facts = {
        "octets": session.input_octets + session.output_octets,
        "seconds": session.session_s,
        "state": STATES[session.state],
        "cause": session.terminate_cause,
        "review": session.review_input + session.review_output,
        "up": session.input_octets,
        "down": session.output_octets,
        "start": (session.start_us - T0_US) // 1_000_000,
        "fee": "yes" if session.fee_due else "no",
        "stop": ((session.stop_us or T0_US) - T0_US) // 1_000_000,
    }
    return {name: str(facts[name]) for name in said}


@pytest.mark.parametrize(("traits", "records"), blocks())
def test_the_books_hold_what_the_sequence_says(
    gates: Callable[[], Gate], traits: list[str], records: list[str]
) -> None:
    gate = gates()
    gate.add_plan(SAMPLE_PLAN.replace('"sample-prepaid"', '"roomy"\nsessions = 3'))
    gate.add_subscriber("alice", balance_micros=10**12, plan="roomy")
    equip(gate, traits)
    *lines, last = records
    last, _, waiting = last.partition(" suspense=")
    assert last.startswith("= ")
    tokens: list[bytes] = []
    for line in lines:
        play(gate, line, tokens)
    expected = [words(part) for part in last[2:].split("|")]
    sessions = [s for s in gate.sessions("alice") if s.state in STATES]
    assert [seen(s, said) for s, said in zip(sessions, expected, strict=True)] == expected
    spent = 10**12 - gate.account("alice").balance_micros
    assert spent == sum((s.input_octets + s.output_octets) // 100 for s in sessions)
    assert sum(row["output_octets"] for row in gate.rows("suspense") if not row["account_id"]) == (
        int(waiting or 0)
    )
    assert gate.check() == []

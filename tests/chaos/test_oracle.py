"""The oracle is only worth something if it bites: books that are doctored must be found out.

Sound books are made for a small truth and found sound; then each test spoils one thing, as a
faulty server would, and the finding must be of the right kind.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from tests.chaos.oracle import (
    ACCEPTED,
    CLOSED,
    LIVE,
    AccountRow,
    Books,
    SessionRow,
    Tariff,
    Truth,
    judge,
)
from tests.chaos.records import INTERIM, LOGIN, START, STOP, Record

PENNY = Tariff(per_octet=Fraction(1, 100))
TARIFFS = {"ann": PENNY}
PAID = {"ann": 1_000_000}
BOUND = {"ann": 0}


def record(session: str, kind: str, octets: int, answer: str = "") -> Record:
    return Record(
        1, session, "ann", kind, octets // 4, octets - octets // 4, octets // 100, 5, answer
    )


def truth() -> Truth:
    """One session that stopped, one that is on with an interim nobody answered, one login."""
    sent = [
        *(
            record("one", kind, octets)
            for kind, octets in ((START, 0), (INTERIM, 800), (STOP, 1000))
        ),
        *(
            record("two", kind, octets)
            for kind, octets in ((START, 0), (INTERIM, 600), (INTERIM, 900))
        ),
    ]
    acked = [
        *(record("one", kind, octets, "ack") for kind, octets in ((START, 0), (STOP, 1000))),
        *(record("two", kind, octets, "ack") for kind, octets in ((START, 0), (INTERIM, 600))),
        record("three", LOGIN, 0, "accept"),
    ]
    return Truth.of(sent, acked)


def row(session: str, state: str, octets: int, **changes: object) -> SessionRow:
    charged = octets // 100
    made = SessionRow(
        session, "ann", state, octets // 4, octets - octets // 4, octets // 100, charged,
        charged if state == CLOSED else 0, 0 if state == CLOSED else 50,
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


def books() -> Books:
    """Sound books: of the second session they hold the interim that was not acknowledged."""
    sessions = [row("one", CLOSED, 1000), row("two", LIVE, 900), row("three", ACCEPTED, 0)]
    account = AccountRow("ann", 999_990, 9, 100, 0, [("top-up", 1_000_000), ("charge", -10)])
    return Books(sessions, [account])


def kinds(spoiled: Books, of: Truth | None = None) -> set[str]:
    verdict = judge(of or truth(), spoiled, TARIFFS, paid_micros=PAID, bound_micros=BOUND)
    return {finding.kind for finding in verdict.findings}


def test_sound_books_have_no_findings_and_unacknowledged_commits_are_counted() -> None:
    verdict = judge(truth(), books(), TARIFFS, paid_micros=PAID, bound_micros=BOUND)
    assert verdict.findings == []
    assert verdict.committed_unacked_n == 1


def spoil_sessions(*changed: SessionRow) -> Books:
    spoiled = books()
    names = {one.session for one in changed}
    spoiled.sessions = [*(one for one in spoiled.sessions if one.session not in names), *changed]
    return spoiled


@pytest.mark.parametrize(
    ("kind", "spoiled"),
    [
        ("lost", spoil_sessions(row("two", LIVE, 500))),
        ("lost", spoil_sessions(row("one", LIVE, 1000))),
        ("lost", spoil_sessions(row("two", ACCEPTED, 600))),
        ("doubled", spoil_sessions(row("two", LIVE, 1000))),
        ("doubled", spoil_sessions(row("one", CLOSED, 1000), row("one", CLOSED, 0))),
        ("doubled", spoil_sessions(row("two", LIVE, 900, charged_micros=18))),
        ("priced", spoil_sessions(row("two", LIVE, 900, charged_micros=8))),
        ("priced", spoil_sessions(row("two", LIVE, 900, login=""))),
        ("balance", spoil_sessions(row("one", CLOSED, 1000, closed_micros=9))),
        ("hold", spoil_sessions(row("one", CLOSED, 1000, held_micros=7))),
        ("hold", spoil_sessions(row("two", LIVE, 900, held_micros=-1))),
    ],
)  # fmt: skip
def test_a_spoiled_session_is_found(kind: str, spoiled: Books) -> None:
    assert kind in kinds(spoiled)


def test_a1_a_session_that_is_gone_is_lost_an_accepted_login_too() -> None:
    for name in ("one", "three"):
        spoiled = books()
        spoiled.sessions = [one for one in spoiled.sessions if one.session != name]
        assert "lost" in kinds(spoiled)


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("balance", {"posted_micros": 999_991}),
        ("balance", {"open_micros": 8}),
        ("balance", {"held_micros": 101}),
        ("lost", {"postings": [("charge", -10)]}),
        ("doubled", {"postings": [("top-up", 1_000_000), ("top-up", 1_000_000), ("charge", -10)]}),
        ("balance", {"postings": [("top-up", 1_000_000), ("charge", -10), ("charge", -10)]}),
        ("overrun", {"posted_micros": -1, "open_micros": 0}),
    ],
)
def test_a_spoiled_account_is_found(kind: str, changes: dict[str, object]) -> None:
    spoiled = books()
    spoiled.accounts = [replace(spoiled.accounts[0], **changes)]  # type: ignore[arg-type]
    assert kind in kinds(spoiled)


def test_l2_an_unbalanced_ledger_and_a_damaged_file_are_found() -> None:
    assert kinds(replace(books(), all_postings_micros=1)) == {"balance"}
    assert kinds(replace(books(), damage=["row 1 missing from index"])) == {"damage"}


def test_the_watermark_is_the_furthest_record_whatever_came_last() -> None:
    late = Truth.of([record("one", STOP, 1000)], [record("one", STOP, 1000, "ack")])
    late.add_acked([record("one", INTERIM, 800, "again")])
    assert late.acked["one"].kind == STOP
    assert "one" in late.stopped


def test_a_price_is_exact_its_parts_are_rounded_once_each() -> None:
    tariff = Tariff(Fraction(30_000, 1_000_000), 1024, Fraction(100_000, 3600), 7, 5, "half-up")
    assert tariff.price_micros(0, 0, begun=False) == 0
    assert tariff.price_micros(0, 0) == 5
    # 1025 octets are 2 KiB: 61.44; 8 s are 14: 388.9
    assert tariff.price_micros(1025, 8) == 5 + 61 + 389
    assert Tariff(Fraction(1, 3), rounding="up").price_micros(1, 0) == 1
    assert Tariff(Fraction(2, 3), rounding="down").price_micros(1, 0) == 0

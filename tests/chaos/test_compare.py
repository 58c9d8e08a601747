"""The comparison weighs what the oracle finds; the other server is the one of the package."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.chaos.compare import ONLY, SERVERS, Row, bears_on, numbered, weigh
from tests.chaos.freeradius import FreeRadius, Setup
from tests.chaos.histories import HISTORIES, QUOTA_OCTETS, SESSIONS_N, History
from tests.chaos.nas import Nas
from tests.chaos.oracle import CLOSED, LIVE, Books, SessionRow, Truth
from tests.chaos.records import INTERIM, START, STOP, Record
from tests.peers.postgres import PostgresCluster


def truth_of(*records: tuple[str, str, int]) -> Truth:
    """Sessions of bob, everything sent and acknowledged: name, kind, octets down."""
    made = [Record(0, name, "bob", kind, 0, octets, 0) for name, kind, octets in records]
    return Truth.of(made, made)


def row_of(name: str, octets: int, state: str = CLOSED) -> SessionRow:
    """A session in the books, without money."""
    return SessionRow(name, "bob", state, 0, octets, 0)


def weighed(truth: Truth, *rows: SessionRow, quota: int | None = None) -> Row:
    """What a comparison would print."""
    row = Row("h", "s", "")
    weigh(row, truth, Books(list(rows)), {"bob": quota} if quota is not None else {})
    return row


def test_books_that_hold_what_was_metered_are_free_of_findings() -> None:
    row = weighed(truth_of(("s", STOP, 500)), row_of("s", 500))
    assert (row.lost, row.doubled, row.other) == (0, 0, 0)
    assert (row.understated_octets, row.overcounted_octets, row.overdraft_octets) == (0, 0, 0)


def test_missing_octets_are_counted() -> None:
    row = weighed(truth_of(("s", INTERIM, 500), ("t", INTERIM, 9)), row_of("s", 200, LIVE))
    assert (row.lost, row.understated_octets) == (2, 309)


def test_octets_that_were_never_used_are_counted() -> None:
    row = weighed(truth_of(("s", STOP, 500)), row_of("s", 700))
    assert (row.doubled, row.overcounted_octets) == (1, 200)


def test_the_overdraft_is_what_the_box_let_through_whatever_the_books_say() -> None:
    truth = truth_of(("s", STOP, 500), ("t", STOP, 700))
    row = weighed(truth, row_of("s", 500), row_of("t", 700), quota=1_000)
    assert (row.overdraft_octets, row.overdraft_worst_octets) == (200, 200)


def test_a_session_id_that_comes_back_is_another_session() -> None:
    truth = truth_of(("s", INTERIM, 500), ("s#2", STOP, 70))
    apart = numbered(Books([row_of("s", 500, LIVE), row_of("s", 70)]), truth).sessions
    assert weighed(truth, *apart).lost == 0
    merged = weighed(truth, *numbered(Books([row_of("s", 70)]), truth).sessions)
    assert (merged.lost, merged.doubled, merged.understated_octets) == (1, 0, 500)


def test_every_history_says_what_happens_and_goes_to_both_servers() -> None:
    names = [history.name for history in HISTORIES]
    assert len(set(names)) == len(names)
    for history in HISTORIES:
        assert len(history.text) > 20
        assert {"tollhouse, sqlite", "tollhouse, postgresql", "freeradius"} <= {
            name for name in SERVERS if bears_on(name, history.name)
        }
    assert set(ONLY) < set(SERVERS)


def test_what_is_switched_on_is_told() -> None:
    plain = Setup().switched_on
    assert {"sql", "insert_acct_class", "sqlcounter", "session sql"} < set(plain)
    assert "insert_acct_class" not in Setup(session_start=True).switched_on
    assert set(Setup(buffered=True).switched_on) == {*plain, "buffered-sql"}


@pytest.fixture(scope="module")
def freeradius(
    postgres_cluster: PostgresCluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FreeRadius]:
    """A running one."""
    made = FreeRadius(tmp_path_factory.mktemp("freeradius"), postgres_cluster.create_database())
    made.start()
    yield made
    made.stop()


def test_freeradius_keeps_what_it_acknowledged_and_tells_the_rest_of_a_quota(
    freeradius: FreeRadius,
) -> None:
    freeradius.sell("bob", quota_octets=QUOTA_OCTETS)
    nas = Nas(freeradius.auth_port, freeradius.acct_port)
    try:
        for name, left in (("s", QUOTA_OCTETS), ("t", QUOTA_OCTETS - 7_000)):
            session = nas.login("bob", name, 1)
            assert session is not None
            assert session.limit_octets == left
            assert session.classes
            nas.report(session, START)
            session.use(7_000)
            nas.report(session, STOP)
    finally:
        nas.close()
    row = Row("h", "s", "")
    weigh(row, nas.truth, freeradius.books(), {"bob": QUOTA_OCTETS})
    assert (row.sessions, row.lost, row.doubled, row.overdraft_octets) == (2, 0, 0, 0)


def test_a_history_bites(freeradius: FreeRadius) -> None:
    """An older interim overwrites a newer one in its stock query: the harness must see that."""
    (history,) = (one for one in HISTORIES if one.name.startswith("a2"))
    row = played(history, freeradius)
    assert row.lost == SESSIONS_N
    assert row.understated_octets == SESSIONS_N * 15_000_000


def played(history: History, server: FreeRadius) -> Row:
    """A history, on a server that runs."""
    for login in history.logins:
        server.sell(login)
    nas = Nas(server.auth_port, server.acct_port)
    try:
        history.play(nas)
    finally:
        nas.close()
    books = server.books()
    mine = {f"s-{n}" for n in range(SESSIONS_N)}
    books.sessions = [session for session in books.sessions if session.session in mine]
    row = Row(history.name, "freeradius", history.text)
    weigh(row, nas.truth, books, {})
    return row

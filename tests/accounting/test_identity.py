"""Which session a record belongs to: token, id, address, Start, On, and implied start (9.4, A7)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from accounting.event_time import EventTime
from accounting.identity import NAS_REBOOT, Match, match, same_connection
from accounting.suspense import Reason
from domain.session import Session, SessionState
from domain.usage import Usage
from tests.accounting.makers import at, session, usage

STATION, OTHER_STATION = "02:00:00:00:00:05", "02-00-00-00-00-15"
BARE: dict[str, Any] = {"calling_station_id": "", "framed_ip_address": "", "nas_port": None}


def find(
    said: Usage,
    *,
    t: int,
    token: Session | None = None,
    same_id: tuple[Session, ...] = (),
    unstarted: tuple[Session, ...] = (),
    stale: bool = False,
    clock_wrong: bool = False,
) -> Match:
    when = EventTime(at(t), clock_wrong or stale, stale)
    return match(said._replace(arrived_us=at(t)), when, token, same_id, unstarted)


def running(session_id: int = 1, start: int = 0, last: int = 600, **traits: Any) -> Session:
    """An open session that has reported at `last`."""
    said: dict[str, Any] = {
        "session_id": session_id,
        "start_us": at(start),
        "created_us": at(start),
        "last_event_us": at(last),
        "last_seen_us": at(last),
        "session_s": last - start,
        "records_n": 2,
        "start_seen": True,
    }
    return session(**(said | traits))


def ended(session_id: int = 1, start: int = 0, last: int = 600, **traits: Any) -> Session:
    """One that its device stopped."""
    said: dict[str, Any] = {"state": SessionState.CLOSED, "stop_us": at(last)}
    return running(session_id, start, last, **(said | traits))


def waiting(session_id: int = 1, t: int = 0, **traits: Any) -> Session:
    """A login that has been accepted and has not begun."""
    said: dict[str, Any] = {
        "session_id": session_id,
        "state": SessionState.ACCEPTED,
        "created_us": at(t),
        "start_us": at(t),
        "acct_session_id": "",
    }
    return session(**(said | traits))


# -- with a token


def test_cls_02_a_genuine_token_names_the_session_before_any_id_does() -> None:
    mine, other = running(1), running(2)
    found = find(usage(session_s=900), t=900, token=mine, same_id=(other, mine))
    assert found == Match(mine, superseded=(other,))


def test_a_token_that_is_not_yet_bound_takes_whatever_id_comes_with_it() -> None:
    login = waiting(acct_session_id="from the login")
    assert find(usage("START"), t=5, token=login).session is login


def test_decision_under_a_token_implied_start_times_are_not_compared() -> None:
    mine = running(1, start=0, last=6000)
    assert find(usage(session_s=20), t=6300, token=mine, same_id=(mine,)).session is mine


def test_f_54_a_token_bound_to_another_id_opens_a_sibling_and_one_only() -> None:
    parent = running(1, acct_session_id="A")
    said = usage("START", acct_session_id="B")
    assert find(said, t=700, token=parent) == Match(None, parent=parent)
    sibling = running(2, acct_session_id="B", class_session_id=1)
    assert find(said, t=700, token=parent, same_id=(sibling,)).session is sibling


def test_f_54_a_start_after_the_stop_under_the_same_id_and_token_is_a_new_session() -> None:
    mine = ended(1, last=600)
    said = usage("START", event_timestamp_us=at(700))
    assert find(said, t=700, token=mine, same_id=(mine,)) == Match(None, parent=mine)


def test_a3_a_start_without_a_timestamp_under_an_old_id_and_token_may_be_a_repeat() -> None:
    mine = ended(1, last=600)
    assert find(usage("START"), t=90_000, token=mine, same_id=(mine,)).session is mine


def test_a3_a_start_whose_clock_is_ahead_of_ours_under_an_old_id_and_token_begins_nothing() -> None:
    old = ended(1)
    said = usage("START", event_timestamp_us=at(90_000))
    found = find(said, t=6_000, token=old, same_id=(old,), clock_wrong=True)
    assert found.session is old


def test_a3_a_start_of_long_ago_under_the_same_id_and_token_begins_nothing() -> None:
    old = ended(1)
    assert find(usage("START"), t=6_000, token=old, same_id=(old,), stale=True).session is old


@pytest.mark.parametrize(("kind", "t"), [("START", 0), ("START", 650), ("INTERIM", 5000)])
def test_f_07_and_f_08_nothing_else_reopens_a_stopped_session_of_a_token(kind: str, t: int) -> None:
    mine = ended(1, last=600)
    assert find(usage(kind), t=t, token=mine, same_id=(mine,)).session is mine


# -- without one


def test_f_16_and_a7_a_record_of_a_known_id_goes_to_its_session() -> None:
    mine = running(1)
    assert find(usage(session_s=900), t=900, same_id=(mine,)) == Match(mine)


def test_f_01_an_unknown_id_is_a_new_session() -> None:
    assert find(usage(session_s=900), t=900) == Match(None)


def test_a_start_without_a_token_adopts_the_newest_waiting_login() -> None:
    newest, older = waiting(2, t=50), waiting(1, t=0)
    assert find(usage("START"), t=60, unstarted=(newest, older)).session is newest


@pytest.mark.parametrize(
    ("said", "login"),
    [
        ({}, {"acct_session_id": "another"}),
        ({"calling_station_id": STATION}, {"calling_station_id": OTHER_STATION}),
        ({"framed_ip_address": "10.0.0.1"}, {"framed_ip_address": "10.0.0.2"}),
        ({"nas_port": 1}, {"nas_port": 2}),
    ],
)
def test_a_start_without_a_token_adopts_no_login_of_another_connection(
    said: dict[str, Any], login: dict[str, Any]
) -> None:
    """Two lines of a subscriber dial in at once: the other one's login is not this Start's."""
    theirs = waiting(2, t=50, **(BARE | login))
    mine = waiting(1, t=0, **(BARE | said))
    start = usage("START", **(BARE | said))
    assert find(start, t=60, unstarted=(theirs, mine)).session is mine
    assert find(start, t=60, unstarted=(theirs,)).session is None


def test_a_port_tells_connections_apart_only_where_no_station_does() -> None:
    login = waiting(1, t=0, calling_station_id=STATION, nas_port=0)
    start = usage("START", calling_station_id=STATION, nas_port=17)
    assert find(start, t=60, unstarted=(login,)).session is login


def test_an_interim_adopts_a_login_only_if_it_can_have_begun_with_it() -> None:
    login = waiting(1, t=1000)
    assert find(usage(session_s=295), t=1300, unstarted=(login,)).session is login
    assert find(usage(session_s=900), t=1300, unstarted=(login,)).session is None


@pytest.mark.parametrize("t", [0, 30, 300])
def test_f_04_a_repeated_or_late_start_is_the_session_it_started(t: int) -> None:
    mine = running(1, start=0, last=600)
    assert find(usage("START"), t=t, same_id=(mine,)) == Match(mine)


def test_q_09_a_later_start_under_the_same_id_is_a_new_incarnation() -> None:
    old = running(1, start=0, last=600)
    assert find(usage("START"), t=2000, same_id=(old,)) == Match(None, superseded=(old,))


def test_q_09_the_new_incarnation_adopts_the_login_that_waits_for_it() -> None:
    old, login = running(1), waiting(2, t=1990)
    found = find(usage("START"), t=2000, same_id=(old,), unstarted=(login,))
    assert found == Match(login, superseded=(old,))


def test_f_08_a_start_after_its_stop_fills_in_and_does_not_reopen() -> None:
    mine = ended(1, start=0, last=700)
    assert find(usage("START"), t=0, same_id=(mine,)).session is mine


def test_f_42_a_login_whose_hold_was_given_back_may_still_begin() -> None:
    lapsed = waiting(1, acct_session_id="A", state=SessionState.LAPSED)
    assert find(usage("START"), t=9000, same_id=(lapsed,)).session is lapsed


def test_between_two_incarnations_the_implied_start_decides() -> None:
    old, new = ended(1, start=0, last=600), running(2, start=2000, last=2300)
    late = find(usage(session_s=600), t=600, same_id=(new, old))
    assert late.session is old
    assert find(usage(session_s=600), t=2600, same_id=(new, old)).session is new
    assert find(usage(), t=2600, same_id=(new, old)).session is new, "the newest, if it is unsaid"


@pytest.mark.parametrize("trait", ["framed_ip_address", "calling_station_id"])
def test_f_14_and_f_15_another_address_is_another_connection(trait: str) -> None:
    old = running(1, **{trait: "one"})
    found = find(usage(session_s=120, **{trait: "two"}), t=900, same_id=(old,))
    assert found == Match(None, superseded=(old,))


@pytest.mark.parametrize("said", ["", "one"])
def test_f_44_an_address_unsaid_or_the_same_contradicts_nothing(said: str) -> None:
    mine = running(1, framed_ip_address="one")
    assert find(usage(framed_ip_address=said), t=900, same_id=(mine,)).session is mine
    fresh = running(1, framed_ip_address="")
    assert find(usage(framed_ip_address="one"), t=900, same_id=(fresh,)).session is fresh


def test_a_session_that_only_changed_its_address_is_the_same_session() -> None:
    mine = running(1, start=0, last=3600, framed_ip_address="10.0.0.1")
    said = usage(session_s=3900, framed_ip_address="10.0.0.2", output_octets=10**9)
    assert find(said, t=3900, same_id=(mine,)) == Match(mine)


def test_a7_but_not_if_it_is_somebody_elses_or_the_record_is_of_long_ago() -> None:
    mine = running(1, start=0, last=3600, framed_ip_address="10.0.0.1", user_name="Alice")
    said = usage(session_s=3900, framed_ip_address="10.0.0.2", output_octets=10**9)
    assert find(said, t=3900, same_id=(mine,)) == Match(mine)
    other = replace(mine, user_name="bob")
    assert find(said, t=3900, same_id=(other,)) == Match(None, superseded=(other,))
    assert find(said, t=3900, same_id=(mine,), stale=True) == Match(None, superseded=(mine,))


def test_q_08_after_a_reboot_a_session_that_began_later_is_new_without_its_start() -> None:
    old = ended(1, last=600, synthetic=True, terminate_cause=NAS_REBOOT)
    assert find(usage(session_s=300), t=1900, same_id=(old,)).session is None
    assert find(usage(session_s=1800), t=1800, same_id=(old,)).session is old, "it ran on (A8)"


def test_a3_a_record_of_long_ago_begins_no_session_after_a_reboot() -> None:
    # It is as old as the session that the boot has ended, and only came now.
    old = ended(1, last=600, synthetic=True, terminate_cause=NAS_REBOOT)
    assert find(usage(session_s=300), t=1900, same_id=(old,), stale=True) == Match(old)


def test_f_15_usage_that_began_after_the_stop_of_its_id_waits_for_an_operator() -> None:
    old = ended(1, start=0, last=600)
    found = find(usage(session_s=300), t=90_000, same_id=(old,))
    assert found == Match(None, doubt=Reason.STOPPED_ID)


def test_f_15_unless_a_login_waits_for_its_start() -> None:
    old, login = ended(1, start=0, last=600), waiting(2, t=89_700)
    found = find(usage(session_s=300), t=90_000, same_id=(old,), unstarted=(login,))
    assert found.session is login and found.doubt is None


def test_q_27_a_stop_of_long_ago_by_its_own_timestamp_is_the_old_session() -> None:
    old = ended(1, start=0, last=700)
    said = usage("STOP", session_s=700)
    assert find(said, t=172_800, same_id=(old,), stale=True) == Match(old)


STOPPED: dict[str, Any] = {"input_octets": 4_000, "output_octets": 90_000}


def test_q_27_a_stop_with_the_totals_of_the_one_we_know_is_that_one_whenever_it_comes() -> None:
    # Its device stamps nothing, so it seems to have begun long after the stop.
    old = ended(1, start=0, last=600, output_base=10_000, **STOPPED)
    said: dict[str, Any] = {"session_s": 600, "input_octets": 4_000, "output_octets": 80_000}
    assert find(usage("STOP", **said), t=172_800, same_id=(old,)) == Match(old)
    for name, value in (("session_s", 601), ("output_octets", 90_000), ("input_octets", None)):
        found = find(usage("STOP", **(said | {name: value})), t=172_800, same_id=(old,))
        assert found == Match(None, doubt=Reason.STOPPED_ID), name


@pytest.mark.parametrize("t", [1_260, 1_200])
def test_q_27_what_was_said_before_the_stop_is_no_new_session_while_it_is_repeated(t: int) -> None:
    old = ended(1, start=0, last=600, last_seen_us=at(1_200), **STOPPED)
    earlier: dict[str, Any] = {"session_s": 500, "input_octets": 4_000, "output_octets": 70_000}
    assert find(usage(**earlier), t=t, same_id=(old,)) == Match(old)
    more = find(usage(**(earlier | {"input_octets": 4_001})), t=t, same_id=(old,))
    assert more == Match(None, doubt=Reason.STOPPED_ID), "that session never said so"


def test_f_15_what_says_less_when_all_is_quiet_waits_for_an_operator() -> None:
    old = ended(1, start=0, last=600, **STOPPED)
    found = find(usage(session_s=30, input_octets=1), t=700, same_id=(old,))
    assert found == Match(None, doubt=Reason.STOPPED_ID)


def test_f_53_a_start_of_long_ago_by_its_own_timestamp_is_the_start_we_know() -> None:
    old = ended(1, start=0, last=700)
    said = usage("START", event_timestamp_us=at(0))
    assert find(said, t=172_800, same_id=(old,), stale=True) == Match(old)


def test_a_session_of_another_address_that_began_elsewhen_or_fell_is_another_session() -> None:
    mine = running(1, start=0, last=3600, framed_ip_address="10.0.0.1", output_octets=10**9)
    moved = usage(session_s=600, framed_ip_address="10.0.0.2", output_octets=2 * 10**9)
    fell = usage(session_s=3900, framed_ip_address="10.0.0.2", output_octets=5)
    for said in (moved, fell):
        assert find(said, t=3900, same_id=(mine,)) == Match(None, superseded=(mine,))


@pytest.mark.parametrize(
    ("traits", "same"),
    [
        ({"nas_port": 7}, True),
        ({"nas_port": 8}, False),
        ({"calling_station_id": "02:00:00:00:00:01"}, True),
        ({"calling_station_id": "02:00:00:00:00:02"}, False),
        ({"acct_session_id": "A"}, True),
        ({"acct_session_id": "B"}, False),
        ({}, True),  # it names nothing, so nothing tells it apart
        ({"nas_port": 7, "device_id": 2}, False),
        ({"nas_port": 7, "subscriber_id": 2}, False),
    ],
)
def test_logins_for_one_connection_share_its_port_station_or_id(
    traits: dict[str, Any], same: bool
) -> None:
    told = waiting(1, nas_port=7, calling_station_id="02:00:00:00:00:01", acct_session_id="A")
    assert same_connection(told, waiting(2, **traits)) is same


def test_logins_that_name_nothing_are_for_one_connection_and_such_that_name_other_things_not() -> (
    None
):
    assert same_connection(waiting(1), waiting(2))
    assert not same_connection(waiting(1, nas_port=7), waiting(2, acct_session_id="A"))


def test_only_open_sessions_are_superseded() -> None:
    others = (running(3), ended(2), waiting(4, state=SessionState.LAPSED))
    found = find(
        usage(session_s=5, framed_ip_address="x"), t=9000, token=waiting(9), same_id=others
    )
    assert [old.session_id for old in found.superseded] == [3]


def test_a2_when_no_clock_is_right_a_record_goes_to_the_session_that_reports() -> None:
    login, mine = waiting(2, acct_session_id="A"), running(1)
    said = usage(session_s=286)
    assert find(said, t=-20_000_000, same_id=(login, mine)).session is mine


def test_a3_a_report_of_long_ago_begins_no_session_behind_a_boot() -> None:
    old = running(1, state=SessionState.CLOSED, synthetic=True, terminate_cause=NAS_REBOOT)
    old.stop_us = at(600)
    said = usage(session_s=300)
    assert find(said, t=6_000, same_id=(old,), stale=True).session is old
    assert find(said, t=6_000, same_id=(old,)).session is None

"""Suspense: usage that cannot be rated is kept, follows its session, and settles (A9)."""

from __future__ import annotations

import pytest

from accounting import suspense
from accounting.suspense import Reason
from domain.session import Suspense
from tests.accounting.makers import at, session

NOBODYS = {"account_id": 0, "subscriber_id": 0, "plan_id": 0, "user_name": "ghost"}


def test_f_30_a_session_that_is_nobodys_is_in_suspense_with_all_it_used() -> None:
    one = session(**NOBODYS, input_octets=3, output_octets=4, session_s=5)
    row = suspense.whole_session(9, one, Reason.UNKNOWN_SUBSCRIBER, at(1))
    assert (row.suspense_id, row.session_id, row.device_id, row.state) == (9, 1, 1, "open")
    assert (row.input_octets, row.output_octets, row.session_s) == (3, 4, 5)
    assert (row.user_name, row.reason, row.account_id) == ("ghost", "unknown-subscriber", 0)
    assert row.created_us == row.updated_us == at(1)


def test_the_row_of_a_session_that_is_nobodys_follows_its_usage_and_stays_open() -> None:
    one = session(**NOBODYS)
    row = suspense.whole_session(9, one, Reason.LOCAL, at(1))
    one.input_octets, one.output_octets, one.session_s = 30, 40, 50
    suspense.update(row, one, at(300))
    assert (row.input_octets, row.output_octets, row.session_s) == (30, 40, 50)
    assert (row.state, row.created_us, row.updated_us) == ("open", at(1), at(300))
    assert row.resolved_us is None


def test_q_14c_a_doubt_holds_only_what_was_put_aside() -> None:
    one = session(output_octets=500, review_output=20, session_s=1300)
    row = suspense.doubt(9, one, Reason.LOW_STOP, at(1))
    assert (row.input_octets, row.output_octets, row.session_s) == (0, 20, 0)
    assert (row.account_id, row.reason) == (1, "low-stop")


@pytest.mark.parametrize("review", [(7, 0), (0, 7), (7, 7)])
def test_a_doubt_follows_what_is_put_aside_while_there_is_any(review: tuple[int, int]) -> None:
    one = session(review_output=20)
    row = suspense.doubt(9, one, Reason.IMPLAUSIBLE, at(1))
    one.review_input, one.review_output = review
    suspense.update(row, one, at(2))
    assert (row.input_octets, row.output_octets, row.state) == (*review, "open")


def test_a_doubt_that_a_later_record_explained_is_settled_and_says_so() -> None:
    one = session(review_output=20)
    row = suspense.doubt(9, one, Reason.IMPLAUSIBLE, at(1))
    one.review_output = 0
    suspense.update(row, one, at(2))
    assert (row.state, row.resolved_us, row.output_octets) == ("settled", at(2), 0)
    assert row.note


@pytest.mark.parametrize("state", ["assigned", "dropped", "settled"])
def test_what_an_operator_or_a_record_has_resolved_is_not_opened_again(state: str) -> None:
    one = session(review_output=20)
    row: Suspense = suspense.doubt(9, one, Reason.IMPLAUSIBLE, at(1))
    row.state = state
    with pytest.raises(AssertionError):
        suspense.update(row, one, at(2))


def test_every_reason_is_a_bounded_word_that_reads_in_a_listing() -> None:
    for reason in Reason:
        assert reason.value.replace("-", "").isalpha() and len(reason.value) <= 24

"""What answers mean: names as in the dictionaries, next steps, sentences for people."""

from __future__ import annotations

import itertools

import pytest

from domain.grant import OrderResult
from nas.answers import ERROR_CAUSES, Next, cause_text, explain_answer, next_step
from nas.dialects import DIALECTS


@pytest.mark.parametrize(
    ("result", "cause", "step"),
    [
        (OrderResult.ACK, 0, Next.DONE),
        (OrderResult.ACK, 201, Next.DONE),
        (OrderResult.SILENCE, 0, Next.RETRY),
        (OrderResult.OBSOLETE, 0, Next.GONE),
        (OrderResult.NAK, 503, Next.GONE),
        (OrderResult.NAK, 504, Next.RETRY),
        (OrderResult.NAK, 506, Next.RETRY),
        (OrderResult.NAK, 507, Next.RETRY),
        (OrderResult.NAK, 501, Next.MEND),
        (OrderResult.NAK, 508, Next.MEND),
        (OrderResult.NAK, 0, Next.MEND),
        (OrderResult.NAK, 999, Next.MEND),
        *((OrderResult.NAK, cause, Next.MEND) for cause in range(401, 408)),
    ],
)
def test_coa_11_what_follows_from_an_answer(result: OrderResult, cause: int, step: Next) -> None:
    assert next_step(result, cause) is step


def test_causes_are_written_with_name_and_number() -> None:
    assert cause_text(503) == "Session-Context-Not-Found (503)"
    assert cause_text(0) == "no Error-Cause"
    assert cause_text(777) == "Error-Cause 777"


def test_rfc_5176_every_error_cause_has_a_name() -> None:
    assert {201, 202, *range(401, 408), *range(501, 509)} <= set(ERROR_CAUSES)
    names = [cause.name for cause in ERROR_CAUSES.values()]
    assert len(names) == len(set(names))


def test_the_good_answer_to_a_test_is_that_the_session_does_not_exist() -> None:
    text = explain_answer(OrderResult.NAK, 503, DIALECTS["mikrotik"])
    assert "as it should be" in text
    assert "Session-Context-Not-Found (503)" in text


def test_an_ack_for_an_invented_session_is_not_praised() -> None:
    assert "proves nothing" in explain_answer(OrderResult.ACK, 0, DIALECTS["standard"])


def test_coa_14_silence_names_what_to_look_at_in_the_words_of_the_device() -> None:
    routeros = explain_answer(OrderResult.SILENCE, 0, DIALECTS["mikrotik"])
    assert "/radius incoming set accept=yes" in routeros
    ios = explain_answer(OrderResult.SILENCE, 0, DIALECTS["cisco"])
    assert "aaa server radius dynamic-author" in ios
    assert "1700" in ios
    for word in ("port", "secret", "address", "firewall", "clock"):
        assert word in routeros


def test_every_answer_has_its_own_single_line() -> None:
    texts = {
        explain_answer(result, cause, DIALECTS["standard"])
        for result, cause in itertools.product(
            (OrderResult.NAK,), [0, 777, *(number for number in ERROR_CAUSES)]
        )
    }
    assert len(texts) == len(ERROR_CAUSES) + 2
    assert not any("\n" in text for text in texts)
    assert all(text.startswith("NAK") for text in texts)

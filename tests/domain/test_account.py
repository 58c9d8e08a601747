"""Accounts and subscribers as compiled rows."""

from __future__ import annotations

from dataclasses import replace

from domain.account import Account, CredentialKind, MacMode, Status, Subscriber


def test_what_is_available_is_what_nobody_else_was_promised_and_the_credit() -> None:
    purse = Account(1, "USD", 100, 50, 20, 7, 3)
    assert purse.balance_micros == 30
    assert purse.available_micros == 123
    assert replace(purse, held_micros=0).available_micros == 130


def test_words_come_as_text_from_a_row_and_are_members_ever_after() -> None:
    one = Subscriber(
        1, 2, "alice", "active", "gold", "nt", b"", None, "fixed", (), 5, None, False, 9  # type: ignore[arg-type]
    )  # fmt: skip
    assert one.status is Status.ACTIVE
    assert one.credential_kind is CredentialKind.NT
    assert one.mac_mode is MacMode.FIXED
    assert one == replace(one) != replace(one, status=Status.CLOSED)


def test_included_usage_is_counted_in_the_newest_period_that_has_begun() -> None:
    one = Subscriber(
        1, 2, "alice", Status.ACTIVE, "gold", CredentialKind.NONE, b"", None, MacMode.ANY, (),
        5, None, False, 9, periods_ahead_us=(10, 20),
    )  # fmt: skip
    assert [one.period_at_us(now_us) for now_us in (9, 10, 19, 25)] == [5, 10, 10, 20]

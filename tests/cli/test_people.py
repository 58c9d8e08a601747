"""What a new subscriber is made of, and what cannot be made."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cli import people
from cli.errors import HouseError
from cli.people import Applicant
from domain.account import CredentialKind, MacMode
from domain.plan import Package, Plan, Validity

BOB = Applicant("bob", "home", b"secret")
MAC = Applicant("00:0c:42:1f:2e:3d", "home", None)
PLAN = Plan(plan_id=1, name="home", version=1, currency="USD", package=Package(Validity(30)))


def test_the_default_is_readable_so_that_every_method_works() -> None:
    assert people.kind_of(BOB) is CredentialKind.CLEAR
    assert people.kind_of(MAC) is CredentialKind.NONE


@pytest.mark.parametrize(
    ("applicant", "said"),
    [
        (replace(BOB, password=None), "a password is missing"),
        (replace(BOB, credential_kind=CredentialKind.NONE), "goes without a password"),
        (replace(BOB, password=None, credential_kind=CredentialKind.NT), "needs a password"),
        (replace(BOB, password=None, credential_kind=CredentialKind.NONE), "that is a MAC"),
    ],
)
def test_login_password_and_credential_must_fit(applicant: Applicant, said: str) -> None:
    with pytest.raises(HouseError, match=said):
        people.kind_of(applicant)


@pytest.mark.parametrize(
    ("word", "made"),
    [
        (None, (None, MacMode.ANY)),
        ("none", (None, MacMode.ANY)),
        ("learn", (None, MacMode.LEARN)),
        ("00:0c:42:1f:2e:3d", ("00:0c:42:1f:2e:3d", MacMode.FIXED)),
    ],
)
def test_the_words_for_a_mac(word: str | None, made: Any) -> None:
    assert people.mac_of(word) == made


def test_validity_is_as_said_or_as_the_plan_says() -> None:
    day_us = 86_400 * 1_000_000
    assert people.valid_until_us(None, PLAN, 0) == 30 * day_us
    assert people.valid_until_us(None, replace(PLAN, package=None), 0) is None
    assert people.valid_until_us("never", PLAN, 0) is None
    assert people.valid_until_us("1970-01-03", PLAN, 0) == 2 * day_us
    with pytest.raises(HouseError, match="--valid-until"):
        people.valid_until_us("tomorrow", PLAN, 0)

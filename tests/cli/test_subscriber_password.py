"""A password is shown to whoever may read the key file, and the audit knows who looked."""

from __future__ import annotations

import pytest

from cli.office import operator_name
from tests.cli.house import House


def test_the_password_is_printed_and_who_looked_is_in_the_audit(house: House) -> None:
    words = ("subscriber", "reveal-password", "alice", "--reason", "asked by telephone")
    assert house.run(*words).stdout == "wonderland\n"
    (deed,) = house.json("audit", "list", "--login", "alice", "--limit", "1")
    assert (deed["action"], deed["who"]) == ("subscriber reveal-password", operator_name())
    assert (deed["reason"], deed["changes"]) == (
        "asked by telephone",
        {"before": {}, "after": {}},
    )
    assert "wonderland" not in house.run("audit", "list").output


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("bob", "--password", "x", "--credential", "nt"), "only its NT hash is kept"),
        (("bob", "--password", "x", "--credential", "hash"), "only its hash is kept"),
        (
            ("bob", "--password", "$1$xxxxxxxx$UYCIxa628.9qXjpQCjM4a.", "--credential", "crypt"),
            "brought from elsewhere",
        ),
        (("02:00:00:00:00:05",), "its MAC is its login"),
    ],
)
def test_what_is_not_kept_in_clear_cannot_be_shown(
    sample: House, given: tuple[str, ...], said: str
) -> None:
    sample.run("subscriber", "add", *given, "--plan", "sample-prepaid")
    before = sample.json("audit", "list", "--limit", "1")
    assert said in sample.refuse("subscriber", "reveal-password", given[0])
    assert sample.json("audit", "list", "--limit", "1") == before


def test_nobody_has_no_password(sample: House) -> None:
    assert "no subscriber eve" in sample.refuse("subscriber", "reveal-password", "eve")

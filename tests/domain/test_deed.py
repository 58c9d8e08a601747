"""What differs is told, and no secret ever is."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from domain.deed import NOT_SHOWN, differing, in_json
from domain.plan import Reply


@dataclass
class Thing:
    """A record with something to hide."""

    name: str = ""
    limit: int = 0
    secret: bytes = b""
    marks: set[str] = field(default_factory=set)


def test_only_what_differs_is_told() -> None:
    assert differing(Thing("a", 1), Thing("a", 2)) == ({"limit": 1}, {"limit": 2})
    assert differing(Thing("a"), Thing("a")) == ({}, {})


def test_of_a_new_one_only_what_is_set_and_of_one_that_goes_what_was() -> None:
    assert differing(None, Thing("a")) == ({}, {"name": "a"})
    assert differing(Thing(limit=5), None) == ({"limit": 5}, {})


def test_a_secret_is_told_to_have_changed_and_no_more() -> None:
    told = differing(Thing(secret=b"old"), Thing(secret=b"new"))
    assert told == ({"secret": NOT_SHOWN}, {"secret": NOT_SHOWN})
    assert differing(None, Thing(secret=b"new"))[1] == {"secret": NOT_SHOWN}


def test_sets_are_told_in_one_order() -> None:
    assert differing(None, Thing(marks={"b", "a", "c"}))[1] == {"marks": ["a", "b", "c"]}


def test_octets_are_told_as_digits() -> None:
    reply = Reply(("Filter-Id = a",), b"\x0b\x03a")
    told = json.loads(in_json({"replies": (reply,)}))
    assert told["replies"][0]["octets"] == "0b0361"

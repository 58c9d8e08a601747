"""Subscribers by login: found by a number, and never taken for one another."""

from __future__ import annotations

import pytest

from aaa import logins as module
from aaa.logins import Logins
from tests.accounting.makers import subscriber


def test_subscribers_are_found_by_their_logins_until_they_are_forgotten() -> None:
    logins = Logins()
    alice, bob = subscriber(login="alice"), subscriber(login="bob")
    logins["alice"], logins["bob"] = alice, bob
    assert logins["alice"] is alice and logins.get("bob") is bob
    assert "carol" not in logins and logins.get("carol") is None and len(logins) == 2
    assert sorted(one.login for one in logins.values()) == ["alice", "bob"]
    logins.forget("alice")
    logins.forget("alice")
    with pytest.raises(KeyError):
        logins["alice"]
    assert len(logins) == 1 and "bob" in logins


def test_two_logins_that_hash_alike_are_not_taken_for_each_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "number_of", len)
    logins = Logins()
    logins["bob"] = subscriber(login="bob")
    assert logins.get("eve") is None and "eve" not in logins
    logins.forget("eve")
    assert "bob" in logins
    logins["eve"] = subscriber(login="eve")
    assert "eve" in logins and "bob" not in logins

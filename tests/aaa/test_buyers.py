"""Who buys which plan: everybody who does is listed, and the list does not grow for ever."""

from __future__ import annotations

from pytest import MonkeyPatch

from aaa import buyers as module
from aaa.buyers import Buyers
from tests.accounting.makers import subscriber


def test_everybody_who_buys_a_plan_is_listed_under_its_name() -> None:
    buyers = Buyers()
    known = {
        name: subscriber(login=name, account_id=number, plan_name="gold" if number % 2 else "lead")
        for number, name in enumerate("abcd", start=1)
    }
    for one in known.values():
        buyers.add(one, known)
    assert sorted(buyers.of("gold")) == [1, 3]
    assert sorted(buyers.of("lead")) == [2, 4]
    assert not buyers.of("tin")


def test_those_who_are_read_again_and_again_do_not_fill_the_memory(
    monkeypatch: MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "LEFT_N", 4)
    buyers, one = Buyers(), subscriber(login="alice")
    for _ in range(50):
        buyers.add(one, {"alice": one})
        assert set(buyers.of("made")) == {1}
        assert len(buyers.of("made")) <= 7

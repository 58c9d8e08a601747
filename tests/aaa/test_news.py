"""What is heard of changes made elsewhere, and the looks that they ask for."""

from __future__ import annotations

from collections.abc import Iterable

from aaa.books import Books
from aaa.news import RECHECKED_MAX, News
from aaa.ports import Change
from aaa.request import Item, Recheck


class Shelf(Books):
    """Books of which each account that is named has live sessions."""

    def hear(self, changes: Iterable[Change]) -> set[int]:
        return {change.row_id for change in changes if change.kind == "account"}


def heard(*changes: Change) -> News:
    news = News()
    news.unheard += changes
    news.hear(Shelf())
    return news


def asked(items: list[Item]) -> tuple[set[int], set[int]]:
    (item,) = items
    assert isinstance(item, Recheck)
    return set(item.account_ids), set(item.plan_ids)


def test_a_change_that_asks_for_nothing_is_dealt_with_as_soon_as_it_is_heard() -> None:
    news = heard(Change(7, "subscriber", 1))
    assert (news.unheard, news.tasks(), news.looked_seq) == ([], [], 7)


def test_a_change_is_not_dealt_with_before_its_recheck_is_durable() -> None:
    news = heard(Change(7, "account", 1), Change(8, "plan", 5))
    tasks = news.tasks()
    assert asked(tasks) == ({1}, {5})
    news.hear(Shelf())
    assert news.looked_seq == 0, "given, and not durable"
    news.done(tasks)
    news.hear(Shelf())
    assert news.looked_seq == 8


def test_many_accounts_are_looked_at_a_part_at_a_time_and_each_once() -> None:
    news = heard(*(Change(at, "account", at) for at in range(1, RECHECKED_MAX + 3)))
    first, _ = asked(news.tasks())
    news.look_at({1})  # heard of meanwhile: behind those that wait
    second, _ = asked(news.tasks())
    third, _ = asked(news.tasks())
    assert first == set(range(1, RECHECKED_MAX + 1))
    assert second == {RECHECKED_MAX + 1, RECHECKED_MAX + 2}
    assert third == {1}
    assert news.tasks() == []

"""A name is found by how any of its words begins, whatever its case and accents."""

from __future__ import annotations

from typing import Any

import pytest

from store import name_words, office_subscribers
from store.office_subscribers import Customer
from tests.store.house import House, account, subscriber, tell


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Ana  María Ivanova-Çelik", ["ana", "maria", "ivanova", "celik"]),
        ("STRASSE Straße", ["strasse"]),
        ("Олег Бо", ["олег", "бо"]),
        ("", []),
        ("--", []),
        ("x" * 200, ["x" * 64]),
    ],
)
def test_words_are_folded_and_each_is_there_once(name: str, words: list[str]) -> None:
    assert name_words.words_of(name) == words


def test_words_go_with_the_subscriber(house_url: str) -> None:
    async def story(house: House) -> None:
        async with house.database.office() as connection:
            people = [
                Customer(subscriber(1, name="Ana Ivanova"), account(1)),
                Customer(subscriber(2, name="Anatol Iv"), account(2)),
            ]
            await office_subscribers.add(connection, people)
        assert await named(house, "ana") == [1001, 1002]
        assert await named(house, "IVANOVA an") == [1001]
        assert await named(house, "ivanova bo") == []
        async with house.database.office() as connection:
            await office_subscribers.change(connection, subscriber(1, name="Bo Ivanova"))
        assert await named(house, "ana") == [1002]
        assert await named(house, "bo") == [1001]
        assert len(await house.table("subscriber_words")) == 4

    tell(house_url, story)


async def named(house: House, text: str) -> list[int]:
    """Who has such a name."""
    query: Any = name_words.named(text)
    async with house.database.reading() as connection:
        return sorted(await connection.scalars(query))


def test_no_word_asks_for_nobody() -> None:
    assert name_words.named("...") is None
    assert name_words.named("a") is not None

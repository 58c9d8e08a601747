"""A desk on a fresh SQLite database, or on each kind of database."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.aaa.gate import Gate


@pytest.fixture
def gate(sqlite_url: str) -> Iterator[Gate]:
    """A gate with device `nas`, plan `sample-prepaid` and no subscriber."""
    opened = Gate(sqlite_url)
    yield opened
    opened.close()


@pytest.fixture
def either_gate(database_url: str) -> Iterator[Gate]:
    """The same, once on SQLite and once on PostgreSQL."""
    opened = Gate(database_url)
    yield opened
    opened.close()


@pytest.fixture
def gates(sqlite_url: str) -> Iterator[Callable[[], Gate]]:
    """Makes gates, each on a database of its own."""
    opened: list[Gate] = []

    def make() -> Gate:
        gate = Gate(sqlite_url.replace(".db", f"-{len(opened)}.db"))
        opened.append(gate)
        return gate

    yield make
    for gate in opened:
        gate.close()

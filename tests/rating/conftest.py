"""Hand-worked tables, and plans as Hypothesis makes them, for the tests of rating."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import strategies as st

from domain.money import parse_amount
from domain.plan import Counted, Plan, Rounding, TimePrice, VolumePrice
from rating.plan_file import parse_plan
from rating.tariff import (
    AMOUNT_MICROS_MAX,
    INCREMENT_OCTETS_MAX,
    INCREMENT_S_MAX,
    UNIT_OCTETS_MAX,
    UNIT_S_MAX,
)

TABLES = Path(__file__).parent / "tables"
MONEY = frozenset({"fee", "volume", "time", "sum"})


class HandTable(NamedTuple):
    """A plan and rows that somebody worked out with pencil and paper."""

    plan: Plan
    rows: list[dict[str, int]]


def read_table(path: Path) -> HandTable:
    """Return a table: a plan, a line of dashes, a line of column names, rows."""
    head, _, body = path.read_text().partition("\n----\n")
    names, *lines = [line.replace("|", " ").split() for line in body.strip().splitlines()]
    rows = [
        {
            name: parse_amount(word) if name in MONEY else int(word)
            for name, word in zip(names, line, strict=True)
        }
        for line in lines
    ]
    return HandTable(parse_plan(head), rows)


def table_paths(pattern: str) -> Iterator[Path]:
    """Yield the tables whose file name matches."""
    yield from sorted(TABLES.glob(pattern))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test that asks for `hand_table` or `month_table` each of them in turn."""
    for name, paths in (
        ("hand_table", [p for p in table_paths("*.txt") if not p.name.startswith("month-")]),
        ("month_table", list(table_paths("month-*.txt"))),
    ):
        if name in metafunc.fixturenames:
            assert paths
            metafunc.parametrize(name, [read_table(p) for p in paths], ids=[p.stem for p in paths])


def natural(most: int) -> st.SearchStrategy[int]:
    """Numbers from 1, small ones and limits as well as what people use."""
    return st.one_of(
        st.integers(1, min(most, 5_000)),
        st.sampled_from([n for n in (60, 3_600, 10**6, 2**20, 10**9, 2**30, most) if n <= most]),
        st.integers(1, most),
    )


@st.composite
def made_plans(draw: st.DrawFn) -> Plan:
    """Any plan that compiles: with and without each price."""
    priced = draw(st.sampled_from(("both", "volume", "time", "neither", "both")))
    counted = draw(st.sampled_from(Counted))
    volume = VolumePrice(
        amount_micros=draw(natural(AMOUNT_MICROS_MAX)),
        unit_octets=draw(natural(UNIT_OCTETS_MAX)),
        counted=counted,
        increment_octets=draw(natural(INCREMENT_OCTETS_MAX)),
        rounding=draw(st.sampled_from(Rounding)),
    )
    time = TimePrice(
        amount_micros=draw(natural(AMOUNT_MICROS_MAX)),
        unit_s=draw(natural(UNIT_S_MAX)),
        increment_s=draw(natural(INCREMENT_S_MAX)),
        rounding=draw(st.sampled_from(Rounding)),
    )
    return Plan(
        plan_id=1,
        name="made",
        version=1,
        currency="USD",
        volume=volume if priced in ("both", "volume") else None,
        time=time if priced in ("both", "time") else None,
        session_fee_micros=draw(st.one_of(st.just(0), natural(AMOUNT_MICROS_MAX))),
        counted=counted,
    )


@pytest.fixture(scope="session")
def plans() -> st.SearchStrategy[Plan]:
    """Plans as Hypothesis makes them; draw from it with `data.draw(plans)`."""
    return made_plans()

"""Whole plans: the tables worked by hand, the reference on any plan, one language with tariffs."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from domain.money import parse_amount
from domain.plan import Counted, Plan
from domain.pricing import Band, Bundle, Cap, Period, Price, Pricing, Rate, Scope, Tier, TierMode
from domain.pricing import TrafficClass as Class
from rating import compile_tariff, counted_octets
from rating import price as tariff_price
from rating.plan_file import parse_plan
from rating.scheme import (
    Draw,
    Meter,
    Rise,
    Scheme,
    Uses,
    charged,
    compile_scheme,
    price,
    reach,
    scheme_of_simple,
    walk,
)
from rating.scheme_layout import Layout, layout_of, metered
from tests.ratings.cases import a_case
from tests.ratings.check import check

TABLES = sorted((Path(__file__).parent / "schemes").glob("*.txt"))
MONEY = ("fee", "line0", "line1", "line2", "waived", "sum")
TIERS, FAIR, CAP = range(3)

some = settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
few = settings(some, max_examples=60)


class Account:
    """What all sessions of a table share: full pots, and counters at 0."""

    def __init__(self, plan: Plan) -> None:
        pricing = plan.pricing
        scheme = compile_scheme(plan)
        assert pricing is not None and scheme is not None
        self.plan, self.pricing, self.scheme = plan, pricing, scheme
        self.layout: Layout = layout_of(pricing)
        sold: list[Any] = [*pricing.bundles, *pricing.boosters]
        reached = [*self.layout.bundles, *self.layout.boosters]
        order = sorted(range(len(sold)), key=lambda n: sold[n].priority)
        self.draws = [Draw(sold[n].octets or sold[n].seconds, *reached[n]) for n in order]
        self.meters = [
            Meter(TIERS, n, 0)
            for n, family in enumerate(self.layout.families)
            if metered(family.part.price)
        ]
        self.meters += [
            Meter(CAP, n, 0)
            for n, cap in enumerate(pricing.caps)
            if cap.period is not Period.SESSION
        ]

    def pass_by(self, uses: Uses, rise: Rise, pieces: list[tuple[int, int]], *, new: bool) -> None:
        """One record; what it took and counted stays so."""
        arguments = pieces, self.draws, self.meters
        walk(self.scheme, uses, rise, *arguments, not new, True)
        for draw in self.draws:
            draw.left -= draw.took
        for meter in self.meters:
            meter.used += meter.moved


@pytest.mark.parametrize("path", TABLES, ids=[path.stem for path in TABLES])
def test_every_row_of_the_hand_worked_tables_is_right_to_the_micro(path: Path) -> None:
    head, _, body = path.read_text().partition("\n----\n")
    account = Account(parse_plan(head))
    names, *rows = [line.replace("|", " ").split() for line in body.strip().splitlines()]
    sessions: dict[str, Uses] = {}
    last_us = dict.fromkeys("123", 0)
    for words in rows:
        row = dict(zip(names, words, strict=True))
        session = row["session"]
        new = session not in sessions
        uses = sessions.setdefault(session, Uses(account.scheme))
        from_us = int(row.get("from", last_us[session])) * 10**6
        to_us = int(row["to"]) * 10**6
        last_us[session] = int(row["to"])
        classes = [
            (0, int(row.get(f"class{n}.down", 0))) for n in range(1, account.scheme.classes_n)
        ]
        rise = Rise(
            int(row.get("up", 0)), int(row.get("down", 0)), int(row.get("s", 0)),
            from_us, to_us, classes,
        )  # fmt: skip
        pieces = [
            (int(until or to_us // 10**6) * 10**6, int(band))
            for band, _, until in (
                word.partition("@") for word in row.get("pieces", "0").split(",")
            )
        ]
        account.pass_by(uses, rise, pieces, new=new)
        assert _shown(account, uses, row) == _wanted(row), row


def _wanted(row: dict[str, str]) -> dict[str, int]:
    """What a row says after its bar."""
    known = ("session", "from", "to", "pieces", "down", "up", "s")
    return {
        name: parse_amount(word) if name in MONEY else int(word)
        for name, word in row.items()
        if name not in known and not name.startswith("class")
    }


def _shown(account: Account, uses: Uses, row: dict[str, str]) -> dict[str, int]:
    """What the rater says of the same."""
    micros = price(account.scheme, uses, True)
    slots = [bundle.name for bundle in account.pricing.bundles]
    slots += ["boosters"] if account.pricing.boosters else []
    found = {"fee": micros[0], "waived": -micros[-1], "sum": sum(micros)}
    found |= {f"line{n}": line for n, line in enumerate(micros[1:-1])}
    found |= {name: uses.covered(slot) for slot, name in enumerate(slots)}
    return {name: found[name] for name in _wanted(row)}


@some
@given(dice=st.randoms(use_true_random=False))
def test_the_reference_and_the_compiled_walk_agree_on_any_plan(dice: random.Random) -> None:
    check(a_case(dice))


@few
@given(data=st.data(), octets=st.integers(0, 10**13), seconds=st.integers(0, 10**7))
def test_a_simple_plan_as_a_scheme_costs_what_its_tariff_says(
    plans: st.SearchStrategy[Plan], data: st.DataObject, octets: int, seconds: int
) -> None:
    included = data.draw(st.integers(0, 10**12))
    plan = replace(data.draw(plans), included_octets=included)
    scheme, tariff = scheme_of_simple(plan), compile_tariff(plan)
    up = data.draw(st.integers(0, octets))
    uses = Uses(scheme)
    layout = Account(replace(plan, pricing=_bundled(plan))).layout if included else None
    draws = [Draw(included, *layout.bundles[0])] if layout else []
    counted = counted_octets(tariff, up, octets - up)
    try:
        free = min(included, counted)
        expected = tariff_price(tariff, counted, seconds, free if plan.volume else 0, 0, True)
    except OverflowError:
        assume(False)
    walk(scheme, uses, Rise(up, octets - up, seconds, 0, 1), ((1, 0),), draws, (), False, True)
    assert charged(scheme, uses, True) == sum(expected)


def _bundled(plan: Plan) -> Pricing:
    """Only to say where a bundle of a simple plan lies."""
    return Pricing((Rate(),), bundles=(Bundle("b", octets=1, scope=Scope(plan.counted)),))


@few
@given(
    dice=st.randoms(use_true_random=False),
    octets=st.integers(0, 10**12),
    cuts=st.lists(st.integers(0, 10**12), max_size=5),
)
def test_t1_a_total_costs_the_same_however_a_rise_of_one_flow_was_cut(
    dice: random.Random, octets: int, cuts: list[int]
) -> None:
    case = a_case(dice)
    scheme = compile_scheme(case.plan)
    assert scheme is not None and case.plan.pricing is not None
    whole, parts = Account(case.plan), Account(case.plan)
    fair = case.plan.pricing.fair_use
    if fair and fair.period is not Period.SESSION:
        whole.meters.append(Meter(FAIR, 0, 0))
        parts.meters.append(Meter(FAIR, 0, 0))
    at_once, in_parts = Uses(whole.scheme), Uses(parts.scheme)
    bounds = sorted(min(cut, octets) for cut in cuts)
    try:
        whole.pass_by(at_once, Rise(0, octets, 0, 0, 10), [(10, 0)], new=True)
    except OverflowError:
        assume(False)
    micros = 0
    for n, (begin, end) in enumerate(zip([0, *bounds], [*bounds, octets], strict=True)):
        parts.pass_by(in_parts, Rise(0, end - begin, 0, n, n + 1), [(n + 1, 0)], new=n == 0)
        now = charged(parts.scheme, in_parts, True)
        assert now >= micros, "T1: more usage costs less"
        micros = now
    assert in_parts.numbers() == at_once.numbers()
    assert [d.left for d in parts.draws] == [d.left for d in whole.draws]
    assert [m.used for m in parts.meters] == [m.used for m in whole.meters]


def test_t3_a_record_is_split_in_proportion_to_time_and_nothing_is_lost() -> None:
    plan = _plan(bands=2)
    scheme = _scheme(plan)
    uses = Uses(scheme)
    pieces = ((10, 0), (20, 1), (30, 2), (40, 1))
    walk(scheme, uses, Rise(7, 100, 11, 5, 35), pieces, (), (), False, False)
    assert [uses.octets(cell) for cell in range(3)] == [(1, 16), (4, 51), (2, 33)]
    assert uses.totals == (7, 100, 11)


def test_a_pot_pays_only_while_it_lasts_and_the_record_is_cut_there() -> None:
    scheme = _scheme(_plan(bundles=(Bundle("day", octets=10**9),)))
    uses = Uses(scheme)
    today, tomorrow = Draw(10**9, 1, 3, 0, 0, 50), Draw(10**9, 1, 3, 0, 50, 150)
    walk(scheme, uses, Rise(0, 1000, 0, 0, 100), ((100, 0),), (today, tomorrow), (), False, False)
    assert (today.took, tomorrow.took) == (500, 500)


def test_without_the_meter_that_its_tiers_need_a_plan_is_not_walked() -> None:
    tiers = (Tier(0, 1, 1), Tier(10, 2, 1))
    scheme = _scheme(_plan(volume=Price(tiers, period=Period.MONTH)))
    uses = Uses(scheme)
    with pytest.raises(ValueError, match="no meter"):
        walk(scheme, uses, Rise(0, 1, 0, 0, 1), ((1, 0),), (), (), False, False)
    assert uses == Uses(scheme)


def test_a_walk_beyond_63_bits_changes_nothing() -> None:
    scheme = _scheme(_plan(bundles=(Bundle("b", octets=10),)))
    uses = Uses(scheme)
    draw = Draw(10, 1, 3, 0)
    walk(scheme, uses, Rise(0, 2**62, 0, 0, 1), ((1, 0),), (), (), False, False)
    packed = uses.pack()
    with pytest.raises(OverflowError):
        walk(scheme, uses, Rise(0, 2**62, 0, 0, 1), ((1, 0),), (draw,), (), False, False)
    assert uses.pack() == packed and draw.took == 0


@pytest.mark.parametrize(
    "packed",
    [b"\x00", b"\x01\x00", b"\x80\x00", b"\x80", b"\xff" * 9 + b"\x01", b"\x01" * 99],
)
def test_octets_that_no_state_has_are_refused(packed: bytes) -> None:
    with pytest.raises(ValueError):
        Uses(_scheme(_plan()), packed)


def test_a_state_in_which_caps_let_go_of_more_than_it_costs_is_no_ground_to_walk_on() -> None:
    scheme = _scheme(_plan())
    packed = bytes(scheme.width - 1) + b"\x05"
    uses = Uses(scheme, packed)
    with pytest.raises(ValueError, match="let go of more"):
        walk(scheme, uses, Rise(0, 1, 0, 0, 1), ((1, 0),), (), (), False, False)
    with pytest.raises(ValueError, match="let go of more"):
        reach(scheme, uses, 10, 0, 0, (), (), False)
    assert uses.pack() == packed


@few
@given(numbers=st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=4))
def test_a_state_has_one_spelling(numbers: list[int]) -> None:
    scheme = _scheme(_plan())
    octets = bytearray()
    for number in numbers if numbers[-1] else [*numbers, 1]:
        while number > 0x7F:
            octets.append(0x80 | (number & 0x7F))
            number >>= 7
        octets.append(number)
    assert Uses(scheme, bytes(octets)).pack() == bytes(octets)


def test_a_plan_without_pricing_has_no_scheme() -> None:
    assert compile_scheme(Plan(1, "p", 1, "USD")) is None


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ({"bands": tuple(Band(f"b{n}", ()) for n in range(9))}, "at most 8 bands"),
        ({"classes": tuple(Class(f"c{n}", ()) for n in range(9))}, "at most 8 classes"),
        (
            {
                "bands": tuple(Band(f"b{n}", ()) for n in range(8)),
                "classes": tuple(Class(f"c{n}", ()) for n in range(8)),
            },
            "81 cells",
        ),
        ({"bundles": tuple(Bundle(f"b{n}", octets=1) for n in range(33))}, "at most 32 bundles"),
        ({"caps": (Cap(Period.DAY, 1),) * 9}, "at most 8 caps"),
        ({"caps": (Cap(Period.DAY, 0),)}, "the most of a cap"),
        ({"bundles": (Bundle("x"),)}, "either volume or time"),
        ({"bundles": (Bundle("x", octets=1), Bundle("x", octets=1))}, "a name of its own"),
        ({"bundles": (Bundle("x", octets=1, scope=Scope(Counted.LARGER)),)}, "larger direction"),
        ({"bundles": (Bundle("x", 1, scope=Scope(bands=frozenset({"z"}))),)}, 'no band "z"'),
        ({"rates": (Rate(classes=frozenset({"z"})), Rate())}, 'no class "z"'),
    ],
)
def test_a_plan_beyond_the_limits_is_refused_with_one_sentence(
    parts: dict[str, Any], sentence: str
) -> None:
    rates = (Rate(volume=Price((Tier(0, 1, 1),))),)
    with pytest.raises(ValueError, match=sentence):
        _scheme(Plan(1, "p", 1, "USD", pricing=Pricing(**({"rates": rates} | parts))))


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (Price(tuple(Tier(n, 1, 1) for n in range(17))), "17 tiers"),
        (Price(()), "0 tiers"),
        (Price((Tier(1, 1, 1),)), "begins at 0"),
        (Price((Tier(0, 1, 1), Tier(0, 1, 1))), "the beginning of a tier"),
        (Price((Tier(0, 1, 0),)), "the unit of volume"),
        (Price((Tier(0, -1, 1),)), "the price of volume"),
        (Price((Tier(0, 1, 1),), increment=0), "the increment of volume"),
        (Price((Tier(0, 1, 1),), mode=TierMode.PACKAGE, minimum=1), "packages of volume"),
        (Price((Tier(0, 10**15, 1),), minimum=10**15), "the minimum of a price costs more"),
    ],
)
def test_a_price_beyond_the_limits_is_refused_with_one_sentence(said: Price, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        _scheme(_plan(volume=said))


def _plan(
    *,
    bands: int = 0,
    volume: Price | None = None,
    bundles: tuple[Bundle, ...] = (),
) -> Plan:
    """A plan with a price of volume and a number of bands."""
    rate = Rate(volume=volume or Price((Tier(0, 1, 100),)))
    named = tuple(Band(f"band{n}", ()) for n in range(bands))
    pricing = Pricing((rate,), bands=named, bundles=bundles)
    return Plan(1, "p", 1, "USD", pricing=pricing)


def _scheme(plan: Plan) -> Scheme:
    """Its scheme."""
    scheme = compile_scheme(plan)
    assert scheme is not None
    return scheme

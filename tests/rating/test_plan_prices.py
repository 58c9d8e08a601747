"""One form for every price: tiers, packages, and settings that would change nothing."""

from __future__ import annotations

import pytest

from domain.pricing import Price, Tier
from rating.plan_lines import PlanError, Table, read_document
from rating.plan_prices import PRICE_KEYS, TIERS_MAX, Prices, is_plain, read_prices

KEYS = {
    "": ("price", "rate"),
    **dict.fromkeys(("price", "rate"), ("volume", "time", "down", "up")),
    **PRICE_KEYS,
}
VOLUME = '[price.volume]\namount = "1"\nper = "GB"\n'
GB = 10**9


def section(text: str, name: str = "price") -> Table:
    table = read_document(text, KEYS).table(name)
    assert table is not None
    return table


def test_a_price_that_is_free_may_leave_out_for_what() -> None:
    found = read_prices(section('[rate]\nup = { amount = "0" }\n', "rate"), free=True)
    assert found == Prices(up=Price((Tier(0, 0, GB),)))
    with pytest.raises(PlanError, match=r"\[rate.up\] has no per"):
        read_prices(section('[rate]\nup = { amount = "1" }\n', "rate"), free=True)


def test_a_tier_has_the_unit_of_its_section_if_it_says_none() -> None:
    tiers = 'tier = [{ from = "5 GB", amount = "0" }, { from = "9 GB", amount = 2, per = "TB" }]\n'
    found = read_prices(section(VOLUME + tiers), free=False).volume
    assert found is not None
    assert found.tiers == (
        Tier(0, 1_000_000, GB),
        Tier(5 * GB, 0, GB),
        Tier(9 * GB, 2_000_000, 1_000 * GB),
    )


def test_more_tiers_than_a_scheme_holds_are_refused() -> None:
    def tiers(count: int) -> str:
        rows = "\n".join(f'{{ from = "{n} GB", amount = "1" }},' for n in range(1, count + 1))
        return f"{VOLUME}tier = [\n{rows}\n]\n"

    found = read_prices(section(tiers(TIERS_MAX - 1)), free=False).volume
    assert found is not None and len(found.tiers) == TIERS_MAX
    with pytest.raises(PlanError, match="at most 15 sections"):
        read_prices(section(tiers(TIERS_MAX)), free=False)


def test_a_fault_in_a_list_of_tiers_is_told_with_its_own_line() -> None:
    tiers = 'tier = [\n  { from = "5 GB", amount = 2 },\n  { from = "4 GB", amount = 1 },\n]\n'
    with pytest.raises(PlanError, match="line 6: tiers must rise"):
        read_prices(section(VOLUME + tiers), free=False)


@pytest.mark.parametrize("key", ["mode", "period", "minimum", "tier"])
def test_a_plain_price_says_none_of_what_goes_beyond(key: str) -> None:
    assert is_plain(None)
    assert is_plain(section(VOLUME).table("volume"))
    assert not is_plain(section(f"{VOLUME}{key} = 1\n").table("volume"))

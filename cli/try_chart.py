"""How differences of money are spread, as bars of a terminal.

Bars stand for spans of equal, round width, from the greatest saving to the greatest rise; those
that differ by nothing have a bar of their own. A few extremes would push all others into one bar,
so the ends are open: what lies beyond most is counted in the first and in the last bar.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from domain.money import format_amount

BARS_MOST: Final = 14
BAR_COLUMNS: Final = 40
_TAIL: Final = 50  # a fiftieth at either end may lie beyond the bars


def chart(differences: Sequence[int], currency: str) -> list[str]:
    """Lines of a chart of differences in micros, the greatest savings first."""
    if not any(differences):
        return []
    ordered = sorted(differences)
    step = _step(ordered)
    low, high = _ends(ordered, step)
    open_ends = {low} - {_bar(ordered[0], step)} | {high} - {_bar(ordered[-1], step)}
    counts: Counter[int] = Counter()
    for difference in differences:
        counts[min(max(_bar(difference, step), low), high)] += 1
    bars = range(low, high + 1)
    labels = [_label(bar, step, currency, beyond=bar in open_ends) for bar in bars]
    width, most = max(map(len, labels)), max(counts.values())
    lines = []
    for bar, label in zip(bars, labels, strict=True):
        columns = -(-counts[bar] * BAR_COLUMNS // most)
        lines.append(f"  {label:>{width}}  {'#' * columns:<{BAR_COLUMNS}} {counts[bar]}".rstrip())
    return lines


def _bar(difference: int, step: int) -> int:
    """The number of a difference's bar: 0 for none, 1 for up to one step more."""
    bar = -(-abs(difference) // step)
    return bar if difference > 0 else -bar


def _ends(ordered: Sequence[int], step: int) -> tuple[int, int]:
    """The first and the last bar; what lies outside is counted in them."""
    tail = len(ordered) // _TAIL
    low, high = _bar(ordered[tail], step), _bar(ordered[-tail - 1], step)
    # Nobody who pays otherwise stands among those who pay the same.
    return min(low, -1 if ordered[0] < 0 else low), max(high, 1 if ordered[-1] > 0 else high)


def _step(ordered: Sequence[int]) -> int:
    """The smallest width of 1, 2 or 5 times a power of ten that makes few enough bars."""
    power = 1
    while True:
        for digit in (1, 2, 5):
            low, high = _ends(ordered, digit * power)
            if high - low < BARS_MOST:
                return digit * power
        power *= 10


def _label(bar: int, step: int, currency: str, *, beyond: bool) -> str:
    """What a bar stands for; `beyond`: and for all farther out."""
    if bar == 0:
        return "the same"
    far = format_amount(abs(bar) * step, currency)
    near = format_amount((abs(bar) - 1) * step, currency)
    word = "less" if bar < 0 else "more"
    if beyond:
        return f"over {near} {word}"
    return f"up to {far} {word}"

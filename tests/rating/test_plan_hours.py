"""Windows of the week: whole days where a band says no more, none where hours are forgotten."""

from __future__ import annotations

import pytest

from domain.plan import Hours
from rating.plan_hours import HOURS_KEYS, read_hours, read_window
from rating.plan_lines import PlanError, read_document

ALL = frozenset(range(1, 8))


@pytest.mark.parametrize(
    ("text", "windows"),
    [
        ("", [Hours(ALL, 0, 86_400)]),
        ('days = "sun"\n', [Hours(frozenset({7}), 0, 86_400)]),
        ('from = "18:00"\n', [Hours(ALL, 64_800, 86_400)]),
        ('until = "06:00"\n', [Hours(ALL, 0, 21_600)]),
        (
            'days = "sun"\nfrom = "18:00"\nuntil = "06:00"\n',
            [Hours(frozenset({7}), 64_800, 86_400), Hours(frozenset({1}), 0, 21_600)],
        ),
    ],
)
def test_what_a_band_leaves_out_is_all_of_it(text: str, windows: list[Hours]) -> None:
    assert read_window(read_document(text, {"": HOURS_KEYS})) == tuple(windows)


@pytest.mark.parametrize("text", ['from = "24:00"\n', 'from = "06:00"\nuntil = "06:00"\n'])
def test_a_window_of_no_length_is_refused(text: str) -> None:
    with pytest.raises(PlanError, match="line 1: from and until must differ"):
        read_window(read_document(text, {"": HOURS_KEYS}))


@pytest.mark.parametrize("missing", HOURS_KEYS)
def test_hours_of_logins_say_all_three(missing: str) -> None:
    said = {"days": "mon", "from": "08:00", "until": "18:00"}
    lines = "".join(f'{key} = "{value}"\n' for key, value in said.items() if key != missing)
    keys = {"": ("hours",), "hours": HOURS_KEYS}
    with pytest.raises(PlanError, match=f"line 1: \\[hours\\] has no {missing}"):
        read_hours(read_document(f"[[hours]]\n{lines}", keys))

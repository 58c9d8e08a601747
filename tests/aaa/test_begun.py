"""What logins have begun is kept as an ordered dictionary would keep it."""

from __future__ import annotations

import sys
from collections import OrderedDict

from hypothesis import given
from hypothesis import strategies as some

from aaa._begun import Begun

KEYS = [bytes([n]) * 32 for n in range(9)]
batches = some.lists(
    some.tuples(
        some.dictionaries(some.sampled_from(KEYS), some.integers(1, 2**62), max_size=6),
        some.integers(-3, 9),  # clocks step back, too
        some.integers(0, 6),
    ),
    max_size=40,
)


@given(batches, some.integers(1, 20))
def test_it_keeps_and_forgets_as_an_ordered_dictionary_does(
    told: list[tuple[dict[bytes, int], int, int]], keep_us: int
) -> None:
    begun, kept, now_us = Begun(), OrderedDict[bytes, tuple[int, int]](), 100
    for sessions, passed_us, most_n in told:
        now_us += passed_us
        for key, session_id in sessions.items():
            kept.pop(key, None)
            kept[key] = (session_id, now_us)
        while kept:
            first, (_, at_us) = next(iter(kept.items()))
            if len(kept) <= most_n and now_us - at_us <= keep_us:
                break
            del kept[first]
        begun.add(sessions, now_us)
        begun.forget(now_us - keep_us, most_n)
        assert len(begun) == len(kept)
        for key in KEYS:
            assert begun.find(key) == kept.get(key, (0, 0))
            assert (key in begun) == (key in kept)


def test_many_are_kept_and_none_of_their_keys_leaks() -> None:
    begun, keys = Begun(), [n.to_bytes(32, "big") for n in range(1_000)]
    for at_us in range(3):
        begun.add({key: n for n, key in enumerate(keys)}, at_us)
    begun.forget(0, 500)
    assert len(begun) == 500 and begun.find(keys[999]) == (999, 2) and begun.find(keys[0]) == (0, 0)
    held = [sys.getrefcount(key) for key in keys]
    del begun
    free = [sys.getrefcount(key) for key in keys]
    assert free == [free[0]] * 1_000
    assert held == [free[0]] * 500 + [free[0] + 2] * 500

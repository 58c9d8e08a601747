"""A small mutator with a seed, for the runs that must be the same every time and need no fuzzer.

It knows what the octets around here look like: attributes with a length, numbers at the edges of
their sizes, words of the little languages, and pieces of other inputs.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

EDGES = (0, 1, 2, 3, 4, 6, 18, 26, 31, 32, 79, 80, 127, 128, 247, 253, 254, 255)


def mutants(
    corpus: Sequence[bytes], words: Sequence[str], size_max: int, seed: int
) -> Iterator[bytes]:
    """Yield changed inputs without end; the same ones for the same arguments."""
    dice = random.Random(seed)
    tokens = [word.encode() for word in words]
    while True:
        octets = bytearray(dice.choice(corpus))
        for _ in range(dice.randrange(1, 5)):
            _change(octets, corpus, tokens, dice)
        yield bytes(octets[:size_max])


def _change(
    octets: bytearray, corpus: Sequence[bytes], tokens: list[bytes], dice: random.Random
) -> None:
    """One change somewhere."""
    at = dice.randrange(len(octets) + 1)
    count = dice.randrange(1, 9)
    how = dice.randrange(7)
    if how == 0 or not octets:
        octets[at:at] = dice.randbytes(count)
    elif how == 1:
        del octets[at : at + count]
    elif how == 2 and tokens:
        octets[at:at] = dice.choice(tokens)
    elif how == 3:
        other = dice.choice(corpus)
        begin = dice.randrange(len(other) + 1)
        octets[at : at + dice.choice((0, count))] = other[begin : begin + 4 * count]
    elif how == 4:
        octets[at:at] = bytes((dice.choice(EDGES), count + 2)) + dice.randbytes(count)
    elif at < len(octets):
        octets[at] = dice.choice(EDGES) if how == 5 else octets[at] ^ 1 << dice.randrange(8)

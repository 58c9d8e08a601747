"""The types of reading a batch; what it does is said in `_named.pyx`."""

from collections.abc import Sequence

from aaa.request import Item
from aaa.wants import Named

def named(items: list[Item], places: Sequence[int]) -> list[Named]:
    """The items at these places of a batch, each with what its packet says."""

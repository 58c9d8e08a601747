"""The types of the survey; what each function does is said in `_survey.pyx`."""

from typing import final

from aaa._lane import Lane
from aaa._track import Days
from aaa.books import Books
from domain.account import Subscriber
from domain.device import Device
from domain.plan import Plan
from rating import Tariff

@final
class Ground:
    """What a track stands on beside its session."""

    key: tuple[object, ...]

    def __init__(
        self,
        device: Device,
        source_address: str,
        owner: Subscriber,
        plan: Plan,
        offer: Plan,
        tariff: Tariff,
        days: Days,
        numbers: tuple[int, int, int],
        limited: bool,
    ) -> None: ...

def learn(lane: Lane, ground: Ground) -> None:
    """Sessions on this ground may have tracks from now on, until all tracks are dropped."""

def lay_known(lane: Lane, books: Books, class_key: bytes, places: list[int]) -> list[int]:
    """Lay tracks for those of the records at these places that can have one: the others' places."""

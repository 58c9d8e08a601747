"""What devices counted apart, in a trial: by plans, from a service's beginning or from ours on."""

from __future__ import annotations

from accounting.apart import Classes, Routers
from accounting.strands import Octets
from domain.device import Device
from domain.seams import US_PER_S
from domain.usage import RecordKind
from radius import encode_attributes
from radius.vendors import vendor_attribute
from rating.plan_file import parse_plan
from tests.store.house import device

NOW_US = 1_767_225_600 * US_PER_S
HEAD = 'name = "p"\ncurrency = "EUR"\n[price.volume]\namount = "1"\nper = "GB"\n'
LOCAL = '[[class]]\nname = "local"\nservices = "IX"\n'
VIDEO = '[[class]]\nname = "video"\nservices = ["FILMS", "VIDEO"]\n'
FREE = '[[rate]]\nclasses = ["{}"]\nvolume = {{ amount = "0" }}\n'
LOCAL, VIDEO = LOCAL + FREE.format("local"), VIDEO + FREE.format("video")
PLAIN, ONE, TWO = (parse_plan(HEAD + more) for more in ("", VIDEO, LOCAL + VIDEO))
ISG: Device = device(5, dialect="cisco")
ROUTERS = Routers({5: ISG}, 300, 300)


def said(
    service: str, octets: int, seconds: int | None = 600, key: bytes = b"1"
) -> tuple[int, int, bytes]:
    """An interim of a service in session P, so many octets down."""
    pairs = [
        (40, (3).to_bytes(4, "big")),
        (44, key),
        (43, octets.to_bytes(4, "big")),
        vendor_attribute(9, 1, b"parent-session-id=P"),
        vendor_attribute(9, 251, b"N" + service.encode()),
    ]
    if seconds is not None:
        pairs.append((46, seconds.to_bytes(4, "big")))
    return 5, NOW_US, encode_attributes(pairs)


class Session:
    """One session on three plans, fed with records of its services."""

    def __init__(self, known_us: int = 0) -> None:
        self.classes = Classes((PLAIN, ONE, TWO), ROUTERS)
        self.kept, self.known_us = self.classes.fresh(), known_us

    def note(self, apart: tuple[int, int, bytes]) -> None:
        read = self.classes.read(apart)
        assert read is not None and read[1].kind is RecordKind.INTERIM
        self.classes.note(self.kept, *read, self.known_us)

    def rise(self, down: int, unrated: int = 0) -> list[list[Octets]]:
        return self.classes.of_rise(self.kept, (0, down), (0, unrated))


def test_each_plan_divides_a_rise_by_its_own_classes() -> None:
    one = Session()
    assert one.classes.asked and not Classes((PLAIN,), ROUTERS).asked
    for service, octets in (("FILMS", 30), ("IX", 20), ("NEWS", 10)):
        one.note(said(service, octets, key=service.encode()))
    assert one.rise(40) == [[], [(0, 30)], [(0, 10), (0, 30)]]
    assert one.rise(40) == [[], [(0, 0)], [(0, 10), (0, 0)]]


def test_a_record_that_comes_again_counts_once_and_a_part_goes_with_what_nobody_pays() -> None:
    one = Session()
    for octets in (30, 50, 30, 50):
        one.note(said("VIDEO", octets))
    assert one.rise(100, unrated=15) == [[], [(0, 35)], [(0, 0), (0, 35)]]


def test_what_a_service_counted_before_we_read_of_it_is_not_new() -> None:
    begun = Session(known_us=NOW_US - 300 * US_PER_S)
    begun.note(said("IX", 500, seconds=600, key=b"old"))
    begun.note(said("IX", 70, seconds=None, key=b"of no age"))
    begun.note(said("VIDEO", 30, seconds=200, key=b"new"))
    assert begun.rise(1000) == [[], [(0, 30)], [(0, 0), (0, 30)]]
    begun.note(said("IX", 540, seconds=900, key=b"old"))
    assert begun.rise(1000)[2] == [(0, 40), (0, 0)]


def test_what_a_removed_device_said_cannot_be_read() -> None:
    assert Classes((ONE,), Routers({}, 300, 300)).read(said("VIDEO", 1)) is None

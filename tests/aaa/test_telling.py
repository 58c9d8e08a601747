"""What is told of a service, what is remembered of it, and what a change of it is."""

from __future__ import annotations

from dataclasses import replace

from aaa import limits, telling
from domain.plan import Access, Garden, Reply
from domain.session import Walled
from nas import attribute_types as kinds
from radius import encode_attributes
from radius.vendors import vendor_attribute
from tests.aaa.room import Room
from tests.accounting.makers import plan

FILTER = (kinds.FILTER_ID, b"home")
POOL = (kinds.FRAMED_POOL, b"ppp")
WALLED = (kinds.FILTER_ID, b"walled")
RATE = vendor_attribute(kinds.MIKROTIK, kinds.MIKROTIK_RATE_LIMIT, b"1M/2M")


def reply(*attributes: tuple[int, bytes], accesses: tuple[Access, ...] = ()) -> Reply:
    return Reply((), encode_attributes(attributes), "", accesses)


SOLD = plan(
    down_bps=2_000_000, up_bps=1_000_000,
    replies=(reply(FILTER), reply(POOL, accesses=(Access.PPP,))),
    on_expired=Garden(300, (reply(WALLED),)),
    on_suspended=Garden(300, (Reply((), encode_attributes([WALLED]), "cisco"),)),
)  # fmt: skip


def deal(**traits: object) -> limits.Deal:
    room = Room(SOLD)
    found = limits.deal_of(room.turn(0), room.open_session(**traits))
    assert found is not None
    return found


def test_the_kind_of_access_of_the_session_chooses_its_replies() -> None:
    assert telling.service(deal(), Walled.NO) == [RATE, FILTER]
    assert telling.service(deal(access="ppp"), Walled.NO) == [RATE, FILTER, POOL]
    assert telling.service(deal(access="ppp"), Walled.EXPIRED) == [POOL, WALLED]


def test_a_garden_for_other_devices_is_none_here() -> None:
    walls = (Walled.EXPIRED, Walled.SUSPENDED, Walled.NO_CREDIT)
    assert [telling.has_garden(deal(), wall) for wall in walls] == [True, False, False]


def test_what_all_of_a_plan_are_told_alike_is_made_once_for_that_very_plan() -> None:
    one, other = deal(), deal()
    assert telling.service(one, Walled.NO) is telling.service(other, Walled.NO)
    namesake = one._replace(offer=replace(SOLD, down_bps=4_000_000))  # the id is the same
    rate = vendor_attribute(kinds.MIKROTIK, kinds.MIKROTIK_RATE_LIMIT, b"1M/4M")
    assert telling.service(namesake, Walled.NO) == [rate, FILTER]
    assert telling.service(one, Walled.NO) == [RATE, FILTER]


def test_a_beginning_session_remembers_what_its_device_is_told() -> None:
    for one in (deal(), deal(access="ppp")):
        octets = telling.begin(one)
        assert octets == encode_attributes(telling.service(one, Walled.NO))
        assert one.session.told == telling.TOLD + octets and not telling.differs(one, Walled.NO)


def test_who_has_an_address_of_his_own_is_told_it_and_nobody_else() -> None:
    own = deal()
    own.subscriber.framed_ip_address = "100.64.0.7"
    address = (kinds.FRAMED_IP_ADDRESS, bytes((100, 64, 0, 7)))
    assert address in telling.service(own, Walled.NO)
    assert telling.begin(own).endswith(encode_attributes([address]))
    assert address not in telling.service(deal(), Walled.NO)


def test_what_was_told_is_told_once_and_only_its_change_again() -> None:
    one = deal()
    telling.remember(one, telling.service(one, Walled.NO))
    assert not telling.differs(one, Walled.NO) and telling.change(one, Walled.NO) == []
    faster = one._replace(offer=replace(SOLD, down_bps=3_000_000))
    assert telling.differs(faster, Walled.NO)
    rate = vendor_attribute(kinds.MIKROTIK, kinds.MIKROTIK_RATE_LIMIT, b"1M/3M")
    assert telling.change(faster, Walled.NO) == [rate]


def test_a_session_that_was_told_nothing_by_us_is_taken_to_have_what_its_plan_gave() -> None:
    one = deal()
    assert one.session.told == b"" and not telling.differs(one, Walled.NO)
    moved = one._replace(offer=replace(SOLD, replies=(reply(POOL),)))
    assert telling.change(moved, Walled.NO) is None, "no CoA takes a pool"
    assert telling.readdressed(moved, Walled.NO)
    assert not telling.readdressed(one, Walled.EXPIRED)


def test_nothing_is_a_known_service_and_doubt_is_none() -> None:
    one = deal()
    telling.remember(one, [])
    assert one.session.told == telling.TOLD
    assert telling.change(one, Walled.NO) == [RATE, FILTER]
    telling.doubt(one)
    assert telling.doubted(one) and telling.change(one, Walled.NO) is None

"""Reply attributes: whom they reach, whose win, and what a device can change live."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.account import CredentialKind, MacMode, Status, Subscriber
from domain.plan import Access, Reply
from nas.attribute_kind import Attribute, kind_of
from nas.dialects import DIALECTS
from nas.replies import addresses, assembled, chosen, live_change, overridden
from radius import decode_attributes, encode_attributes
from radius.vendors import vendor_attribute

POOL = (88, b"home")
FILTER = (11, b"wall")
TIMEOUT = (28, b"\0\0\1\0")
RATE = vendor_attribute(14988, 8, b"2M/10M")
SLOW = vendor_attribute(14988, 8, b"64k/64k")
UNLIMITED = vendor_attribute(14988, 8, b"0/0")
LISTED = vendor_attribute(14988, 19, b"expired")
IOS_POOL = vendor_attribute(9, 1, b"ip:addr-pool=home")
VRF = vendor_attribute(9, 1, b"ip:vrf-id=red")
ADDRESS = (8, b"\x0a\0\0\7")


def reply(*pairs: Attribute, dialect: str = "", accesses: tuple[Access, ...] = ()) -> Reply:
    return Reply((), encode_attributes(pairs), dialect, accesses)


def subscriber(**more: str) -> Subscriber:
    found = Subscriber(
        1, 1, "bob", Status.ACTIVE, "p", CredentialKind.CLEAR, b"", None, MacMode.ANY,
        *((), 0, None, False, 0),
    )  # fmt: skip
    for name, value in more.items():
        setattr(found, name, value)
    return found


@pytest.mark.parametrize(
    ("access", "told"),
    [
        (Access.PPP, [FILTER, POOL]),
        (Access.HOTSPOT, [FILTER]),
        (Access.WIRELESS, [FILTER, POOL]),
        (None, [FILTER]),
    ],
)
def test_a_pool_of_ppp_does_not_reach_a_hotspot(
    access: Access | None, told: list[Attribute]
) -> None:
    plan = [reply(FILTER), reply(POOL, accesses=(Access.PPP, Access.WIRELESS))]
    assert chosen(plan, [], dialect="mikrotik", access=access) == told


def test_what_is_of_one_dialect_is_told_in_no_other() -> None:
    plan = [reply(LISTED, dialect="mikrotik"), reply(IOS_POOL, dialect="cisco"), reply(FILTER)]
    assert chosen(plan, [], dialect="mikrotik", access=None) == [LISTED, FILTER]
    assert chosen(plan, [], dialect="cisco", access=None) == [IOS_POOL, FILTER]
    assert chosen(plan, [], dialect="standard", access=None) == [FILTER]


def test_the_subscribers_replace_all_of_their_kind_and_nothing_else() -> None:
    routes = [(22, b"10.1.0.0/24"), (22, b"10.2.0.0/24")]
    plan = [reply(*routes, POOL)]
    own = [reply((22, b"10.9.0.0/24"))]
    assert chosen(plan, own, dialect="standard", access=None) == [POOL, (22, b"10.9.0.0/24")]


def test_a_reply_of_the_subscriber_that_does_not_apply_replaces_nothing() -> None:
    own = [reply((88, b"gold"), accesses=(Access.HOTSPOT,))]
    assert chosen([reply(POOL)], own, dialect="standard", access=Access.PPP) == [POOL]


def test_14_2_one_pair_of_cisco_does_not_replace_another() -> None:
    mine = vendor_attribute(9, 1, b"ip:addr-pool=gold")
    found = chosen([reply(IOS_POOL, VRF)], [reply(mine)], dialect="cisco", access=None)
    assert found == [VRF, mine]


def test_addresses_are_told_in_the_attributes_of_their_rfcs() -> None:
    assert addresses(subscriber()) == []
    found = addresses(
        subscriber(
            framed_ip_address="10.0.0.7",
            framed_ipv6="2001:db8::7",
            delegated_ipv6_prefix="2001:db8:1:ff00::/56",
        )
    )
    assert found == [
        ADDRESS,
        (168, bytes.fromhex("20010db8") + bytes(11) + b"\7"),
        (123, bytes.fromhex("003820010db80001ff")),
    ]
    assert addresses(subscriber(framed_ipv6="2001:db8:0:7::/64")) == [
        (97, bytes.fromhex("004020010db800000007"))
    ]


def test_a_reply_takes_the_place_of_the_plans_speed() -> None:
    assert assembled([RATE], [SLOW, POOL], []) == [SLOW, POOL]
    assert assembled([RATE], [POOL], []) == [RATE, POOL]


def test_a_static_address_takes_the_place_of_pools() -> None:
    replies = [POOL, IOS_POOL, (100, b"six"), (172, b"seven"), (171, b"pd"), FILTER]
    assert assembled([RATE], replies, [ADDRESS]) == [RATE, *replies[2:], ADDRESS]
    prefix = (123, bytes.fromhex("003820010db80001ff"))
    router_pool = vendor_attribute(14988, 22, b"pd")
    assert assembled([], [POOL, (171, b"pd"), router_pool], [prefix]) == [POOL, prefix]


@pytest.mark.parametrize(
    ("dialect", "before", "after", "told"),
    [
        ("mikrotik", [RATE, LISTED], [RATE, LISTED], []),
        ("mikrotik", [RATE], [SLOW], [SLOW]),
        ("mikrotik", [RATE], [SLOW, LISTED], [SLOW, LISTED]),
        ("mikrotik", [RATE], [], [UNLIMITED]),
        ("mikrotik", [LISTED], [], None),  # no value means no list
        ("mikrotik", [], [POOL], None),
        ("mikrotik", [ADDRESS], [], None),
        ("mikrotik", [RATE], [SLOW, POOL], None),
        ("standard", [FILTER], [(11, b"open")], [(11, b"open")]),
        ("standard", [], [TIMEOUT], None),
        ("cisco", [IOS_POOL], [IOS_POOL, VRF], None),
        (
            "cisco",
            [vendor_attribute(9, 1, b"ip:sub-qos-policy-in=A"), IOS_POOL],
            [vendor_attribute(9, 1, b"ip:sub-qos-policy-in=B"), IOS_POOL],
            [vendor_attribute(9, 1, b"ip:sub-qos-policy-in=B")],
        ),
    ],
)
def test_coa_09_a_coa_carries_what_changed_if_all_of_it_can_change_live(
    dialect: str, before: list[Attribute], after: list[Attribute], told: list[Attribute] | None
) -> None:
    assert live_change(DIALECTS[dialect], before, after) == told


def test_coa_09_all_values_of_a_kind_are_told_when_one_changed() -> None:
    before, after = [FILTER, (11, b"b")], [FILTER, (11, b"c")]
    assert live_change(DIALECTS["standard"], before, after) == after


PAIRS = st.lists(
    st.sampled_from([POOL, FILTER, TIMEOUT, RATE, SLOW, LISTED, IOS_POOL, VRF, ADDRESS]),
    max_size=6,
)


@given(PAIRS, PAIRS)
def test_what_a_coa_leaves_is_what_was_to_be_told(
    before: list[Attribute], after: list[Attribute]
) -> None:
    for dialect in DIALECTS.values():
        change = live_change(dialect, before, after)
        if change is None:
            continue
        now = overridden(before, change)
        for kind in {kind_of(pair) for pair in [*now, *after]}:
            wanted = [pair for pair in after if kind_of(pair) == kind]
            has = [pair for pair in now if kind_of(pair) == kind]
            assert has == (wanted or dialect.none_of.get(kind, []))


@given(PAIRS, PAIRS)
def test_what_overrides_stays_whole_and_alone_of_its_kinds(
    first: list[Attribute], second: list[Attribute]
) -> None:
    found = overridden(first, second)
    kinds = {kind_of(pair) for pair in second}
    assert [pair for pair in found if kind_of(pair) in kinds] == second
    assert [pair for pair in found if kind_of(pair) not in kinds] == [
        pair for pair in first if kind_of(pair) not in kinds
    ]
    assert list(decode_attributes(encode_attributes(found))) == found

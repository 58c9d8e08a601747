"""RouterOS: directions, Gigawords, keys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.grant import Grant
from domain.session import Session, SessionState
from nas.dialects.mikrotik import Mikrotik
from nas.login import LoginHints
from radius import Packet

MIKROTIK = Mikrotik()
PPP = LoginHints(b"x", "x", service_type=2, framed_protocol=1)
HOTSPOT = LoginHints(b"x", "x", service_type=1)


def packet(pairs: list[tuple[int, bytes]]) -> Packet:
    return Packet(2, 1, bytes(16), pairs)


def own(pairs: list[tuple[int, bytes]]) -> dict[int, int | str]:
    """RouterOS's own attributes of a list, by number."""
    found: dict[int, int | str] = {}
    for kind, value in pairs:
        if kind == 26:
            assert value[:4] == b"\0\0\x3a\x8c"
            assert value[5] == len(value) - 4
            number, octets = value[4], value[6:]
            assert number not in found
            found[number] = octets.decode() if number == 8 else int.from_bytes(octets, "big")
            assert number == 8 or len(octets) == 4
    return found


def test_p09_a_speed_of_10_down_and_2_up_is_upload_first() -> None:
    pairs = MIKROTIK.write_speeds(Grant(3600, 300, down_bps=10_000_000, up_bps=2_000_000))
    assert pairs == [(26, bytes.fromhex("00003a8c0808") + b"2M/10M")]


def test_14_1_a_rate_string_of_the_plan_is_told_as_it_is() -> None:
    grant = Grant(3600, 300, down_bps=1, up_bps=2, mikrotik_rate="2M/10M 4M/20M 1M/5M 8/8 5")
    assert MIKROTIK.write_speeds(grant) == [
        (26, bytes.fromhex("00003a8c081b") + b"2M/10M 4M/20M 1M/5M 8/8 5")
    ]


@pytest.mark.parametrize(
    ("speeds", "peak_bps"),
    [
        (Grant(1, 1), 0),
        (Grant(1, 1, down_bps=10_000_000), 0),
        (Grant(1, 1, down_bps=10_000_000, up_bps=2_000_000), 12_000_000),
        (Grant(1, 1, mikrotik_rate="2M/10M"), 12_000_000),
        (Grant(1, 1, mikrotik_rate="2M"), 4_000_000),
        (Grant(1, 1, mikrotik_rate="2M/10M 4M/20M 1M/5M 8/8 5"), 24_000_000),
        (Grant(1, 1, mikrotik_rate="2M/10M 1M/20M"), 22_000_000),
        (Grant(1, 1, down_bps=1, up_bps=1, mikrotik_rate="0/10M"), 0),
    ],
)
def test_the_most_that_passes_counts_bursts_and_no_limit_is_not_known(
    speeds: Grant, peak_bps: int
) -> None:
    assert MIKROTIK.peak_bps(speeds) == peak_bps


def test_a_grant_is_limits_and_speeds_are_told_beside_it() -> None:
    grant = Grant(3600, 300, down_bps=10_000_000, up_bps=2_000_000, mikrotik_rate="1M")
    assert own(MIKROTIK.write_grant(grant, HOTSPOT)) == {}


def test_14_1_what_a_coa_may_change_is_what_the_manual_lists() -> None:
    plain = {kind for kind in MIKROTIK.live_kinds if len(kind) == 1}
    assert plain == {(11,), (27,), (28,), (62,)}
    assert {kind[2] for kind in MIKROTIK.live_kinds - plain} == {
        *(1, 2, 3, 8, 11, 12, 13, 14, 15, 17, 18, 19)
    }
    assert {kind[:2] for kind in MIKROTIK.live_kinds - plain} == {(26, 14988)}


def test_14_1_input_is_recv_and_output_is_xmit() -> None:
    found = own(MIKROTIK.write_grant(Grant(3600, 300, 11, 22, 33), HOTSPOT))
    assert found == {1: 11, 14: 0, 2: 22, 15: 0, 17: 33, 18: 0}


def test_14_1_a_limit_of_exactly_4_gib_has_a_low_word_of_zero() -> None:
    assert own(MIKROTIK.write_limits(Grant(3600, 300, total_limit_octets=2**32))) == {17: 0, 18: 1}


@given(st.integers(0, 2**70))
def test_14_1_both_words_are_always_sent_and_never_say_no_limit(octets: int) -> None:
    found = own(MIKROTIK.write_limits(Grant(3600, 300, total_limit_octets=octets)))
    low, high = found[17], found[18]
    assert isinstance(low, int)
    assert isinstance(high, int)
    assert high << 32 | low == min(max(octets, 1), 2**64 - 1)


def test_without_limits_and_speeds_there_is_nothing_of_the_vendor() -> None:
    assert own(MIKROTIK.write_grant(Grant(3600, 300), HOTSPOT)) == {}


def test_one_speed_leaves_the_other_direction_open() -> None:
    assert own(MIKROTIK.write_speeds(Grant(3600, 300, down_bps=512_000))) == {8: "0/512k"}


def test_policy_names_are_not_for_routeros() -> None:
    grant = Grant(3600, 300, policy_down="gold", policy_up="gold")
    assert own(MIKROTIK.write_speeds(grant)) == {}


def test_ath_08_ppp_gets_its_framing_and_the_hotspot_none() -> None:
    assert MIKROTIK.write_grant(Grant(3600, 300), PPP)[:2] == [(6, b"\0\0\0\2"), (7, b"\0\0\0\1")]
    assert [kind for kind, _ in MIKROTIK.write_grant(Grant(3600, 300), HOTSPOT)] == [27, 85]


def test_new_limits_leave_the_speed_alone() -> None:
    grant = Grant(600, 300, total_limit_octets=5, down_bps=1_000_000, up_bps=1_000_000)
    pairs = MIKROTIK.write_limits(grant)
    assert pairs[0] == (27, b"\0\0\x02\x58")
    assert own(pairs) == {17: 5, 18: 0}


def session(**more: str) -> Session:
    known = {
        "acct_session_id": "81100001",
        "user_name": "alice",
        "calling_station_id": "48:8F:5A:00:00:01",
        "framed_ip_address": "10.0.0.2",
        "nas_ip_address": "192.0.2.1",
        "nas_identifier": "core",
    }
    return Session(1, 2, 3, 4, 5, SessionState.OPEN, 1, **(known | more))  # type: ignore[arg-type]


def test_14_1_a_session_is_named_by_id_name_and_address() -> None:
    assert MIKROTIK.session_keys(session(), False) == [
        (4, b"\xc0\0\2\1"),
        (32, b"core"),
        (1, b"alice"),
        (44, b"81100001"),
        (8, b"\x0a\0\0\2"),
    ]


def test_14_1_a_mac_login_is_named_by_its_station_as_well() -> None:
    keys = MIKROTIK.session_keys(session(user_name="48:8F:5A:00:00:01"), False)
    assert (31, b"48:8F:5A:00:00:01") in keys


def test_without_an_id_the_station_stands_in() -> None:
    keys = dict(MIKROTIK.session_keys(session(acct_session_id=""), True))
    assert keys[31] == b"48:8F:5A:00:00:01"
    assert 44 not in keys


def test_14_1_a_login_names_the_session_id_that_accounting_will_use() -> None:
    request = Packet(1, 1, bytes(16), [(44, b"81100001")])
    assert MIKROTIK.read_login(request).acct_session_id == "81100001"

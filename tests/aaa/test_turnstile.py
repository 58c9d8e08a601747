"""The turnstile against the long road: two desks, the same logins, and not an octet may differ."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from aaa.ports import Conflict, StoreUnavailable
from aaa.request import Request
from aaa.sealing import CREDENTIAL
from accounting.ledger import AMOUNT_MAX_MICROS
from domain.account import CredentialKind, MacMode, Status
from domain.plan import (
    Counted,
    Garden,
    Hours,
    Package,
    Plan,
    Reply,
    TimePrice,
    Validity,
    VolumePrice,
)
from radius import Packet, encode_attributes, mschap
from radius.passwords import chap_response, hide_password
from radius.vendors import vendor_attribute
from rating import tariff
from rating.plan_file import INTERIM_S, MAX_SESSION_S
from rating.plan_validity import GRACE_MAX_S
from tests.aaa.gate import SECRET
from tests.aaa.room import SEALER
from tests.aaa.test_lane import MB, Pair
from tests.accounting import makers
from tests.accounting.makers import at

MACS = ("02:00:00:00:00:01", "02-00-00-00-00-02", "02:00:00:00:00:0A", "phone", "")


class Doors(Pair):
    """Two desks whose subscribers have the password `secret`."""

    def __init__(self, **traits: Any) -> None:
        kind = traits.pop("kind", CredentialKind.CLEAR)
        rest = traits.pop("subscriber", {})
        super().__init__(**traits)
        clear = b"secret" if kind is CredentialKind.CLEAR else mschap.nt_hash("secret")
        for house in (self.short, self.long):
            for one in house.shelf.subscribers:
                one.credential_kind = kind
                one.credential = SEALER.seal(CREDENTIAL, str(one.subscriber_id), clear)
                for name, value in rest.items():
                    setattr(one, name, value)
        self.requests_n = 0

    def login(
        self,
        now_us: int,
        *,
        user: str = "user1",
        by: str = "pap",
        password: bytes = b"secret",
        mac: str = MACS[0],
        id: str = "",
        port: int | None = 7,
        extra: tuple[tuple[int, bytes], ...] = (),
        again: bool = False,
    ) -> Request:
        """An Access-Request; `again`: a copy of the one before it."""
        self.requests_n += not again
        authenticator = self.requests_n.to_bytes(16, "big")
        pairs = [(1, user.encode()), *credential(by, password, user, authenticator), *extra]
        for kind, text in ((31, mac), (44, id), (32, "tower-7")):
            if text:
                pairs.append((kind, text.encode()))
        if port is not None:
            pairs.append((5, port.to_bytes(4, "big")))
        packet = Packet(1, self.requests_n & 255, authenticator, pairs)
        return Request(packet, self.device, "10.0.0.1", now_us, signed=False)

    @property
    def passed_n(self) -> int:
        return self.short.desk._turnstile.passed_n


def credential(
    by: str, password: bytes, user: str, authenticator: bytes
) -> list[tuple[int, bytes]]:
    """The attributes that prove a password, by method."""
    if by == "pap":
        return [(2, hide_password(password, SECRET, authenticator))]
    if by == "chap":
        return [(3, chap_response(5, password, authenticator))]
    if by == "none":
        return []
    challenge, peer = bytes(range(16)), bytes(range(16, 32))
    nt = mschap.nt_hash(password.decode())
    digest = mschap.challenge_hash(peer, challenge, user.encode())
    response = bytes(2) + peer + bytes(8) + mschap.challenge_response(digest, nt)
    return [vendor_attribute(311, 11, challenge), vendor_attribute(311, 25, response)]


PLAIN = Reply(lines=("Framed-Pool = pool",), octets=encode_attributes([(88, b"pool")]))


@pytest.mark.parametrize("dialect", ["mikrotik", "cisco", "standard"])
@pytest.mark.parametrize("by", ["pap", "chap", "mschap2"])
def test_a_common_login_passes_and_loads_its_subscriber_once(dialect: str, by: str) -> None:
    pair = Doors(dialect=dialect)
    pair.serve(pair.login(at(0), by=by), pair.login(at(0), by=by, user="User2"), t=0)
    assert pair.passed_n == 2
    loads_n = pair.short.shelf.loads_n
    pair.serve(pair.login(at(5), by=by, id="S2"), t=5)
    assert pair.passed_n == 3 and pair.short.shelf.loads_n == loads_n


@pytest.mark.parametrize(
    "plan",
    [
        {"hours": (Hours(frozenset(range(7)), 0, 86_400),)},
        {"included_octets": 5 * MB},
        {"included_s": 60},
        {"volume": None, "session_fee_micros": 1_000},
    ],
)
def test_a_plan_that_needs_another_look_has_no_terms(plan: dict[str, Any]) -> None:
    pair = Doors(plan=makers.plan(**plan))
    pair.serve(pair.login(at(0)), t=0)
    pair.serve(pair.login(at(1), user="user2"), t=1)
    assert pair.passed_n == 0


@pytest.mark.parametrize(
    "one",
    [
        {"status": Status.SUSPENDED},
        {"status": Status.CLOSED},
        {"mac_mode": MacMode.LEARN},
        {"mac_mode": MacMode.FIXED, "mac": "02:00:00:00:00:07"},
        {"device_ids": (2,)},
        {"replies": (PLAIN,)},
        {"framed_ip_address": "10.9.9.9"},
        {"name": "10.9.9.9", "framed_ip_address": "10.9.9.9"},  # the same text is kept once
        {"valid_until_us": at(-1)},
    ],
)
def test_whoever_is_no_common_subscriber_goes_down_the_long_road(one: dict[str, Any]) -> None:
    pair = Doors(subscriber=one)
    pair.serve(pair.login(at(0)), t=0)
    assert pair.passed_n == 0


@pytest.mark.parametrize(
    "said",
    [
        {"password": b"wrong"},
        {"by": "none"},
        {"extra": ((3, bytes(17)),)},  # two credentials
        {"extra": (vendor_attribute(311, 25, bytes(50)),)},
        {"extra": ((33, b"proxy"),)},
        {"user": "nobody"},
    ],
)
def test_what_is_no_common_login_goes_down_the_long_road(said: dict[str, Any]) -> None:
    pair = Doors()
    pair.serve(pair.login(at(0), **said), t=0)
    assert pair.passed_n == 0


def test_a_login_without_money_or_beside_a_session_goes_down_the_long_road() -> None:
    pair = Doors(balance_micros=0)
    pair.serve(pair.login(at(0)), t=0)
    assert pair.passed_n == 0
    pair = Doors()
    pair.serve(pair.login(at(0), id="A"), t=0)
    pair.serve(pair.record("start", at(1), id="A", t=1, st=0, mac=MACS[0]), t=1)
    pair.serve(pair.login(at(2), id="B", mac=MACS[1]), t=2)
    assert pair.passed_n == 1


def test_f_41_a_redial_of_the_same_station_replaces_the_login_that_never_began() -> None:
    pair = Doors()
    for second in range(4):
        pair.serve(pair.login(at(second), mac=MACS[0].upper() if second % 2 else MACS[0]), t=second)
    assert pair.passed_n == 4
    assert pair.short.shelf.accounts[1].held_micros == 5_000_000
    assert sum(one.live for one in pair.short.shelf.sessions.values()) == 1


def test_a_late_copy_of_a_login_is_told_by_the_long_road() -> None:
    pair = Doors()
    pair.serve(pair.login(at(0), id="A"), t=0)
    pair.serve(pair.login(at(1), id="A", again=True), t=1)
    assert pair.passed_n == 1


@pytest.mark.parametrize("error", [StoreUnavailable("gone"), Conflict("changed")])
def test_after_a_failed_commit_the_login_is_decided_anew(error: Exception) -> None:
    pair = Doors()
    for house in (pair.short, pair.long):
        house.shelf.trouble.append(error)
    again = pair.login(at(0))
    pair.serve(again, t=0)
    pair.serve(again, t=1)
    assert sum(one.live for one in pair.short.shelf.sessions.values()) == 1


def test_a_changed_device_has_terms_of_its_own() -> None:
    pair = Doors()
    pair.serve(pair.login(at(0)), t=0)
    pair.device = replace(pair.device, dialect="cisco", interim_s=120)
    for house in (pair.short, pair.long):
        house.desk.equip([pair.device])
    pair.serve(pair.login(at(1)), t=1)
    assert pair.passed_n == 2


@pytest.mark.parametrize("dialect", ["mikrotik", "cisco", "standard"])
@pytest.mark.parametrize("line_rate_bps", [None, 1])
def test_the_largest_numbers_that_a_plan_may_have_wrap_nothing(
    dialect: str, line_rate_bps: int | None
) -> None:
    most = makers.plan(
        volume=VolumePrice(1, tariff.UNIT_OCTETS_MAX, increment_octets=tariff.INCREMENT_OCTETS_MAX),
        time=TimePrice(1, tariff.UNIT_S_MAX, increment_s=tariff.INCREMENT_S_MAX),
        max_session_s=MAX_SESSION_S[1],
        interim_s=INTERIM_S[1],
        package=Package(Validity(30), grace_s=GRACE_MAX_S),
    )
    pair = Doors(
        plan=most,
        subscriber={"valid_until_us": 253_402_300_799_000_000},  # the last second of a calendar
        device={"line_rate_bps": line_rate_bps},
        dialect=dialect,
        balance_micros=AMOUNT_MAX_MICROS,
    )
    pair.device = replace(pair.device, coa_port=0)
    for house in (pair.short, pair.long):
        house.desk.equip([pair.device])
    pair.serve(pair.login(at(0)), t=0)
    (one,) = pair.short.shelf.sessions.values()
    assert one.timeout_s >= MAX_SESSION_S[1] * 9 // 10 and one.hold_until_us > at(one.timeout_s)


plans = some.builds(
    makers.plan,
    volume=some.none()
    | some.builds(
        VolumePrice,
        amount_micros=some.sampled_from([0, 1, 333, 10_000]),
        unit_octets=some.sampled_from([1, 1_000_000]),
        increment_octets=some.sampled_from([1, 4_096]),
        counted=some.just(Counted.SUM),
    ),
    time=some.none()
    | some.builds(
        TimePrice,
        amount_micros=some.sampled_from([1, 500]),
        unit_s=some.sampled_from([1, 60]),
        increment_s=some.sampled_from([1, 60]),
    ),
    session_fee_micros=some.sampled_from([0, 0, 250_000]),
    included_octets=some.sampled_from([0, 0, 0, 40 * MB]),
    down_bps=some.none() | some.just(20_000_000),
    up_bps=some.none() | some.just(5_000_000),
    interim_s=some.none() | some.just(60),
    max_session_s=some.sampled_from([3_600, 604_800]),
    sessions_max=some.sampled_from([1, 2, 3]),
    package=some.none() | some.just(Package(Validity(30), grace_s=100)),
    replies=some.sampled_from([(), (PLAIN,)]),
    on_no_credit=some.none() | some.just(Garden(replies=(PLAIN,))),
)
subscribers = some.fixed_dictionaries(
    {
        "valid_until_us": some.sampled_from([None, None, at(-200), at(-50), at(40), at(9_000)]),
        "mac_mode": some.sampled_from([MacMode.ANY, MacMode.ANY, MacMode.LEARN]),
        "status": some.sampled_from([Status.ACTIVE, Status.ACTIVE, Status.SUSPENDED]),
        "replies": some.sampled_from([(), (), (PLAIN,)]),
    }
)
devices = some.fixed_dictionaries(
    {
        "line_rate_bps": some.sampled_from([None, 10_000_000]),
        "interim_s": some.sampled_from([None, 600]),
    }
)
steps = some.lists(
    some.tuples(
        some.sampled_from([0, 1, 1, 30, 400]),
        some.sampled_from(["user1", "user1", "USER2", "user3"]),
        some.sampled_from(["pap", "pap", "chap", "mschap2"]),
        some.sampled_from(MACS),
        some.sampled_from(["login", "login", "login", "wrong", "start", "stop"]),
        some.sampled_from(["", "A", "B"]),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=40, deadline=None)
@given(
    plan=plans,
    counted=some.sampled_from(list(Counted)),
    one=subscribers,
    device=devices,
    dialect=some.sampled_from(["mikrotik", "mikrotik", "cisco", "standard"]),
    balance_micros=some.sampled_from([0, 7, 300_000, 5_000_000]),
    steps=steps,
)
def test_l7_the_turnstile_and_the_long_road_write_the_same_books(
    plan: Plan,
    counted: Counted,
    one: dict[str, Any],
    device: dict[str, Any],
    dialect: str,
    balance_micros: int,
    steps: list[tuple[int, str, str, str, str, str]],
) -> None:
    volume = replace(plan.volume, counted=counted) if plan.volume else None
    pair = Doors(
        plan=replace(plan, volume=volume, counted=counted),
        subscriber=one,
        device=device,
        dialect=dialect,
        balance_micros=balance_micros,
    )
    t = 0
    for wait_s, user, by, mac, what, name in steps:
        t += wait_s
        if what in ("login", "wrong"):
            password = b"secret" if what == "login" else b"wrong"
            pair.serve(
                pair.login(at(t), user=user, by=by, mac=mac, id=name, password=password), t=t
            )
        else:
            said = {"id": name or "A", "login": user.lower(), "mac": mac, "t": t, "st": 0}
            pair.serve(pair.record(what, at(t), **said), t=t)

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
from domain.login import canonical_login, canonical_mac
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
from nas.values import text_of
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
        login = traits.pop("subscriber_1", "user1")
        super().__init__(**traits)
        clear = b"secret" if kind is CredentialKind.CLEAR else mschap.nt_hash("secret")
        for house in (self.short, self.long):
            house.shelf.subscribers[0].login = login
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
        user: str | bytes = "user1",
        by: str = "pap",
        password: bytes = b"secret",
        mac: str | bytes = MACS[0],
        id: str = "",
        port: int | None = 7,
        extra: tuple[tuple[int, bytes], ...] = (),
        again: bool = False,
    ) -> Request:
        """An Access-Request; `again`: a copy of the one before it."""
        self.requests_n += not again
        authenticator = self.requests_n.to_bytes(16, "big")
        name = user if isinstance(user, bytes) else user.encode()
        pairs = [(1, name), *credential(by, password, name, authenticator), *extra]
        if isinstance(mac, bytes):
            pairs.append((31, mac))  # said, though it may be empty
        elif mac:
            pairs.append((31, mac.encode()))
        pairs += [(kind, text.encode()) for kind, text in ((44, id), (32, "tower-7")) if text]
        if port is not None:
            pairs.append((5, port.to_bytes(4, "big")))
        packet = Packet(1, self.requests_n & 255, authenticator, pairs)
        return Request(packet, self.device, "10.0.0.1", now_us, signed=False)

    @property
    def passed_n(self) -> int:
        return self.short.desk._turnstile.passed_n


def called(name: bytes, station: bytes, **traits: Any) -> Doors:
    """Two desks whose first subscriber is whom a device means that says this."""
    return Doors(subscriber_1=canonical_login(text_of(name) or text_of(station)), **traits)


def credential(
    by: str, password: bytes, user: bytes, authenticator: bytes
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
    digest = mschap.challenge_hash(peer, challenge, user)
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


NAMES = (
    b"user1",
    b"User1@Isp.Example",
    b"ISP\\user1",
    b"  user1\t",
    b"user1\0\0",
    b"us\0er1",
    b"user1\r\n",
    b"us\xe9r1",  # Latin-1, no UTF-8
    b"\xc0\xafuser1",  # a slash in more octets than it takes
    b"\xed\xa0\x80",  # half of a pair of UTF-16
    b"\\xe9 \\u0130 \\\\",  # as octets that were escaped
    "ÜSER1@Прим.example".encode(),
    "\u0130\u017f\u212a\u1e9e".encode(),  # letters whose other case is longer, or ASCII
    "\u00a0user1\u3000".encode(),  # spaces that are no ASCII
    "\u200buser1\u2028\U0001f600".encode(),
    b"x" * 253,
    b"Y\xff" * 126,
    "я".encode() * 126,
    b'"user1"\x1f\x7f',
)
STATIONS = (
    b"",
    b"02:00:00:00:0a:01",
    b"02-00-00-00-0A-01",
    b"0200.0000.0A01",
    b"020000000A01",
    b"02 00 00 00 0a 01",
    b"02:00:00:00:0a:01:hotspot",
    b"02:00:00:00:0a:01\0",
    b"02:00:00:00:0a:0g",
    b"02:00:00:00:0a:1",
    b"02:00:00-00-0a.01",
    b"198.51.100.7",
    "０２:00:00:00:0a:01".encode(),
)
said = (
    some.sampled_from(NAMES)
    | some.sampled_from(STATIONS)
    | some.binary(max_size=253)
    | some.text(max_size=60).map(lambda text: text.encode("utf-8", "surrogatepass"))
)
spellings = some.sampled_from(
    [
        lambda name: name,
        bytes.upper,
        bytes.lower,
        bytes.swapcase,
        lambda name: (b" " + name + b" ")[:253],
        lambda name: name + b"\0" if len(name) < 253 else name,
        lambda name: (name + b"@example.net")[:253],
        lambda name: name.replace(b":", b"-"),
        lambda name: name[:-1],
        lambda name: b"",
    ]
)


@pytest.mark.parametrize("by", ["pap", "mschap2"])
@pytest.mark.parametrize("name", [*NAMES, *STATIONS])
def test_whoever_is_called_oddly_passes_as_others_do(name: bytes, by: str) -> None:
    pair = called(name, MACS[0].encode())
    pair.serve(pair.login(at(0), user=name, by=by), t=0)
    pair.serve(pair.login(at(1), user=name, by=by, id="B"), t=1)
    assert pair.passed_n == 2


@pytest.mark.parametrize("station", [*STATIONS, *NAMES])
def test_a_login_passes_from_any_station(station: bytes) -> None:
    pair = Doors()
    pair.serve(pair.login(at(0), mac=station), t=0)
    assert pair.passed_n == 1


@settings(max_examples=150, deadline=None)
@given(
    name=said,
    station=said,
    dialect=some.sampled_from(["mikrotik", "cisco", "standard"]),
    mac_mode=some.sampled_from([MacMode.ANY, MacMode.ANY, MacMode.FIXED]),
    steps=some.lists(
        some.tuples(spellings, spellings, some.sampled_from(["pap", "chap", "mschap2"]), said),
        min_size=1,
        max_size=6,
    ),
)
def test_l7_whatever_a_device_calls_people_and_stations_both_roads_do_the_same(
    name: bytes,
    station: bytes,
    dialect: str,
    mac_mode: MacMode,
    steps: list[tuple[Any, Any, str, bytes]],
) -> None:
    mac = canonical_mac(text_of(station))
    pair = called(name, station, dialect=dialect, subscriber={"mac_mode": mac_mode, "mac": mac})
    for t, (spelt, spelt_too, by, other) in enumerate(steps):
        user, mac_said = spelt(name), spelt_too(station)
        batch = [
            pair.login(at(t), user=user, mac=mac_said, by=by, id="A"),
            pair.login(at(t), user=other, mac=mac_said, by=by, id=f"B{t}"),
            pair.login(at(t), user=user, mac=other, by=by),
        ]
        pair.serve(*batch, t=t)

"""Who is added, who changes and who stays, decided on values before anything is written."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from aaa import sealing
from cli.import_difference import difference
from cli.import_lines import Books, Difference, Line
from cli.office import Office
from cli.people import Applicant, enrol
from domain.account import CredentialKind, Status
from domain.address import Holders
from domain.plan import Package, Plan, Validity, VolumePrice
from store.office_subscribers import Customer
from tests.aaa.gate import Chance, Ids
from tests.store.house import NOW_US

PRICE = VolumePrice(10_000, 1_000_000)
HOME = Plan(plan_id=1, name="home", version=1, currency="USD", volume=PRICE)
AWAY = Plan(plan_id=2, name="away", version=1, currency="USD", volume=PRICE)
EURO = Plan(plan_id=3, name="euro", version=1, currency="EUR", volume=PRICE)
MONTH = Plan(plan_id=4, name="month", version=1, currency="USD", package=Package(Validity(30), 5))
PLANS = {plan.name: plan for plan in (HOME, AWAY, EURO, MONTH)}
NONE_GIVEN = Applicant("bob", "", None)


@pytest.fixture
def office() -> Office:
    """What deciding needs of an office: keys, ids, dice and the instant."""
    chance = Chance()
    keys = sealing.KeyRing(sealing.new_key_file(chance.octets), chance.octets)
    stub = SimpleNamespace(keys=keys, ids=Ids(), randomness=chance, now_us=NOW_US, who="cashier")
    return cast(Office, stub)


def known(office: Office, **traits: Any) -> Customer:
    """Bob on `home` with the password `secret`, as an import of last year made him."""
    made, _ = enrol(office, Applicant("bob", "home", b"secret"), HOME)
    return Customer(replace(made.subscriber, **traits), made.account)


def line(number: int = 2, applicant: Applicant = NONE_GIVEN, **rest: Any) -> Line:
    return Line(number, applicant, **rest)


def decide(
    office: Office, *lines: Line, customer: Customer | None = None, holders: Holders | None = None
) -> tuple[Difference, list[str]]:
    """The difference and the faults of a file."""
    customers = {customer.subscriber.login: customer} if customer else {}
    faults: list[str] = []
    books = Books(PLANS, {"tower": 7, "roof": 5}, customers)
    found = difference(office, lines, books, holders or Holders(), faults)
    return found, faults


def test_a_file_that_says_what_is_there_changes_nothing(office: Office) -> None:
    said = line(applicant=Applicant("bob", "home", b"secret"), credit_limit_micros=0)
    found, faults = decide(office, said, customer=known(office))
    assert (found.unchanged_n, found.added, found.changed, faults) == (1, [], [], [])


@pytest.mark.parametrize(
    ("said", "changed"),
    [
        (line(applicant=replace(NONE_GIVEN, plan_name="away")), {"plan_name": "away"}),
        (line(status=Status.SUSPENDED), {"status": Status.SUSPENDED}),
        (line(nas_names=("tower", "roof", "tower")), {"device_ids": (5, 7)}),
        (line(nas_names=("any",)), {"device_ids": ()}),
        (line(traits={"name": "Bob Lee"}), {"name": "Bob Lee"}),
    ],
)
def test_only_what_a_line_gives_becomes_different(
    office: Office, said: Line, changed: dict[str, Any]
) -> None:
    before = known(office, device_ids=(9,))
    found, faults = decide(office, said, customer=before)
    (one,) = found.changed
    after = one.after
    assert faults == [] and one.limit_micros is None
    for name, value in changed.items():
        assert getattr(after, name) == value != getattr(before.subscriber, name)
    back = {name: getattr(before.subscriber, name) for name in changed}
    assert replace(after, **back) == before.subscriber


def test_another_password_is_sealed_for_its_owner_and_never_told(office: Office) -> None:
    said = line(applicant=replace(NONE_GIVEN, password=b"new word"))
    found, _ = decide(office, said, customer=known(office))
    (one,) = found.changed
    row = str(one.after.subscriber_id)
    assert office.keys.open(sealing.CREDENTIAL, row, one.after.credential) == b"new word"
    (printed,) = found.lines()
    assert printed.startswith("line 2: change bob: ") and "new word" not in printed


def test_a_way_to_keep_it_stays_what_it_was_unless_the_file_names_another(office: Office) -> None:
    before = known(office)
    hashed = replace(NONE_GIVEN, password=b"secret", credential_kind=CredentialKind.HASH)
    found, _ = decide(office, line(applicant=hashed), customer=before)
    (one,) = found.changed
    assert one.after.credential_kind is CredentialKind.HASH
    again = Customer(one.after, before.account)
    said = line(applicant=replace(NONE_GIVEN, password=b"secret"))
    assert decide(office, said, customer=again)[0].unchanged_n == 1


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        (line(applicant=replace(NONE_GIVEN, plan_name="euro")), "plan euro is in EUR"),
        (line(credit_limit_micros=-1), "a credit limit cannot be negative"),
        (line(number=9, applicant=Applicant("carol", "home", None)), "line 9: "),
    ],
)
def test_a_line_that_cannot_be_is_a_fault_with_its_number(
    office: Office, said: Line, fault: str
) -> None:
    found, faults = decide(office, said, customer=known(office))
    assert (found.added, found.changed) == ([], [])
    (text,) = faults
    assert text.startswith(f"line {said.number}: ") and fault in text


def test_who_is_closed_comes_back_only_when_the_file_says_so(office: Office) -> None:
    closed = known(office, status=Status.CLOSED)
    _, faults = decide(office, line(traits={"name": "Bob"}), customer=closed)
    assert faults == ["line 2: subscriber bob is closed; status active brings it back"]
    found, faults = decide(office, line(status=Status.ACTIVE), customer=closed)
    assert faults == [] and found.changed[0].after.status is Status.ACTIVE


def test_new_ones_come_with_their_money_and_are_counted_if_their_time_is_unpaid(
    office: Office,
) -> None:
    paid = Applicant("carol", "home", b"x", balance_micros=2_500_000)
    unpaid = Applicant("dave", "month", b"x")
    found, faults = decide(office, line(3, unpaid, status=Status.SUSPENDED), line(2, paid))
    assert faults == [] and found.unpaid_n == 1
    dave, carol = found.added
    assert dave.customer.subscriber.status is Status.SUSPENDED and dave.entries == []
    assert carol.customer.account.posted_micros == 2_500_000 and len(carol.entries) == 1
    assert found.lines() == [
        "line 2: add carol: plan home, balance 2.50 USD",
        "line 3: add dave: plan month, balance 0.00 USD",
    ]


@pytest.mark.parametrize(
    ("traits", "fault"),
    [
        ({"framed_ip_address": "100.64.0.7"}, "100.64.0.7 overlaps 100.64.0.7, which is zoe's"),
        (
            {"framed_ipv6": "2001:db8::7", "delegated_ipv6_prefix": "2001:db8::/56"},
            "2001:db8::7 and 2001:db8::/56 overlap",
        ),
    ],
)
def test_an_address_that_is_taken_or_said_twice_is_a_fault(
    office: Office, traits: dict[str, str | None], fault: str
) -> None:
    holders = Holders([("100.64.0.7", "zoe")])
    _, faults = decide(office, line(traits=traits), customer=known(office), holders=holders)
    assert faults == [f"line 2: {fault}"]


def test_two_lines_of_one_file_are_in_each_others_way(office: Office) -> None:
    lines = [
        line(n, Applicant(name, "home", b"x"), traits={"framed_ip_address": "100.64.0.9"})
        for n, name in ((2, "carol"), (3, "dave"))
    ]
    _, faults = decide(office, *lines)
    assert faults == ["line 3: 100.64.0.9 overlaps 100.64.0.9, which is carol's"]


def test_a_limit_that_stays_is_no_change(office: Office) -> None:
    customer = known(office)
    rich = Customer(customer.subscriber, replace(customer.account, credit_limit_micros=5))
    assert decide(office, line(credit_limit_micros=5), customer=rich)[0].unchanged_n == 1
    found, _ = decide(office, line(credit_limit_micros=6), customer=rich)
    assert [one.limit_micros for one in found.changed] == [6]

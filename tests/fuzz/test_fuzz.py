"""The smoke run: the whole corpus, every finding, and a fixed number of changed inputs.

Nothing here needs a fuzzer or another compiler. Bugs planted into what the checks look at have to
be found within the same number of inputs, so that silence means something.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest

from accounting import journal, pots, strands
from cli import import_file
from nas import accounting_record
from radius import MacState, PacketError, nesting, passwords, sign_request
from radius import lines as radius_lines
from rating import plan_file
from tests.fuzz import run
from tests.fuzz.mutate import mutants
from tests.fuzz.properties import inside, rater, sums, twin, whole, wire
from tests.fuzz.properties.taker import Taker
from tests.fuzz.targets import HERE, TARGETS, Target, corpus_of
from tests.ratings import check as ratings_check

SMOKE = 400
"""Changed inputs for each target."""

FINDINGS = [json.loads(line) for line in (HERE / "findings.jsonl").read_text().splitlines()]
PLAIN = [target for target in TARGETS.values() if not target.compiled]


def inputs(target: Target) -> list[bytes]:
    kept = corpus_of(target.name)
    changed = mutants(kept, target.words, target.size_max, seed=len(kept))
    return [*kept, *itertools.islice(changed, SMOKE // target.dear)]


@pytest.mark.parametrize("target", PLAIN, ids=lambda target: target.name)
def test_every_property_holds_for_the_corpus_and_for_changes_of_it(target: Target) -> None:
    check = target.function()
    for octets in inputs(target):
        check(octets)


@pytest.mark.parametrize("finding", FINDINGS, ids=lambda finding: finding["what"])
def test_what_was_found_once_stays_mended(finding: dict[str, str]) -> None:
    target = TARGETS[finding["target"]]
    assert finding["what"] and finding["where"] and finding["fix"]
    target.function()(bytes.fromhex(finding["input"]))


def test_nothing_that_was_found_is_open() -> None:
    assert all(finding["fix"] for finding in FINDINGS)
    assert sum(len(corpus) for corpus in map(corpus_of, TARGETS)) > 0
    size = sum(file.stat().st_size for file in (HERE / "corpus").iterdir())
    assert size < 1_000_000, "the corpus is to stay small"


def test_recorded_counts_are_of_targets_and_commits() -> None:
    for name, by_commit in run.results().items():
        assert name in TARGETS
        assert all(count > 0 and len(commit) == 12 for commit, count in by_commit.items())


# ---------------------------------------------------------------- planted bugs


def less_one(decode: Callable[..., Any]) -> Callable[..., Any]:
    """A decoder that loses the last attribute of a long packet."""

    def planted(octets: bytes) -> Any:
        packet = decode(octets)
        if len(packet.attributes) < 4:
            return packet
        return type(packet)(
            packet.code, packet.identifier, packet.authenticator, packet.attributes[:-1]
        )

    return planted


def lenient(decode: Callable[..., Any]) -> Callable[..., Any]:
    """A decoder that takes a code that is none."""

    def planted(octets: bytes) -> Any:
        try:
            return decode(octets)
        except PacketError as error:
            if error.reason != "unknown-code":
                raise
            return decode(b"\x01" + octets[1:])

    return planted


def one_more(price: Callable[..., Any]) -> Callable[..., Any]:
    """A rater that rounds a large volume up by one."""

    def planted(*arguments: Any) -> Any:
        fee, volume, time = price(*arguments)
        return fee, volume + (volume > 1_000_000), time

    return planted


def boundless(price: Callable[..., Any]) -> Callable[..., Any]:
    """A rater that looks at each step, and not whether their sum still fits."""

    def planted(tariff: Any, octets: int, seconds: int, *free: Any) -> Any:
        free_octets, free_s, fee_due = free
        fee, _, _ = price(tariff, 0, 0, 0, 0, fee_due)
        _, volume, _ = price(tariff, octets, 0, free_octets, 0, False)
        _, _, time = price(tariff, 0, seconds, 0, free_s, False)
        return fee, volume, time

    return planted


def forgetful(moves: Callable[..., Any]) -> Callable[..., Any]:
    """Pots that are moved and not written: the last of them stays as it was."""
    return lambda view: moves(view)[:-1]


def generous(give: Callable[..., Any]) -> Callable[..., Any]:
    """A service that is given an octet that it has not counted."""

    def planted(one: Any, up: int, down: int) -> Any:
        given = give(one, up, down)
        one.given_input += 1
        return given

    return planted


def taking(verify: Callable[..., Any]) -> Callable[..., Any]:
    """A check that takes an EAP-Message without a Message-Authenticator."""

    def planted(*arguments: Any) -> Any:
        try:
            return verify(*arguments)
        except PacketError as error:
            if error.reason != "eap-without-message-authenticator":
                raise
            return MacState.ABSENT

    return planted


PLANTED: list[tuple[str, Any, str, Callable[[Any], Any]]] = [
    ("wire", wire, "decode", less_one),
    ("wire", wire, "decode", lenient),
    ("wire", wire, "split_vendor", lambda split: lambda octets, **form: split(octets[:-1], **form)),
    ("sums", sums, "verify_request", taking),
    ("hidden", passwords, "unhide_password", lambda unhide: lambda *a: (unhide(*a) or b"")[:15]),
    ("rater", rater, "price", one_more),
    ("rater", rater, "price", boundless),
    ("nesting", nesting, "_packed", lambda packed: lambda framed: packed(list(framed)[:-1])),
    ("printing", radius_lines, "print_value", lambda shown: lambda k, v: (shown(k, v) or "") + "0"),
    ("lines", inside, "dictionary", lambda _: lambda: None),
    ("plans", plan_file, "read_hours", lambda hours: lambda top: 1 // len(hours(top))),
    ("people", import_file, "check_login", lambda check: lambda text: text),
    ("schemes", ratings_check, "price", lambda price: lambda *a: (0, *price(*a)[1:])),
    ("uses", whole, "charged", lambda charged: lambda *a: charged(*a) + 1),
    ("accounts", pots.View, "moves", forgetful),
    ("accounts", pots, "_order", lambda order: lambda *a: order(*a)[1:]),
    ("strands", strands, "_give", generous),
    ("journal-row", journal, "told", lambda told: lambda body: told(body)[:-1]),
    ("journal-row", journal, "decode", lambda decode: lambda b, n=0: decode(b)),
    ("journal-row", journal, "packed", lambda packed: lambda octets: packed(octets[:-1])),
    ("device", accounting_record, "COUNTER_MAX_OCTETS", lambda most: most * 16),
]


@pytest.mark.parametrize(
    ("name", "where", "what", "planted"),
    PLANTED,
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_a_planted_bug_is_found(
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    where: Any,
    what: str,
    planted: Callable[[Any], Any],
) -> None:
    target = TARGETS[name]
    check = target.function()
    monkeypatch.setattr(where, what, planted(getattr(where, what)))
    with pytest.raises(Exception):  # noqa: B017 - which one depends on the bug
        for octets in inputs(target):
            check(octets)


# ---------------------------------------------------------------- the tools themselves


def test_changes_are_the_same_for_the_same_seed_and_never_too_long() -> None:
    first, second, other = (mutants([b"abc", b""], ["w"], 9, seed) for seed in (1, 1, 2))
    made = list(itertools.islice(first, 200))
    assert made == list(itertools.islice(second, 200))
    assert made != list(itertools.islice(other, 200))
    assert len(set(made)) > 100 and max(map(len, made)) <= 9


def test_arguments_are_taken_from_octets_until_they_run_out() -> None:
    taker = Taker(b"\x02\x01\x00\x01\xff\x03ab")
    assert (taker.number(), taker.signed(), taker.short_piece()) == (256, -1, b"ab")
    assert (taker.number(), taker.octet(), taker.rest(), taker.filled(2)) == (0, 0, b"", b"\0\0")


def test_the_twin_knows_a_sum_that_is_right() -> None:
    signed = sign_request(4, 1, None, b"\x01\x03a", b"s", with_message_authenticator=True)
    assert twin.verify(signed, b"s", None)
    with pytest.raises(twin.Unsound, match="bad-authenticator"):
        twin.verify(signed, b"x", None)

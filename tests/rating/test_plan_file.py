"""Good plan files become the plan they say; bad ones become one line that points at the fault."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from domain.plan import (
    Access,
    Counted,
    Garden,
    Hours,
    Package,
    Plan,
    Reply,
    Rounding,
    TimePrice,
    Validity,
    VolumePrice,
)
from rating import compile_tariff
from rating.plan_file import KEYS, PlanError, parse_plan
from rating.reply_lines import Vocabulary
from tests.radius.vector_files import our_dictionary

ROOT = Path(__file__).parents[2]
BAD = (Path(__file__).parent / "bad_plans.txt").read_text().split("\n====\n")
VOCABULARY = Vocabulary(our_dictionary(), ("standard", "mikrotik", "cisco"))
HEAD = 'name = "p"\ncurrency = "USD"\n'
SAMPLES = sorted((ROOT / "conf" / "plans").glob("*.toml"))


def test_the_smallest_plan_is_a_name_and_a_currency() -> None:
    assert parse_plan(HEAD, plan_id=7, version=3) == Plan(
        plan_id=7, name="p", version=3, currency="USD", source=HEAD
    )


EVERY_KEY = """
name = "Full.plan-1_x"
currency = "KES"
sessions = 3
package = { validity = "30d" }
timezone = "Africa/Nairobi"
interim_s = 120
max_session_s = 3600
[price.volume]
amount = "0.25"
per = "100 MiB"
count = "larger"
increment = "1 KiB"
rounding = "half-up"
[price.time]
amount = 2
per = "30 minutes"
increment_s = 60
rounding = "up"
[price.session]
fee = "0.000001"
[included]
volume = "5 GB"
time = "10h"
[speeds]
down = "10M"
up = "512k"
cisco = { down = "P-OUT", up = "P-IN" }
[speeds.mikrotik]
rate = "512k/10M 1M/20M"
[[hours]]
days = "mon-fri"
from = "08:00"
until = "18:00"
[[reply]]
attributes = ['Framed-Pool = "home"', "Idle-Timeout = 900"]
access = "ppp"
[[reply]]
attributes = 'Cisco-AVPair = "ip:vrf-id=red"'
dialect = "cisco"
access = ["dhcp", "ppp", "dhcp"]
[on_expired]
session_timeout_s = 300
[[on_expired.reply]]
attributes = ['Filter-Id = "expired"']
[on_no_credit]
[[on_no_credit.reply]]
attributes = ['Filter-Id = "poor"']
[on_suspended]
[[on_suspended.reply]]
attributes = ['Filter-Id = "wall"']
dialect = "standard"
"""


def test_every_key_lands_in_its_field() -> None:
    red = bytes.fromhex("1a1500000009010f6970" + b":vrf-id=red".hex())
    assert parse_plan(EVERY_KEY, vocabulary=VOCABULARY) == Plan(
        plan_id=0,
        name="Full.plan-1_x",
        version=0,
        currency="KES",
        volume=VolumePrice(250_000, 104_857_600, Counted.LARGER, 1024, Rounding.HALF_UP),
        time=TimePrice(2_000_000, 1800, 60, Rounding.UP),
        session_fee_micros=1,
        included_octets=5_000_000_000,
        included_s=36_000,
        counted=Counted.LARGER,
        down_bps=10_000_000,
        up_bps=512_000,
        policy_down="P-OUT",
        policy_up="P-IN",
        mikrotik_rate="512k/10M 1M/20M",
        replies=(
            Reply(
                ('Framed-Pool = "home"', "Idle-Timeout = 900"),
                b"\x58\x06home\x1c\x06\0\0\x03\x84",
                "",
                (Access.PPP,),
            ),
            Reply(('Cisco-AVPair = "ip:vrf-id=red"',), red, "cisco", (Access.DHCP, Access.PPP)),
        ),
        on_expired=Garden(300, (Reply(('Filter-Id = "expired"',), b"\x0b\x09expired"),)),
        on_no_credit=Garden(600, (Reply(('Filter-Id = "poor"',), b"\x0b\x06poor"),)),
        on_suspended=Garden(600, (Reply(('Filter-Id = "wall"',), b"\x0b\x06wall", "standard"),)),
        package=Package(Validity(30)),
        sessions_max=3,
        hours=(Hours(frozenset({1, 2, 3, 4, 5}), 28_800, 64_800),),
        timezone="Africa/Nairobi",
        interim_s=120,
        max_session_s=3600,
        source=EVERY_KEY,
    )


@pytest.mark.parametrize("case", BAD, ids=[case.splitlines()[0][:60] for case in BAD])
def test_a_bad_plan_gets_one_line_that_names_the_line_and_what_to_write(case: str) -> None:
    expected, _, text = case.partition("\n")
    with pytest.raises(PlanError) as caught:
        parse_plan(text + "\n", vocabulary=VOCABULARY)
    message = str(caught.value)
    assert message.startswith(expected)
    assert "\n" not in message
    assert message.startswith(f"line {caught.value.line}: ")


def test_a_plan_without_replies_needs_no_dictionary_and_one_with_them_does() -> None:
    assert parse_plan(HEAD).replies == ()
    with pytest.raises(AssertionError, match="dictionary"):
        parse_plan(HEAD + "[[reply]]\nattributes = 'Filter-Id = \"x\"'\n")


def test_a_byte_order_mark_is_passed_over() -> None:
    assert parse_plan("\ufeff" + HEAD).name == "p"


def test_the_same_faults_are_found_in_files_with_windows_line_ends() -> None:
    with pytest.raises(PlanError, match="line 4: amount must stand in quotes"):
        parse_plan((HEAD + "[price.volume]\namount = 0.01\n").replace("\n", "\r\n"))


def test_more_hours_than_fifty_are_refused() -> None:
    window = '[[hours]]\ndays = "mon"\nfrom = "08:00"\nuntil = "09:00"\n'
    assert len(parse_plan(HEAD + 50 * window).hours) == 50
    with pytest.raises(PlanError, match="at most 50 sections"):
        parse_plan(HEAD + 51 * window)


@pytest.mark.parametrize(
    ("days", "start", "end", "windows"),
    [
        ("mon", "22:00", "06:00", [({1}, 79_200, 86_400), ({2}, 0, 21_600)]),
        ("sat,sun", "22:00", "00:00", [({6, 7}, 79_200, 86_400)]),
        ("sun", "18:30", "00:30", [({7}, 66_600, 86_400), ({1}, 0, 1_800)]),
        ("fri-mon", "00:00", "24:00", [({5, 6, 7, 1}, 0, 86_400)]),
    ],
)
def test_a_window_over_midnight_becomes_two(
    days: str, start: str, end: str, windows: list[tuple[set[int], int, int]]
) -> None:
    text = f'{HEAD}[[hours]]\ndays = "{days}"\nfrom = "{start}"\nuntil = "{end}"\n'
    expected = tuple(Hours(frozenset(d), f, u) for d, f, u in windows)
    assert parse_plan(text).hours == expected


def test_every_sample_plan_is_named_as_its_file_and_compiles() -> None:
    assert len(SAMPLES) >= 4
    for path in SAMPLES:
        plan = parse_plan(path.read_text(), vocabulary=VOCABULARY)
        assert plan.name == path.stem
        compile_tariff(plan)


def test_the_prepaid_sample_is_exactly_a_hundredth_of_a_micro_an_octet_and_nothing_else() -> None:
    text = (ROOT / "conf" / "plans" / "sample-prepaid.toml").read_text()
    volume = VolumePrice(10_000, 1_000_000, Counted.SUM, 1, Rounding.DOWN)
    assert parse_plan(text) == Plan(0, "sample-prepaid", 0, "USD", volume=volume, source=text)


def test_the_documentation_has_every_key_with_limit_and_example_and_no_other() -> None:
    documented: dict[str, tuple[str, ...]] = {}
    sections: list[str] = []
    for line in (ROOT / "docs" / "plans.md").read_text().splitlines():
        if line.startswith("## "):
            sections = re.findall(r"`\[+([a-z_.]+)\]+`", line) or [""]
        elif row := re.match(r"\| `([a-z_]+)` \|", line):
            for section in sections:
                documented[section] = (*documented.get(section, ()), row[1])
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            assert len(cells) == 5, line
            if not re.match("(sections?|table) (above|below)", cells[1]):
                assert all(cells), line
                assert cells[4].startswith(f"`{row[1]} = "), line
    assert documented == KEYS


# A plan with a section of each kind, in which each example of the documentation takes its place.
FRAME = """
name = "p"
currency = "USD"
[package]
price = "1"
validity = "30d"
[on_change]
left = "keep"
[price.volume]
amount = "1"
per = "GB"
[[price.volume.tier]]
from = "7 GB"
amount = "2"
[price.time]
amount = "1"
per = "hour"
[[price.time.tier]]
from = "7 hours"
amount = "2"
[price.session]
fee = "1"
[price.activation]
fee = "1"
[included]
volume = "1 GB"
[speeds]
down = "1M"
[speeds.mikrotik]
rate = "1M/1M"
[speeds.cisco]
down = "X"
[[hours]]
days = "mon"
from = "08:00"
until = "09:00"
[[reply]]
attributes = ["Filter-Id = x"]
[[holiday]]
name = "x"
date = "12-25"
[[band]]
name = "night"
days = "sun"
holidays = "only"
[[band]]
name = "dawn"
[[band.hours]]
days = "mon"
[[class]]
name = "local"
services = "IX"
[[rate]]
bands = ["dawn"]
classes = ["local"]
volume = { amount = "0" }
[[rate]]
bands = ["night", "dawn"]
volume = { amount = "0.1", per = "GB" }
[[bundle]]
name = "b"
volume = "1 GB"
[[bundle]]
name = "carried"
volume = "1 GB"
[bundle.rollover]
most = "1 GB"
[[booster]]
name = "c"
volume = "1 GB"
price = "1"
[[cap]]
period = "month"
most = "1"
[fair_use]
period = "month"
[[fair_use.step]]
above = "1 GB"
down = "1M"
[on_expired]
[[on_expired.reply]]
attributes = ["Filter-Id = x"]
"""
# What cannot stand beside an example.
INSTEAD = {"time": "volume", "hours": "days"}


def with_example(section: str, key: str, example: str) -> str:
    """The frame with one line of the documentation's tables in its section."""
    frame = FRAME
    if section == "price.down":  # directions stand instead of their volume
        frame = re.sub(r"\[+price.volume(.tier)?\]+\n(.*=.*\n)+", "", frame)
        frame = frame.replace("volume = {", "down = {", 1).replace("volume = {", "up = {")
        frame += '[price.down]\namount = "1"\nper = "GB"\n'
        frame += '[[price.down.tier]]\nfrom = "1 GB"\namount = "2"\n'
        frame += '[price.up]\namount = "1"\nper = "GB"\n'
    if section == "speeds":
        frame = re.sub(r"\[speeds\..*\n.*\n", "", frame)
    lines = frame.splitlines()
    heads = [n for n, line in enumerate(lines) if line in (f"[{section}]", f"[[{section}]]")]
    start = heads[0] + 1 if section else 1
    end = next((n for n in range(start, len(lines)) if lines[n].startswith("[")), len(lines))
    gone = (key, INSTEAD.get(key)) if section != "included" else (key,)
    kept = [line for line in lines[start:end] if line.partition(" ")[0] not in gone]
    return "\n".join([*lines[:start], example, *kept, *lines[end:], ""])


def test_every_example_of_the_documentation_is_understood() -> None:
    parse_plan(FRAME, vocabulary=VOCABULARY)
    text = (ROOT / "docs" / "plans.md").read_text()
    for plan in re.findall(r"```toml\n(.*?)```", text, re.DOTALL):
        assert parse_plan(plan, vocabulary=VOCABULARY).name
    section, tried = "", 0
    for line in text.splitlines():
        if line.startswith("## "):
            found = re.search(r"`\[+([a-z_.]+)\]+`", line)
            section = found[1] if found else ""
        example = re.search(r"\| `(([a-z_]+) = [^`]*)` \|$", line)
        if example is None:
            continue
        parse_plan(with_example(section, example[2], example[1]), vocabulary=VOCABULARY)
        tried += 1
    assert tried >= 100

"""The fuzz targets: for each, the property it checks, what it runs through, and where it begins.

A target is one function that takes octets and raises when a property fails. The same functions are
replayed over the corpus by the tests, led by coverage in long runs, and run over compiled parts
that are built with sanitizers. Only the three storm targets exist compiled and nowhere else.
"""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CORPUS = HERE / "corpus"

Check = Callable[[bytes], None]


@dataclasses.dataclass(frozen=True, slots=True)
class Target:
    """One way in.

    `check` is `module:function`. `looks` are the Python modules whose branches lead the fuzzer; a
    target without any is led by the branches of the compiled parts. `swarm` is how many inputs one
    call of the check puts through the shipped code. `words` are the tokens that a mutator may
    insert. A target is `dear` by how many times fewer of its inputs the tests can afford.
    """

    name: str
    check: str
    about: str
    looks: tuple[str, ...] = ()
    swarm: int = 1
    size_max: int = 512
    words: tuple[str, ...] = ()
    dear: int = 1

    @property
    def compiled(self) -> bool:
        """Whether the check itself exists compiled only."""
        return self.swarm > 1

    def function(self) -> Check:
        """Return the check, imported now."""
        module, _, name = self.check.partition(":")
        found: Check = getattr(importlib.import_module(f"tests.fuzz.{module}"), name)
        return found


PLAN_WORDS = (
    "name = ", "currency = ", '"USD"', "[price.volume]", "[price.time]", "[price.session]",
    "[included]", "[speeds]", "[speeds.cisco]", "[[hours]]", "amount = ", "per = ", '"GB"',
    '"hour"', "count = ", "increment = ", "rounding = ", '"half-up"', "fee = ", "days = ",
    '"mon-fri"', "[[reply]]", "attributes = ", "'Framed-Pool = x'", "dialect = ",
    "access = ", "[on_expired]", "[[on_expired.reply]]", "[speeds.mikrotik]", "rate = ",
    "from = ", "until = ", '"24:00"', "timezone = ", '"""', "\n#", "[[band]]", "[[class]]",
    "[[holiday]]", "[[rate]]", "[[bundle]]", "[[booster]]", "[[cap]]", "[fair_use]",
    "[[fair_use.step]]", "[[price.volume.tier]]", "bands = ", "classes = ", '"other"', "mode = ",
    '"package"', "period = ", '"month"', "above = ", "minimum = ", "rollover = ",
    "[on_change]", "[package]", "validity = ", "[price.down]", "[price.up]", "[price.activation]",
    "[[rate.volume.tier]]", "[rate.volume]", "[rate.time]", "pay = ", '"after"', "then = ",
    '"stop"', "priority = ", "services = ", "cannot = ", '"1mo"',
)  # fmt: skip
SETTINGS_WORDS = (
    "[database]", "[keys]", "[radius]", "[metrics]", "[accounting]", "[log]", "url = ", "file = ",
    "listen = ", '"sqlite:///', '"postgresql://', "auth_port = ", "level = ", "\\u0000", "[[",
)  # fmt: skip
DICTIONARY_WORDS = (
    "ATTRIBUTE ", "VALUE ", "VENDOR ", "BEGIN-VENDOR ", "END-VENDOR ", "BEGIN-TLV ", "END-TLV ",
    "$INCLUDE one\n", "$INCLUDE- two\n", "string", "octets[16]", "integer", "tlv", "extended",
    "long-extended", "evs", "encrypt=2", "has_tag", "array", "concat", "format=2,1,c", "241.26.9.1",
)  # fmt: skip
LINE_WORDS = (
    "Attr-26.", "Attr-241.26.", "Attr-245.26.9.1", " = 0x", ' = "', "Tunnel-Password:1 = ",
    "Framed-IP-Address = ", "Event-Timestamp = ", "Mikrotik-Rate-Limit = ", "Cisco-AVPair = ",
)  # fmt: skip
PEOPLE_WORDS = (
    "login,", "password,", "plan,", "balance\n", "mac,", "credit_limit,", "credential,", "nas,",
    "valid_until,", "learn", "none", '"', '""', "\r\n",
)  # fmt: skip

STRAND_WORDS = ("[[[", "]]", ",0]", '"IX",', "1e400", "Infinity", "null", "9" * 20, "{}", "-1")

TARGETS: Final[dict[str, Target]] = {
    target.name: target
    for target in (
        Target("wire", "properties.wire:check", "packets against the plain twin", size_max=256),
        Target("wire-storm", "storm:check_wire", "packets, 64 changes each", swarm=64,
               size_max=400),
        Target("pyrad", "properties.wire:check_theirs", "packets against pyrad", size_max=400),
        Target("sums", "properties.sums:check_verify", "signing and verifying", size_max=200),
        Target("sums-storm", "storm:check_sums", "verifying, 64 forgeries each", swarm=64,
               size_max=300),
        Target("hidden", "properties.sums:check_hidden", "hidden values, PAP and CHAP",
               size_max=300),
        Target("mschap", "properties.sums:check_mschap", "MS-CHAP 1 and 2", size_max=200),
        Target("digests", "properties.digests:check", "MD4, MD5, HMAC, DES", size_max=300),
        Target("rater", "properties.rater:check", "prices by whole numbers", size_max=160),
        Target("rater-storm", "storm:check_rater", "prices, 64 totals each", swarm=64,
               size_max=131),
        Target("schemes", "properties.whole:check_scheme", "whole plans on both raters",
               size_max=1200, dear=4),
        Target("uses", "properties.whole:check_uses", "octets as what a session used",
               size_max=300),
        Target("accounts", "properties.whole:check_account", "accounts of whole plans, judged",
               ("accounting.pots", "accounting.pot_terms", "accounting.rollover",
                "accounting.uses", "rating.scheme", "rating.scheme_layout", "rating.timetable"),
               size_max=1500, dear=20),
        Target("strands", "properties.strands:check", "what devices say of services",
               ("accounting.strands", "accounting.counters", "accounting.reading"), size_max=1000,
               words=STRAND_WORDS, dear=4),
        Target("nesting", "properties.inside:check_nesting", "VSAs, extended types, TLVs, tags",
               ("radius.nesting", "radius.vendors", "radius.tags")),
        Target("printing", "properties.inside:check_printing", "attributes as lines and back",
               ("radius.lines", "radius.values", "radius.attributes"), size_max=300),
        Target("lines", "properties.inside:check_line", "lines as people type them",
               ("radius.lines", "radius.values", "radius.nesting"), words=LINE_WORDS),
        Target("dictionary", "properties.names:check", "the dictionary loader",
               ("radius.loader", "radius.dictionary", "radius.entries"), size_max=1500,
               words=DICTIONARY_WORDS),
        Target("plans", "properties.texts:check_plan", "the plan loader",
               ("rating.plan_file", "rating.plan_lines", "rating.plan_values",
                "rating.plan_replies", "rating.plan_speeds", "rating.reply_lines", "domain.money",
                "rating.plan_prices", "rating.plan_rates", "rating.plan_bands",
                "rating.plan_allowances", "rating.plan_fair_use", "rating.plan_pricing"),
               size_max=2400, words=PLAN_WORDS),
        Target("people", "properties.texts:check_people", "the CSV import",
               ("cli.import_file", "cli.options", "domain.login", "domain.money"),
               size_max=1000, words=PEOPLE_WORDS),
        Target("settings", "properties.texts:check_settings", "the settings file",
               ("cli.settings",), size_max=800, words=SETTINGS_WORDS),
        Target("journal-row", "properties.journal:check_row", "octets as a journal row",
               ("accounting.journal",)),
        Target("journal-record", "properties.journal:check_record", "records there and back",
               ("accounting.journal", "store.journal"), size_max=300),
        Target("device", "properties.device:check", "what devices send, in every dialect",
               ("nas.accounting_record", "nas.values", "nas.login", "nas.dialects.cisco",
                "nas.dialects.juniper", "nas.dialects.mikrotik", "nas.dialects.standard",
                "domain.login"), size_max=600),
    )
}  # fmt: skip


def corpus_of(name: str) -> list[bytes]:
    """Return the inputs that the repository keeps for a target, one line of hexadecimal each."""
    file = CORPUS / f"{name}.hex"
    return [bytes.fromhex(line) for line in file.read_text("ascii").splitlines()]


def write_corpus(name: str, inputs: list[bytes]) -> None:
    """Keep these inputs for a target, the shortest first, each once."""
    CORPUS.mkdir(exist_ok=True)
    lines = [octets.hex() + "\n" for octets in sorted(set(inputs), key=lambda o: (len(o), o))]
    (CORPUS / f"{name}.hex").write_text("".join(lines), "ascii")

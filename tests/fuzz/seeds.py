"""The first corpus: `python -m tests.fuzz.seeds` writes an input or a few for every target.

Packets and attributes are the vectors of tests/radius, texts are the files that ship in conf/ and
a few lines of each little language. What a long run learns is added beside them by `--keep`.
"""

from __future__ import annotations

import itertools
import random

from accounting.journal import Record, encode
from tests.fuzz.properties.dice import Dice
from tests.fuzz.targets import CORPUS, ROOT, TARGETS, write_corpus
from tests.radius.vector_files import line_vectors, named
from tests.ratings.cases import a_case
from tests.simulation.seams import EPOCH_US
from tests.simulation.whole_draw import draw

PEOPLE = (
    "login,password,plan,balance\nalice,secret,home,1.50\n",
    "login,password,plan,balance,mac,credit_limit,credential,nas,valid_until\r\n"
    '"bob","a ""b"" c",home,0,02:00:00:00:00:01,5,nt,one two,never\r\n',
    "password,login,balance,plan\n,02-00-00-00-00-01,-1,home\n",
)
LINES = (
    "User-Name = alice",
    'Framed-IP-Address = "10.0.0.1"',
    "Tunnel-Password:1 = 0x8001f99263c00194deae3264258505da0f9a",
    "Attr-26.9.1 = 0x6162",
    "Attr-241.26.9.1.2 = 0x01",
    'Event-Timestamp = "Nov 14 2023 22:13:20 UTC"',
    r'Reply-Message = "a\tb\x41\101"',
)
DICTIONARIES = (
    "ATTRIBUTE User-Name 1 string\nATTRIBUTE Class 25 octets[4]\nVALUE User-Name x 1\n",
    "VENDOR V 9 format=2,1\nBEGIN-VENDOR V\nATTRIBUTE A 1 integer has_tag,encrypt=2\n"
    "VALUE A On 0x01\nEND-VENDOR V\n$INCLUDE one\0ATTRIBUTE B 241 extended\n"
    "ATTRIBUTE C 241.1 tlv\nBEGIN-TLV C\nATTRIBUTE D 1 byte array\nEND-TLV C\n",
    "ATTRIBUTE L 245 long-extended\nATTRIBUTE E 245.26 evs\nVENDOR W 24757 format=1,1,c\n"
    "BEGIN-VENDOR W format=E\nATTRIBUTE X 1 string\nEND-VENDOR W\n$INCLUDE- two\n",
)


def packets() -> list[bytes]:
    """Whole packets, sound and not."""
    return [bytes.fromhex(one["hex"]) for one in named().values() if len(one["hex"]) >= 38]


def records() -> list[bytes]:
    """Accounting-Requests with counters that nobody should believe."""
    kinds = (42, 43, 46, 47, 48, 52, 53, 55, 41)
    found = []
    for value in (b"\xff" * 4, b"\x10\x00\x00\x00", b"\x00\x00\x00\x01"):
        area = b"\x28\x06\x00\x00\x00\x02"
        area += b"".join(bytes((kind, 6)) + value for kind in kinds)
        for identifier in (3, 7, 11):
            head = bytes((4, identifier)) + (20 + len(area)).to_bytes(2, "big")
            found.append(head + bytes(16) + area)
    return found


def areas() -> list[bytes]:
    """Attributes of every kind, without a packet around them."""
    return [octets for _, octets, _ in line_vectors()] + [one[20:] for one in packets()[:30]]


def texts(*patterns: str) -> list[bytes]:
    """Files of conf/ that match, cut to what a fuzzer can handle."""
    return [file.read_bytes()[:1200] for one in patterns for file in sorted(ROOT.glob(one))]


def plans() -> list[bytes]:
    """The plans of conf/ without what they say to people, and some that are drawn."""
    files = sorted(ROOT.glob("conf/plans/*.toml"))
    lines = [file.read_text("utf-8").splitlines() for file in files]
    found = ["\n".join(one for one in text if one and one[0] != "#") for text in lines]
    for seed in range(8):
        found += draw(random.Random(seed), 10**6 * 86_400 * seed, 10**6 * 7_200)[0].texts.values()
    return [text.encode() for text in found if len(text) <= 1_500]


def histories(size: int) -> list[bytes]:
    """Throws of dice: nothing, all the same, and any."""
    return [b"", bytes(size), b"\xff" * size, *(random.Random(n).randbytes(size) for n in range(9))]


def beyond() -> list[bytes]:
    """Throws that draw a record beyond what 63 bits hold together."""
    thrown = (random.Random(n).randbytes(600) for n in itertools.count())
    return list(itertools.islice(filter(_is_beyond, thrown), 3))


def _is_beyond(octets: bytes) -> bool:
    case = a_case(Dice(octets))
    return max(sum(way) for step in case.steps for way in step.rise.octets) >= 1 << 61


def states() -> list[bytes]:
    """Which scheme, and numbers of septets: small ones, large ones, one that is cut."""
    ends = b"", b"\x01", b"\x05\x06\x07", b"\x80\x01" * 9, b"\x01" + b"\xff" * 8 + b"\x7f", b"\x80"
    return [bytes((number,)) + end for number in (0, 1, 5, 17) for end in ends]


def services() -> list[bytes]:
    """What a row keeps of services, and throws of dice."""
    counted = ",".join(["0"] * 13)
    kept = f'[[["S1","IX",5,6,2,{EPOCH_US},{counted}]],0]', "[[],7]", "[[null],1]"
    return [*(one.encode() for one in kept), *histories(400)]


def rows() -> list[bytes]:
    """A journal row, as its body and as the octets inside."""
    record = Record(1, 2, 3, 0, 10**15, 10**15, "advanced", 5, 6, 7, 0, 0, 8, b"\x01\x07alice")
    whole = record._replace(unrated_input=1, unrated_s=2, walled=1, uses=b"\x05\x06\x00\x07")
    service = record._replace(effect="class-advanced", attributes=b"\x28\x06\x00\x00\x00\x02")
    return [
        encode([record]),
        encode([record, record]),
        encode([whole, service, record._replace(session_id=2)]),
    ]


def numbers() -> list[bytes]:
    """Tariffs and totals: a size and so many octets, again and again."""
    small = b"".join(b"\x01" + bytes((value,)) for value in (1, 0, 1, 2, 10, 3, 1, 5, 2, 3, 0, 7))
    large = b"\x01\x02\x08\x7f" + b"\xff" * 7 + small
    return [small, large, b"\x02" + small * 2, bytes(range(131)), b"\x08" * 130, too_dear()]


def too_dear() -> bytes:
    """A fee and a volume of which each is priced, and whose sum is beyond 63 bits."""
    most, one, nothing = b"\x08\x7f" + b"\xff" * 7, b"\x01\x01", b"\x00"
    volume = b"\x01" + one * 3 + nothing  # 1 for 1, in whole ones, rounded down
    return nothing + most + volume + nothing + most + nothing * 3 + b"\x01"


def seeds() -> dict[str, list[bytes]]:
    """Return the first inputs of every target."""
    found = {name: packets() for name in ("wire", "wire-storm", "pyrad", "device", "sums")}
    found |= {name: areas() for name in ("nesting", "printing", "hidden", "mschap", "digests")}
    found["sums-storm"] = [b"\x00\x01\x05secret" + bytes(16) + area for area in areas()[:40]]
    found["device"] = [*packets(), *records()]
    found |= {"rater": numbers(), "rater-storm": numbers()}
    found["lines"] = [line.encode() for line in LINES]
    found["dictionary"] = [one.encode() for one in DICTIONARIES]
    found["plans"] = plans()
    found |= {"schemes": histories(600) + beyond(), "accounts": histories(700)}
    found |= {"uses": states(), "strands": services()}
    found["people"] = [one.encode() for one in PEOPLE]
    found["settings"] = [*texts("conf/tollhouse.toml"), b'[radius]\nlisten = ["::1"]\n']
    found |= {"journal-row": rows(), "journal-record": [*rows(), *numbers()]}
    return found


def main() -> None:
    """Write a corpus for every target that has none yet."""
    for name, inputs in seeds().items():
        if not (CORPUS / f"{name}.hex").is_file():
            write_corpus(name, inputs)
    missing = [name for name in TARGETS if not (CORPUS / f"{name}.hex").is_file()]
    assert not missing, f"no seeds for {missing}"


if __name__ == "__main__":
    main()

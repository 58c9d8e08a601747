"""The vectors of the wire, as data files beside this module, and the dictionaries they need.

`vectors.json` holds octets by name (packets of every code, attributes, malformed input with
what is expected of a receiver); the other files say where their octets come from.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

from radius import Dictionary, load_dictionary

HERE = Path(__file__).parent / "vectors"
DEBIAN = Path("/usr/share/freeradius")
OURS = Path(__file__).parents[2] / "conf" / "dictionary"

SECRET = b"xyzzy5461"
AUTHENTICATOR = bytes(range(16))

# Which of the packets P01 to P14 answers which.
ANSWERS = {
    "P02": "P01", "P02b": "P01", "P03": "P01", "P04": "P01", "P04b": "P01", "P06": "P05",
    "P06b": "P05", "P07b": "P07", "P08b": "P08", "P08c": "P08", "P09b": "P09", "P09c": "P09",
    "P10b": "P10", "P10c": "P10", "P11": "P01", "P13b": "P13", "P13c": "P13",
}  # fmt: skip

# The 12 files that Debian ships and its own root does not include.
APART = (
    "dictionary.alvarion.wimax.v2_2", "dictionary.cisco.vpn3000", "dictionary.dhcp",
    "dictionary.freedhcp", "dictionary.motorola.illegal", "dictionary.nokia.conflict",
    "dictionary.openser", "dictionary.rfc5090", "dictionary.starent.vsa1", "dictionary.vqp",
    "dictionary.wimax.alvarion", "dictionary.wimax.wichorus",
)  # fmt: skip


@functools.cache
def document(name: str) -> Any:
    """Return the content of one JSON file."""
    return json.loads((HERE / name).read_text("utf-8"))


@functools.cache
def named() -> dict[str, dict[str, Any]]:
    """Return the vectors of vectors.json by the whole of their names."""
    return {vector["name"]: vector for vector in document("vectors.json")}


def octets(start: str) -> bytes:
    """Return the octets of the one vector whose name is, or begins with the word, `start`."""
    found = [name for name in named() if name == start or name.split()[0] == start]
    (name,) = found
    return bytes.fromhex(named()[name]["hex"])


@functools.cache
def line_vectors() -> list[tuple[bool, bytes, list[str]]]:
    """Return (reads back as the same octets, octets, lines) of lines.txt."""
    vectors: list[tuple[bool, bytes, list[str]]] = []
    for line in (HERE / "lines.txt").read_text("utf-8").splitlines():
        if line.startswith(("=", ">")):
            vectors.append((line[0] == "=", bytes.fromhex(line[2:]), []))
        elif line.startswith("    "):
            vectors[-1][2].append(line[4:])
    return vectors


def read_debian(name: str) -> str:
    """Return the text of one of Debian's dictionaries."""
    return (DEBIAN / name).read_text("utf-8", "replace")


def read_ours(name: str) -> str:
    """Return the text of one of our own dictionaries."""
    return (OURS / name).read_text("utf-8")


@functools.cache
def debian_dictionary() -> Dictionary:
    """Return the dictionary of Debian's root file."""
    return load_dictionary(read_debian, "dictionary")


@functools.cache
def our_dictionary() -> Dictionary:
    """Return the dictionary that the server ships with."""
    return load_dictionary(read_ours, "dictionary")

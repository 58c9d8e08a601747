"""What must hold for the text of dictionaries: loaded whole, or refused by file and line.

The first octet that is NUL ends the text of `dictionary`; behind it come the texts of `one` and
`two`, which it may include. Whatever loads must then be able to print and read attributes.
"""

from __future__ import annotations

import errno

from radius import Dictionary, DictionaryError, load_dictionary
from radius.errors import ValueTextError
from radius.nesting import Pair

FILES = ("dictionary", "one", "two")
MOST_READ = 1001

PAIRS: list[Pair] = [
    (1, b"alice"),
    (4, bytes((192, 0, 2, 1))),
    (26, b"\x00\x00\x3a\x8c\x08\x04ab"),
    (26, b"\x00\x00\x00\x09\x01\x06abcd"),
    (26, b"\x00\x00\x60\xb5\x01\x05\x80ab"),
    (26, b"\x00\x00\x60\xb5\x01\x04\x00c"),
    (64, b"\x01\x00\x00\x0d"),
    (69, b"\x01\x80\x01abcdefghijklmnop"),
    (241, b"\x05\x01\x03a"),
    (241, b"\x1a\x00\x00\x00\x09\x01abc"),
    (245, b"\x04\x80" + bytes(251)),
    (245, b"\x04\x00end"),
]


def check(octets: bytes) -> None:
    """Load a dictionary and use what came of it."""
    texts = dict(zip(FILES, octets.decode("utf-8", "replace").split("\0"), strict=False))
    reads = 0

    def reader(name: str) -> str:
        nonlocal reads
        reads += 1
        assert reads <= MOST_READ, "the number of files read has no bound"
        if name not in texts:
            raise FileNotFoundError(errno.ENOENT, "no such file")
        return texts[name]

    try:
        loaded = load_dictionary(reader)
    except DictionaryError as error:
        assert error.file in FILES or error.file not in texts
        assert 0 <= error.line <= max(text.count("\n") + 1 for text in texts.values()) * 2 + 200
        assert str(error).startswith(f"{error.file}:{error.line}: ")
        return
    _check_use(loaded)


def _check_use(loaded: Dictionary) -> None:
    """Every attribute can be found, and lines go through it, or are refused as lines are."""
    for entry in loaded.attributes:
        assert loaded.find(entry.name, entry.vendor) is not None
        assert loaded.at(entry.path) is not None
        assert loaded.name_of(entry.path)
        for text in ("1", '"a"', "0x01"):
            try:
                pair = loaded.parse(f"{entry.name} = {text}")
            except ValueTextError:
                continue
            assert len(pair[1]) <= 253 and 0 < pair[0] <= 255
    lines = loaded.format_all(PAIRS)
    assert lines
    for line in lines:
        try:
            loaded.parse_all(line)
        except ValueTextError as error:
            raise AssertionError(f"{line} was printed and cannot be read: {error}") from error

"""The text of dictionaries: the syntax of FreeRADIUS 3, read line by line into entries.

No file is opened here: a reader, given by the caller, turns a name into text, and the names of
included files are relative to the file that includes them. A line that cannot be understood is
an error that names file and line; nothing is skipped, since an attribute that is not known is
usage that is not seen.

The dialect of FreeRADIUS 4 (DEFINE, STRUCT, enum=) is another language and is refused.
"""

from __future__ import annotations

import dataclasses
import posixpath
import re
from collections.abc import Callable
from typing import Final

from radius.entries import TYPES, Attribute, NamedNumber, Vendor
from radius.errors import DictionaryError
from radius.nesting import EXTENDED, LONG_EXTENDED
from radius.vendors import VENDOR_SPECIFIC, VendorFormat

Reader = Callable[[str], str]
"""Turns the name of a dictionary into its text; raises OSError for one that is not there."""

_MAX_INCLUDES: Final = 20
_MAX_FILES: Final = 1_000  # read in all, the same one counted each time; FreeRADIUS ships 200
_MAX_DEPTH: Final = 8
_TYPE_SPELLINGS: Final = {"uint8": "byte", "uint16": "short", "uint32": "integer"}
_FORMAT: Final = re.compile(r"format=([124]),([012])(,c)?")
_EXTENDED_FORMAT: Final = re.compile(r"format=(\S+)")
_SIZED: Final = re.compile(r"octets\[([0-9]{1,5})\]")
_NUMBER: Final = re.compile(r"0[xX][0-9a-fA-F]{1,16}|[0-9]{1,20}")
_NAME: Final = re.compile(r"(?!attr-[0-9])[^\s=:]+", re.IGNORECASE)  # what a line can begin with
_NUMBER_MAX: Final = (1 << 32) - 1  # of an attribute, of a vendor
_VALUE_MAX: Final = (1 << 64) - 1


class _Fault(Exception):
    """What is wrong with a line; becomes a DictionaryError where the line is known."""


@dataclasses.dataclass(slots=True)
class Loader:
    """What has been read so far, and where in the text we are.

    `attributes` holds every ATTRIBUTE line in order, so that an alias or a later definition of
    the same path does not hide an earlier one; `values` every VALUE line, resolved by `finish`
    since a VALUE may stand before its attribute.
    """

    reader: Reader
    attributes: list[Attribute] = dataclasses.field(default_factory=list)
    vendors: dict[str, Vendor] = dataclasses.field(default_factory=dict)
    values: list[NamedNumber] = dataclasses.field(default_factory=list)
    orphans: list[str] = dataclasses.field(default_factory=list)
    _by_name: dict[tuple[int, str], Attribute] = dataclasses.field(default_factory=dict)
    _by_path: dict[tuple[int, ...], Attribute] = dataclasses.field(default_factory=dict)
    _late: list[tuple[str, int, int, list[str]]] = dataclasses.field(default_factory=list)
    _files: int = 0
    _vendor: Vendor | None = None
    _prefix: tuple[int, ...] = ()
    _blocks: list[tuple[str, tuple[int, ...]]] = dataclasses.field(default_factory=list)

    def load(self, name: str, depth: int = 0) -> None:
        """Read the dictionary of this name and all that it includes."""
        self._files += 1
        if self._files > _MAX_FILES:
            raise DictionaryError(name, 0, f"over {_MAX_FILES} files are included")
        try:
            text = self.reader(name)
        except OSError as error:
            reason = error.strerror or str(error)
            raise DictionaryError(name, 0, f"cannot be read: {reason}") from None
        for number, line in enumerate(text.splitlines(), 1):
            words = line.partition("#")[0].split()
            if not words:
                continue
            try:
                if words[0].upper() in ("$INCLUDE", "$INCLUDE-"):
                    self._include(name, words, depth)
                else:
                    self._statement(name, number, words)
            except _Fault as fault:
                raise DictionaryError(name, number, str(fault)) from None
        if self._vendor is not None or self._blocks:
            raise DictionaryError(name, 0, "a BEGIN- at its end has no END-")

    def finish(self) -> None:
        """Give every VALUE line its attribute, wherever that was defined.

        One whose attribute is nowhere is an orphan: it harms nothing, and the files that
        FreeRADIUS ships have some.
        """
        for file, line, vendor, (_, attribute, name, number) in self._late:
            owner = self.find(attribute, vendor)
            if owner is None:
                self.orphans.append(f"{file}:{line}: no attribute is called {attribute}")
                continue
            self.values.append(NamedNumber(owner.path, name, _whole(number, _VALUE_MAX)))
        self._late.clear()

    def find(self, name: str, vendor: int) -> Attribute | None:
        """Return the latest attribute of a name: the vendor's, one of no vendor, or any."""
        key = name.lower()
        return (
            self._by_name.get((vendor, key))
            or self._by_name.get((0, key))
            or self._by_name.get((-1, key))
        )

    def _include(self, name: str, words: list[str], depth: int) -> None:
        if len(words) != 2:
            raise _Fault("write $INCLUDE and the name of one file")
        if depth >= _MAX_INCLUDES:
            raise _Fault(f"includes are nested over {_MAX_INCLUDES} deep")
        target = posixpath.join(posixpath.dirname(name), words[1])
        try:
            self.load(target, depth + 1)
        except DictionaryError as error:
            missing = error.file == target and error.line == 0 and "cannot be read" in error.message
            if not missing:
                raise
            if words[0] != "$INCLUDE-":
                raise _Fault(f"{target} {error.message}") from None

    def _statement(self, file: str, line: int, words: list[str]) -> None:
        keyword = words[0].upper()
        if keyword == "ATTRIBUTE":
            self._attribute(file, line, words)
        elif keyword == "VALUE":
            _expect(words, 4, 4, "VALUE attribute name number")
            _whole(words[3], _VALUE_MAX)
            vendor = self._vendor.number if self._vendor else 0
            self._late.append((file, line, vendor, words))
        elif keyword == "VENDOR":
            self._new_vendor(words)
        elif keyword == "BEGIN-VENDOR":
            self._begin_vendor(words)
        elif keyword == "END-VENDOR":
            _expect(words, 2, 2, "END-VENDOR name")
            if self._vendor is None or self._vendor is not self.vendors.get(words[1].lower()):
                raise _Fault(f"{words[1]} was not begun")
            if self._blocks:
                raise _Fault(f"BEGIN-TLV {self._blocks[-1][0]} is still open")
            self._vendor, self._prefix = None, ()
        elif keyword in ("BEGIN-TLV", "END-TLV"):
            self._tlv(keyword, words)
        else:
            raise _Fault(f"{words[0]} is not a keyword of a dictionary")

    def _new_vendor(self, words: list[str]) -> None:
        _expect(words, 3, 4, "VENDOR name number [format=t,l]")
        number = _whole(words[2], _NUMBER_MAX)
        form = VendorFormat()
        if len(words) == 4:
            match = _FORMAT.fullmatch(words[3])
            if match is None:
                raise _Fault(f"{words[3]} is not a format such as format=1,1")
            form = VendorFormat(int(match[1]), int(match[2]), match[3] is not None)
        self.vendors[words[1].lower()] = Vendor(words[1], number, form)

    def _begin_vendor(self, words: list[str]) -> None:
        _expect(words, 2, 3, "BEGIN-VENDOR name [format=attribute]")
        vendor = self.vendors.get(words[1].lower())
        if vendor is None:
            raise _Fault(f"no vendor is called {words[1]}")
        if self._vendor is not None:
            raise _Fault(f"vendor {self._vendor.name} is still open")
        prefix: tuple[int, ...] = (VENDOR_SPECIFIC,)
        if len(words) == 3:
            match = _EXTENDED_FORMAT.fullmatch(words[2])
            parent = self.find(match[1], 0) if match else None
            if parent is None or parent.type != "evs":
                raise _Fault(f"{words[2]} does not name an attribute of type evs")
            prefix = parent.path
        self._vendor, self._prefix = vendor, (*prefix, vendor.number)

    def _tlv(self, keyword: str, words: list[str]) -> None:
        _expect(words, 2, 2, f"{keyword} name")
        if keyword == "BEGIN-TLV":
            owner = self.find(words[1], self._vendor.number if self._vendor else 0)
            if owner is None or owner.type != "tlv":
                raise _Fault(f"{words[1]} is not an attribute of type tlv")
            self._blocks.append((words[1], self._prefix))
            self._prefix = owner.path
        elif not self._blocks or self._blocks[-1][0].lower() != words[1].lower():
            raise _Fault(f"{words[1]} was not begun")
        else:
            self._prefix = self._blocks.pop()[1]

    def _attribute(self, file: str, line: int, words: list[str]) -> None:
        _expect(words, 4, 5, "ATTRIBUTE name number type [flags]")
        if not _NAME.fullmatch(words[1]):
            raise _Fault(f"{words[1][:40]} cannot be the name of an attribute")
        path = self._prefix + _oid(words[2])
        sized = _SIZED.fullmatch(words[3].lower())
        kind = "octets" if sized else words[3].lower()
        kind = _TYPE_SPELLINGS.get(kind, kind)
        if kind not in TYPES:
            raise _Fault(f"{words[3]} is not a data type")
        self._check_parent(path)
        flags = _flags(words[4]) if len(words) == 5 else {}
        entry = Attribute(
            words[1],
            path,
            kind,
            int(sized[1]) if sized else None,
            tagged="has_tag" in flags,
            encrypt=flags.get("encrypt", 0),
            array="array" in flags,
            concat="concat" in flags,
            virtual="virtual" in flags,
            secret="secret" in flags,
            file=file,
            line=line,
        )
        self.attributes.append(entry)
        self._by_path[path] = entry
        for scope in (entry.vendor, -1):
            self._by_name[scope, entry.name.lower()] = entry

    def _check_parent(self, path: tuple[int, ...]) -> None:
        if len(path) > _MAX_DEPTH:
            raise _Fault("attributes are nested too deep")
        above = path[:-1]
        if not above or (above[0] == VENDOR_SPECIFIC and len(above) == 2):
            return
        if above[0] in EXTENDED | LONG_EXTENDED and above[1:2] == (VENDOR_SPECIFIC,):
            if len(above) == 2:
                raise _Fault(f"{'.'.join(map(str, path))} is a vendor's number, not an attribute's")
            above = above[:2] if len(above) == 3 else above
        parent = self._by_path.get(above)
        if parent is None or parent.type not in ("tlv", "extended", "long-extended", "evs"):
            raise _Fault(f"{'.'.join(map(str, above))} is not an attribute that holds others")


def _expect(words: list[str], least: int, most: int, form: str) -> None:
    if not least <= len(words) <= most:
        raise _Fault(f"expected: {form}")


def _whole(text: str, most: int) -> int:
    """A number in decimal or hexadecimal; a fault if it is none, or over `most`."""
    if not _NUMBER.fullmatch(text):
        raise _Fault(f"{text[:40]} is not a number")
    number = int(text, 16 if text[:2] in ("0x", "0X") else 10)
    if number > most:
        raise _Fault(f"{text} is over {most}")
    return number


def _oid(text: str) -> tuple[int, ...]:
    numbers = text.split(".")
    if not all(_NUMBER.fullmatch(number) for number in numbers):
        raise _Fault(f"{text} is not a number or an OID such as 241.26.9.1")
    return tuple(_whole(number, _NUMBER_MAX) for number in numbers)


def _flags(text: str) -> dict[str, int]:
    flags: dict[str, int] = {}
    for word in text.lower().split(","):
        name, _, number = word.partition("=")
        if name == "encrypt" and number in ("1", "2", "3"):
            flags[name] = int(number)
        elif word in ("has_tag", "array", "concat", "virtual", "secret"):
            flags[word] = 1
        else:
            raise _Fault(f"{word} is not a flag of an attribute")
    return flags

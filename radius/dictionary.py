"""The dictionary: names for the numbers on the wire, and the types of their values.

It is loaded from text in the syntax of FreeRADIUS 3, so that the files every operator knows can
be used as they are, and never changes afterwards. Names are found in any case. Where several
names stand for one number, or several numbers for one name, the later line wins, as it does in
FreeRADIUS; the earlier name is still found, as an alias. Every line stays in `attributes`.

The wire never depends on it: what it does not know travels and is shown by number.
"""

from __future__ import annotations

from collections.abc import Iterable

from radius import lines
from radius.entries import CONTAINERS, Attribute, Vendor
from radius.errors import ValueTextError
from radius.lines import Hide, Unhide
from radius.loader import Loader, Reader
from radius.nesting import Pair, Path
from radius.vendors import VendorFormat, known_format


class Dictionary:
    """A loaded dictionary; it does not change."""

    __slots__ = ("_by_path", "_loader", "_names", "_numbers", "_vendors", "attributes")

    def __init__(self, loader: Loader) -> None:
        self.attributes: tuple[Attribute, ...] = tuple(loader.attributes)
        self._loader = loader
        self._by_path = {entry.path: entry for entry in self.attributes}
        self._vendors = {vendor.number: vendor for vendor in loader.vendors.values()}
        self._names = {(value.path, value.number): value.name for value in loader.values}
        self._numbers = {(value.path, value.name.lower()): value.number for value in loader.values}

    @property
    def orphans(self) -> tuple[str, ...]:
        """What is wrong with the VALUE lines whose attribute is nowhere, as `file:line: ...`."""
        return tuple(self._loader.orphans)

    @property
    def vendors(self) -> tuple[Vendor, ...]:
        """Every vendor, in the order in which they were named."""
        return tuple(self._loader.vendors.values())

    def find(self, name: str, vendor: int = 0) -> Attribute | None:
        """Return the attribute of a name, whatever its case: that of the vendor with this
        number, else one of no vendor, else any."""
        return self._loader.find(name, vendor)

    def at(self, path: Path) -> Attribute | None:
        """Return the attribute at a path, such as (26, 14988, 8)."""
        return self._by_path.get(path)

    def vendor_named(self, name: str) -> Vendor | None:
        """Return the vendor of a name, whatever its case."""
        return self._loader.vendors.get(name.lower())

    def vendor_numbered(self, number: int) -> Vendor | None:
        """Return the vendor of a private enterprise number."""
        return self._vendors.get(number)

    def value_name(self, path: Path, number: int) -> str | None:
        """Return the name of a number in the attribute at a path."""
        return self._names.get((path, number))

    def value_number(self, path: Path, name: str) -> int | None:
        """Return the number that a name, whatever its case, has in the attribute at a path."""
        return self._numbers.get((path, name.lower()))

    def nests(self, path: Path) -> bool:
        """Whether the attribute at this path holds TLVs."""
        entry = self._by_path.get(path)
        return entry is not None and entry.type == "tlv"

    def vendor_format(self, vendor: int) -> VendorFormat:
        """Return how a vendor frames its attributes."""
        known = self._vendors.get(vendor)
        return known.format if known is not None else known_format(vendor)

    def name_of(self, path: Path) -> str:
        """Return the name of the attribute at a path, `Attr-26.9.250` if it has none."""
        entry = self._by_path.get(path)
        if entry is None or entry.type in CONTAINERS:
            return "Attr-" + ".".join(map(str, path))
        return entry.name

    def format(self, pair: Pair, *, unhide: Unhide | None = None) -> list[str]:
        """Return the lines `Name = value` of one attribute (type, octets): one, or one for
        each attribute inside it."""
        return lines.format_lines(self, (pair,), unhide)

    def format_all(self, pairs: Iterable[Pair], *, unhide: Unhide | None = None) -> list[str]:
        """Return the lines of all attributes of a packet, values in several pieces joined."""
        return lines.format_lines(self, pairs, unhide)

    def parse(self, line: str, *, hide: Hide | None = None) -> Pair:
        """Return the attribute (type, octets) of a line such as `Framed-IP-Address = 10.0.0.1`.

        Raises ValueTextError, also when the value needs more than one attribute; hidden values
        are hidden by `hide`, and otherwise left as they are written.
        """
        pairs = lines.parse_line(self, line, hide)
        if len(pairs) != 1:
            raise ValueTextError(f"the value needs {len(pairs)} attributes, not one")
        return pairs[0]

    def parse_all(self, text: str, *, hide: Hide | None = None) -> list[Pair]:
        """Return the attributes of a text of one line each; empty lines and those that begin
        with # are left out."""
        pairs: list[Pair] = []
        for line in text.splitlines():
            if line.strip() and not line.lstrip().startswith("#"):
                pairs.extend(lines.parse_line(self, line, hide))
        return pairs


def load_dictionary(reader: Reader, *names: str) -> Dictionary:
    """Return the dictionary made of the named files (`dictionary` if none is named) and all
    they include.

    `reader` turns a name into text, raising OSError for a file that is not there; names in
    `$INCLUDE` are relative to the including file. Raises `DictionaryError` at the first line
    that is not understood.
    """
    loader = Loader(reader)
    for name in names or ("dictionary",):
        loader.load(name)
    loader.finish()
    return Dictionary(loader)

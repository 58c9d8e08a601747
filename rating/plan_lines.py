"""A TOML document that knows where its values stand, so that a fault can be pointed at.

The parser of the standard library does not tell the lines of values. They are found the slow way,
and only when something is wrong: a value stands on the first line up to which the document
already has it.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

MAX_LINES = 500
MAX_CHARACTERS = 40_000

Path = tuple[str | int, ...]
Value = TypeVar("Value")

_AT_LINE = re.compile(r" \(at line ([0-9]+), column ([0-9]+)\)$")


class PlanError(ValueError):
    """A fault of a plan file: `line N: what is wrong, and what to write instead`."""

    def __init__(self, line: int, sentence: str) -> None:
        super().__init__(f"line {line}: {sentence}")
        self.line = line


class Decimals(str):
    """A TOML float as it was written; there are no floats in a plan."""

    __slots__ = ()


def read_document(text: str, keys: dict[str, tuple[str, ...]]) -> Table:
    """Return the outermost table of a document.

    `keys` names the keys that every table may have, by the table's name as it stands between
    brackets; the outermost is ``""``. Raises PlanError.
    """
    text = text.removeprefix("\ufeff")  # some editors begin every file with it
    return Table(text, keys, (), _parsed(text))


class Table:
    """One table of the document. Its keys are checked when it is made, its values when read."""

    def __init__(
        self, text: str, keys: dict[str, tuple[str, ...]], path: Path, content: dict[str, Any]
    ) -> None:
        self._text = text
        self._keys = keys
        self._path = path
        self._content = content
        self._name = ".".join(part for part in path if isinstance(part, str))
        self._refuse_unknown()

    @property
    def name(self) -> str:
        """The table's name as it stands between brackets."""
        return self._name

    def whole(self, key: str, least: int, most: int) -> int | None:
        """Return a whole number within limits, None if it is not there. Raises PlanError."""
        value = self._content.get(key)
        if value is None:
            return None
        if type(value) is not int or not least <= value <= most:
            raise self.fault(key, f"{key} must be a whole number of {least} to {most}")
        return value

    def flag(self, key: str) -> bool | None:
        """Return true or false, None if it is not there. Raises PlanError."""
        value = self._content.get(key)
        if value is not None and not isinstance(value, bool):
            raise self.fault(key, f"{key} must be true or false")
        return value

    def has(self, key: str) -> bool:
        """Is the key there at all?"""
        return key in self._content

    def text(self, key: str) -> str | None:
        """Return a text, None if it is not there. Raises PlanError for anything else."""
        value = self._content.get(key)
        if value is None:
            return None
        if not isinstance(value, str) or isinstance(value, Decimals):
            raise self.fault(key, f'{key} must be a text in quotes, as in {key} = "..."')
        return value

    def amount(self, key: str) -> str | None:
        """Return an amount as text: a text in quotes or a whole number of currency units."""
        value = self._content.get(key)
        if isinstance(value, Decimals):
            raise self.fault(key, f'{key} must stand in quotes: {key} = "{value[:40]}"')
        if type(value) is int:
            return str(value)
        return self.text(key)

    def texts(self, key: str, most: int) -> list[str] | None:
        """Return a list of texts, also where one stands alone; None if it is not there."""
        value = self._content.get(key)
        if value is None:
            return None
        found = value if isinstance(value, list) else [value]
        if any(not isinstance(one, str) or isinstance(one, Decimals) for one in found):
            raise self.fault(key, f'{key} must be texts in quotes, as in {key} = ["...", "..."]')
        if len(found) > most:
            raise self.fault(key, f"{key} has at most {most} texts")
        return [str(one) for one in found]

    def text_or_whole(self, key: str) -> str | int | None:
        """Return a text or a whole number, None if it is not there. Raises PlanError."""
        value = self._content.get(key)
        return value if type(value) is int else self.text(key)

    def read(self, key: str, reader: Callable[[str], Value]) -> Value | None:
        """Return what `reader` makes of a text; its ValueError becomes a PlanError."""
        text = self.text(key)
        if text is None:
            return None
        try:
            return reader(text)
        except ValueError as error:
            raise self.fault(key, f"{key}: {error}") from None

    def table(self, key: str) -> Table | None:
        """Return a table inside this one, None if it is not there. Raises PlanError."""
        value = self._content.get(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self.fault(key, f"{key} must be a section: [{self._named(key)}]")
        return Table(self._text, self._keys, (*self._path, key), value)

    def tables(self, key: str, most: int) -> Iterator[Table]:
        """Yield the tables of an array of them. Raises PlanError if there are too many."""
        value = self._content.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            named = self._named(key)
            raise self.fault(key, f"{key} must be sections in double brackets: [[{named}]]")
        if len(value) > most:
            raise self.fault(key, f"there are at most {most} sections [[{self._named(key)}]]")
        for index, item in enumerate(value):
            yield Table(self._text, self._keys, (*self._path, key, index), item)

    def required(self, key: str, value: Value | None, example: str) -> Value:
        """Return the value that was read from a key, which may not be missing."""
        if value is None:
            where = f"[{self._name}]" if self._name else "the plan"
            raise self.fault(None, f"{where} has no {key}; write such as {example}")
        return value

    def fault(self, key: str | None, sentence: str) -> PlanError:
        """Return the error for a key of this table, or for the table if it does not have it."""
        path = (*self._path, key) if key in self._content and key is not None else self._path
        return PlanError(_line_of(self._text, path), sentence)

    def fault_in(self, key: str, index: int, sentence: str) -> PlanError:
        """Return the error for one text of a list of them, or for the one that stands alone."""
        path = (*self._path, key)
        if isinstance(self._content[key], list):
            path = (*path, index)
        return PlanError(_line_of(self._text, path), sentence)

    def _named(self, key: str) -> str:
        """The name of an inner table as one writes it between brackets."""
        return f"{self._name}.{key}" if self._name else key

    def _refuse_unknown(self) -> None:
        """Is every key one of those that this table may have?"""
        known = self._keys[self._name]
        for key in self._content:
            if key in known:
                continue
            where = f"[{self._name}]" if self._name else "a plan"
            close = difflib.get_close_matches(key, known, n=1)
            if close:
                advice = f"did you mean {close[0]}?"
            elif key in self._keys[""]:
                advice = "write it above the first [section]"
            else:
                advice = f"it knows {', '.join(known)}"
            raise self.fault(key, f"{where} has no key {key[:40]!r}; {advice}")


def _parsed(text: str) -> dict[str, Any]:
    """The document as the standard library reads it, faults as PlanError."""
    lines = text.count("\n") + 1
    if lines > MAX_LINES or len(text) > MAX_CHARACTERS:
        raise PlanError(
            lines, f"a plan has at most {MAX_LINES} lines and {MAX_CHARACTERS} characters"
        )
    try:
        return tomllib.loads(text, parse_float=Decimals)
    except ValueError as error:
        found = _AT_LINE.search(str(error))
        line = int(found[1]) if found else text.rstrip().count("\n") + 1
        column = f" at column {found[2]}" if found else ""
        what = _AT_LINE.sub("", str(error)).removesuffix(" (at end of document)")
        raise PlanError(line, f"this is not TOML{column}: {what}") from None
    except RecursionError:
        raise PlanError(1, "this is not a plan: brackets within brackets without end") from None


def _line_of(text: str, path: Path) -> int:
    """The first line up to which the document has the path; 1 for the document itself."""
    if not path:
        return 1
    lines = text.split("\n")
    inside = False  # a value of several lines, where a line is never a comment
    listed = any(isinstance(part, int) for part in path)
    for count, line in enumerate(lines, start=1):
        if inside and listed and _has_so_far(lines[:count], path):
            return count
        if not _may_end(line) if inside else not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            document = tomllib.loads("\n".join(lines[:count]) + "\n", parse_float=Decimals)
        except ValueError:  # it ends in the middle of a value
            inside = True
            if listed and _has_so_far(lines[:count], path):
                return count
            continue
        inside = False
        if _has(document, path):
            return count
    raise AssertionError(f"the document does not have {path}")


def _has_so_far(lines: list[str], path: Path) -> bool:
    """Is there a value at the path if the list that is open at the end of the lines ends there?"""
    try:
        return _has(tomllib.loads("\n".join(lines) + "\n]", parse_float=Decimals), path)
    except ValueError:
        return False


def _may_end(line: str) -> bool:
    """Can a value that began on an earlier line end on this one?"""
    return "]" in line or '"""' in line or "'''" in line


def _has(document: Any, path: Path) -> bool:
    """Is there a value at the path?"""
    for part in path:
        if isinstance(part, int):
            if not isinstance(document, list) or part >= len(document):
                return False
        elif not isinstance(document, dict) or part not in document:
            return False
        document = document[part]
    return True

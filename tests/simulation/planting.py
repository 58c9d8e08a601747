"""Planting a bug: a few words of the shipped code are replaced in this process, and put back.

A planted bug shows that the simulator would find it. So it must be what a person could write: an
edit of one or two lines, given as the words that are there and the words that stand there instead.
The function is compiled anew from its text and its code is swapped, so that whoever has imported it
by name runs the bug as well. Statements that were made at import are edited in their tables.

The text is looked up in the file each time. When the shipped code has changed so that the words
are not there any more, planting fails: the bug has to be looked at again, not to be forgotten.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, Protocol

from aaa.desk import Desk
from tests.simulation.swarm import Swarm, swarm

Undo = Callable[[], None]


class Unplantable(AssertionError):
    """The code is not what the bug was made for: read it again, and make the bug fit or go."""


class Edit(Protocol):
    """One change of the code in this process."""

    def apply(self) -> Undo:
        """Make it; the answer takes it back."""


@dataclass(frozen=True, slots=True)
class Code:
    """`old` becomes `new` in the text of a function: `package.module:name` or `:Class.name`."""

    where: str
    old: str
    new: str

    def apply(self) -> Undo:
        """Compile the function with the words replaced, and swap its code. Raises Unplantable."""
        module_name, _, path = self.where.partition(":")
        module = importlib.import_module(module_name)
        function = _function(module, path)
        source = _source(module, path)
        if source.count(self.old) != 1:
            raise Unplantable(
                f"{self.where}: {self.old!r} stands there {source.count(self.old)} times, not once"
            )
        before = function.__code__
        # Two edits of one function: the second one goes on from the first one's text.
        after = _compiled(source.replace(self.old, self.new), function, self.where)
        if after.co_freevars != before.co_freevars:
            raise Unplantable(f"{self.where} uses names of a function around it")
        function.__code__ = after
        return lambda: setattr(function, "__code__", before)


@dataclass(frozen=True, slots=True)
class Statement:
    """`old` becomes `new` in a statement of the hot road on SQLite."""

    name: str
    old: str
    new: str

    def apply(self) -> Undo:
        """Edit the table of statements. Raises Unplantable."""
        table: dict[str, str] = importlib.import_module("store.desk_sqlite").__dict__["_WRITE"]
        before = table[self.name]
        if before.count(self.old) != 1:
            raise Unplantable(f"statement {self.name}: {self.old!r} is not there once: {before}")
        table[self.name] = before.replace(self.old, self.new)
        return lambda: table.__setitem__(self.name, before)


@dataclass(frozen=True, slots=True)
class Bug:
    """A slip, what it breaks, who should notice, and within how many seeds.

    `kinds` are the faults without one of which a history cannot show it (swarm.KINDS; none: any
    may). Seeds without them count like the others and are not played, which only saves time.
    """

    name: str
    breaks: str
    notices: tuple[str, ...]  # what a violation that fits begins with
    seeds_n: int
    edits: tuple[Edit, ...]
    kinds: frozenset[str] = frozenset()
    needs: Callable[[Swarm], bool] = lambda plan: True
    lane: bool = False  # it is about the lane; all others are played on the long road alone
    first: int = 0  # where its seeds begin

    def may_show(self, seed: int) -> bool:
        """Could the history of this seed show it?"""
        plan = swarm(seed)
        return (not self.kinds or bool(self.kinds & plan.kinds)) and self.needs(plan)


CRASHES = frozenset({"crash-step", "crash-point", "crash-write", "power"})
DISK = frozenset({"disk-error", "disk-full", "store"})
ROUTERS = frozenset({"routers"})
PATHS = frozenset({"loss", "late", "double", "partition", "clog"})
OFFICE = frozenset({"office"})
SOLD = frozenset({"packages"})
MOVED = frozenset({"moving in"})


def odd(*habits: str) -> Callable[[Swarm], bool]:
    """Does a history have one of these habits of routers (profiles.HABITS)?"""
    return lambda plan: bool(set(habits) & set(plan.habits))


@contextmanager
def planted(bug: Bug) -> Iterator[None]:
    """The code has the bug inside this block."""
    with ExitStack() as undo:
        undo.callback(setattr, Desk, "lane_open", Desk.lane_open)
        Desk.lane_open = bug.lane
        for edit in bug.edits:
            undo.callback(edit.apply())
        yield


# -------------------------------------------------------------------- text and code

_EDITED: dict[Any, str] = {}  # planted code to the text that it was made of


def _function(module: ModuleType, path: str) -> FunctionType:
    found: Any = module
    for name in path.split("."):
        found = vars(found)[name]
    if isinstance(found, property):
        found = found.fget
    elif isinstance(found, classmethod | staticmethod):
        found = found.__func__
    if not isinstance(found, FunctionType):
        raise Unplantable(f"{module.__name__}:{path} is not a function of ours")
    return found


def _source(module: ModuleType, path: str) -> str:
    """The text of a function, decorators left out; as edited, if it is."""
    edited = _EDITED.get(_function(module, path).__code__)
    if edited is not None:
        return edited
    assert module.__file__ is not None
    text = Path(module.__file__).read_text()
    nodes: list[ast.stmt] = ast.parse(text).body
    found: ast.stmt | None = None
    for name in path.split("."):
        found = next((one for one in nodes if getattr(one, "name", "") == name), None)
        if found is None:
            raise Unplantable(f"{module.__name__} has no {path}")
        nodes = getattr(found, "body", [])
    assert found is not None
    lines = text.splitlines()[found.lineno - 1 : found.end_lineno]
    # A method keeps its indentation, so that edits are written as the file has it.
    return "\n".join(["if True:" if lines[0][0] == " " else "", *lines]) + "\n"


def _compiled(source: str, function: FunctionType, where: str) -> Any:
    """The code object of the edited text; names are looked up where the function's are."""
    namespace: dict[str, Any] = {}
    code = compile(source, f"<planted in {where}>", "exec")
    exec(code, function.__globals__, namespace)
    made: FunctionType = namespace[function.__name__]
    made.__code__ = made.__code__.replace(co_qualname=function.__qualname__)
    _EDITED[made.__code__] = source
    return made.__code__

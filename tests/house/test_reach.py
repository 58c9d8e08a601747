"""Nothing that ships goes round the seams or leaves an order to chance; each rule catches a case.

One seed must give one history, so what is looked for here is what no seed governs: the machine's
clock and dice, threads, sockets, timers and tasks of the loop itself, and the order of sets.
"""

from __future__ import annotations

import ast
from pathlib import PurePosixPath

import pytest

from tests.house.order import Names
from tests.house.reach import NEEDS, WORLD, reach_offences
from tests.house.tree import ROOT, report, shipped, text_of


def offences_in(source: str, path: str = "server/a.py") -> list[tuple[int, str]]:
    """What the rules say of one planted file."""
    names = Names()
    names.learn(ast.parse(source))
    return reach_offences(PurePosixPath(path), source, names)


def test_nothing_that_ships_reaches_past_the_seams() -> None:
    names = Names()
    for path in shipped(".py"):
        names.learn(ast.parse(text_of(path)))
    offences = [
        (path, line, complaint)
        for path in shipped(".py")
        for line, complaint in reach_offences(path, text_of(path), names)
    ]
    assert not offences, report(offences)


def test_every_exception_is_a_file_that_there_is_and_has_a_reason() -> None:
    for name, needs in NEEDS.items():
        assert (ROOT / name).is_file(), f"{name} is gone: take it off the list"
        assert needs and needs.keys() <= WORLD.keys()
        assert all(len(reason.split()) > 2 for reason in needs.values())


REACHES = {
    "clock": "import time",
    "clock, by name": "from time import monotonic_ns as now",
    "clock, of the calendar": "from datetime import UTC, datetime\nx = datetime.now(UTC)",
    "clock, of the calendar in full": "import datetime\nx = datetime.datetime.utcnow()",
    "clock, of today": "import datetime as d\nx = d.date.today()",
    "clock, of the loop": "x = self._loop.time()",
    "clock, of the running loop": "import asyncio\nx = asyncio.get_running_loop().time()",
    "dice": "import random",
    "dice, secrets": "from secrets import token_bytes",
    "dice, uuid": "import uuid",
    "dice, kernel": "import os\nx = os.urandom(8)",
    "dice, kernel by name": "from os import getrandom",
    "threads": "import threading",
    "threads, pool": "from concurrent.futures import ThreadPoolExecutor",
    "threads, of asyncio": "import asyncio\nasync def f(): await asyncio.to_thread(f)",
    "threads, of the loop": "async def f(loop): await loop.run_in_executor(None, f)",
    "sockets": "import socket",
    "sockets, select": "import select",
    "sockets, selectors": "from selectors import DefaultSelector",
    "sockets, stream": "import asyncio\nx = asyncio.open_connection('h', 1)",
    "sockets, datagrams": "x = loop.create_datagram_endpoint(f)",
    "sockets, server": "x = loop.create_server(f)",
    "sockets, connection": "x = loop.create_connection(f)",
    "sockets, raw": "x = loop.sock_recvfrom(s, 10)",
    "sockets, reader": "loop.add_reader(1, f)",
    "timers, sleep": "import asyncio\nx = asyncio.sleep(1)",
    "timers, sleep by name": "from asyncio import sleep",
    "timers, wait_for": "import asyncio as a\nx = a.wait_for(f, 1)",
    "timers, timeout": "import asyncio\nx = asyncio.timeout(1)",
    "timers, of the loop": "loop.call_later(1, f)",
    "timers, at": "self._loop.call_at(1, f)",
    "tasks": "import asyncio\nx = asyncio.create_task(f())",
    "tasks, of the loop": "loop.create_task(f())",
    "tasks, waited for as a set": "import asyncio\ndone, late = asyncio.wait(tasks)",
    "tasks, as completed": "import asyncio\nfor x in asyncio.as_completed(tasks): pass",
    "signals": "import signal",
    "signals, of the loop": "loop.add_signal_handler(15, f)",
    "processes": "import subprocess",
    "order, hash": "x = sorted(rows, key=lambda row: hash(row))",
    "order, id": "x = id(row)",
    "order, a set": "for name in {a, b}: pass",
    "order, a set made": "names = set(rows)\nx = list(names)",
    "order, a set computed": "x = [f(n) for n in {row.name for row in rows}]",
    "order, a union": "def f(a: set[str], b: set[str]) -> None:\n    for x in a | b: pass",
    "order, keys less others": "x = tuple(a.keys() - b.keys())",
    "order, joined": "def f(names: frozenset[str]) -> str:\n    return ','.join(names)",
    "order, unpacked": "def f(names: set[str]) -> None:\n    g(*names)",
    "order, of pairs": "def f(a: set[tuple[int, str]]) -> None:\n    x = dict.fromkeys(a)",
    "order, an attribute": "class A:\n    b: set[str]\ndef f(a: A) -> None:\n    x = [*a.b]",
    "order, a set in a table": (
        "class A:\n    b: dict[int, set[str]]\ndef f(a: A) -> None:\n    for x in a.b[1]: pass"
    ),
    "order, a set out of a table": (
        "class A:\n    b: dict[int, set[str]]\ndef f(a: A) -> None:\n    x = list(a.b.get(1, ()))"
    ),
    "order, an answer": "def g() -> set[str]: ...\ndef f() -> None:\n    for x in g(): pass",
    "order, of tasks": (
        "class A:\n    t: set[Task]\n    def f(self) -> None:\n        for x in tuple(self.t): pass"
    ),
    "order, added to a list": "def f(a: set[str], b: list[str]) -> None:\n    b += a",
}


@pytest.mark.parametrize("title", REACHES)
def test_a_planted_reach_is_caught(title: str) -> None:
    found = offences_in(REACHES[title])
    word = title.partition(",")[0]
    assert any(complaint.startswith(f"{word}: ") for _, complaint in found), found


@pytest.mark.parametrize(
    "source",
    [
        "import asyncio\nx = asyncio.Event(), asyncio.Lock()",
        "from server.queue import Queue\nimport server.seams",
        "from datetime import datetime\nx = datetime.fromisoformat('2026-01-01')",
        "import os\nx = os.environ, os.statvfs('/')",
        "def f(spawn: object) -> None:\n    spawn.later(1, f)\n    spawn.task(f(), 'f')",
        "def f(a: set[str]) -> list[str]:\n    return sorted(a | {'x'})",
        "def f(a: set[str]) -> int:\n    return len(a) + sum(len(x) for x in a)",
        "def f(a: set[str]) -> bool:\n    return 'x' in a and any(x for x in a)",
        "def f(a: set[str]) -> set[str]:\n    return {x.lower() for x in a}",
        "def f(a: set[str], b: set[str]) -> None:\n    a.update(x for x in b)\n    a |= b",
        "def f(a: set[int]) -> None:\n    for x in a: pass",
        "class A:\n    b: dict[int, set[int]]\ndef f(a: A) -> None:\n    for x in a.b[1]: pass",
        "x = [n for n in {1: 2}]\ny = [n for n in sorted({a, b})]",
        "for status in (1, 2): pass\nfor n in {1, 2}: pass",
    ],
)
def test_what_leaves_nothing_to_chance_is_let_pass(source: str) -> None:
    assert offences_in(source) == []


def test_a_reason_that_nothing_needs_any_more_is_an_offence() -> None:
    kept = "import time, secrets, socket\nfrom concurrent.futures import ThreadPoolExecutor\n"
    found = offences_in(kept, "server/seams.py")
    assert sorted(complaint for _, complaint in found) == [
        "needs no tasks any more: take it off the list",
        "needs no timers any more: take it off the list",
    ]

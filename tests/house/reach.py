"""What reaches past the seams: clocks, dice, threads, sockets, timers, tasks, and chance in order.

One seed must give one history. So a module that ships may not ask the world by itself, and may not
walk a set whose order the process draws at its start (`PYTHONHASHSEED`) or takes from addresses.
`NEEDS` is the whole list of exceptions, each with its reason: the real seams, the rim that is
outside every simulation, and what is decided by no order. A reason that nothing uses any more is
an offence too. The rules read syntax, so a fault is found by name; nothing here opens a file.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from tests.house.floors import Offence
from tests.house.order import Names, walked_sets

# The modules and functions by which a word is reached, by full name; a module stands for all in it.
WORLD = {
    "clock": "time datetime.datetime.now datetime.datetime.utcnow datetime.datetime.today "
    "datetime.date.today",
    "dice": "random secrets uuid os.urandom os.getrandom",
    "threads": "threading _thread concurrent multiprocessing queue asyncio.to_thread",
    "sockets": "socket select selectors ssl socketserver asyncio.open_connection "
    "asyncio.start_server asyncio.open_unix_connection asyncio.start_unix_server",
    "timers": "sched asyncio.sleep asyncio.wait_for asyncio.timeout asyncio.timeout_at",
    "tasks": "asyncio.create_task asyncio.ensure_future asyncio.gather asyncio.wait "
    "asyncio.as_completed asyncio.TaskGroup asyncio.run_coroutine_threadsafe",
    "signals": "signal",
    "processes": "subprocess os.fork os.system asyncio.create_subprocess_exec "
    "asyncio.create_subprocess_shell",
    "order": "hash id",
}
# What a loop is asked for, under whatever name it goes.
METHODS = {
    "threads": re.compile(r"run_in_executor|set_default_executor"),
    "sockets": re.compile(
        r"create_(datagram_endpoint|(unix_)?server|(unix_)?connection)|sock_\w+|(add|remove)_"
        r"(reader|writer)|connect_accepted_socket"
    ),
    "timers": re.compile(r"call_later|call_at"),
    "tasks": re.compile(r"create_task|call_soon_threadsafe"),
    "signals": re.compile(r"(add|remove)_signal_handler"),
}
_BY_NAME = {name: word for word, names in WORLD.items() for name in names.split()}
_LOOP = re.compile(r"\b(_?loop|get_running_loop\(\)|get_event_loop\(\))\.time\(\)$")

NEEDS: dict[str, dict[str, str]] = {
    "server/seams.py": {
        "clock": "the real clock",
        "dice": "the kernel's entropy",
        "threads": "the pool for password hashes",
        "sockets": "the real sockets",
        "timers": "the real timers",
        "tasks": "the real tasks",
    },
    "server/process.py": {
        "timers": "one turn of a loop that nothing runs on any more",
        "tasks": "start and stop of the process, before there is a spawn seam and after it",
        "signals": "SIGTERM and SIGINT come to processes, and a simulation has none",
        "sockets": "hears when nobody watches this worker any more",
    },
    "server/bound.py": {"sockets": "binds the real sockets"},
    "server/worker_kit.py": {"sockets": "takes over what another process has bound"},
    "server/workers.py": {
        "processes": "starts the workers: several processes, which no simulation has",
        "signals": "passes on to the workers what a supervisor says",
        "sockets": "asks each worker's page",
        "tasks": "watches all workers at once, outside every simulation",
        "timers": "looks again, and gives up on a worker that does not answer",
    },
    "aaa/logins.py": {
        "order": "finds logins by hashes of one process; no order comes of them",
    },
    "aaa/same_ids.py": {
        "order": "finds names by hashes of one process; no order comes of them",
    },
    "cli/doctor_machine.py": {
        "sockets": "asks the running server's page, as an operator would",
        "timers": "gives up on that page",
    },
    "cli/live.py": {"timers": "looks again what became of sessions, at a terminal"},
    "cli/nas_test.py": {"timers": "waits for a router's answer at a terminal"},
    "cli/purge.py": {"timers": "lets the server go first between two pages"},
    "cli/session.py": {
        "tasks": "watches several orders at once, at a terminal",
        "timers": "looks again whether an order was carried out, at a terminal",
    },
    "cli/simulate_play.py": {
        "signals": "Ctrl-C ends the play with a Stop",
        "sockets": "plays a router over real UDP",
        "threads": "pyrad's client blocks",
        "timers": "plays at the pace of the clock",
    },
    "cli/simulate_router.py": {"sockets": "plays a router over real UDP"},
    "cli/import_difference.py": {"threads": "hashes many passwords on all cores"},
}
"""File to what it needs of the world, and why nothing else will do."""


_REMEDY = {"order": "sort it"}


def full_names(tree: ast.Module) -> dict[str, str]:
    """What each imported name stands for."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                name = alias.name if alias.asname else alias.name.partition(".")[0]
                found[alias.asname or name] = name
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                found[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return found


def _dotted(node: ast.expr, known: Mapping[str, str]) -> str:
    if isinstance(node, ast.Name):
        return known.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        left = _dotted(node.value, known)
        return f"{left}.{node.attr}" if left else ""
    return ""


def _word_of(name: str) -> str | None:
    """What a full name reaches for, itself or by the module it is in."""
    while name:
        if name in _BY_NAME:
            return _BY_NAME[name]
        name = name.rpartition(".")[0]
    return None


def reached(tree: ast.Module) -> Iterator[tuple[int, str, str]]:
    """Yield line, word and how for each reach past the seams."""
    known = full_names(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = getattr(node, "module", None)
            for alias in node.names:
                name = f"{module}.{alias.name}" if module else alias.name
                if (word := _word_of(name)) is not None:
                    yield node.lineno, word, f"imports {name}"
        elif isinstance(node, ast.Call):
            name = _dotted(node.func, known)
            imported = name.partition(".")[0] in {n.partition(".")[0] for n in known.values()}
            builtin = name in WORLD["order"].split()
            if (imported or builtin) and (word := _word_of(name)) is not None:
                yield node.lineno, word, f"calls {name}()"
            elif isinstance(node.func, ast.Attribute):
                yield from _asked_of_a_loop(node, node.func.attr)


def _asked_of_a_loop(node: ast.Call, method: str) -> Iterator[tuple[int, str, str]]:
    if method == "time" and _LOOP.search(ast.unparse(node)):
        yield node.lineno, "clock", "asks the loop for the time"
    for word, pattern in METHODS.items():
        if pattern.fullmatch(method):
            yield node.lineno, word, f"calls .{method}()"


def reach_offences(path: PurePosixPath, source: str, names: Names) -> list[Offence]:
    """Everything that one `.py` file of a package reaches for and has no reason to."""
    tree = ast.parse(source)
    needs = NEEDS.get(str(path), {})
    found = {*reached(tree), *walked_sets(tree, names)}
    offences = [
        (line, f"{word}: {how}; {_REMEDY.get(word, 'it comes through the seams')}")
        for line, word, how in found
        if word not in needs
    ]
    offences += [
        (1, f"needs no {word} any more: take it off the list")
        for word in needs.keys() - {word for _, word, _ in found}
    ]
    return sorted(offences)

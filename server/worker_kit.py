"""What a worker is given by the process that watches it: its share, its sockets, its lifeline.

The sockets of all workers are bound before any of them starts and stay open in the process that
watches. So the kernel's choice, which gives each source address and port to one socket, does not
change when a worker dies: what arrives meanwhile waits in its socket for its successor. All of it
travels as inherited descriptors and one line of text in the environment.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from domain.share import Share

VARIABLE: Final = "TOLLHOUSE_WORKER"
Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class WorkerKit:
    """Where one worker works."""

    share: Share
    sockets: Mapping[Address, socket.socket]  # by the address and port of the settings
    lifeline: int  # a descriptor that ends when the watching process does
    pages: str  # the path of the Unix socket on which it shows its pages


def kit_line(share: Share, descriptors: Mapping[Address, int], lifeline: int, pages: str) -> str:
    """A kit as the line that a worker finds in its environment."""
    sockets = [[host, port, descriptor] for (host, port), descriptor in descriptors.items()]
    return json.dumps([[*share], sockets, lifeline, pages])


def kit_of(line: str) -> WorkerKit:
    """The kit of this process, from its line; the descriptors are taken over."""
    share, sockets, lifeline, pages = json.loads(line)
    opened = {(host, port): socket.socket(fileno=number) for host, port, number in sockets}
    for one in opened.values():
        one.setblocking(False)
    return WorkerKit(Share(*share), opened, lifeline, pages)

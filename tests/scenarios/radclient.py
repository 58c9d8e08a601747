"""Debian's radclient as the router: attributes as text in, its reading of the answer out.

It shares no code with the server or with pyrad, and reads FreeRADIUS's own dictionaries.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field

ATTRIBUTE = re.compile(r"^\s+(?P<name>[A-Za-z0-9][\w.:-]*) = (?P<value>.*)$")
RECEIVED = re.compile(r"^Received (?P<kind>\S+) Id ")


@dataclass
class Answer:
    """What came back: the kind of packet ("" for silence) and its attributes in order."""

    kind: str
    attributes: list[tuple[str, str]] = field(default_factory=list)
    output: str = ""

    def __getitem__(self, name: str) -> str:
        """The first value of an attribute, without quotes."""
        return next(value.strip('"') for key, value in self.attributes if key == name)

    def __contains__(self, name: str) -> bool:
        """Is there such an attribute?"""
        return any(key == name for key, _ in self.attributes)


class Radclient:
    """radclient with a server to talk to."""

    def __init__(
        self, program: str, *, host: str = "127.0.0.1", secret: str = "testing123"
    ) -> None:
        """`host` as radclient wants it: IPv6 in brackets."""
        self._program = program
        self._host = host
        self._secret = secret

    def send(
        self, command: str, port: int, attributes: str, *, secret: str = "", wait_s: float = 60
    ) -> Answer:
        """Send one request (`auth`, `acct`, `status`) once; lines of attributes in its notation."""
        return self._sent(command, port, attributes, secret or self._secret, str(wait_s))

    def send_all(self, command: str, port: int, requests: Sequence[str]) -> Answer:
        """Send requests one behind the other without waiting for answers; all that came back."""
        text, at_once = "\n\n".join(requests), ("-p", str(len(requests)))
        return self._sent(command, port, text, self._secret, "60", *at_once)

    def _sent(
        self, command: str, port: int, requests: str, secret: str, wait_s: str, *more: str
    ) -> Answer:
        done = subprocess.run(
            [
                *(self._program, "-x", "-r", "1", "-t", wait_s, *more),
                *(f"{self._host}:{port}", command, secret),
            ],
            input=requests,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        return _read(done.stdout + done.stderr)


def _read(output: str) -> Answer:
    answer = Answer("", output=output)
    for line in output.splitlines():
        received = RECEIVED.match(line)
        attribute = ATTRIBUTE.match(line)
        if received is not None:
            answer.kind = received["kind"]
        elif attribute is not None and answer.kind:
            answer.attributes.append((attribute["name"], attribute["value"]))
    return answer

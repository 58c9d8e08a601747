"""FreeRADIUS as a router's ear: it receives Disconnect-Request and CoA-Request and answers them.

An implementation that is not ours decides here whether what we send is well-formed and authentic.
How it answers is chosen by the Acct-Session-Id of the request, so that one running peer serves
every test:

=============== ==========================================================================
``gone-...``    NAK with Error-Cause 503, Session-Context-Not-Found
``refused-...`` NAK with Error-Cause 501, Administratively-Prohibited
``silent-...``  no answer at all
anything else   ACK
=============== ==========================================================================

What arrived is read from its debug output and kept as ``Received`` values, in order.
"""

from __future__ import annotations

import atexit
import os
import re
import shutil
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path

from tests.peers.child import Child, PeerFailed, find_program
from tests.peers.ports import free_port

CONFIGURATION = """
name = listener
confdir = {root}
logdir = {root}
run_dir = {root}
db_dir = {root}
libdir = /usr/lib/freeradius
max_request_time = 30
cleanup_delay = 5
max_requests = 4096
hostname_lookups = no
log {{
    destination = stdout
    stripped_names = no
}}
security {{
    allow_core_dumps = no
}}
modules {{
    always ok {{
        rcode = ok
    }}
    always reject {{
        rcode = reject
    }}
}}
client tester {{
    ipaddr = {client}
    secret = {secret}
    require_message_authenticator = {require}
}}
server listener {{
    listen {{
        type = coa
        ipaddr = {host}
        port = {port}
    }}
    recv-coa {{
        if (&Acct-Session-Id =~ /^gone-/) {{
            update reply {{
                &Error-Cause := Session-Context-Not-Found
            }}
            reject
        }}
        elsif (&Acct-Session-Id =~ /^refused-/) {{
            update reply {{
                &Error-Cause := Administratively-Prohibited
            }}
            reject
        }}
        elsif (&Acct-Session-Id =~ /^silent-/) {{
            update control {{
                &Response-Packet-Type := Do-Not-Respond
            }}
            ok
        }}
        else {{
            ok
        }}
    }}
    send-coa {{
        ok
    }}
}}
"""

HEADING = re.compile(r"\bReceived (?P<kind>\S+-Request) Id (?P<identifier>\d+) from ")
DROPPED = re.compile(r"^(\(\d+\) )?Dropping packet without response because of error: (?P<why>.*)$")
ATTRIBUTE = re.compile(r"^\(\d+\)   (?P<name>[A-Z0-9][\w.:-]*) [+:]?= (?P<value>.*)$")


@dataclass
class Received:
    """One request as FreeRADIUS read it: kind, identifier, attributes in its notation."""

    kind: str
    identifier: int
    attributes: dict[str, str] = field(default_factory=dict)
    dropped: str = ""  # why it was dropped without an answer, in FreeRADIUS' words


class CoaListener:
    """One running FreeRADIUS that answers Disconnect and CoA; a context manager."""

    def __init__(
        self,
        secret: str = "testing123",
        *,
        host: str = "127.0.0.1",
        client: str = "",
        require_message_authenticator: bool = False,
    ) -> None:
        """Start it on a free UDP port of ``host`` (see ``port``); raises PeerFailed.

        It hears orders from ``client`` only, which is ``host`` itself unless given.
        """
        # Its configuration and its client read quotes and backslashes differently: stay clear of
        # both.
        assert re.fullmatch(r"[!#-\[\]-~]+", secret), "a secret without quotes and backslashes"
        self._program = find_program("freeradius")
        self._root = Path(tempfile.mkdtemp(prefix="tollhouse-freeradius-"))
        self._received: list[Received] = []
        self._open: Received | None = None
        self._arrived = threading.Condition()
        self.host = host
        self._client = client or host
        self.port = 0
        try:
            self._child = self._start(secret, require_message_authenticator)
        except BaseException:
            shutil.rmtree(self._root, ignore_errors=True)
            raise
        atexit.register(self.close)

    def _start(self, secret: str, require_message_authenticator: bool) -> Child:
        for left in reversed(range(5)):
            self.port = free_port()
            text = CONFIGURATION.format(
                root=self._root,
                host=self.host,
                client=self._client,
                port=self.port,
                secret=f'"{secret}"',
                require="yes" if require_message_authenticator else "no",
            )
            (self._root / "listener.conf").write_text(text)
            try:
                return Child(
                    [self._program, "-X", "-d", str(self._root), "-n", "listener"],
                    ready="Ready to process requests",
                    environment={**os.environ, "LC_ALL": "C.UTF-8"},
                    on_line=self._read,
                )
            except PeerFailed as failure:
                if left == 0 or "in use" not in str(failure):
                    raise
        raise AssertionError("unreachable: the last try raises")

    def __enter__(self) -> CoaListener:
        """Return the running listener."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the listener."""
        self.close()

    def close(self) -> None:
        """Stop the listener and remove its files. Closing twice is harmless."""
        self._child.stop()
        shutil.rmtree(self._root, ignore_errors=True)
        atexit.unregister(self.close)

    def _read(self, line: str) -> None:
        heading = HEADING.search(line)
        attribute = ATTRIBUTE.match(line)
        if heading is not None:
            self._open = Received(heading["kind"], int(heading["identifier"]))
        elif attribute is not None and self._open is not None:
            self._open.attributes[attribute["name"]] = attribute["value"]
        elif self._open is not None:
            dropped = DROPPED.match(line)
            self._open.dropped = dropped["why"] if dropped is not None else ""
            with self._arrived:
                self._received.append(self._open)
                self._open = None
                self._arrived.notify_all()

    @property
    def received(self) -> list[Received]:
        """What has arrived so far, oldest first; a request sent again and again is listed each time
        that FreeRADIUS took it for new."""
        with self._arrived:
            return list(self._received)

    def wait_for(self, count: int, *, limit_s: float = 120) -> list[Received]:
        """Return what has arrived once it is ``count`` requests; raises PeerFailed in time."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: len(self._received) >= count, limit_s):
                raise PeerFailed(
                    f"{len(self._received)} of {count} requests reached FreeRADIUS; "
                    f"it said:\n{self._child.last_words()}"
                )
            return list(self._received)

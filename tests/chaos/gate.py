"""Tollhouse as one of the two that are compared: the same verbs that the other one has.

It sells octets at a millionth of the currency unit each, so that money and octets are one number: a
quota is a balance, and an overdraft in octets is one in micros. Only documented settings are used,
and they are listed as those of the other server are.
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from cli.version import tollhouse_version
from tests.chaos.oracle import Books, Tariff
from tests.chaos.site import Site
from tests.peers.ports import free_port

PER_OCTET = Tariff(per_octet=Fraction(1))
RICH_MICROS = 10**15
SWITCHED_ON = {
    "plan": "1.00 for a MB, `sessions` as the history says, balance = quota",
    "mikrotik": "dialect of the NAS: limits as Mikrotik-Total-Limit, orders by Disconnect and CoA",
    "no-gigawords, line-rate": "for the history with 32-bit counters only, as docs/nas.md says",
}
_PLAN = """
name = "{name}"
currency = "USD"
sessions = {sessions_n}
[price.volume]
amount = "1"
per = "MB"
"""


class Gate:
    """One Tollhouse in a directory of its own, on either database."""

    def __init__(self, directory: Path, database_url: str = "", *, narrow: bool = False) -> None:
        """Make the database and one NAS; `narrow`: the NAS counts 32 bits."""
        directory.mkdir(parents=True, exist_ok=True)
        self.coa_port = free_port()
        self._site = Site(directory, database_url or f"sqlite:///{directory / 'tollhouse.db'}")
        self._plans: set[int] = set()
        site = self._site
        site.tollhouse("init")
        words = ["--address", "127.0.0.9", "--secret", "testing123", "--dialect", "mikrotik"]
        if narrow:
            words += ["--no-gigawords", "--line-rate", "200000000"]
        site.tollhouse("nas", "add", "box", *words, "--coa-port", str(self.coa_port))

    @property
    def auth_port(self) -> int:
        """Where logins go."""
        return self._site.auth_port

    @property
    def acct_port(self) -> int:
        """Where records go."""
        return self._site.acct_port

    @property
    def switched_on(self) -> dict[str, str]:
        """What to tell the reader."""
        return SWITCHED_ON

    def sell(self, login: str, *, quota_octets: int | None = None, sessions_n: int = 0) -> None:
        """A subscriber with as much money as the quota, and so many sessions at once (0: any)."""
        sessions_n = sessions_n or 1_000
        plan = f"at-once-{sessions_n}"
        if sessions_n not in self._plans:
            self._plans.add(sessions_n)
            file = self._site.directory / f"{plan}.toml"
            file.write_text(_PLAN.format(name=plan, sessions_n=sessions_n))
            self._site.tollhouse("plan", "load", str(file))
        micros = RICH_MICROS if quota_octets is None else quota_octets
        words = ("--plan", plan, "--password", "pass", "--balance", f"{micros / 10**6:.6f}")
        self._site.tollhouse("subscriber", "add", login, *words)

    def start(self) -> None:
        """Start the server and wait until it serves."""
        self._site.start()

    def kill(self) -> None:
        """kill -9."""
        self._site.kill()

    def stop(self) -> None:
        """Stop it politely, if it runs."""
        if self._site.process is not None:
            self._site.stop()

    def settled(self) -> bool:
        """Is all that was acknowledged in the books? Always: that is what an answer means."""
        return True

    def books(self) -> Books:
        """What its tables say."""
        return self._site.books()

    def version(self) -> str:
        """Its version."""
        return f"Tollhouse {tollhouse_version()}"

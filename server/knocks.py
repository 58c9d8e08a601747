"""Who knocked without being known: a bounded record, and nothing sent back (PKT-11, S2).

A wrong address in the configuration is the usual reason, so the operator is to see it; a flood
of invented sources is the other, so memory, rows and log lines are all bounded.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from aaa.ports import StoreUnavailable
from server.logs import Log
from server.ports import Knock, Store

ADDRESSES_MAX: Final = 256  # remembered between two flushes to the store
LOG_EVERY_US: Final = 60_000_000


class Knocks:
    """Addresses that are no device of ours, since the last flush."""

    def __init__(self) -> None:
        self._by_address: dict[str, Knock] = {}
        self._unlogged_n = 0
        self._logged_us: int | None = None

    def __len__(self) -> int:
        """How many addresses are remembered now."""
        return len(self._by_address)

    def note(self, address: str, octets: bytes, port: int, now_us: int) -> None:
        """Count a datagram; of addresses beyond the bound only the number is kept."""
        self._unlogged_n += 1
        known = self._by_address.get(address)
        code = octets[0] if octets else 0
        if known is not None:
            self._by_address[address] = Knock(
                address, known.count_n + 1, known.first_us, now_us, code, port
            )
        elif len(self._by_address) < ADDRESSES_MAX:
            self._by_address[address] = Knock(address, 1, now_us, now_us, code, port)

    def take(self) -> list[Knock]:
        """What to add to the store; it is forgotten here."""
        knocks = list(self._by_address.values())
        self._by_address.clear()
        return knocks

    def restore(self, knocks: Iterable[Knock]) -> None:
        """The store did not take them: keep them for the next time, within the bound."""
        for knock in knocks:
            newer = self._by_address.get(knock.address)
            if newer is not None:
                self._by_address[knock.address] = newer._replace(
                    count_n=newer.count_n + knock.count_n, first_us=knock.first_us
                )
            elif len(self._by_address) < ADDRESSES_MAX:
                self._by_address[knock.address] = knock

    def to_log(self, now_us: int) -> int:
        """How many datagrams to speak of in the log now; at most once a minute, else 0."""
        if not self._unlogged_n:
            return 0
        if self._logged_us is not None and now_us - self._logged_us < LOG_EVERY_US:
            return 0
        count_n, self._unlogged_n = self._unlogged_n, 0
        self._logged_us = now_us
        return count_n


async def flush(knocks: Knocks, store: Store, now_us: int, log: Log) -> None:
    """Add what was noted to the store, keep it if that fails, and tell the operator now and
    then. `now_us` is monotonic."""
    taken = knocks.take()
    if taken:
        try:
            await store.knocked(taken)
        except StoreUnavailable:
            knocks.restore(taken)
    count_n = knocks.to_log(now_us)
    if count_n:
        log.warning(
            "datagrams from unknown sources",
            datagrams=count_n,
            some=[knock.address for knock in taken[:3]],
            advice="if it is a router of yours, add it with `tollhouse nas add`",
        )

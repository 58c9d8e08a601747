"""What a server is given: its seams, and every bound of the rim with its unit.

The command line fills these from the settings file; a simulator fills them as it likes. Nothing
in the server has a bound that cannot be found here or named beside its use.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from domain.seams import Clock, Datagrams, Ids, Randomness, Spawn


@dataclass(frozen=True, slots=True)
class Seams:
    """Everything the process takes from the world (domain.seams)."""

    clock: Clock
    randomness: Randomness
    ids: Ids
    datagrams: Datagrams
    spawn: Spawn
    disk_free_octets: Callable[[], int] | None = None  # None: the database is elsewhere


@dataclass(frozen=True, slots=True)
class Limits:
    """Where to listen, and every bound of the rim."""

    listen: tuple[str, ...] = ("0.0.0.0", "::")
    auth_port: int = 1812
    acct_port: int = 1813
    queue_max_n: int = 16_384  # requests that wait
    batch_max_n: int = 1_024  # requests in one transaction
    ahead_min_n: int = 16  # of fewer it is better to wait for more than to decide them ahead
    login_age_max_us: int = 5_000_000  # a login that waited longer is not decided any more
    reply_keep_us: int = 5_000_000  # how long a reply is kept for repeats (5 to 30 s)
    replies_max_n: int = 131_072  # requests and replies that are remembered
    status_per_s: int = 20  # Status-Server packets of one device
    receive_buffer_octets: int = 4_194_304  # asked of the kernel for each listening socket
    order_sockets_n: int = 4  # source ports for orders, 256 outstanding each
    feed_poll_us: int = 200_000  # how often the feed is read where nobody tells us
    sweep_us: int = 2_000_000  # how often sessions that time decides about are looked for
    renewals_us: int = 1_000_000  # how often packages that end are looked for
    probe_us: int = 1_000_000  # how often the store proves itself, well below the next
    proof_us: int = 5_000_000  # a commit older than this proves nothing any more
    tidy_us: int = 100_000  # how often it is looked whether the store should tidy up
    chore_us: int = 1_000_000  # how often the loop's lag is measured, and knocks are kept after 5
    drain_linger_us: int = 1_000_000  # accounting is still served while logins go elsewhere
    drain_max_us: int = 15_000_000

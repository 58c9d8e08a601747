"""The types of a track; what each field means is said in `_track.pyx`."""

from typing import Any, Final, final

from domain.account import Account, Allowance
from domain.device import Device
from domain.session import Session
from rating import Tariff

__pyx_capi__: Final[dict[str, Any]]
"""What other compiled modules may call directly; `_track.pxd` says what it is."""

@final
class Days:
    """Local days of one zone."""

    timezone: str

    def __init__(self, timezone: str) -> None: ...

@final
class Course:
    """What all tracks of one device have alike whose sessions are on one plan."""

    def __init__(
        self,
        device: Device,
        source_address: str,
        tariff: Tariff,
        days: Days,
        numbers: tuple[int | None, ...],
        words: tuple[bool, ...],
    ) -> None: ...

@final
class Track:
    """All that the lane needs to know of one session; made by `aaa.lane.lay`."""

    def __init__(
        self,
        session: Session,
        account: Account,
        device: Device,
        source_address: str,
        tariff: Tariff,
        days: Days,
        allowance: Allowance | None,
        plan_id: int,
        interval_s: int,
        rate_bps: int | None,
        until_us: int | None,
        fee_micros: int,
        guard_octets: int,
        rated_limit_octets: int,
        included_octets: int,
        included_s: int,
        held: bool,
        limited: bool,
        charges: bool,
        volume: bool,
        time: bool,
        priced: tuple[int, int, int],
    ) -> None: ...

"""The types of terms; what they are is said in `_terms.pyx`."""

from typing import final

from domain.device import Device
from domain.plan import Plan
from rating import Tariff

@final
class Terms:
    """What a plan offers at a device, alike to all who have nothing of their own."""

    plan: Plan
    device: Device
    access: str
    told: bytes
    limit_names: tuple[str, ...]

    def __init__(
        self,
        plan: Plan,
        device: Device,
        tariff: Tariff,
        access: str,
        told: bytes,
        grant: bytes,
        places: tuple[int, ...],
        limit_names: tuple[str, ...],
        speeds: dict[str, int | str],
        interim_s: int,
        guard_octets: int,
        line_bps: int,
        renewal_s: int,
    ) -> None: ...

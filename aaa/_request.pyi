"""The types of a request; what it means is said in `_request.pyx`."""

from typing import Any, Final, final

from domain.device import Device, Latch
from radius import Packet

__pyx_capi__: Final[dict[str, Any]]
"""What other compiled modules may call directly; `_request.pxd` says what it is."""

@final
class Request:
    """A verified packet of a known device."""

    packet: Packet
    device: Device
    source_address: str
    arrived_us: int
    signed: bool
    latches: tuple[Latch, ...]
    hash_ok: bool | None
    put_off: bool

    def __init__(
        self,
        packet: Packet,
        device: Device,
        source_address: str,
        arrived_us: int,
        signed: bool,
        latches: tuple[Latch, ...] = ...,
        hash_ok: bool | None = ...,
        put_off: bool = ...,
    ) -> None: ...

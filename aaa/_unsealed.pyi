"""The types of unsealing; what each does is said in `_unsealed.pyx`."""

from collections.abc import Callable
from typing import Any, Final

from domain.account import Subscriber

__pyx_capi__: Final[dict[str, Any]]
"""What other compiled modules may call directly; `_unsealed.pxd` says what it is."""

def clear(
    decrypts: dict[bytes, Callable[[bytes, bytes, bytes], bytes]], subscriber: Subscriber
) -> bytes | None:
    """The credential of a subscriber in clear; None: `aaa.sealing` says why it does not open."""

"""Packed texts are for compiled rooms only: what they call is in `_texts.pxd`."""

from typing import Any, Final

__pyx_capi__: Final[dict[str, Any]]
"""What other compiled modules may call directly."""

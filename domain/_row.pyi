"""What compiled rows have in common is for compiled rooms only: it is said in `_row.pxd`."""

from typing import Any, Final

__pyx_capi__: Final[dict[str, Any]]
"""What other compiled modules may call directly."""

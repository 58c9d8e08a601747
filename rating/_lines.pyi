"""The types of the compiled lines; what each function does is said in `_lines.pyx`.

Others import these from `rating.scheme`.
"""

from typing import Any, Final

from rating._scheme import Scheme, Uses

__pyx_capi__: Final[dict[str, Any]]
"""What other compiled modules may call directly; `_lines.pxd` says what it is."""

def price(scheme: Scheme, uses: Uses, fee_due: bool, /) -> tuple[int, ...]:
    """Micros of (fee, line 0, line 1, ..., minus what is waived). The sum is what it costs."""

def charged(scheme: Scheme, uses: Uses, fee_due: bool, /) -> int:
    """The sum of `price`."""

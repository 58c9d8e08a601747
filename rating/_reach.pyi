"""The types of the compiled reach; what it does is said in `_reach.pyx`.

Others import it from `rating.scheme`.
"""

from typing import Any, Final

from rating._scheme import Scheme, Uses
from rating._walk import Draw, Meter

__pyx_capi__: Final[dict[str, Any]]
"""What other compiled modules may call directly; `_reach.pxd` says what it is."""

def reach(
    scheme: Scheme,
    uses: Uses,
    money_micros: int,
    at_us: int,
    band: int,
    draws: list[Draw] | tuple[Draw, ...],
    meters: list[Meter] | tuple[Meter, ...],
    fee_due: bool,
    /,
) -> tuple[int | None, int | None]:
    """How many more (octets, seconds) the money pays in a band, each spending all of it.

    Octets in whichever direction and class is dearest. Money that pays just so much: one more
    would cost more. Below zero it pays nothing, not even the rest of a started increment. Draws
    that hold at `at_us` are used up first; caps that stop count as no money, caps that do not make
    the rest free. None: it costs nothing, however much.
    """

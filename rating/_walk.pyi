"""The types of the compiled walk; what each function does is said in `_walk.pyx`.

Others import these from `rating.scheme`.
"""

from collections.abc import Sequence
from typing import Any, Final, Self, TypeAlias, TypeVar, final

from rating._scheme import Scheme, Uses

__pyx_capi__: Final[dict[str, Any]]
"""What other compiled modules may call directly; `_walk.pxd` says what it is."""

_Thing = TypeVar("_Thing")
_Given: TypeAlias = list[_Thing] | tuple[_Thing, ...]  # nothing else: they own what they hold

# Bits of `Draw.flows`: what of the traffic a draw may pay for.
FLOW_DOWN: Final[int]
FLOW_UP: Final[int]
FLOW_LARGER: Final[int]
FLOW_TIME: Final[int]

# What a `Meter` measures.
TIERS: Final[int]
FAIR: Final[int]
CAP: Final[int]

ALWAYS_US: Final[int]  # before any instant
NEVER_US: Final[int]  # after any instant

@final
class Rise:
    """By how much a record raised the rated totals of a session between two instants.

    `classes` are (up, down) of class 1, 2, ...; fewer than the scheme has means nothing of the
    others. Class 0 is the rest. `from_us` not before `to_us`: all of it happened at `to_us`.
    """

    def __new__(
        cls,
        up: int,
        down: int,
        seconds: int,
        from_us: int,
        to_us: int,
        classes: Sequence[tuple[int, int]] = (),
    ) -> Self: ...

@final
class Draw:
    """A pot as a walk sees it: how much is left, what it may pay for, in which slot that counts.

    `cells`, `flows` and `slot` are those of `compile_scheme`'s scope. It pays for traffic within
    [`from_us`, `until_us`) only; a walk cuts the rise there.
    """

    def __new__(
        cls,
        left: int,
        cells: int,
        flows: int,
        slot: int,
        from_us: int = ...,
        until_us: int = ...,
    ) -> Self: ...
    left: int
    @property
    def took(self) -> int:
        """What the last walk took; `left` is as it was before, lower it where it is kept."""

@final
class Meter:
    """A counter of an account over [`from_us`, `until_us`) as a walk sees it.

    TIERS: octets or seconds that count for the tiers of the family `index`. FAIR: octets of fair
    use, `index` 0. CAP: micros charged under the cap at `index` of the plan.
    """

    def __new__(
        cls,
        measures: int,
        index: int,
        used: int,
        from_us: int = ...,
        until_us: int = ...,
    ) -> Self: ...
    used: int
    @property
    def moved(self) -> int:
        """What the last walk added; `used` is as it was before."""

def walk(
    scheme: Scheme,
    uses: Uses,
    rise: Rise,
    pieces: Sequence[tuple[int, int]],
    draws: _Given[Draw],
    meters: _Given[Meter],
    fee_was: bool,
    fee_due: bool,
    /,
) -> tuple[int, int]:
    """Let a rise pass: (micros before, micros after) of the session. Changes `uses`, each draw's
    `took` and each meter's `moved`.

    `pieces` are (until_us, band index) in time order, at least one; the last goes on to the end.
    `draws` in the order in which they are used up. Every tier counter, fair-use counter and cap
    of the plan whose period is not the session needs a meter for every instant of the rise.
    Raises OverflowError for what does not fit in 63 bits and ValueError for arguments that do
    not fit the scheme; nothing is changed then.
    """

def spread(scheme: Scheme, uses: Uses, rise: Rise, pieces: Sequence[tuple[int, int]], /) -> None:
    """Only add the rise to cells and bands, as `walk` does; for replays."""

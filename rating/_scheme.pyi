"""The types of the compiled rater of whole plans; what each does is said in `_scheme.pyx`."""

from collections.abc import Sequence
from typing import Any, Final, final

__pyx_capi__: Final[dict[str, Any]]
"""What other compiled modules may call directly; `_scheme.pxd` says what it is."""

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
class Scheme:
    """A whole plan's prices, flat; made by `rating.scheme.compile_scheme`."""

    def __init__(
        self,
        shape: tuple[int, int, bool],
        fee_micros: int,
        ways: tuple[int, ...],
        families: tuple[tuple[int, bool, int, tuple[tuple[int, int, int, int, int], ...]], ...],
        slots: tuple[int, bool],
        fair: tuple[int, int, int, int, bool] | None,
        caps: tuple[tuple[bool, int, bool], ...],
    ) -> None: ...
    @property
    def bands_n(self) -> int:
        """Bands with the one beside them all, which is band 0."""
    @property
    def classes_n(self) -> int:
        """Traffic classes with all other traffic, which is class 0."""
    @property
    def lines_n(self) -> int:
        """Lines of a session, by which it is charged; charge rows have the step 3 + line."""
    @property
    def slots_n(self) -> int:
        """Numbers of what was covered: one for each bundle; for boosters of octets and of seconds."""
    @property
    def width(self) -> int:
        """Numbers in the state of a session."""
    @property
    def larger(self) -> bool:
        """Does the plan count the larger direction of each cell?"""
    @property
    def fee_micros(self) -> int:
        """The session fee."""
    def family(self, family: int) -> tuple[int, int, int, int]:
        """(mode 0 graduated, 1 volume, 2 package; first line; lines; minimum micros)."""
    def way(self, cell: int, flow: int) -> int:
        """The family that prices a flow (0 down, 1 up, 2 larger, 3 time) of a cell, or -1."""

@final
class Uses:
    """The state of one session under one scheme: whole numbers, none negative."""

    def __init__(self, scheme: Scheme, packed: bytes = b"") -> None:
        """All zero, or what `pack` wrote. Raises ValueError for octets that it never wrote."""
    def pack(self) -> bytes:
        """The state as few octets; none if all is zero."""
    def copy(self) -> Uses: ...
    def numbers(self) -> tuple[int, ...]:
        """All numbers: (up, down) of each cell, seconds of each band, lines, tallies of package and
        volume families, covered of each slot, waived. Cell = band * classes_n + class."""
    @property
    def totals(self) -> tuple[int, int, int]:
        """(up octets, down octets, seconds) over all cells: the session's rated totals."""
    def octets(self, cell: int) -> tuple[int, int]:
        """(up, down) of a cell."""
    def seconds(self, band: int) -> int: ...
    def line(self, line: int) -> int:
        """Octets, seconds, packages or (volume tiers) micros of a line."""
    def quantity(self, family: int) -> int:
        """Octets or seconds that a family charges for, over all its lines."""
    def covered(self, slot: int) -> int:
        """Octets or seconds that the slot's allowance has paid for."""
    @property
    def waived_micros(self) -> int:
        """Of the price, what caps have let go."""
    def same_usage(self, other: Uses) -> bool:
        """Are cells and bands the same (the part that a replay works out again by `spread`)?"""

@final
class Rise:
    """By how much a record raised the rated totals of a session between two instants.

    `classes` are (up, down) of class 1, 2, ...; fewer than the scheme has means nothing of the
    others. Class 0 is the rest. `from_us` not before `to_us`: all of it happened at `to_us`.
    """

    def __init__(
        self,
        up: int,
        down: int,
        seconds: int,
        from_us: int,
        to_us: int,
        classes: Sequence[tuple[int, int]] = (),
    ) -> None: ...

@final
class Draw:
    """A pot as a walk sees it: how much is left, what it may pay for, in which slot that counts.

    `cells`, `flows` and `slot` are those of `compile_scheme`'s scope. It pays for traffic within
    [`from_us`, `until_us`) only; a walk cuts the rise there.
    """

    def __init__(
        self,
        left: int,
        cells: int,
        flows: int,
        slot: int,
        from_us: int = ...,
        until_us: int = ...,
    ) -> None: ...
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

    def __init__(
        self,
        measures: int,
        index: int,
        used: int,
        from_us: int = ...,
        until_us: int = ...,
    ) -> None: ...
    used: int
    @property
    def moved(self) -> int:
        """What the last walk added; `used` is as it was before."""

def walk(
    scheme: Scheme,
    uses: Uses,
    rise: Rise,
    pieces: Sequence[tuple[int, int]],
    draws: Sequence[Draw],
    meters: Sequence[Meter],
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

def spread(
    scheme: Scheme, uses: Uses, rise: Rise, pieces: Sequence[tuple[int, int]], /
) -> None:
    """Only add the rise to cells and bands, as `walk` does; for replays."""

def price(scheme: Scheme, uses: Uses, fee_due: bool, /) -> tuple[int, ...]:
    """Micros of (fee, line 0, line 1, ..., minus what is waived). The sum is what it costs."""

def charged(scheme: Scheme, uses: Uses, fee_due: bool, /) -> int:
    """The sum of `price`."""

def reach(
    scheme: Scheme,
    uses: Uses,
    money_micros: int,
    at_us: int,
    band: int,
    draws: Sequence[Draw],
    meters: Sequence[Meter],
    fee_due: bool,
    /,
) -> tuple[int | None, int | None]:
    """How many more (octets, seconds) the money pays in a band, each spending all of it.

    Octets in whichever direction and class is dearest. Money that pays just so much: one more
    would cost more. Draws that hold at `at_us` are used up first; caps that stop count as no
    money, caps that do not make the rest free. None: it costs nothing, however much.
    """

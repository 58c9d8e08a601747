"""The types of the compiled rater of whole plans; what each does is said in `_scheme.pyx`."""

from typing import Self, final

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
        """Numbers of what was covered: of each bundle; of boosters of octets, and of seconds."""
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

    def __new__(cls, scheme: Scheme, packed: bytes = b"") -> Self:
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

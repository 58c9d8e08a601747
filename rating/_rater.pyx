# cython: language_level=3, auto_pickle=False, autotestdict=False
"""The rater: what a session's total costs under one compiled tariff.

It prices cumulative totals and never differences: what is owed now is price(total now) less what
was charged before, so repeats, losses and re-ordering of records cannot change it, and rounding
happens once, on the total (T1, T2). Integers only: octets and seconds in, micros out. A price
that does not fit in 63 bits is refused with OverflowError; nothing wraps.

The same rule in plain Python is `rating.reference`, against which tests hold this one.
"""

cimport cython
from cpython.long cimport PyLong_Check
from cpython.object cimport PyObject
from libc.stdint cimport int64_t


cdef extern from "Python.h":
    ctypedef PyObject *(*PyCFunction)(PyObject *, PyObject *)
    ctypedef struct PyMethodDef:
        const char *ml_name
        PyCFunction ml_meth
        int ml_flags
        const char *ml_doc
    object PyCFunction_NewEx(PyMethodDef *method, PyObject *bound_to, module)
    int METH_FASTCALL


cdef enum:
    DOWN = 0
    UP
    SUM
    LARGER

cdef enum:
    ROW = 5         # numbers of one row of usage in `rate_many`

cdef int64_t MOST = 0x7FFFFFFFFFFFFFFF
cdef int64_t MOST_INCREMENT = 0x4000000000000000


@cython.final
@cython.no_gc
cdef class Tariff:
    """A plan's prices, flat. Made by `rating.compile_tariff`, which checks and explains.

    `volume` and `time` are (amount_micros, unit, increment, rounding): octets and seconds,
    rounding 0 down, 1 up, 2 half-up; None if that is not priced. `counted` is 0 down, 1 up,
    2 sum, 3 larger. Raises ValueError for numbers with which the arithmetic would not be exact.
    """

    def __init__(self, int counted, int64_t fee_micros, tuple volume, tuple time):
        if not DOWN <= counted <= LARGER:
            raise ValueError("counted is 0 to 3")
        self.counted = counted
        set_step(&self.steps[FEE], fee_micros, 1, 1, 0)
        self.fee = fee_micros
        set_priced(&self.steps[VOLUME], volume)
        set_priced(&self.steps[TIME], time)

    def step(self, int step):
        """Return (amount_micros, unit, increment, rounding) of a step; amount 0: not priced."""
        if not 0 <= step < STEPS:
            raise IndexError("a tariff has steps 0 to 2")
        cdef Step *found = &self.steps[step]
        return found.amount, found.unit, found.increment, found.rounding


cdef inline int64_t quantity(object number) except -1:
    # Cython would take a float here and cut it off. It reads the digits where they are, which is
    # cheaper than to ask the interpreter for the number.
    if not PyLong_Check(number):
        raise TypeError("quantities are whole numbers")
    cdef int64_t found = number
    if found < 0:
        raise OverflowError("quantities are not negative")
    return found


@cython.binding(False)
def counted_octets(Tariff tariff not None, input_octets, output_octets, /):
    """Return the octets that count: `input` is what the subscriber sent (up), `output` what was
    sent to the subscriber (down). Raises OverflowError beyond 63 bits and below 0."""
    cdef int64_t counted = counted_c(tariff, quantity(input_octets), quantity(output_octets))
    if counted < 0:
        raise OverflowError("the octets of both directions do not fit in 63 bits")
    return counted


cdef bytes PRICE_SAYS = b"""\
price(tariff, counted_octets, session_s, free_octets, free_s, fee_due, /)
--

Return the micros of (fee, volume, time) of a session's total.

`counted_octets` is what `counted_octets()` returned, `free_octets` and `free_s` how much of the
totals an allowance has covered, `fee_due` whether the session fee applies. Raises OverflowError for
negative quantities, and if a price or the sum does not fit in 63 bits.
"""


cdef object price_call(PyObject *_module, PyObject *const *arguments, Py_ssize_t arguments_n):
    cdef int64_t[STEPS] micros
    cdef bint fee_due
    if arguments_n != 6:
        raise TypeError("price takes a tariff and five numbers")
    if type(<object> arguments[0]) is not Tariff:
        raise TypeError("the first argument is a Tariff")
    fee_due = <object> arguments[5]
    if price_c(
        <Tariff> arguments[0],
        quantity(<object> arguments[1]),
        quantity(<object> arguments[2]),
        quantity(<object> arguments[3]),
        quantity(<object> arguments[4]),
        fee_due,
        micros,
    ):
        raise OverflowError("the price does not fit in 63 bits")
    return (
        (<Tariff> arguments[0]).fee if micros[FEE] else NO_FEE, micros[VOLUME], micros[TIME]
    )


# The one function of the house that is called for each price of a re-rating in Python: its entry in
# the interpreter's table is made by hand, since the one that is made by itself takes a third longer
# to look at what it was given.
cdef object NO_FEE = 0
cdef PyMethodDef PRICE
PRICE.ml_name = b"price"
PRICE.ml_meth = <PyCFunction> <void *> price_call
PRICE.ml_flags = METH_FASTCALL
PRICE.ml_doc = PRICE_SAYS
price = PyCFunction_NewEx(&PRICE, NULL, __name__)


def rate_many(
    Tariff tariff not None, const int64_t[::1] usage not None, int64_t[::1] micros not None
):
    """Price many totals at once, without the interpreter's lock, for re-rating.

    `usage` holds five numbers for each row, the arguments of `price` in their order (fee_due as
    0 or 1); `micros` receives three for each. Both are buffers of signed 64-bit integers, such
    as array('q'). Raises ValueError if their sizes do not fit together, OverflowError naming
    the first row that `price` would refuse; the rows before it are written, it and the others
    are not.
    """
    cdef Py_ssize_t rows = usage.shape[0] // ROW
    cdef Py_ssize_t refused
    if usage.shape[0] != rows * ROW or micros.shape[0] != rows * STEPS:
        raise ValueError("five numbers of usage and three micros are needed for each row")
    if rows == 0:
        return
    with nogil:
        refused = price_rows(tariff, &usage[0], &micros[0], rows)
    if refused >= 0:
        raise OverflowError(f"row {refused} cannot be priced in 63 bits")


cdef int64_t counted_c(Tariff t, int64_t up, int64_t down) noexcept nogil:
    if up < 0 or down < 0:
        return -1
    if t.counted == DOWN:
        return down
    if t.counted == UP:
        return up
    if t.counted == LARGER:
        return max(up, down)
    if up > MOST - down:
        return -1
    return up + down


cdef int price_c(
    Tariff t, int64_t octets, int64_t seconds, int64_t free_octets, int64_t free_s,
    bint fee_due, int64_t *out3
) noexcept nogil:
    cdef int64_t[STEPS] quantities
    cdef int64_t[STEPS] frees
    cdef int64_t[STEPS] micros
    cdef int64_t total = 0
    cdef int step
    if octets < 0 or seconds < 0 or free_octets < 0 or free_s < 0:
        return -1
    quantities[FEE], frees[FEE] = fee_due != 0, 0
    quantities[VOLUME], frees[VOLUME] = octets, free_octets
    quantities[TIME], frees[TIME] = seconds, free_s
    for step in range(STEPS):
        if price_step(&t.steps[step], quantities[step], frees[step], &micros[step]):
            return -1
        if micros[step] > MOST - total:
            return -1
        total += micros[step]
    for step in range(STEPS):
        out3[step] = micros[step]
    return 0


cdef Py_ssize_t price_rows(
    Tariff t, const int64_t *usage, int64_t *micros, Py_ssize_t rows
) noexcept nogil:
    # Returns the first row that is refused, or -1.
    cdef Py_ssize_t row
    for row in range(rows):
        if price_c(t, usage[0], usage[1], usage[2], usage[3], usage[4] != 0, micros):
            return row
        usage += ROW
        micros += STEPS
    return -1


cdef int set_priced(Step *step, tuple priced) except -1:
    # An unpriced step costs nothing for any quantity.
    if priced is None:
        return set_step(step, 0, 1, 1, 0)
    amount, unit, increment, rounding = priced
    return set_step(step, amount, unit, increment, rounding)


cdef int set_step(
    Step *step, int64_t amount, int64_t unit, int64_t increment, int64_t rounding
) except -1:
    # The limits are those that `_price.h` counts on.
    if amount < 0 or unit < 1 or not 1 <= increment <= MOST_INCREMENT or not 0 <= rounding <= 2:
        raise ValueError("a step is (amount >= 0, unit >= 1, increment 1 to 2^62, rounding 0 to 2)")
    step.amount, step.unit, step.increment, step.rounding = amount, unit, increment, rounding
    return 0

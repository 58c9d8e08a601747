/* The arithmetic of one price step, in 128 bits.
 *
 * This is C and not Cython because Cython has no integer wider than 64 bits. Nothing here can
 * overflow silently: a quantity is at most 2^63-1 and an increment at most 2^62, so the charged
 * quantity stays below 2^64; times an amount of at most 2^63-1 it stays below 2^127; and the
 * quotient is compared with 2^63-1 before it is narrowed.
 */
#ifndef TOLLHOUSE_PRICE_H
#define TOLLHOUSE_PRICE_H

#include <stdint.h>

typedef unsigned __int128 th_wide;

enum { TH_ROUND_DOWN = 0, TH_ROUND_UP = 1, TH_ROUND_HALF_UP = 2 };

typedef struct th_step {
    int64_t amount; /* micros for each unit; 0: this step costs nothing */
    int64_t unit;   /* octets or seconds, at least 1 */
    int64_t increment; /* what is started is charged whole; at least 1 */
    int64_t rounding;
} th_step;

/* The price of a total, of which `free_quantity` is not charged. All quantities are >= 0.
 * Returns 1 and leaves *micros alone if the price does not fit in 63 bits, else 0. */
static inline int th_price_step(
    const th_step *step, int64_t quantity, int64_t free_quantity, int64_t *micros)
{
    th_wide product, quotient, unit, rest;
    uint64_t charged;
    if (step->amount == 0 || quantity <= free_quantity) {
        *micros = 0;
        return 0;
    }
    charged = (uint64_t)(quantity - free_quantity);
    if (step->increment > 1) { /* below 2^63 + 2^62, so 64 bits hold it */
        const uint64_t increment = (uint64_t)step->increment;
        charged = (charged + increment - 1) / increment * increment;
    }
    unit = (th_wide)step->unit;
    product = (th_wide)charged * (th_wide)step->amount;
    if (product <= UINT64_MAX) { /* the usual case, and a far cheaper division */
        quotient = (uint64_t)product / (uint64_t)unit;
        rest = (uint64_t)product % (uint64_t)unit;
    } else {
        quotient = product / unit;
        rest = product % unit;
    }
    if (rest != 0
        && (step->rounding == TH_ROUND_UP
            || (step->rounding == TH_ROUND_HALF_UP && rest >= unit - rest))) {
        quotient += 1;
    }
    if (quotient > (th_wide)INT64_MAX) {
        return 1;
    }
    *micros = (int64_t)quotient;
    return 0;
}

#endif

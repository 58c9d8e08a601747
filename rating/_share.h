/* A part of a quantity in proportion to time, in 128 bits.
 *
 * This is C and not Cython because Cython has no integer wider than 64 bits. `part` of `whole` is
 * at most all of it, so the share is at most the quantity and fits where that did.
 */
#ifndef TOLLHOUSE_SHARE_H
#define TOLLHOUSE_SHARE_H

#include <stdint.h>

/* quantity * part / whole, rounded down. quantity >= 0, 0 <= part <= whole, whole > 0. */
static inline int64_t th_share(int64_t quantity, uint64_t part, uint64_t whole)
{
    const unsigned __int128 product = (unsigned __int128)(uint64_t)quantity * part;
    if (product <= UINT64_MAX) { /* the usual case, and a far cheaper division */
        return (int64_t)((uint64_t)product / whole);
    }
    return (int64_t)(product / whole);
}

#endif

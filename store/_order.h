/* Rows in the order of their keys, by counting: each octet of each key, from the last to the first,
 * sends every row to its place among the others, and an octet that all rows share is left out. So
 * the time grows with the rows, and no two of them are ever compared. A handful is put in order one
 * by one instead.
 */
#ifndef TOLLHOUSE_ORDER_H
#define TOLLHOUSE_ORDER_H

#include "_packed.h"

#include <stdlib.h>
#include <string.h>

enum { TH_HANDFUL = 24, TH_VALUES = 256 };

typedef struct {
    uint64_t key; /* the one looked at, less the smallest of all rows */
    int64_t at;   /* the row */
} th_place;

static inline int th_in_order(const th_cell *before, const th_cell *after, int64_t keys_n) {
    for (int64_t n = 0; n < keys_n; n++)
        if (before[n].is.number != after[n].is.number)
            return before[n].is.number < after[n].is.number;
    return 1;
}

static inline int th_all_in_order(const th_cell *cells, int64_t rows_n, int64_t columns_n,
                                  int64_t keys_n) {
    for (int64_t n = 1; n < rows_n; n++)
        if (!th_in_order(cells + (n - 1) * columns_n, cells + n * columns_n, keys_n)) return 0;
    return 1;
}

static inline void th_order_few(th_place *places, const th_cell *cells, int64_t rows_n,
                                int64_t columns_n, int64_t keys_n) {
    for (int64_t n = 1; n < rows_n; n++) {
        const th_cell *row = cells + n * columns_n;
        int64_t to = n;
        for (; to && !th_in_order(cells + places[to - 1].at * columns_n, row, keys_n); to--)
            places[to] = places[to - 1];
        places[to].at = n;
    }
}

/* Take one key of all rows, and say by how much it differs at most. */
static inline uint64_t th_take_key(th_place *places, const th_cell *key, int64_t rows_n,
                                   int64_t columns_n) {
    int64_t least = key[0].is.number, most = least;
    for (int64_t n = 0; n < rows_n; n++) {
        int64_t number = key[places[n].at * columns_n].is.number;
        least = number < least ? number : least;
        most = number > most ? number : most;
        places[n].key = (uint64_t)number;
    }
    for (int64_t n = 0; n < rows_n; n++) places[n].key -= (uint64_t)least;
    return (uint64_t)most - (uint64_t)least;
}

/* Order by one octet of the key; 0 if it is the same in all, and nothing was done. */
static inline int th_order_by_octet(const th_place *from, th_place *to, int64_t rows_n,
                                    int shift) {
    int64_t starts[TH_VALUES] = {0}, start = 0;
    for (int64_t n = 0; n < rows_n; n++) starts[from[n].key >> shift & 0xff]++;
    if (starts[from[0].key >> shift & 0xff] == rows_n) return 0;
    for (int n = 0; n < TH_VALUES; n++) {
        int64_t many = starts[n];
        starts[n] = start;
        start += many;
    }
    for (int64_t n = 0; n < rows_n; n++) to[starts[from[n].key >> shift & 0xff]++] = from[n];
    return 1;
}

/* As many places again behind `places` are room to work in; answers where the order is. */
static inline th_place *th_order_many(th_place *places, const th_cell *cells, int64_t rows_n,
                                      int64_t columns_n, int64_t keys_n) {
    th_place *from = places, *to = places + rows_n;
    for (int64_t n = keys_n; n-- > 0;) {
        uint64_t most = th_take_key(from, cells + n, rows_n, columns_n);
        for (int shift = 0; shift < 64 && most >> shift; shift += 8) {
            if (!th_order_by_octet(from, to, rows_n, shift)) continue;
            th_place *ordered = to;
            to = from;
            from = ordered;
        }
    }
    return from;
}

static inline int th_order(th_cell **cells, int64_t rows_n, int64_t columns_n, int64_t keys_n) {
    if (th_all_in_order(*cells, rows_n, columns_n, keys_n)) return 0;
    size_t row_size = (size_t)columns_n * sizeof **cells;
    th_place *places = malloc(2 * (size_t)rows_n * sizeof *places), *order = places;
    th_cell *ordered = malloc((size_t)rows_n * row_size);
    if (!places || !ordered) {
        free(places);
        free(ordered);
        return 1;
    }
    for (int64_t n = 0; n < rows_n; n++) places[n].at = n;
    if (rows_n <= TH_HANDFUL)
        th_order_few(places, *cells, rows_n, columns_n, keys_n);
    else
        order = th_order_many(places, *cells, rows_n, columns_n, keys_n);
    for (int64_t n = 0; n < rows_n; n++)
        memcpy(ordered + n * columns_n, *cells + order[n].at * columns_n, row_size);
    free(places);
    free(*cells);
    *cells = ordered;
    return 0;
}

#endif

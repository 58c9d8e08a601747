/* How long things took: a histogram of microseconds, exact below 128 and within 1.6 % above, so
 * that ten million waiting times need no memory to speak of and no sorting.
 */
#ifndef BENCH_TALLY_H
#define BENCH_TALLY_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { PARTS = 64, BUCKETS = 128 + 32 * PARTS };

typedef struct {
    uint64_t counts[BUCKETS];
    uint64_t total, max_us;
    double sum_us;
} tally;

static inline unsigned bucket_of(uint64_t us) {
    if (us < 128) return (unsigned)us;
    if (us >> 38) us = ((uint64_t)1 << 38) - 1;
    unsigned shift = 57u - (unsigned)__builtin_clzll(us);      /* leaves 64..127 */
    return 128u + (shift - 1) * PARTS + (unsigned)((us >> shift) - PARTS);
}

/* The highest value that falls into a bucket. */
static inline uint64_t bucket_top(unsigned bucket) {
    if (bucket < 128) return bucket;
    unsigned shift = (bucket - 128) / PARTS + 1;
    uint64_t part = (bucket - 128) % PARTS + PARTS;
    return ((part + 1) << shift) - 1;
}

static inline void count(tally *t, uint64_t us) {
    t->counts[bucket_of(us)]++;
    t->total++;
    t->sum_us += (double)us;
    if (us > t->max_us) t->max_us = us;
}

static inline uint64_t quantile(const tally *t, double share) {
    uint64_t wanted = (uint64_t)(share * (double)t->total), seen = 0;
    if (wanted >= t->total) return t->max_us;
    for (unsigned i = 0; i < BUCKETS; i++) {
        seen += t->counts[i];
        if (seen > wanted) return bucket_top(i) < t->max_us ? bucket_top(i) : t->max_us;
    }
    return t->max_us;
}

static inline void print_tally(FILE *out, const tally *t) {
    fprintf(out, "{\"count\":%llu,\"mean_us\":%.1f,\"p50_us\":%llu,\"p90_us\":%llu,"
            "\"p99_us\":%llu,\"max_us\":%llu}",
            (unsigned long long)t->total, t->total ? t->sum_us / (double)t->total : 0.0,
            (unsigned long long)quantile(t, 0.50), (unsigned long long)quantile(t, 0.90),
            (unsigned long long)quantile(t, 0.99), (unsigned long long)t->max_us);
}

#endif

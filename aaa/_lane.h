/* What the lane needs of C: numbers of 128 bits, and a keyed hash of a device's names.
 *
 * The hash is SipHash-2-4 with its 128-bit result (Aumasson and Bernstein, 2012): without the key
 * nobody can make two sets of names that fall together, and by chance none do.
 */
#ifndef TOLLHOUSE_LANE_H
#define TOLLHOUSE_LANE_H

#include <stddef.h>
#include <stdint.h>

typedef __int128 th_signed_wide;

#define TH_QUANTITY_MAX INT64_MAX

/* The most of a quantity that the money pays, in started increments; amount is above 0. */
static inline int64_t th_paid_for(int64_t money, int64_t amount, int64_t unit, int64_t increment)
{
    th_signed_wide increments;
    const int64_t most = TH_QUANTITY_MAX / increment;
    if (money <= 0) {
        return 0;
    }
    increments = (th_signed_wide)money * unit / ((th_signed_wide)amount * increment);
    return (increments < most ? (int64_t)increments : most) * increment;
}

/* a + b + c, or the limit if that is less; none is below 0. */
static inline int64_t th_sum_within(int64_t a, int64_t b, int64_t c, int64_t limit)
{
    const th_signed_wide sum = (th_signed_wide)a + b + c;
    return sum < limit ? (int64_t)sum : limit;
}

/* Is a * b less than c * d? */
static inline int th_less(int64_t a, int64_t b, int64_t c, int64_t d)
{
    return (th_signed_wide)a * b < (th_signed_wide)c * d;
}

/* Octets that a line carries in so many seconds, and a tenth more. */
static inline int64_t th_carried(int64_t rate_bps, int64_t span_s)
{
    const th_signed_wide octets = (th_signed_wide)rate_bps * span_s * 11 / 80;
    return octets < INT64_MAX ? (int64_t)octets : INT64_MAX;
}

static inline uint64_t th_rotated(uint64_t word, int bits)
{
    return (word << bits) | (word >> (64 - bits));
}

static inline uint64_t th_little(const uint8_t *octets, size_t size)
{
    uint64_t word = 0;
    size_t n;
    for (n = 0; n < size; n++) {
        word |= (uint64_t)octets[n] << (8 * n);
    }
    return word;
}

typedef struct th_state {
    uint64_t v[4];
} th_state;

static inline void th_rounds(th_state *state, int rounds)
{
    uint64_t *v = state->v;
    for (; rounds > 0; rounds--) {
        v[0] += v[1];
        v[1] = th_rotated(v[1], 13) ^ v[0];
        v[0] = th_rotated(v[0], 32);
        v[2] += v[3];
        v[3] = th_rotated(v[3], 16) ^ v[2];
        v[0] += v[3];
        v[3] = th_rotated(v[3], 21) ^ v[0];
        v[2] += v[1];
        v[1] = th_rotated(v[1], 17) ^ v[2];
        v[2] = th_rotated(v[2], 32);
    }
}

static inline void th_names_hash(
    const uint64_t key[2], const uint8_t *octets, size_t size, uint64_t result[2])
{
    th_state state;
    uint64_t word;
    const uint8_t *const end = octets + (size & ~(size_t)7);
    state.v[0] = key[0] ^ 0x736f6d6570736575u;
    state.v[1] = key[1] ^ 0x646f72616e646f6du ^ 0xee;
    state.v[2] = key[0] ^ 0x6c7967656e657261u;
    state.v[3] = key[1] ^ 0x7465646279746573u;
    for (; octets < end; octets += 8) {
        word = th_little(octets, 8);
        state.v[3] ^= word;
        th_rounds(&state, 2);
        state.v[0] ^= word;
    }
    word = th_little(octets, size & 7) | (uint64_t)size << 56;
    state.v[3] ^= word;
    th_rounds(&state, 2);
    state.v[0] ^= word;
    state.v[2] ^= 0xee;
    th_rounds(&state, 4);
    result[0] = state.v[0] ^ state.v[1] ^ state.v[2] ^ state.v[3];
    state.v[1] ^= 0xdd;
    th_rounds(&state, 4);
    result[1] = state.v[0] ^ state.v[1] ^ state.v[2] ^ state.v[3];
}

#endif

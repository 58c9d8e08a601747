/* SHA-256 (FIPS 180-4) and its HMAC (RFC 2104).
 *
 * Every Accept is given a Class, a few octets under a MAC, and a call into a crypto library costs
 * several times what hashing so little does; and a journal row is digested where no interpreter is
 * at hand. Nothing in this file allocates, fails or keeps state
 * of its own, and its time depends on lengths alone.
 */
#ifndef TOLLHOUSE_RADIUS_SHA256_H
#define TOLLHOUSE_RADIUS_SHA256_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__) && defined(__GNUC__)
#include <cpuid.h>
#include <immintrin.h>
#define TH_SHA256_INSTRUCTIONS 1
#endif

typedef struct {
    uint32_t state[8];
    uint64_t length;      /* octets hashed so far */
    uint8_t block[64];    /* what does not fill a block yet */
} th_sha256;

/* The first 32 bits of the fractions of the cube roots of the first 64 primes. */
static const uint32_t th_sha256_words[64] = {
    0x428a2f98u, 0x71374491u, 0xb5c0fbcfu, 0xe9b5dba5u, 0x3956c25bu, 0x59f111f1u,
    0x923f82a4u, 0xab1c5ed5u, 0xd807aa98u, 0x12835b01u, 0x243185beu, 0x550c7dc3u,
    0x72be5d74u, 0x80deb1feu, 0x9bdc06a7u, 0xc19bf174u, 0xe49b69c1u, 0xefbe4786u,
    0x0fc19dc6u, 0x240ca1ccu, 0x2de92c6fu, 0x4a7484aau, 0x5cb0a9dcu, 0x76f988dau,
    0x983e5152u, 0xa831c66du, 0xb00327c8u, 0xbf597fc7u, 0xc6e00bf3u, 0xd5a79147u,
    0x06ca6351u, 0x14292967u, 0x27b70a85u, 0x2e1b2138u, 0x4d2c6dfcu, 0x53380d13u,
    0x650a7354u, 0x766a0abbu, 0x81c2c92eu, 0x92722c85u, 0xa2bfe8a1u, 0xa81a664bu,
    0xc24b8b70u, 0xc76c51a3u, 0xd192e819u, 0xd6990624u, 0xf40e3585u, 0x106aa070u,
    0x19a4c116u, 0x1e376c08u, 0x2748774cu, 0x34b0bcb5u, 0x391c0cb3u, 0x4ed8aa4au,
    0x5b9cca4fu, 0x682e6ff3u, 0x748f82eeu, 0x78a5636fu, 0x84c87814u, 0x8cc70208u,
    0x90befffau, 0xa4506cebu, 0xbef9a3f7u, 0xc67178f2u,
};

static inline uint32_t th_rotr(uint32_t x, unsigned n) {
    return (x >> n) | (x << (32u - n));
}

static inline uint32_t th_load_be(const uint8_t *p) {
    return ((uint32_t)p[0] << 24) | ((uint32_t)p[1] << 16) | ((uint32_t)p[2] << 8) | p[3];
}

static inline void th_sha256_plainly(uint32_t state[8], const uint8_t *p) {
    uint32_t w[64], s[8], up, down;
    for (int i = 0; i < 16; i++) w[i] = th_load_be(p + 4 * i);
    for (int i = 16; i < 64; i++) {
        up = th_rotr(w[i - 15], 7) ^ th_rotr(w[i - 15], 18) ^ (w[i - 15] >> 3);
        down = th_rotr(w[i - 2], 17) ^ th_rotr(w[i - 2], 19) ^ (w[i - 2] >> 10);
        w[i] = w[i - 16] + up + w[i - 7] + down;
    }
    memcpy(s, state, sizeof s);
    for (int i = 0; i < 64; i++) {
        up = th_rotr(s[4], 6) ^ th_rotr(s[4], 11) ^ th_rotr(s[4], 25);
        up += s[7] + ((s[4] & s[5]) ^ (~s[4] & s[6])) + th_sha256_words[i] + w[i];
        down = th_rotr(s[0], 2) ^ th_rotr(s[0], 13) ^ th_rotr(s[0], 22);
        down += (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
        s[7] = s[6];
        s[6] = s[5];
        s[5] = s[4];
        s[4] = s[3] + up;
        s[3] = s[2];
        s[2] = s[1];
        s[1] = s[0];
        s[0] = up + down;
    }
    for (int i = 0; i < 8; i++) state[i] += s[i];
}

#ifdef TH_SHA256_INSTRUCTIONS
/* Four rounds in two instructions, where the processor has them: a fifth of the time. They keep the
 * eight words as two vectors, (f e b a) and (h g d c), which change places with every two rounds.
 */
__attribute__((target("sha,sse4.1,ssse3")))
static inline void th_sha256_by_instructions(uint32_t state[8], const uint8_t *p) {
    const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL);
    const __m128i before = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)state), 0xb1);
    const __m128i behind = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(state + 4)), 0x1b);
    const __m128i old_feba = _mm_alignr_epi8(before, behind, 8);
    const __m128i old_hgdc = _mm_blend_epi16(behind, before, 0xf0);
    __m128i feba = old_feba, hgdc = old_hgdc, w[4], sum;
    for (int i = 0; i < 16; i++) {
        __m128i *now = &w[i % 4], last = w[(i + 3) % 4];
        if (i < 4) {
            *now = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)p + i), big_endian);
        } else {
            sum = _mm_sha256msg1_epu32(*now, w[(i + 1) % 4]);
            sum = _mm_add_epi32(sum, _mm_alignr_epi8(last, w[(i + 2) % 4], 4));
            *now = _mm_sha256msg2_epu32(sum, last);
        }
        sum = _mm_add_epi32(*now, _mm_loadu_si128((const __m128i *)th_sha256_words + i));
        hgdc = _mm_sha256rnds2_epu32(hgdc, feba, sum);
        feba = _mm_sha256rnds2_epu32(feba, hgdc, _mm_shuffle_epi32(sum, 0x0e));
    }
    feba = _mm_shuffle_epi32(_mm_add_epi32(feba, old_feba), 0x1b);
    hgdc = _mm_shuffle_epi32(_mm_add_epi32(hgdc, old_hgdc), 0xb1);
    _mm_storeu_si128((__m128i *)state, _mm_blend_epi16(feba, hgdc, 0xf0));
    _mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(hgdc, feba, 8));
}

static inline int th_sha256_has_instructions(void) {
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_SSSE3) || !(c & bit_SSE4_1)) return 0;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & (1u << 29)); /* SHA extensions */
}
#endif

/* -1: not looked yet. Whoever looks finds the same, so it does not matter who is first. */
static int th_sha256_way = -1;

static inline void th_sha256_block(uint32_t state[8], const uint8_t *p) {
#ifdef TH_SHA256_INSTRUCTIONS
    if (th_sha256_way < 0) th_sha256_way = th_sha256_has_instructions();
    if (th_sha256_way) {
        th_sha256_by_instructions(state, p);
        return;
    }
#endif
    th_sha256_plainly(state, p);
}

static inline void th_sha256_begin(th_sha256 *h) {
    /* The same of the square roots of the first eight. */
    static const uint32_t first[8] = {
        0x6a09e667u, 0xbb67ae85u, 0x3c6ef372u, 0xa54ff53au,
        0x510e527fu, 0x9b05688cu, 0x1f83d9abu, 0x5be0cd19u,
    };
    memcpy(h->state, first, sizeof first);
    h->length = 0;
}

static inline void th_sha256_feed(th_sha256 *h, const uint8_t *octets, size_t size) {
    size_t filled = h->length % 64, room = 64 - filled;
    h->length += size;
    if (size < room) {
        if (size) memcpy(h->block + filled, octets, size);
        return;
    }
    if (filled) {
        memcpy(h->block + filled, octets, room);
        th_sha256_block(h->state, h->block);
        octets += room;
        size -= room;
    }
    for (; size >= 64; octets += 64, size -= 64) th_sha256_block(h->state, octets);
    if (size) memcpy(h->block, octets, size);
}

static inline void th_sha256_end(th_sha256 *h, uint8_t digest[32]) {
    uint8_t tail[72] = {0x80};
    uint64_t bits = h->length * 8;
    size_t padding = 64 - (h->length + 8) % 64; /* 1 to 64: the bit behind the octets, and zeros */
    for (int i = 0; i < 8; i++) tail[padding + i] = (uint8_t)(bits >> (56 - 8 * i));
    th_sha256_feed(h, tail, padding + 8);
    for (int i = 0; i < 32; i++) digest[i] = (uint8_t)(h->state[i / 4] >> (24 - 8 * (i % 4)));
}

static inline void th_hmac_sha256(
    const uint8_t *key, size_t key_size, const uint8_t *octets, size_t size, uint8_t digest[32]
) {
    th_sha256 h;
    uint8_t pad[64] = {0};
    if (key_size > 64) {
        th_sha256_begin(&h);
        th_sha256_feed(&h, key, key_size);
        th_sha256_end(&h, pad);
    } else if (key_size) {
        memcpy(pad, key, key_size);
    }
    for (int i = 0; i < 64; i++) pad[i] ^= 0x36;
    th_sha256_begin(&h);
    th_sha256_feed(&h, pad, 64);
    th_sha256_feed(&h, octets, size);
    th_sha256_end(&h, digest);
    for (int i = 0; i < 64; i++) pad[i] ^= 0x36 ^ 0x5c;
    th_sha256_begin(&h);
    th_sha256_feed(&h, pad, 64);
    th_sha256_feed(&h, digest, 32);
    th_sha256_end(&h, digest);
}

#endif

/* The old digests that RADIUS cannot do without: MD5 (RFC 1321), HMAC-MD5
 * (RFC 2104) and MD4 (RFC 1320). They are here, and not taken from a crypto
 * library, because a hash over a few hundred octets is shorter than the call
 * into such a library, and because MD4 is switched off in current ones.
 *
 * Nothing in this file allocates, fails or keeps state of its own. The hashes
 * are broken for every purpose but the ones the RADIUS RFCs give them: never
 * use them for anything new.
 */
#ifndef TOLLHOUSE_RADIUS_MD_H
#define TOLLHOUSE_RADIUS_MD_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct {
    uint32_t state[4];
    uint64_t length;      /* octets hashed so far */
    uint8_t block[64];    /* what does not fill a block yet */
} th_md;

static inline uint32_t th_rotl(uint32_t x, unsigned n) {
    return (x << n) | (x >> (32u - n));
}

static inline uint32_t th_load_le(const uint8_t *p) {
    return (uint32_t)p[0] | ((uint32_t)p[1] << 8) | ((uint32_t)p[2] << 16)
        | ((uint32_t)p[3] << 24);
}

static inline void th_store_le(uint8_t *p, uint32_t x) {
    p[0] = (uint8_t)x;
    p[1] = (uint8_t)(x >> 8);
    p[2] = (uint8_t)(x >> 16);
    p[3] = (uint8_t)(x >> 24);
}

#define TH_F(x, y, z) ((z) ^ ((x) & ((y) ^ (z))))
#define TH_G5(x, y, z) ((y) ^ ((z) & ((x) ^ (y))))
#define TH_G4(x, y, z) (((x) & (y)) | ((z) & ((x) | (y))))
#define TH_H(x, y, z) ((x) ^ (y) ^ (z))
#define TH_I(x, y, z) ((y) ^ ((x) | ~(z)))

/* One MD5 operation; the constant is 2^32 * |sin(i + 1)|, i being its position. */
#define TH_STEP5(f, a, b, c, d, k, s, t) \
    a = (b) + th_rotl((a) + f(b, c, d) + w[k] + (t), s)

#define TH_FOUR5(f, k0, k1, k2, k3, s0, s1, s2, s3, t0, t1, t2, t3) \
    TH_STEP5(f, a, b, c, d, k0, s0, t0); \
    TH_STEP5(f, d, a, b, c, k1, s1, t1); \
    TH_STEP5(f, c, d, a, b, k2, s2, t2); \
    TH_STEP5(f, b, c, d, a, k3, s3, t3)

static inline void th_md5_block(uint32_t state[4], const uint8_t *p) {
    uint32_t w[16], a = state[0], b = state[1], c = state[2], d = state[3];
    for (int i = 0; i < 16; i++) w[i] = th_load_le(p + 4 * i);
    TH_FOUR5(TH_F, 0, 1, 2, 3, 7, 12, 17, 22,
             0xd76aa478u, 0xe8c7b756u, 0x242070dbu, 0xc1bdceeeu);
    TH_FOUR5(TH_F, 4, 5, 6, 7, 7, 12, 17, 22,
             0xf57c0fafu, 0x4787c62au, 0xa8304613u, 0xfd469501u);
    TH_FOUR5(TH_F, 8, 9, 10, 11, 7, 12, 17, 22,
             0x698098d8u, 0x8b44f7afu, 0xffff5bb1u, 0x895cd7beu);
    TH_FOUR5(TH_F, 12, 13, 14, 15, 7, 12, 17, 22,
             0x6b901122u, 0xfd987193u, 0xa679438eu, 0x49b40821u);
    TH_FOUR5(TH_G5, 1, 6, 11, 0, 5, 9, 14, 20,
             0xf61e2562u, 0xc040b340u, 0x265e5a51u, 0xe9b6c7aau);
    TH_FOUR5(TH_G5, 5, 10, 15, 4, 5, 9, 14, 20,
             0xd62f105du, 0x02441453u, 0xd8a1e681u, 0xe7d3fbc8u);
    TH_FOUR5(TH_G5, 9, 14, 3, 8, 5, 9, 14, 20,
             0x21e1cde6u, 0xc33707d6u, 0xf4d50d87u, 0x455a14edu);
    TH_FOUR5(TH_G5, 13, 2, 7, 12, 5, 9, 14, 20,
             0xa9e3e905u, 0xfcefa3f8u, 0x676f02d9u, 0x8d2a4c8au);
    TH_FOUR5(TH_H, 5, 8, 11, 14, 4, 11, 16, 23,
             0xfffa3942u, 0x8771f681u, 0x6d9d6122u, 0xfde5380cu);
    TH_FOUR5(TH_H, 1, 4, 7, 10, 4, 11, 16, 23,
             0xa4beea44u, 0x4bdecfa9u, 0xf6bb4b60u, 0xbebfbc70u);
    TH_FOUR5(TH_H, 13, 0, 3, 6, 4, 11, 16, 23,
             0x289b7ec6u, 0xeaa127fau, 0xd4ef3085u, 0x04881d05u);
    TH_FOUR5(TH_H, 9, 12, 15, 2, 4, 11, 16, 23,
             0xd9d4d039u, 0xe6db99e5u, 0x1fa27cf8u, 0xc4ac5665u);
    TH_FOUR5(TH_I, 0, 7, 14, 5, 6, 10, 15, 21,
             0xf4292244u, 0x432aff97u, 0xab9423a7u, 0xfc93a039u);
    TH_FOUR5(TH_I, 12, 3, 10, 1, 6, 10, 15, 21,
             0x655b59c3u, 0x8f0ccc92u, 0xffeff47du, 0x85845dd1u);
    TH_FOUR5(TH_I, 8, 15, 6, 13, 6, 10, 15, 21,
             0x6fa87e4fu, 0xfe2ce6e0u, 0xa3014314u, 0x4e0811a1u);
    TH_FOUR5(TH_I, 4, 11, 2, 9, 6, 10, 15, 21,
             0xf7537e82u, 0xbd3af235u, 0x2ad7d2bbu, 0xeb86d391u);
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
}

/* One MD4 operation: no additive constant per step, one per round. */
#define TH_STEP4(f, a, b, c, d, k, s, t) \
    a = th_rotl((a) + f(b, c, d) + w[k] + (t), s)

#define TH_FOUR4(f, k0, k1, k2, k3, s0, s1, s2, s3, t) \
    TH_STEP4(f, a, b, c, d, k0, s0, t); \
    TH_STEP4(f, d, a, b, c, k1, s1, t); \
    TH_STEP4(f, c, d, a, b, k2, s2, t); \
    TH_STEP4(f, b, c, d, a, k3, s3, t)

static inline void th_md4_block(uint32_t state[4], const uint8_t *p) {
    uint32_t w[16], a = state[0], b = state[1], c = state[2], d = state[3];
    for (int i = 0; i < 16; i++) w[i] = th_load_le(p + 4 * i);
    for (int i = 0; i < 16; i += 4) {
        TH_FOUR4(TH_F, i, i + 1, i + 2, i + 3, 3, 7, 11, 19, 0u);
    }
    for (int i = 0; i < 4; i++) {
        TH_FOUR4(TH_G4, i, i + 4, i + 8, i + 12, 3, 5, 9, 13, 0x5a827999u);
    }
    TH_FOUR4(TH_H, 0, 8, 4, 12, 3, 9, 11, 15, 0x6ed9eba1u);
    TH_FOUR4(TH_H, 2, 10, 6, 14, 3, 9, 11, 15, 0x6ed9eba1u);
    TH_FOUR4(TH_H, 1, 9, 5, 13, 3, 9, 11, 15, 0x6ed9eba1u);
    TH_FOUR4(TH_H, 3, 11, 7, 15, 3, 9, 11, 15, 0x6ed9eba1u);
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
}

typedef void (*th_compress)(uint32_t state[4], const uint8_t *p);

static inline void th_md_begin(th_md *h) {
    h->state[0] = 0x67452301u;
    h->state[1] = 0xefcdab89u;
    h->state[2] = 0x98badcfeu;
    h->state[3] = 0x10325476u;
    h->length = 0;
}

static inline void th_md_feed(th_md *h, const uint8_t *p, size_t n, th_compress compress) {
    size_t held = (size_t)(h->length & 63u);
    h->length += n;
    if (held) {
        size_t room = 64u - held;
        size_t part = n < room ? n : room;
        memcpy(h->block + held, p, part);
        if (held + part < 64u) return;
        compress(h->state, h->block);
        p += part;
        n -= part;
    }
    for (; n >= 64u; p += 64, n -= 64u) compress(h->state, p);
    if (n) memcpy(h->block, p, n);
}

static inline void th_md_end(th_md *h, uint8_t out[16], th_compress compress) {
    size_t held = (size_t)(h->length & 63u);
    uint64_t bits = h->length * 8u;
    h->block[held++] = 0x80;
    if (held > 56u) {
        memset(h->block + held, 0, 64u - held);
        compress(h->state, h->block);
        held = 0;
    }
    memset(h->block + held, 0, 56u - held);
    th_store_le(h->block + 56, (uint32_t)bits);
    th_store_le(h->block + 60, (uint32_t)(bits >> 32));
    compress(h->state, h->block);
    for (int i = 0; i < 4; i++) th_store_le(out + 4 * i, h->state[i]);
}

static inline void th_md5_feed(th_md *h, const uint8_t *p, size_t n) {
    th_md_feed(h, p, n, th_md5_block);
}

static inline void th_md5_end(th_md *h, uint8_t out[16]) {
    th_md_end(h, out, th_md5_block);
}

static inline void th_md4(const uint8_t *p, size_t n, uint8_t out[16]) {
    th_md h;
    th_md_begin(&h);
    th_md_feed(&h, p, n, th_md4_block);
    th_md_end(&h, out, th_md4_block);
}

typedef struct {
    th_md inner, outer;
} th_hmac;

static inline void th_hmac_key(th_hmac *m, const uint8_t *key, size_t n) {
    uint8_t pad[64], digest[16];
    if (n > 64u) {      /* RFC 2104 s2: a key longer than a block is hashed first */
        th_md_begin(&m->inner);
        th_md5_feed(&m->inner, key, n);
        th_md5_end(&m->inner, digest);
        key = digest;
        n = sizeof digest;
    }
    memset(pad, 0x36, sizeof pad);
    for (size_t i = 0; i < n; i++) pad[i] ^= key[i];
    th_md_begin(&m->inner);
    th_md5_feed(&m->inner, pad, sizeof pad);
    for (size_t i = 0; i < sizeof pad; i++) pad[i] ^= 0x36 ^ 0x5c;
    th_md_begin(&m->outer);
    th_md5_feed(&m->outer, pad, sizeof pad);
}

/* What a key makes of the first block of either sum is kept for the next time (RFC 2104 s4): of
 * one key, for a router sends many packets. That is two blocks fewer of about five. */
static inline void th_hmac_begin(th_hmac *m, const uint8_t *key, size_t n) {
    static _Thread_local struct {
        th_hmac begun;
        size_t n; /* 0: nothing is kept */
        uint8_t key[64];
    } kept;
    if (n && n == kept.n && !memcmp(key, kept.key, n)) {
        *m = kept.begun;
        return;
    }
    th_hmac_key(m, key, n);
    if (!n || n > sizeof kept.key) return;
    kept.begun = *m;
    kept.n = n;
    memcpy(kept.key, key, n);
}

static inline void th_hmac_feed(th_hmac *m, const uint8_t *p, size_t n) {
    th_md5_feed(&m->inner, p, n);
}

static inline void th_hmac_end(th_hmac *m, uint8_t out[16]) {
    uint8_t digest[16];
    th_md5_end(&m->inner, digest);
    th_md5_feed(&m->outer, digest, sizeof digest);
    th_md5_end(&m->outer, out);
}

/* 1 when the octets are the same; the time taken tells nothing of where they differ. */
static inline int th_same(const uint8_t *a, const uint8_t *b, size_t n) {
    volatile uint8_t difference = 0;
    for (size_t i = 0; i < n; i++) difference |= (uint8_t)(a[i] ^ b[i]);
    return difference == 0;
}

#endif

/* A journal row as it is kept, made without the interpreter: compressed, and with its digest.
 *
 * Compression is the zlib that Python's own module of that name is linked to, found at run time, so
 * that no headers are needed; the result is what `accounting.journal.packed` makes to the octet.
 * The digest is SHA-256 (FIPS 180-4) over the row's id, its time and its octets, as
 * `store.journal.journal_digest` says it.
 */
#ifndef TOLLHOUSE_FOLD_H
#define TOLLHOUSE_FOLD_H

#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { TH_DIGEST = 32 };

/* --- zlib ------------------------------------------------------------------------------------- */

typedef struct { /* z_stream, as zlib.h has had it since 1.0 */
    const uint8_t *next_in;
    unsigned avail_in;
    unsigned long total_in;
    uint8_t *next_out;
    unsigned avail_out;
    unsigned long total_out;
    const char *msg;
    void *state;
    void *zalloc, *zfree, *opaque;
    int data_type;
    unsigned long adler, reserved;
} th_stream;

static struct {
    int (*init)(th_stream *, int level, const char *version, int size);
    int (*deflate)(th_stream *, int flush);
    int (*end)(th_stream *);
    unsigned long (*bound)(th_stream *, unsigned long size);
} th_zlib;

/* `path` is a library that is linked to zlib and loaded already. Returns 0, or 1: it has none. */
static int th_find_zlib(const char *path) {
    void *library = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
    void *init, *deflate, *end, *bound;
    if (!library) return 1;
    init = dlsym(library, "deflateInit_");
    deflate = dlsym(library, "deflate");
    end = dlsym(library, "deflateEnd");
    bound = dlsym(library, "deflateBound");
    if (!init || !deflate || !end || !bound) return 1;
    memcpy(&th_zlib.init, &init, sizeof init);
    memcpy(&th_zlib.deflate, &deflate, sizeof deflate);
    memcpy(&th_zlib.end, &end, sizeof end);
    memcpy(&th_zlib.bound, &bound, sizeof bound);
    return 0;
}

/* --- SHA-256 ---------------------------------------------------------------------------------- */

static const uint32_t th_sha_k[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t th_turn(uint32_t x, int n) { return x >> n | x << (32 - n); }

static void th_sha_block(uint32_t state[8], const uint8_t *octets) {
    uint32_t w[64], s[8];
    for (int n = 0; n < 16; n++, octets += 4)
        w[n] = (uint32_t)octets[0] << 24 | (uint32_t)octets[1] << 16 | (uint32_t)octets[2] << 8
            | octets[3];
    for (int n = 16; n < 64; n++) {
        uint32_t a = th_turn(w[n - 15], 7) ^ th_turn(w[n - 15], 18) ^ w[n - 15] >> 3;
        uint32_t b = th_turn(w[n - 2], 17) ^ th_turn(w[n - 2], 19) ^ w[n - 2] >> 10;
        w[n] = w[n - 16] + a + w[n - 7] + b;
    }
    memcpy(s, state, sizeof s);
    for (int n = 0; n < 64; n++) {
        uint32_t e = th_turn(s[4], 6) ^ th_turn(s[4], 11) ^ th_turn(s[4], 25);
        uint32_t one = s[7] + e + ((s[4] & s[5]) ^ (~s[4] & s[6])) + th_sha_k[n] + w[n];
        uint32_t a = th_turn(s[0], 2) ^ th_turn(s[0], 13) ^ th_turn(s[0], 22);
        uint32_t two = a + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        s[7] = s[6], s[6] = s[5], s[5] = s[4], s[4] = s[3] + one;
        s[3] = s[2], s[2] = s[1], s[1] = s[0], s[0] = one + two;
    }
    for (int n = 0; n < 8; n++) state[n] += s[n];
}

static void th_put_big(uint8_t *at, uint64_t number) {
    for (int n = 7; n >= 0; n--, number >>= 8) at[n] = (uint8_t)number;
}

/* SHA-256 of 16 octets of head and then `size` octets. */
static void th_digest(const uint8_t head[16], const uint8_t *octets, size_t size, uint8_t *out) {
    uint32_t state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    uint8_t last[128];
    size_t left = size < 48 ? size : 48, held = 16 + left, blocks;
    memcpy(last, head, 16);
    memcpy(last + 16, octets, left);
    octets += left;
    left = size - left;
    if (held == 64) {
        th_sha_block(state, last);
        for (held = 0; left >= 64; octets += 64, left -= 64) th_sha_block(state, octets);
        memcpy(last, octets, left);
        held = left;
    }
    blocks = held < 56 ? 64 : 128; /* room for the mark and the length in bits */
    memset(last + held, 0, sizeof last - held);
    last[held] = 0x80;
    th_put_big(last + blocks - 8, (16 + (uint64_t)size) * 8);
    for (held = 0; held < blocks; held += 64) th_sha_block(state, last + held);
    for (int n = 0; n < 8; n++)
        for (int m = 0; m < 4; m++) out[4 * n + m] = (uint8_t)(state[n] >> (24 - 8 * m));
}

/* --- a row ------------------------------------------------------------------------------------ */

/* Compress `body` behind one octet of version, and digest it. `*row` is the octets of the digest
 * and then those of the body, the caller's to free. Returns the size of the body, or -1. */
static int64_t th_fold(
    const uint8_t *body, size_t size, uint8_t version, int64_t id, int64_t at_us, uint8_t **row)
{
    th_stream stream;
    uint8_t head[16];
    size_t made;
    unsigned long most;
    int ended;
    memset(&stream, 0, sizeof stream);
    if (size > 0x7fffffff || th_zlib.init(&stream, 1, "1.2.11", (int)sizeof stream)) return -1;
    most = th_zlib.bound(&stream, size);
    *row = malloc(TH_DIGEST + 1 + most);
    if (!*row) {
        th_zlib.end(&stream);
        return -1;
    }
    stream.next_in = body;
    stream.avail_in = (unsigned)size;
    stream.next_out = *row + TH_DIGEST + 1;
    stream.avail_out = (unsigned)most;
    ended = th_zlib.deflate(&stream, 4); /* Z_FINISH */
    th_zlib.end(&stream);
    if (ended != 1) { /* Z_STREAM_END */
        free(*row);
        *row = NULL;
        return -1;
    }
    (*row)[TH_DIGEST] = version;
    made = 1 + stream.total_out;
    th_put_big(head, (uint64_t)id);
    th_put_big(head + 8, (uint64_t)at_us);
    th_digest(head, *row + TH_DIGEST, made, *row);
    return (int64_t)made;
}

#endif

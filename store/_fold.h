/* A journal row as it is kept, made without the interpreter: compressed, and with its digest.
 *
 * Compression is the zlib that Python's own module of that name is linked to, found at run time, so
 * that no headers are needed; the result is what `accounting.journal.packed` makes to the octet.
 * The digest is SHA-256 (FIPS 180-4) over the row's id, its time and its octets, as
 * `store.journal.journal_digest` says it.
 */
#ifndef TOLLHOUSE_FOLD_H
#define TOLLHOUSE_FOLD_H

#include "radius/_sha256.h"

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
    int (*init)(
        th_stream *, int level, int method, int bits, int memory, int strategy,
        const char *version, int size);
    int (*deflate)(th_stream *, int flush);
    int (*end)(th_stream *);
    unsigned long (*bound)(th_stream *, unsigned long size);
} th_zlib;

/* `path` is a library that is linked to zlib and loaded already, NULL the program itself.
 * Returns 0, or 1: it has none. */
static int th_find_zlib(const char *path) {
    void *library = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
    void *init, *deflate, *end, *bound;
    if (!library) return 1;
    init = dlsym(library, "deflateInit2_");
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

/* --- a row ------------------------------------------------------------------------------------ */

static void th_put_big(uint8_t *at, uint64_t number) {
    for (int n = 7; n >= 0; n--, number >>= 8) at[n] = (uint8_t)number;
}

/* Compress `body` behind one octet of version, and digest it. `*row` is the octets of the digest
 * and then those of the body, the caller's to free. Returns the size of the body, or -1. */
static int64_t th_fold(
    const uint8_t *body, size_t size, uint8_t version, int64_t id, int64_t at_us, uint8_t **row)
{
    th_stream stream;
    th_sha256 digest;
    uint8_t head[16];
    size_t made;
    unsigned long most;
    int ended, bits = size <= 1 << 13 ? 13 : size <= 1 << 14 ? 14 : 15;
    memset(&stream, 0, sizeof stream);
    if (size > 0x7fffffff) return -1;
    if (th_zlib.init(&stream, 1, 8 /* Z_DEFLATED */, bits, bits - 7, 0, "1.2.11", sizeof stream))
        return -1;
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
    th_sha256_begin(&digest);
    th_sha256_feed(&digest, head, sizeof head);
    th_sha256_feed(&digest, *row + TH_DIGEST, made);
    th_sha256_end(&digest, *row);
    return (int64_t)made;
}

#endif

/* The frames of a commit, gathered: SQLite writes head and page of each frame of its WAL by itself,
 * and the calls cost more than everything else that it does for a row of a far page.
 *
 * While a COMMIT runs, what it appends to the WAL is held here and written in a few calls, at the
 * latest when SQLite flushes the file, which it does before any reader is told of the frames. What
 * it asks of the file meanwhile sees all of it. What is left when a COMMIT fails is dropped, while
 * the transaction still keeps other writers out: nobody was ever told of it.
 *
 * This stands between SQLite and the file of one connection, on whatever VFS that has. It is not
 * used where overwriting may harm neighbours (no SQLITE_IOCAP_POWERSAFE_OVERWRITE), since SQLite
 * then writes behind its last flush.
 *
 * The flush of a commit may be put off: then somebody else flushes the file, on a thread of his
 * own, and answers for the commit only after that. It is the last call of a commit to the file. The
 * flush of a WAL's head is never put off: on the disk, new frames behind an old head would be
 * followed by old ones (https://sqlite.org/src/info/ff5be73dee).
 */
#ifndef TOLLHOUSE_GATHER_H
#define TOLLHOUSE_GATHER_H

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum {
    TH_GATHERED_MAX = 96 * 1024, /* SQLite's own VFS writes less than 128 KiB at once */
    TH_POWERSAFE = 0x1000,
    TH_SYNC_NORMAL = 2
};

enum { TH_NOT, TH_FLUSHED, TH_PUT_OFF }; /* how a commit is gathered */

typedef struct th_methods th_methods;

typedef struct {
    const th_methods *methods;
} th_file; /* sqlite3_file */

struct th_methods { /* sqlite3_io_methods; https://sqlite.org/c3ref/io_methods.html */
    int version;
    int (*close)(th_file *);
    int (*read)(th_file *, void *, int, int64_t);
    int (*write)(th_file *, const void *, int, int64_t);
    int (*truncate)(th_file *, int64_t);
    int (*sync)(th_file *, int);
    int (*file_size)(th_file *, int64_t *);
    void (*locks[3])(void);
    int (*control)(th_file *, int, void *);
    void (*sector_size)(void);
    int (*characteristics)(th_file *);
    void (*rest[6])(void); /* of versions 2 and 3 */
};

typedef struct {
    th_methods own; /* first, so that a file's methods lead here */
    const th_methods *real;
    th_file *file; /* NULL: it was closed */
    int gathering; /* TH_NOT and so on */
    int new_head;  /* the head was written and not flushed since */
    int failed;    /* what a flush has failed with, on whichever thread */
    pthread_mutex_t flushing;
    int held_n;
    int64_t at;
    char held[TH_GATHERED_MAX];
} th_gather;

static th_gather *th_gather_of(th_file *file) { return (th_gather *)(uintptr_t)file->methods; }

static int th_let_out(th_gather *gather) {
    int size = gather->held_n;
    gather->held_n = 0;
    return size ? gather->real->write(gather->file, gather->held, size, gather->at) : 0;
}

static int th_write_file(th_file *file, const void *octets, int size, int64_t at) {
    th_gather *gather = th_gather_of(file);
    int follows = at == gather->at + gather->held_n, code;
    if (at == 0) gather->new_head = 1;
    if (gather->held_n && (!follows || gather->held_n + size > TH_GATHERED_MAX)) {
        code = th_let_out(gather);
        if (code) return code;
    }
    if (!gather->gathering || size > TH_GATHERED_MAX)
        return gather->real->write(file, octets, size, at);
    if (!gather->held_n) gather->at = at;
    memcpy(gather->held + gather->held_n, octets, (size_t)size);
    gather->held_n += size;
    return 0;
}

/* One at a time: the system tells of a failed write once, and whoever hears of it has to note it
 * before another flush is believed. */
static int th_sync_real(th_gather *gather, int flags) {
    int code;
    pthread_mutex_lock(&gather->flushing);
    code = gather->real->sync(gather->file, flags);
    if (code) gather->failed = code;
    pthread_mutex_unlock(&gather->flushing);
    return code;
}

static int th_sync_file(th_file *file, int flags) {
    th_gather *gather = th_gather_of(file);
    int code = th_let_out(gather);
    if (code || (gather->gathering == TH_PUT_OFF && !gather->new_head)) return code;
    code = th_sync_real(gather, flags);
    if (!code) gather->new_head = 0;
    return code;
}

static int th_read_file(th_file *file, void *into, int size, int64_t at) {
    int code = th_let_out(th_gather_of(file));
    return code ? code : th_gather_of(file)->real->read(file, into, size, at);
}

static int th_truncate_file(th_file *file, int64_t size) {
    int code = th_let_out(th_gather_of(file));
    return code ? code : th_gather_of(file)->real->truncate(file, size);
}

static int th_file_size(th_file *file, int64_t *size) {
    int code = th_let_out(th_gather_of(file));
    return code ? code : th_gather_of(file)->real->file_size(file, size);
}

static int th_control_file(th_file *file, int what, void *with) {
    int code = th_let_out(th_gather_of(file));
    return code ? code : th_gather_of(file)->real->control(file, what, with);
}

static int th_close_file(th_file *file) {
    th_gather *gather = th_gather_of(file);
    file->methods = gather->real;
    gather->file = NULL;
    return file->methods->close(file);
}

/* Stand before a file. NULL when there is no memory for it, or the file is of an unknown kind. */
static th_gather *th_gather_before(th_file *file) {
    const th_methods *real = file ? file->methods : NULL;
    th_gather *gather;
    size_t rest_n;
    if (!real || real->version < 1 || real->version > 3) return NULL;
    if (!(real->characteristics(file) & TH_POWERSAFE)) return NULL;
    gather = calloc(1, sizeof *gather);
    if (!gather) return NULL;
    rest_n = real->version == 1 ? 0 : real->version == 2 ? 4 : 6;
    memcpy(&gather->own, real, offsetof(th_methods, rest) + rest_n * sizeof real->rest[0]);
    gather->own.close = th_close_file;
    gather->own.read = th_read_file;
    gather->own.write = th_write_file;
    gather->own.truncate = th_truncate_file;
    gather->own.sync = th_sync_file;
    gather->own.file_size = th_file_size;
    gather->own.control = th_control_file;
    pthread_mutex_init(&gather->flushing, NULL);
    gather->real = real;
    gather->file = file;
    file->methods = &gather->own;
    return gather;
}

/* Have the file begin with `octets` that are written and flushed: writing within them needs
 * nothing of the file system but the blocks themselves. What is added is zeros, which are no frame.
 * If there is no room for them the file stays as it was. Nobody else may append meanwhile.
 */
static int th_lay_out(th_gather *gather, int64_t octets) {
    static const char zeros[64 * 1024];
    int64_t before = 0, at;
    int code = th_let_out(gather);
    if (!code) code = gather->real->file_size(gather->file, &before);
    for (at = before; !code && at < octets; at += (int64_t)sizeof zeros)
        code = gather->real->write(gather->file, zeros, (int)sizeof zeros, at);
    if (!code && at > before) code = gather->real->sync(gather->file, TH_SYNC_NORMAL);
    if (code) gather->real->truncate(gather->file, before);
    return code;
}

/* Step aside. */
static void th_gather_end(th_gather *gather) {
    if (gather && gather->file) gather->file->methods = gather->real;
    if (gather) pthread_mutex_destroy(&gather->flushing);
    free(gather);
}

#endif

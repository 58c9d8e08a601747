/* One life on one directory: which faults are armed, and the undo log. Part of `_faultvfs.c`.
 *
 * The log is a run of records. Each names a file, and what one operation on it was to destroy;
 * syncs are records too, and strike out what came before. What is not in the log cannot be undone,
 * so an operation whose record cannot be written does not happen. A log that a killed process left
 * is taken over by the next. Everything here is called with the mutex held.
 */
#include <sqlite3ext.h>
SQLITE_EXTENSION_INIT1

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define NAME "tollhouse-fault"
#define MAGIC 0x54464c31u
#define PATH_MAX_N 600
#define FOREVER (-1)
#define LOG_KEPT_N (256 * 1024) /* an emptied log keeps so much room, which is cheaper to reuse */

/* Numbers shared with Python: disk.py (faults, figures), power_cut.py (records). */
enum { CRASH, CRASH_TORN, KILL, EIO_WRITE, EIO_SYNC, EIO_READ, FULL, FAULTS_N };
enum { READS, WRITES, SYNCS, TRUNCATES, DELETES, COUNTS_N };
enum { R_WRITE = 1, R_TRUNCATE, R_SYNC, R_CREATE, R_DELETE };
enum { SYNC_OK = 1, SYNC_DIRECTORY = 2 };
enum { LIE_NEVER, LIE_ALWAYS, LIE_ON_WAL };

typedef struct { /* 56 octets, then the path, then what was destroyed */
    uint32_t magic;
    uint8_t kind, flags;
    uint16_t path_n;
    uint64_t epoch; /* counts emptyings: the log ends before a record of another one */
    uint64_t incarnation, offset, length, old_size, payload_n;
} Record;

typedef struct Tracked Tracked;
struct Tracked { /* one incarnation of a path: a file created anew is another one */
    char path[PATH_MAX_N];
    uint64_t incarnation;
    int pending; /* has writes that no sync has covered */
    int stuck;   /* has writes whose sync failed: no later sync makes them durable */
    int created; /* its directory entry is not durable */
    int gone;    /* deleted */
    Tracked *next;
};

typedef struct { int64_t after_n, times_n; } Armed;

typedef struct Life Life;
struct Life { /* one of several processes on the disk: it can die, and the others go on */
    int64_t number;
    int dead;
    Armed armed[FAULTS_N];
    Life *next;
};

typedef struct Disk Disk;
struct Disk {
    char directory[PATH_MAX_N]; /* ends with a slash */
    int log, closed, powersafe, lie, entries_pending;
    int open_n;
    int64_t sync_delay_us;
    uint64_t log_n, epoch, newest;
    Life all; /* number 0: everybody; what is armed here strikes whoever comes first */
    uint64_t counts[COUNTS_N], fired[FAULTS_N];
    Tracked *files;
    char *scratch;
    size_t scratch_n;
    Disk *next;
};

/* --- faults ----------------------------------------------------------------------------------- */

/* The life of a number, made if there is none. */
static Life *life_of(Disk *d, int64_t number) {
    Life *one;
    for (one = &d->all; one; one = one->next)
        if (one->number == number) return one;
    one = calloc(1, sizeof *one);
    if (!one) abort();
    one->number = number;
    one->next = d->all.next;
    return d->all.next = one;
}

static int is_dead(Disk *d, Life *l) { return d->all.dead || l->dead; }

static int counted_down(Disk *d, Armed *a, int kind) {
    if (a->times_n == 0) return 0;
    if (a->after_n > 0) { a->after_n--; return 0; }
    if (a->times_n > 0) a->times_n--;
    d->fired[kind]++;
    return 1;
}

/* Does the fault strike this life now? Counts down to it. */
static int strikes(Disk *d, Life *l, int kind) {
    if (counted_down(d, &d->all.armed[kind], kind)) return 1;
    return l != &d->all && counted_down(d, &l->armed[kind], kind);
}

/* Every change of the disk passes here first: is the process dead, or does it die of this one? */
static int dies(Disk *d, Life *l) {
    if (is_dead(d, l)) return 1;
    if (strikes(d, l, KILL)) kill(getpid(), SIGKILL);
    if (strikes(d, l, CRASH)) l->dead = 1;
    return l->dead;
}

/* --- the undo log ----------------------------------------------------------------------------- */

static Tracked *tracked_of(Disk *d, const char *path) {
    Tracked *t;
    for (t = d->files; t; t = t->next)
        if (!t->gone && strcmp(t->path, path) == 0) return t;
    t = calloc(1, sizeof *t);
    if (!t) abort();
    strcpy(t->path, path);
    t->incarnation = ++d->newest;
    t->next = d->files;
    return d->files = t;
}

/* Append one record. What is not in the log cannot be undone, so a failure stops the operation. */
static int append(Disk *d, Tracked *t, Record r, const void *payload) {
    struct iovec parts[3];
    ssize_t whole, done;
    r.magic = MAGIC;
    r.path_n = (uint16_t)strlen(t->path);
    r.epoch = d->epoch;
    r.incarnation = t->incarnation;
    parts[0] = (struct iovec){&r, sizeof r};
    parts[1] = (struct iovec){t->path, r.path_n};
    parts[2] = (struct iovec){(void *)payload, r.payload_n};
    whole = (ssize_t)(sizeof r + r.path_n + r.payload_n);
    done = pwritev(d->log, parts, r.payload_n ? 3 : 2, (off_t)d->log_n);
    if (done != whole) {
        if (ftruncate(d->log, (off_t)d->log_n) != 0) abort();
        return SQLITE_FULL;
    }
    d->log_n += (uint64_t)whole;
    return SQLITE_OK;
}

/* What a record means for what is in doubt; also how a log left by a dead process is taken over. */
static void note(Disk *d, Tracked *t, int kind, int flags) {
    Tracked *one;
    if (kind == R_WRITE || kind == R_TRUNCATE) t->pending = 1;
    if (kind == R_CREATE) t->created = d->entries_pending = 1;
    if (kind == R_DELETE) t->gone = d->entries_pending = 1;
    if (kind != R_SYNC) return;
    if (!(flags & SYNC_OK)) t->stuck |= t->pending;
    t->pending = 0;
    if (!(flags & SYNC_DIRECTORY)) return;
    d->entries_pending = 0;
    for (one = d->files; one; one = one->next) one->created = 0;
}

static void empty(Disk *d) {
    static const uint32_t nothing;
    if (d->log_n > LOG_KEPT_N) {
        if (ftruncate(d->log, 0) != 0) abort();
    } else if (d->log_n && pwrite(d->log, &nothing, sizeof nothing, 0) != sizeof nothing) {
        abort();
    }
    d->log_n = 0;
    d->epoch++;
}

/* Write a sync into the log, or empty the log when nothing is in doubt any more. */
static int settle(Disk *d, Tracked *t, int flags) {
    Record r = {.kind = R_SYNC, .flags = (uint8_t)flags};
    Tracked *one;
    int doubt;
    note(d, t, R_SYNC, flags);
    doubt = d->entries_pending;
    for (one = d->files; one && !doubt; one = one->next)
        doubt = !one->gone && (one->pending || one->stuck);
    if (doubt) return append(d, t, r, NULL);
    empty(d);
    return SQLITE_OK;
}

static char *scratch_of(Disk *d, size_t n) {
    if (n > d->scratch_n) {
        free(d->scratch);
        d->scratch = malloc(d->scratch_n = 2 * n);
        if (!d->scratch) abort();
    }
    return d->scratch;
}

/* Note what `length` octets at `offset` are now, before an operation changes or cuts them off. */
static int remember(Disk *d, Tracked *t, sqlite3_file *real, Record r) {
    int rc;
    r.payload_n = 0;
    if (r.offset < r.old_size) {
        r.payload_n = r.old_size - r.offset;
        if (r.kind == R_WRITE && r.payload_n > r.length) r.payload_n = r.length;
        rc = real->pMethods->xRead(real, scratch_of(d, r.payload_n), (int)r.payload_n,
                                   (sqlite3_int64)r.offset);
        if (rc != SQLITE_OK) return rc;
    }
    rc = append(d, t, r, d->scratch);
    if (rc == SQLITE_OK) note(d, t, r.kind, 0);
    return rc;
}

/* Take over what an earlier process left in the log; an incomplete last record never happened. */
static void take_over(Disk *d) {
    Record r;
    char path[PATH_MAX_N], whole[2 * PATH_MAX_N];
    off_t at = 0, size = lseek(d->log, 0, SEEK_END);
    while (pread(d->log, &r, sizeof r, at) == (ssize_t)sizeof r && r.magic == MAGIC &&
           r.path_n < sizeof path && r.payload_n <= (uint64_t)size &&
           (at == 0 || r.epoch == d->epoch)) {
        off_t end = at + (off_t)(sizeof r + r.path_n + r.payload_n);
        Tracked *t;
        if (end > size || pread(d->log, path, r.path_n, at + (off_t)sizeof r) != r.path_n) break;
        path[r.path_n] = 0;
        strcat(strcpy(whole, d->directory), path);
        if (r.kind == R_DELETE && end == size && access(whole, F_OK) == 0) break;
        d->epoch = r.epoch;
        t = tracked_of(d, path);
        t->incarnation = r.incarnation;
        if (r.incarnation > d->newest) d->newest = r.incarnation;
        note(d, t, r.kind, r.flags);
        at = end;
    }
    if (ftruncate(d->log, at) != 0) abort();
    d->log_n = (uint64_t)at;
}

/* The fault-injecting disk: an SQLite VFS over the real unix one, and its undo log.
 *
 * Every octet still goes to a real file through the real VFS. Before a write, a truncation or a
 * deletion happens, what it destroys is appended to the log of its disk, with plain write(), so
 * that the log outlives this process as the page cache does. A sync that succeeds strikes out what
 * it made durable; when nothing is left in doubt the log is emptied. So at any moment files + log
 * say both what lies in the page cache and what the platter is known to hold. `power_cut.py` reads
 * them.
 *
 * A disk is one directory. State hangs on it and never on the process, so that disks can follow one
 * another; a file outside every disk is opened by the real VFS alone. One mutex guards everything.
 * Control functions (`fault_*`) are called through ctypes from `disk.py`, which tells the faults.
 *
 * Promised to SQLite: sectors of 512 octets, neither atomic writes nor safe appends; overwriting
 * spares its neighbours only when asked for (`powersafe`). Memory maps are refused, and so are
 * hints that would let the real VFS lengthen a file behind our back.
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

typedef struct Disk Disk;
struct Disk {
    char directory[PATH_MAX_N]; /* ends with a slash */
    int log, closed, dead, powersafe, lie, entries_pending;
    int open_n;
    int64_t sync_delay_us;
    uint64_t log_n, epoch, newest;
    Armed armed[FAULTS_N];
    uint64_t counts[COUNTS_N], fired[FAULTS_N];
    Tracked *files;
    char *scratch;
    size_t scratch_n;
    Disk *next;
};

typedef struct {
    sqlite3_file own;
    Disk *disk;
    Tracked *tracked;
    int wal;
    sqlite3_file *real;
} File;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static Disk *disks;
static sqlite3_vfs *real_vfs;
static int seeded;
static uint64_t seed;

static void lock(void) { pthread_mutex_lock(&mutex); }
static int unlock(int rc) { pthread_mutex_unlock(&mutex); return rc; }

/* --- faults ----------------------------------------------------------------------------------- */

/* Does the fault strike now? Counts down to it. */
static int strikes(Disk *d, int kind) {
    Armed *a = &d->armed[kind];
    if (a->times_n == 0) return 0;
    if (a->after_n > 0) { a->after_n--; return 0; }
    if (a->times_n > 0) a->times_n--;
    d->fired[kind]++;
    return 1;
}

/* Every change of the disk passes here first: is the process dead, or does it die of this one? */
static int dies(Disk *d) {
    if (d->dead) return 1;
    if (strikes(d, KILL)) kill(getpid(), SIGKILL);
    if (strikes(d, CRASH)) d->dead = 1;
    return d->dead;
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
static int remember(File *f, Record r) {
    Disk *d = f->disk;
    int rc;
    r.payload_n = 0;
    if (r.offset < r.old_size) {
        r.payload_n = r.old_size - r.offset;
        if (r.kind == R_WRITE && r.payload_n > r.length) r.payload_n = r.length;
        rc = f->real->pMethods->xRead(f->real, scratch_of(d, r.payload_n), (int)r.payload_n,
                                      (sqlite3_int64)r.offset);
        if (rc != SQLITE_OK) return rc;
    }
    rc = append(d, f->tracked, r, d->scratch);
    if (rc == SQLITE_OK) note(d, f->tracked, r.kind, 0);
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

/* --- files ------------------------------------------------------------------------------------ */

static void let_go(Disk *d) {
    Disk **link;
    if (!d->closed || d->open_n) return;
    for (link = &disks; *link != d; link = &(*link)->next) {}
    *link = d->next;
    while (d->files) {
        Tracked *t = d->files;
        d->files = t->next;
        free(t);
    }
    free(d->scratch);
    free(d);
}

static int f_close(sqlite3_file *file) {
    File *f = (File *)file;
    int rc = f->real->pMethods ? f->real->pMethods->xClose(f->real) : SQLITE_OK;
    lock();
    f->disk->open_n--;
    let_go(f->disk);
    return unlock(rc);
}

static int f_read(sqlite3_file *file, void *to, int n, sqlite3_int64 at) {
    File *f = (File *)file;
    int bad;
    lock();
    f->disk->counts[READS]++;
    bad = f->disk->dead || strikes(f->disk, EIO_READ);
    unlock(0);
    return bad ? SQLITE_IOERR_READ : f->real->pMethods->xRead(f->real, to, n, at);
}

static int f_write(sqlite3_file *file, const void *from, int n, sqlite3_int64 at) {
    File *f = (File *)file;
    Disk *d = f->disk;
    sqlite3_int64 size;
    int rc, torn;
    lock();
    d->counts[WRITES]++;
    if (dies(d)) return unlock(SQLITE_IOERR_WRITE);
    if (strikes(d, EIO_WRITE)) return unlock(SQLITE_IOERR_WRITE);
    rc = f->real->pMethods->xFileSize(f->real, &size);
    if (rc != SQLITE_OK) return unlock(rc);
    if (at + n > size && strikes(d, FULL)) return unlock(SQLITE_FULL);
    torn = strikes(d, CRASH_TORN);
    rc = remember(f, (Record){.kind = R_WRITE, .offset = (uint64_t)at, .length = (uint64_t)n,
                              .old_size = (uint64_t)size});
    if (rc == SQLITE_OK) rc = f->real->pMethods->xWrite(f->real, from, torn ? n / 2 : n, at);
    if (!torn) return unlock(rc);
    d->dead = 1;
    return unlock(SQLITE_IOERR_WRITE);
}

static int f_truncate(sqlite3_file *file, sqlite3_int64 to) {
    File *f = (File *)file;
    Disk *d = f->disk;
    sqlite3_int64 size;
    int rc;
    lock();
    d->counts[TRUNCATES]++;
    if (dies(d) || strikes(d, CRASH_TORN)) {
        d->dead = 1;
        return unlock(SQLITE_IOERR_TRUNCATE);
    }
    rc = f->real->pMethods->xFileSize(f->real, &size);
    if (rc == SQLITE_OK)
        rc = remember(f, (Record){.kind = R_TRUNCATE, .offset = (uint64_t)to,
                                  .length = 0, .old_size = (uint64_t)size});
    if (rc == SQLITE_OK) rc = f->real->pMethods->xTruncate(f->real, to);
    return unlock(rc);
}

static int f_sync(sqlite3_file *file, int flags) {
    File *f = (File *)file;
    Disk *d = f->disk;
    int rc, directory;
    if (d->sync_delay_us) usleep((useconds_t)d->sync_delay_us);
    lock();
    d->counts[SYNCS]++;
    if (dies(d) || strikes(d, CRASH_TORN)) {
        d->dead = 1;
        return unlock(SQLITE_IOERR_FSYNC);
    }
    if (strikes(d, EIO_SYNC)) {
        rc = settle(d, f->tracked, 0);
        return unlock(rc == SQLITE_OK ? SQLITE_IOERR_FSYNC : rc);
    }
    if (d->lie == LIE_ALWAYS || (d->lie == LIE_ON_WAL && f->wal)) return unlock(SQLITE_OK);
    rc = f->real->pMethods->xSync(f->real, flags);
    directory = f->tracked->created ? SYNC_DIRECTORY : 0;
    if (rc != SQLITE_OK) {
        settle(d, f->tracked, 0);
        return unlock(rc);
    }
    return unlock(settle(d, f->tracked, SYNC_OK | directory));
}

static int f_size(sqlite3_file *file, sqlite3_int64 *size) {
    File *f = (File *)file;
    if (f->disk->dead) return SQLITE_IOERR_FSTAT;
    return f->real->pMethods->xFileSize(f->real, size);
}

static int f_lock(sqlite3_file *file, int level) {
    File *f = (File *)file;
    return f->disk->dead ? SQLITE_IOERR_LOCK : f->real->pMethods->xLock(f->real, level);
}

static int f_unlock(sqlite3_file *file, int level) {
    File *f = (File *)file;
    return f->real->pMethods->xUnlock(f->real, level);
}

static int f_reserved(sqlite3_file *file, int *out) {
    File *f = (File *)file;
    return f->real->pMethods->xCheckReservedLock(f->real, out);
}

static int f_control(sqlite3_file *file, int op, void *arg) {
    File *f = (File *)file;
    switch (op) {
    case SQLITE_FCNTL_MMAP_SIZE: *(sqlite3_int64 *)arg = 0; return SQLITE_OK;
    case SQLITE_FCNTL_SIZE_HINT: case SQLITE_FCNTL_CHUNK_SIZE: return SQLITE_OK;
    case SQLITE_FCNTL_BEGIN_ATOMIC_WRITE: return SQLITE_NOTFOUND;
    case SQLITE_FCNTL_VFSNAME: *(char **)arg = sqlite3_mprintf("%s", NAME); return SQLITE_OK;
    }
    return f->real->pMethods->xFileControl(f->real, op, arg);
}

static int f_sector(sqlite3_file *file) { (void)file; return 512; }

static int f_traits(sqlite3_file *file) {
    return ((File *)file)->disk->powersafe ? SQLITE_IOCAP_POWERSAFE_OVERWRITE : 0;
}

static int f_shm_map(sqlite3_file *file, int i, int n, int extend, void volatile **out) {
    File *f = (File *)file;
    if (f->disk->dead) return SQLITE_IOERR_SHMMAP;
    return f->real->pMethods->xShmMap(f->real, i, n, extend, out);
}

static int f_shm_lock(sqlite3_file *file, int offset, int n, int flags) {
    File *f = (File *)file;
    if (f->disk->dead && !(flags & SQLITE_SHM_UNLOCK)) return SQLITE_IOERR_SHMLOCK;
    return f->real->pMethods->xShmLock(f->real, offset, n, flags);
}

static void f_shm_barrier(sqlite3_file *file) {
    File *f = (File *)file;
    f->real->pMethods->xShmBarrier(f->real);
}

static int f_shm_unmap(sqlite3_file *file, int also_delete) {
    File *f = (File *)file;
    return f->real->pMethods->xShmUnmap(f->real, also_delete && !f->disk->dead);
}

static int f_fetch(sqlite3_file *file, sqlite3_int64 at, int n, void **out) {
    (void)file, (void)at, (void)n;
    *out = NULL;
    return SQLITE_OK;
}

static int f_unfetch(sqlite3_file *file, sqlite3_int64 at, void *page) {
    (void)file, (void)at, (void)page;
    return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
    3, f_close, f_read, f_write, f_truncate, f_sync, f_size, f_lock, f_unlock, f_reserved,
    f_control, f_sector, f_traits, f_shm_map, f_shm_lock, f_shm_barrier, f_shm_unmap, f_fetch,
    f_unfetch,
};

/* --- the file system -------------------------------------------------------------------------- */

/* The disk that a whole path lies on, and the path from there. Call with the mutex held. */
static Disk *disk_of(const char *name, const char **path) {
    Disk *d;
    for (d = disks; name && d; d = d->next) {
        size_t n = strlen(d->directory);
        if (d->closed || strncmp(name, d->directory, n) != 0) continue;
        if (strlen(name + n) >= PATH_MAX_N) continue;
        *path = name + n;
        return d;
    }
    return NULL;
}

static int v_open(sqlite3_vfs *v, const char *name, sqlite3_file *file, int flags, int *out) {
    File *f = (File *)file;
    const char *path;
    Disk *d;
    int rc, existed;
    (void)v;
    lock();
    d = disk_of(name, &path);
    if (!d || flags & SQLITE_OPEN_DELETEONCLOSE) {
        unlock(0);
        return real_vfs->xOpen(real_vfs, name, file, flags, out);
    }
    file->pMethods = NULL;
    if (d->dead) return unlock(SQLITE_CANTOPEN);
    existed = access(name, F_OK) == 0;
    f->real = (sqlite3_file *)(f + 1);
    rc = real_vfs->xOpen(real_vfs, name, f->real, flags, out);
    if (rc != SQLITE_OK) {
        if (f->real->pMethods) f->real->pMethods->xClose(f->real);
        return unlock(rc);
    }
    f->disk = d;
    f->wal = flags & SQLITE_OPEN_WAL;
    f->tracked = tracked_of(d, path);
    d->open_n++;
    file->pMethods = &methods;
    if (!existed) {
        rc = append(d, f->tracked, (Record){.kind = R_CREATE}, NULL);
        if (rc == SQLITE_OK) note(d, f->tracked, R_CREATE, 0);
    }
    return unlock(rc);
}

/* All octets of the file go into the log: until its directory is synced it can come back. */
static int remember_deletion(Disk *d, Tracked *t, const char *name) {
    Record r = {.kind = R_DELETE};
    struct stat about;
    ssize_t got;
    int rc = SQLITE_IOERR_DELETE, fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, &about) == 0) {
        r.old_size = r.payload_n = (uint64_t)about.st_size;
        got = read(fd, scratch_of(d, r.payload_n + 1), r.payload_n);
        if (got == (ssize_t)r.payload_n) rc = append(d, t, r, d->scratch);
    }
    /* Closing drops POSIX locks of this process on the file, which is about to be nobody's. */
    if (fd >= 0) close(fd);
    return rc;
}

static int v_delete(sqlite3_vfs *v, const char *name, int sync_directory) {
    const char *path;
    Tracked *t;
    Disk *d;
    int rc;
    (void)v;
    lock();
    d = disk_of(name, &path);
    if (!d || (!d->dead && access(name, F_OK) != 0)) {
        unlock(0);
        return real_vfs->xDelete(real_vfs, name, sync_directory);
    }
    d->counts[DELETES]++;
    if (dies(d) || strikes(d, CRASH_TORN)) {
        d->dead = 1;
        return unlock(SQLITE_IOERR_DELETE);
    }
    t = tracked_of(d, path);
    rc = remember_deletion(d, t, name);
    if (rc == SQLITE_OK) rc = real_vfs->xDelete(real_vfs, name, sync_directory);
    if (rc != SQLITE_OK) return unlock(rc);
    note(d, t, R_DELETE, 0);
    if (sync_directory && d->lie != LIE_ALWAYS) rc = settle(d, t, SYNC_OK | SYNC_DIRECTORY);
    return unlock(rc);
}

static int v_access(sqlite3_vfs *v, const char *name, int flags, int *out) {
    const char *path;
    Disk *d;
    int dead;
    (void)v;
    lock();
    d = disk_of(name, &path);
    dead = d && d->dead;
    unlock(0);
    return dead ? SQLITE_IOERR_ACCESS : real_vfs->xAccess(real_vfs, name, flags, out);
}

/* SQLite asks once and stretches the answer; the answer depends on the seed alone (splitmix64). */
static int v_randomness(sqlite3_vfs *v, int n, char *out) {
    uint64_t state = seed, z;
    int i;
    (void)v;
    if (!seeded) return real_vfs->xRandomness(real_vfs, n, out);
    for (i = 0; i < n; i++) {
        z = (state += 0x9e3779b97f4a7c15u);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        out[i] = (char)(z >> 56);
    }
    return n;
}

/* --- control, from Python --------------------------------------------------------------------- */

/* Open the disk of a directory (whole path ending with a slash); NULL and errno when refused. */
Disk *fault_open(const char *directory, const char *log) {
    Disk *d = calloc(1, sizeof *d);
    if (!d) return NULL;
    if (strlen(directory) >= sizeof d->directory) { free(d); errno = ENAMETOOLONG; return NULL; }
    strcpy(d->directory, directory);
    d->powersafe = 1;
    d->log = open(log, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (d->log < 0 || flock(d->log, LOCK_EX | LOCK_NB) != 0) {
        int error = errno;
        if (d->log >= 0) close(d->log);
        free(d);
        errno = error;
        return NULL;
    }
    take_over(d);
    lock();
    d->next = disks;
    disks = d;
    unlock(0);
    return d;
}

/* Forget the disk. Files of it that are open are dead from now on. */
void fault_close(Disk *d) {
    lock();
    d->dead = d->closed = 1;
    close(d->log);
    let_go(d);
    unlock(0);
}

void fault_arm(Disk *d, int kind, int64_t after_n, int64_t times_n) {
    lock();
    d->armed[kind] = (Armed){after_n, kind == FULL ? FOREVER : times_n};
    unlock(0);
}

void fault_heal(Disk *d) {
    lock();
    memset(d->armed, 0, sizeof d->armed);
    unlock(0);
}

void fault_die(Disk *d) {
    lock();
    d->dead = 1;
    unlock(0);
}

int fault_dead(Disk *d) { return d->dead; }

void fault_set(Disk *d, int powersafe, int lie, int64_t sync_delay_us) {
    lock();
    d->powersafe = powersafe;
    d->lie = lie;
    d->sync_delay_us = sync_delay_us;
    unlock(0);
}

void fault_figures(Disk *d, uint64_t out[COUNTS_N + FAULTS_N]) {
    lock();
    memcpy(out, d->counts, sizeof d->counts);
    memcpy(out + COUNTS_N, d->fired, sizeof d->fired);
    unlock(0);
}

static sqlite3_vfs vfs;

/* Be what SQLite opens files with when no VFS is named, and whom it asks for randomness. */
int fault_default(int yes) { return sqlite3_vfs_register(yes ? &vfs : real_vfs, 1); }

/* From here on SQLite's random numbers follow from `n`. */
int fault_seed(uint64_t n) {
    char unused[8];
    int rc = fault_default(1);
    real_vfs->xRandomness(real_vfs, sizeof unused, unused); /* or its first open draws anew */
    seed = n;
    seeded = 1;
    sqlite3_randomness(0, NULL);
    return rc;
}

int sqlite3_extension_init(sqlite3 *db, char **error, const sqlite3_api_routines *api) {
    (void)db, (void)error;
    SQLITE_EXTENSION_INIT2(api);
    if (sqlite3_vfs_find(NAME)) return SQLITE_OK_LOAD_PERMANENTLY;
    real_vfs = sqlite3_vfs_find("unix");
    if (!real_vfs) return SQLITE_ERROR;
    vfs = *real_vfs; /* what does not concern files stays the real one's: time, sleep, libraries */
    vfs.iVersion = 2;
    vfs.szOsFile = (int)sizeof(File) + real_vfs->szOsFile;
    vfs.pNext = NULL;
    vfs.zName = NAME;
    vfs.xOpen = v_open;
    vfs.xDelete = v_delete;
    vfs.xAccess = v_access;
    vfs.xRandomness = v_randomness;
    return sqlite3_vfs_register(&vfs, 0) == SQLITE_OK ? SQLITE_OK_LOAD_PERMANENTLY : SQLITE_ERROR;
}

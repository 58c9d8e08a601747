/* The fault-injecting disk: an SQLite VFS over the real unix one, and its undo log.
 *
 * Every octet still goes to a real file through the real VFS. Before a write, a truncation or a
 * deletion happens, what it destroys is appended to the log of its disk, with plain write(), so
 * that the log outlives this process as the page cache does. A sync that succeeds strikes out what
 * it made durable; when nothing is left in doubt the log is emptied. So at any moment files + log
 * say both what lies in the page cache and what the platter is known to hold. `power_cut.py` reads
 * them. `_undolog.h` has the log, this file has what SQLite calls.
 *
 * A disk is one directory. State hangs on it and never on the process, so that disks can follow one
 * another; a file outside every disk is opened by the real VFS alone. One mutex guards everything.
 * Several processes may live on one disk: a connection says by `life=N` in its URI whose it is, and
 * a life that has ended changes nothing any more while the others go on. Locks are the real ones.
 * Control functions (`fault_*`) are called through ctypes from `disk.py`, which tells the faults.
 *
 * Promised to SQLite: sectors of 512 octets, neither atomic writes nor safe appends; overwriting
 * spares its neighbours only when asked for (`powersafe`). Memory maps are refused, and so are
 * hints that would let the real VFS lengthen a file behind our back.
 */
#include "_undolog.h"

typedef struct {
    sqlite3_file own;
    Disk *disk;
    Life *life;
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
    while (d->all.next) {
        Life *one = d->all.next;
        d->all.next = one->next;
        free(one);
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
    bad = is_dead(f->disk, f->life) || strikes(f->disk, f->life, EIO_READ);
    unlock(0);
    return bad ? SQLITE_IOERR_READ : f->real->pMethods->xRead(f->real, to, n, at);
}

static int f_write(sqlite3_file *file, const void *from, int n, sqlite3_int64 at) {
    File *f = (File *)file;
    Disk *d = f->disk;
    sqlite3_int64 size;
    Record r;
    int rc, torn;
    lock();
    d->counts[WRITES]++;
    if (dies(d, f->life)) return unlock(SQLITE_IOERR_WRITE);
    if (strikes(d, f->life, EIO_WRITE)) return unlock(SQLITE_IOERR_WRITE);
    rc = f->real->pMethods->xFileSize(f->real, &size);
    if (rc != SQLITE_OK) return unlock(rc);
    if (at + n > size && strikes(d, f->life, FULL)) return unlock(SQLITE_FULL);
    torn = strikes(d, f->life, CRASH_TORN);
    r = (Record){.kind = R_WRITE, .offset = (uint64_t)at, .length = (uint64_t)n,
                 .old_size = (uint64_t)size};
    rc = remember(d, f->tracked, f->real, r);
    if (rc == SQLITE_OK) rc = f->real->pMethods->xWrite(f->real, from, torn ? n / 2 : n, at);
    if (!torn) return unlock(rc);
    f->life->dead = 1;
    return unlock(SQLITE_IOERR_WRITE);
}

static int f_truncate(sqlite3_file *file, sqlite3_int64 to) {
    File *f = (File *)file;
    Disk *d = f->disk;
    Record r = {.kind = R_TRUNCATE, .offset = (uint64_t)to};
    sqlite3_int64 size = 0;
    int rc;
    lock();
    d->counts[TRUNCATES]++;
    if (dies(d, f->life) || strikes(d, f->life, CRASH_TORN)) {
        f->life->dead = 1;
        return unlock(SQLITE_IOERR_TRUNCATE);
    }
    rc = f->real->pMethods->xFileSize(f->real, &size);
    r.old_size = (uint64_t)size;
    if (rc == SQLITE_OK) rc = remember(d, f->tracked, f->real, r);
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
    if (dies(d, f->life) || strikes(d, f->life, CRASH_TORN)) {
        f->life->dead = 1;
        return unlock(SQLITE_IOERR_FSYNC);
    }
    if (strikes(d, f->life, EIO_SYNC)) {
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
    if (is_dead(f->disk, f->life)) return SQLITE_IOERR_FSTAT;
    return f->real->pMethods->xFileSize(f->real, size);
}

static int f_lock(sqlite3_file *file, int level) {
    File *f = (File *)file;
    return is_dead(f->disk, f->life) ? SQLITE_IOERR_LOCK : f->real->pMethods->xLock(f->real, level);
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
    if (is_dead(f->disk, f->life)) return SQLITE_IOERR_SHMMAP;
    return f->real->pMethods->xShmMap(f->real, i, n, extend, out);
}

static int f_shm_lock(sqlite3_file *file, int offset, int n, int flags) {
    File *f = (File *)file;
    if (is_dead(f->disk, f->life) && !(flags & SQLITE_SHM_UNLOCK)) return SQLITE_IOERR_SHMLOCK;
    return f->real->pMethods->xShmLock(f->real, offset, n, flags);
}

static void f_shm_barrier(sqlite3_file *file) {
    File *f = (File *)file;
    f->real->pMethods->xShmBarrier(f->real);
}

static int f_shm_unmap(sqlite3_file *file, int also_delete) {
    File *f = (File *)file;
    return f->real->pMethods->xShmUnmap(f->real, also_delete && !is_dead(f->disk, f->life));
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

/* Whose file it is, as its connection's URI says. Call with the mutex held. */
static Life *opened_by(Disk *d, const char *name, int flags) {
    int asked = flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL);
    return life_of(d, asked ? sqlite3_uri_int64(name, "life", 0) : 0);
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
    f->life = opened_by(d, name, flags);
    if (is_dead(d, f->life)) return unlock(SQLITE_CANTOPEN);
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
    if (!d || (!d->all.dead && access(name, F_OK) != 0)) {
        unlock(0);
        return real_vfs->xDelete(real_vfs, name, sync_directory);
    }
    d->counts[DELETES]++;
    if (dies(d, &d->all) || strikes(d, &d->all, CRASH_TORN)) {
        d->all.dead = 1;
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
    dead = d && d->all.dead;
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
    d->all.dead = d->closed = 1;
    close(d->log);
    let_go(d);
    unlock(0);
}

void fault_arm(Disk *d, int64_t life, int kind, int64_t after_n, int64_t times_n) {
    lock();
    life_of(d, life)->armed[kind] = (Armed){after_n, kind == FULL ? FOREVER : times_n};
    unlock(0);
}

void fault_heal(Disk *d) {
    Life *one;
    lock();
    for (one = &d->all; one; one = one->next) memset(one->armed, 0, sizeof one->armed);
    unlock(0);
}

void fault_die(Disk *d, int64_t life) {
    lock();
    life_of(d, life)->dead = 1;
    unlock(0);
}

int fault_dead(Disk *d, int64_t life) {
    int dead;
    lock();
    dead = is_dead(d, life_of(d, life));
    return unlock(dead);
}

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

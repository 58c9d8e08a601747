/* The half of `_packed.pyx` that speaks with SQLite.
 *
 * SQLite's headers are not needed: a loadable extension is handed a table of SQLite's functions,
 * to which functions are only ever added at the end (https://sqlite.org/loadext.html). So a place
 * in it means the same function in every version that has it. `tests/store/test_packed.py` compares
 * the places with the names that the bundled library exports.
 */
#include "_packed.h"

#include "_fold.h"
#include "_gather.h"
#include "_given.h"
#include "_order.h"
#include "_sqlite.h"

#include <stdlib.h>
#include <string.h>

enum { /* SQLite's codes and flags that are used here */
    OK = 0,
    ERROR = 1,
    ROW = 100,
    DONE = 101,
    PERSISTENT = 1,
    CHECKPOINT_NOOP = -1,
    FILE_POINTER = 7,
    JOURNAL_POINTER = 28
};

enum { /* places in the table */
    AT_BIND_BLOB = 2,
    AT_BIND_INT64 = 5,
    AT_BIND_NULL = 6,
    AT_BIND_TEXT = 10,
    AT_COLUMN_COUNT = 22,
    AT_COLUMN_INT64 = 29,
    AT_DECLARE_VTAB = 50,
    AT_ERRMSG = 53,
    AT_FINALIZE = 57,
    AT_GET_AUTOCOMMIT = 60,
    AT_LIBVERSION_NUMBER = 67,
    AT_RESET = 77,
    AT_RESULT_BLOB = 78,
    AT_RESULT_INT64 = 83,
    AT_RESULT_NULL = 84,
    AT_RESULT_TEXT = 85,
    AT_STEP = 94,
    AT_CREATE_MODULE_V2 = 119,
    AT_FILE_CONTROL = 127,
    AT_MUTEX_ENTER = 131,
    AT_MUTEX_LEAVE = 133,
    AT_DB_MUTEX = 164,
    AT_EXTENDED_ERRCODE = 166,
    AT_WAL_CHECKPOINT_V2 = 191,
    AT_PREPARE_V3 = 217,
    AT_CHANGES64 = 253
};

enum { FIRST_VERSION = 3051003 }; /* store.sqlite_driver.FIRST_SOUND */

typedef void (*any_function)(void);

static struct {
    th_binds bind;
    int (*column_count)(void *);
    int64_t (*column_int64)(void *, int);
    const char *(*errmsg)(void *);
    int (*finalize)(void *);
    int (*get_autocommit)(void *);
    int (*reset)(void *);
    int (*step)(void *);
    int (*extended_errcode)(void *);
    int (*file_control)(void *, const char *, int, void *);
    int (*wal_checkpoint_v2)(void *, const char *, int, int *, int *);
    int (*prepare_v3)(void *, const char *, int, unsigned, void **, const char **);
    int64_t (*changes64)(void *);
    void *(*db_mutex)(void *);
    void (*mutex_enter)(void *);
    void (*mutex_leave)(void *);
} sqlite;

static _Thread_local void *loaded;
static const any_function *all_functions;

#define TAKE_FOR(whose, name, place)                                                               \
    (memcpy(&(whose).name, &functions[place], sizeof((whose).name)))
#define TAKE(name, place) TAKE_FOR(sqlite, name, place)

/* The name follows from the file's: SQLite looks for it when it loads this library. */
int sqlite3_packed_init(void *db, char **why, const any_function *functions);

int sqlite3_packed_init(void *db, char **why, const any_function *functions) {
    int (*version)(void);
    (void)why;
    memcpy(&version, &functions[AT_LIBVERSION_NUMBER], sizeof version);
    if (version() < FIRST_VERSION) return ERROR;
    TAKE(bind.blob, AT_BIND_BLOB);
    TAKE(bind.int64, AT_BIND_INT64);
    TAKE(bind.null, AT_BIND_NULL);
    TAKE(bind.text, AT_BIND_TEXT);
    TAKE(column_count, AT_COLUMN_COUNT);
    TAKE(column_int64, AT_COLUMN_INT64);
    TAKE(errmsg, AT_ERRMSG);
    TAKE(finalize, AT_FINALIZE);
    TAKE(get_autocommit, AT_GET_AUTOCOMMIT);
    TAKE(reset, AT_RESET);
    TAKE(step, AT_STEP);
    TAKE(extended_errcode, AT_EXTENDED_ERRCODE);
    TAKE(file_control, AT_FILE_CONTROL);
    TAKE(wal_checkpoint_v2, AT_WAL_CHECKPOINT_V2);
    TAKE(prepare_v3, AT_PREPARE_V3);
    TAKE(changes64, AT_CHANGES64);
    TAKE(db_mutex, AT_DB_MUTEX);
    TAKE(mutex_enter, AT_MUTEX_ENTER);
    TAKE(mutex_leave, AT_MUTEX_LEAVE);
    TAKE_FOR(th_giving, declare_vtab, AT_DECLARE_VTAB);
    TAKE_FOR(th_giving, create_module_v2, AT_CREATE_MODULE_V2);
    TAKE_FOR(th_giving, result_blob, AT_RESULT_BLOB);
    TAKE_FOR(th_giving, result_int64, AT_RESULT_INT64);
    TAKE_FOR(th_giving, result_null, AT_RESULT_NULL);
    TAKE_FOR(th_giving, result_text, AT_RESULT_TEXT);
    all_functions = functions;
    loaded = db;
    return OK;
}

const void *th_functions(void) { return all_functions; }

void *th_take_loaded(void) {
    void *db = loaded;
    loaded = NULL;
    return db;
}

static int failed(void *db, int code, th_fate *fate) {
    return th_failed(fate, code, sqlite.extended_errcode(db), sqlite.errmsg(db));
}

th_given *th_given_of(void *db) { return th_given_for(db); }

int th_prepare(void *db, const char *sql, void **statement, th_fate *fate) {
    int code = sqlite.prepare_v3(db, sql, -1, PERSISTENT, statement, NULL);
    return code == OK ? OK : failed(db, code, fate);
}

void th_finalize(void *statement) { sqlite.finalize(statement); }

void th_hold(void *db) { sqlite.mutex_enter(sqlite.db_mutex(db)); }

void th_let_go(void *db) { sqlite.mutex_leave(sqlite.db_mutex(db)); }

int th_in_transaction(void *db) { return !sqlite.get_autocommit(db); }

/* --- order ------------------------------------------------------------------------------------ */

int th_sort(th_cell **cells, int64_t rows_n, int64_t columns_n, int64_t keys_n) {
    return th_order(cells, rows_n, columns_n, keys_n);
}

/* --- the journal ------------------------------------------------------------------------------ */

int th_find_journal(const char *zlib_path) { return th_find_zlib(zlib_path); }

static int make_journal(th_cell *row, int version, void **made) {
    uint8_t *octets = NULL;
    int64_t size = th_fold(row[2].is.octets, (size_t)row[2].size, (uint8_t)version,
                           row[0].is.number, row[1].is.number, &octets);
    if (size < 0 || size > INT32_MAX) {
        free(octets);
        return 1;
    }
    row[2].is.octets = octets + TH_DIGEST;
    row[2].size = (int32_t)size;
    row[3].is.octets = octets;
    row[3].size = TH_DIGEST;
    row[3].kind = TH_BLOB;
    *made = octets;
    return 0;
}

int th_make_journals(th_step *steps, int64_t steps_n) {
    for (int64_t n = 0; n < steps_n; n++) {
        if (!*steps[n].version) continue;
        if (make_journal(steps[n].cells, *steps[n].version, steps[n].made)) return 1;
        *steps[n].version = 0; /* a batch may be carried out again */
    }
    return 0;
}

/* --- a transaction ---------------------------------------------------------------------------- */

/* A statement without values and rows. */
static int done(void *db, void *statement, th_fate *fate) {
    int code = sqlite.step(statement);
    if (code == DONE || code == ROW) {
        sqlite.reset(statement);
        return OK;
    }
    code = failed(db, code, fate);
    sqlite.reset(statement);
    return code;
}

void th_undo(void *db, void *rollback) {
    if (th_in_transaction(db)) {
        sqlite.step(rollback);
        sqlite.reset(rollback);
    }
}

int th_begin(void *db, void *begin, void *newest, int64_t feed_seq, th_fate *fate) {
    int code = begin ? done(db, begin, fate) : OK;
    if (code != OK) return code;
    code = sqlite.step(newest);
    if (code == ROW) {
        fate->newest = sqlite.column_int64(newest, 0);
        fate->raced = feed_seq >= 0 && fate->newest != feed_seq;
        code = OK;
    } else {
        code = failed(db, code, fate);
    }
    sqlite.reset(newest);
    return code;
}

static int write_rows(void *db, th_step *step, th_fate *fate) {
    int code = OK, asks = sqlite.column_count(step->statement) > 0;
    for (int64_t n = 0; n < step->rows_n; n++) {
        const th_cell *row = step->cells + n * step->columns_n;
        code = th_bind(&sqlite.bind, step->statement, row, step->columns_n);
        if (code == OK) code = sqlite.step(step->statement);
        for (; code == ROW; code = sqlite.step(step->statement)) step->met_n++;
        if (code != DONE) {
            code = failed(db, code, fate);
            sqlite.reset(step->statement);
            return code;
        }
        if (!asks) step->met_n += sqlite.changes64(db);
        sqlite.reset(step->statement);
    }
    return OK;
}

static int write_set(void *db, th_step *step, th_fate *fate) {
    int code;
    if (!step->rows_n) return OK;
    *step->given = (th_given){step->cells, step->rows_n, step->columns_n};
    code = done(db, step->statement, fate);
    if (code == OK) step->met_n = sqlite.changes64(db);
    *step->given = (th_given){0};
    return code;
}

int th_write(void *db, th_step *steps, int64_t steps_n, th_fate *fate) {
    fate->missed = -1;
    for (int64_t n = 0; n < steps_n; n++) {
        int code = (steps[n].given ? write_set : write_rows)(db, &steps[n], fate);
        if (code != OK) return code;
        if (steps[n].must_meet_all && steps[n].met_n != steps[n].rows_n) {
            fate->missed = (int)n;
            return OK;
        }
    }
    return OK;
}

void *th_gather_wal(void *db) {
    th_file *file = NULL;
    if (sqlite.file_control(db, "main", JOURNAL_POINTER, &file) != OK) return NULL;
    return th_gather_before(file);
}

int th_lay_wal(void *gather, int64_t octets) {
    th_gather *wal = gather;
    return !wal || !wal->file || th_lay_out(wal, octets);
}

int th_flush_file(void *db, th_fate *fate) {
    th_file *file = NULL;
    int code = sqlite.file_control(db, "main", FILE_POINTER, &file);
    if (code == OK && file && file->methods) code = file->methods->sync(file, TH_SYNC_NORMAL);
    /* It is no error of the connection, which cannot say it. */
    return code == OK ? OK : th_failed(fate, code, code, "disk I/O error at a flush");
}

int th_flush_wal(void *gather, th_fate *fate) {
    th_gather *wal = gather;
    int code = wal && wal->file ? th_sync_real(wal, TH_SYNC_NORMAL) : OK;
    if (code == OK && wal) code = wal->failed;
    return code == OK ? OK : th_failed(fate, code, code, "disk I/O error at a flush");
}

void th_forgive(void *gather) {
    if (gather) ((th_gather *)gather)->failed = 0;
}

void th_gather_no_more(void *gather) { th_gather_end(gather); }

int th_commit(void *db, void *commit, void *gather_wal, int flushed, th_fate *fate) {
    th_gather *gather = gather_wal;
    int pages_n = 0, moved_n = 0, code;
    if (gather) gather->gathering = flushed ? TH_FLUSHED : TH_PUT_OFF;
    code = done(db, commit, fate);
    if (gather) {
        gather->gathering = TH_NOT;
        if (code == OK) code = fate->code = th_let_out(gather); /* a flush has left nothing */
        gather->held_n = 0;
    }
    if (code != OK) return code;
    /* It is there now, whatever the count of pages says. */
    if (sqlite.wal_checkpoint_v2(db, "main", CHECKPOINT_NOOP, &pages_n, &moved_n) == OK)
        fate->pages_n = pages_n - moved_n;
    return OK;
}

/* The half of `_answers.pyx` that speaks with SQLite: keys in, rows out.
 *
 * As `_packed_c.c`, it needs no headers of SQLite's: functions are taken from their places in the
 * table that an extension is handed.
 */
#include "_answers.h"

#include "_sqlite.h"

#include <stdlib.h>
#include <string.h>

enum { /* SQLite's codes, types and flags that are used here */
    OK = 0,
    NO_MEMORY = 7,
    MISMATCH = 20,
    ROW = 100,
    DONE = 101,
    PERSISTENT = 1,
    STABLE_PLANS = 1007,
    A_NUMBER = 1,
    A_TEXT = 3,
    A_BLOB = 4,
    A_NULL = 5
};

enum { /* places in the table */
    AT_BIND_BLOB = 2,
    AT_BIND_INT64 = 5,
    AT_BIND_NULL = 6,
    AT_BIND_TEXT = 10,
    AT_COLUMN_COUNT = 22,
    AT_COLUMN_VALUE = 39,
    AT_ERRMSG = 53,
    AT_FINALIZE = 57,
    AT_RESET = 77,
    AT_STEP = 94,
    AT_VALUE_BLOB = 102,
    AT_VALUE_BYTES = 103,
    AT_VALUE_INT64 = 107,
    AT_VALUE_TEXT = 109,
    AT_VALUE_TYPE = 113,
    AT_MUTEX_ENTER = 131,
    AT_MUTEX_LEAVE = 133,
    AT_DB_CONFIG = 163,
    AT_DB_MUTEX = 164,
    AT_EXTENDED_ERRCODE = 166,
    AT_PREPARE_V3 = 217
};

typedef void (*any_function)(void);

static struct {
    th_binds bind;
    int (*column_count)(void *);
    void *(*column_value)(void *, int);
    const char *(*errmsg)(void *);
    int (*finalize)(void *);
    int (*reset)(void *);
    int (*step)(void *);
    const void *(*value_blob)(void *);
    int (*value_bytes)(void *);
    int64_t (*value_int64)(void *);
    const void *(*value_text)(void *);
    int (*value_type)(void *);
    void (*mutex_enter)(void *);
    void (*mutex_leave)(void *);
    int (*db_config)(void *, int, ...);
    void *(*db_mutex)(void *);
    int (*extended_errcode)(void *);
    int (*prepare_v3)(void *, const char *, int, unsigned, void **, const char **);
} sqlite;

#define TAKE(name, place) (memcpy(&sqlite.name, &functions[place], sizeof sqlite.name))

void th_find_answers(const void *table) {
    const any_function *functions = table;
    TAKE(bind.blob, AT_BIND_BLOB);
    TAKE(bind.int64, AT_BIND_INT64);
    TAKE(bind.null, AT_BIND_NULL);
    TAKE(bind.text, AT_BIND_TEXT);
    TAKE(column_count, AT_COLUMN_COUNT);
    TAKE(column_value, AT_COLUMN_VALUE);
    TAKE(errmsg, AT_ERRMSG);
    TAKE(finalize, AT_FINALIZE);
    TAKE(reset, AT_RESET);
    TAKE(step, AT_STEP);
    TAKE(value_blob, AT_VALUE_BLOB);
    TAKE(value_bytes, AT_VALUE_BYTES);
    TAKE(value_int64, AT_VALUE_INT64);
    TAKE(value_text, AT_VALUE_TEXT);
    TAKE(value_type, AT_VALUE_TYPE);
    TAKE(mutex_enter, AT_MUTEX_ENTER);
    TAKE(mutex_leave, AT_MUTEX_LEAVE);
    TAKE(db_config, AT_DB_CONFIG);
    TAKE(db_mutex, AT_DB_MUTEX);
    TAKE(extended_errcode, AT_EXTENDED_ERRCODE);
    TAKE(prepare_v3, AT_PREPARE_V3);
}

static int failed(void *db, int code, th_fate *fate) {
    return th_failed(fate, code, sqlite.extended_errcode(db), sqlite.errmsg(db));
}

int th_prepare_question(void *db, const char *sql, void **statement, int64_t *columns_n,
                        th_fate *fate) {
    /* Otherwise, once somebody has run ANALYZE, some comparisons with a parameter are planned anew
     * for each value that is bound to it, which takes ten times as long as to find a row. */
    int stable = 0, code;
    sqlite.db_config(db, STABLE_PLANS, -1, &stable);
    sqlite.db_config(db, STABLE_PLANS, 1, NULL);
    code = sqlite.prepare_v3(db, sql, -1, PERSISTENT, statement, NULL);
    sqlite.db_config(db, STABLE_PLANS, stable, NULL);
    if (code != OK) return failed(db, code, fate);
    *columns_n = sqlite.column_count(*statement);
    return OK;
}

void th_forget_question(void *statement) { sqlite.finalize(statement); }

/* Copy octets behind those that are there, `used` of them. */
static int keep(th_page *page, int64_t *used, th_cell *cell, const void *octets, int size) {
    if (size < 0 || (size && !octets)) return NO_MEMORY;
    if (page->octets_n - *used < size) {
        int64_t room = 2 * page->octets_n + size;
        char *moved = realloc(page->octets, (size_t)room);
        if (!moved) return NO_MEMORY;
        page->octets = moved;
        page->octets_n = room;
    }
    if (size) memcpy(page->octets + *used, octets, (size_t)size);
    cell->is.number = *used;
    cell->size = size;
    *used += size;
    return OK;
}

static int copy_row(void *statement, int64_t columns_n, th_page *page, int64_t *used) {
    th_cell *cell = page->cells + page->rows_n * columns_n;
    int code = OK;
    for (int n = 0; code == OK && n < columns_n; n++, cell++) {
        void *value = sqlite.column_value(statement, n);
        switch (sqlite.value_type(value)) {
        case A_NUMBER:
            cell->kind = TH_NUMBER;
            cell->is.number = sqlite.value_int64(value);
            break;
        case A_TEXT: /* the text first: only then is its size that of UTF-8 */
            cell->kind = TH_TEXT;
            {
                const void *octets = sqlite.value_text(value);
                code = keep(page, used, cell, octets, sqlite.value_bytes(value));
            }
            break;
        case A_BLOB:
            cell->kind = TH_BLOB;
            {
                const void *octets = sqlite.value_blob(value);
                code = keep(page, used, cell, octets, sqlite.value_bytes(value));
            }
            break;
        case A_NULL:
            cell->kind = TH_NULL;
            break;
        default: /* no table of ours has a column of floats */
            code = MISMATCH;
        }
    }
    return code;
}

static int fill(th_question *question, th_page *page, th_fate *fate) {
    void *statement = question->statement;
    int64_t rows_max = page->cells_n / question->columns_n, used = 0;
    while (question->at < question->keys_n) {
        int code = OK;
        if (!question->begun) {
            const th_cell *key = question->keys + question->at * question->key_columns_n;
            code = th_bind(&sqlite.bind, statement, key, question->key_columns_n);
            if (code != OK) return failed(question->db, code, fate);
            question->begun = 1;
        }
        while (page->rows_n < rows_max && (code = sqlite.step(statement)) == ROW) {
            code = copy_row(statement, question->columns_n, page, &used);
            if (code == NO_MEMORY) return th_failed(fate, code, code, "out of memory");
            if (code != OK) return th_failed(fate, code, code, "datatype mismatch");
            page->rows_n++;
        }
        if (page->rows_n == rows_max) return OK;
        if (code != DONE) return failed(question->db, code, fate);
        sqlite.reset(statement);
        question->begun = 0;
        question->at++;
    }
    return OK;
}

int th_answer(th_question *question, th_page *page, th_fate *fate) {
    /* SQLite locks the connection for each value; what is locked already is cheap to lock. */
    void *mutex = sqlite.db_mutex(question->db);
    int code;
    page->rows_n = 0;
    sqlite.mutex_enter(mutex);
    code = fill(question, page, fate);
    sqlite.mutex_leave(mutex);
    return code;
}

void th_end_question(th_question *question) {
    if (question->begun) sqlite.reset(question->statement);
    question->begun = 0;
}

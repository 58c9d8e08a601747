/* The rows of a step as a table that SQLite reads by itself.
 *
 * A statement that is told one row at a time opens its table and all its indexes for each, and each
 * value is bound under a lock: that took longer than to write the row. So the rows of a step are a
 * virtual table, `given`, of columns c1, c2 and so on, and one statement takes them all
 * (`store.statements.sqlite_set_sql`).
 *
 * There is one such table for each connection. It has the cells of the step that is being written
 * and nothing at any other time. Whoever made the cells keeps what they refer to until the step is
 * over. https://sqlite.org/vtab.html has the shapes below.
 */
#ifndef TOLLHOUSE_GIVEN_H
#define TOLLHOUSE_GIVEN_H

#include "_packed.h"

#include <stdlib.h>
#include <string.h>

#define TH_GIVEN_COLUMNS                                                                           \
    "CREATE TABLE given (c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, "  \
    "c17, c18, c19, c20, c21, c22, c23, c24, c25, c26, c27, c28, c29, c30, c31, c32, c33, c34, "   \
    "c35, c36, c37, c38, c39, c40, c41, c42, c43, c44, c45, c46, c47, c48, c49, c50, c51, c52, "   \
    "c53, c54, c55, c56, c57, c58, c59, c60, c61, c62, c63, c64)"

typedef struct {
    const void *module; /* SQLite's three: sqlite3_vtab */
    int used_n;
    char *said;
    const th_given *given;
} th_given_table;

typedef struct {
    th_given_table *table; /* SQLite's one: sqlite3_vtab_cursor */
    const th_cell *row;
    const th_cell *end;
} th_given_cursor;

typedef struct { /* sqlite3_module, version 0 */
    int version;
    void (*create)(void); /* none: the table is there without being made */
    int (*connect)(void *, void *, int, const char *const *, void **, char **);
    int (*best_index)(void *, void *);
    int (*disconnect)(void *);
    void (*destroy)(void);
    int (*open)(void *, void **);
    int (*close)(void *);
    int (*filter)(void *, int, const char *, int, void **);
    int (*next)(void *);
    int (*eof)(void *);
    int (*column)(void *, void *, int);
    int (*row_id)(void *, int64_t *);
    void (*rest[7])(void); /* it cannot be written, and takes no part in transactions */
} th_module;

static struct {
    int (*declare_vtab)(void *, const char *);
    int (*create_module_v2)(void *, const char *, const void *, void *, void (*)(void *));
    void (*result_blob)(void *, const void *, int, void (*)(void *));
    void (*result_int64)(void *, int64_t);
    void (*result_null)(void *);
    void (*result_text)(void *, const char *, int, void (*)(void *));
} th_giving;

enum { TH_GIVEN_NO_MEMORY = 7 };

static int th_given_connect(void *db, void *given, int n, const char *const *said, void **made,
                            char **why) {
    th_given_table *table;
    int code = th_giving.declare_vtab(db, TH_GIVEN_COLUMNS);
    (void)n, (void)said, (void)why;
    if (code) return code;
    table = calloc(1, sizeof *table);
    if (!table) return TH_GIVEN_NO_MEMORY;
    table->given = given;
    *made = table;
    return 0;
}

static int th_given_best_index(void *table, void *asked) {
    (void)table, (void)asked; /* all rows, in their order */
    return 0;
}

static int th_given_free(void *one) {
    free(one);
    return 0;
}

static int th_given_open(void *table, void **made) {
    *made = calloc(1, sizeof(th_given_cursor));
    (void)table;
    return *made ? 0 : TH_GIVEN_NO_MEMORY;
}

static int th_given_filter(void *one, int plan, const char *said, int n, void **values) {
    th_given_cursor *cursor = one;
    const th_given *given = cursor->table->given;
    (void)plan, (void)said, (void)n, (void)values;
    cursor->row = given->cells;
    cursor->end = given->cells + given->rows_n * given->columns_n;
    return 0;
}

static int th_given_next(void *one) {
    th_given_cursor *cursor = one;
    cursor->row += cursor->table->given->columns_n;
    return 0;
}

static int th_given_eof(void *one) {
    const th_given_cursor *cursor = one;
    return cursor->row >= cursor->end;
}

static int th_given_column(void *one, void *into, int at) {
    const th_given_cursor *cursor = one;
    const th_cell *cell = cursor->row + at;
    switch (at < cursor->table->given->columns_n ? cell->kind : TH_NULL) {
    case TH_NUMBER:
        th_giving.result_int64(into, cell->is.number);
        break;
    case TH_TEXT: /* NULL for a destructor: the octets stay where they are */
        th_giving.result_text(into, cell->is.octets, cell->size, NULL);
        break;
    case TH_BLOB:
        th_giving.result_blob(into, cell->is.octets, cell->size, NULL);
        break;
    default:
        th_giving.result_null(into);
    }
    return 0;
}

static int th_given_row_id(void *one, int64_t *number) {
    const th_given_cursor *cursor = one;
    const th_given *given = cursor->table->given;
    *number = (cursor->row - given->cells) / given->columns_n;
    return 0;
}

static const th_module th_given_module = {
    .connect = th_given_connect,
    .best_index = th_given_best_index,
    .disconnect = th_given_free,
    .open = th_given_open,
    .close = th_given_free,
    .filter = th_given_filter,
    .next = th_given_next,
    .eof = th_given_eof,
    .column = th_given_column,
    .row_id = th_given_row_id,
};

/* The table of a connection, which lets go of it when it is closed; NULL: SQLite has refused. */
static th_given *th_given_for(void *db) {
    th_given *given = calloc(1, sizeof *given);
    if (given && th_giving.create_module_v2(db, "given", &th_given_module, given, free))
        given = NULL; /* freed already */
    return given;
}

#endif

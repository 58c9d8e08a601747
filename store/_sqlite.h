/* What both C halves that speak with SQLite do alike: bind cells, and say how a call failed.
 *
 * The functions are SQLite's own, from the table that an extension is handed (`_packed_c.c`).
 */
#ifndef TOLLHOUSE_SQLITE_H
#define TOLLHOUSE_SQLITE_H

#include "_packed.h"

#include <string.h>

typedef struct th_binds {
    int (*blob)(void *, int, const void *, int, void (*)(void *));
    int (*int64)(void *, int, int64_t);
    int (*null)(void *, int);
    int (*text)(void *, int, const char *, int, void (*)(void *));
} th_binds;

static inline int th_bind(
    const th_binds *bind, void *statement, const th_cell *row, int64_t columns_n)
{
    int code = 0;
    for (int n = 0; code == 0 && n < columns_n; n++) {
        const th_cell *cell = &row[n];
        switch (cell->kind) {
        case TH_NUMBER:
            code = bind->int64(statement, n + 1, cell->is.number);
            break;
        case TH_TEXT: /* NULL for a destructor: the octets stay where they are */
            code = bind->text(statement, n + 1, cell->is.octets, cell->size, NULL);
            break;
        case TH_BLOB:
            code = bind->blob(statement, n + 1, cell->is.octets, cell->size, NULL);
            break;
        default:
            code = bind->null(statement, n + 1);
        }
    }
    return code;
}

/* `extended` is of the connection's last error: of this one only if it begins with its code. */
static inline int th_failed(th_fate *fate, int code, int extended, const char *words)
{
    fate->code = (extended & 0xFF) == (code & 0xFF) ? extended : code;
    strncpy(fate->said, words ? words : "", sizeof fate->said - 1);
    fate->said[sizeof fate->said - 1] = '\0';
    return fate->code;
}

#endif

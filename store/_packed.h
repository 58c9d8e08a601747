/* What `_packed.pyx` and its C half know of one another: rows, steps, and the fate of a batch.
 *
 * A cell is one value of one row: a number, or octets that somebody else keeps alive. A step is one
 * prepared statement and the cells of all its rows, row by row. All functions run without the
 * interpreter's lock and call nothing of Python.
 */
#ifndef TOLLHOUSE_PACKED_H
#define TOLLHOUSE_PACKED_H

#include <stddef.h>
#include <stdint.h>

enum { TH_NULL, TH_NUMBER, TH_TEXT, TH_BLOB };

typedef struct th_cell {
    union {
        int64_t number;
        const void *octets;
    } is;
    int32_t size; /* of the octets */
    int32_t kind;
} th_cell;

/* The cells of one step, where its statement finds them as a table (`_given.h`). */
typedef struct th_given {
    const th_cell *cells;
    int64_t rows_n;
    int64_t columns_n;
} th_given;

typedef struct th_step {
    void *statement;
    th_given *given; /* if it takes all rows at once; NULL: one after the other, bound */
    th_cell *cells;
    int *version; /* of its one row, if that is of the journal and still to be made; 0: it is not */
    void **made;  /* where to leave what the cells of a row that was made refer to */
    int64_t rows_n;
    int64_t columns_n;
    int64_t met_n;     /* how many rows the statement wrote */
    int must_meet_all; /* end the batch if it wrote fewer */
} th_step;

/* How a call ended. `code` is SQLite's extended code; 0: well. */
typedef struct th_fate {
    int code;
    int missed; /* this step met too few rows, counted from 0; -1: none did */
    int raced;  /* the change number is another one */
    int64_t newest;
    int64_t pages_n; /* of the WAL, not yet in the database */
    char said[240];
} th_fate;

/* The connection that loaded this library as an extension in this thread, once; NULL: none did. */
void *th_take_loaded(void);

/* The table of SQLite's functions, once a connection has loaded this library. */
const void *th_functions(void);

/* Where the statements of a connection that take all rows at once find them; NULL: no memory. */
th_given *th_given_of(void *db);

int th_prepare(void *db, const char *sql, void **statement, th_fate *fate);
void th_finalize(void *statement);
int th_in_transaction(void *db);

/* Sort rows by their first `keys_n` cells, which are numbers; rows with equal keys keep their
 * order. They move to another piece of memory (malloc). Returns 0, or 1 when there is none. */
int th_sort(th_cell **cells, int64_t rows_n, int64_t columns_n, int64_t keys_n);

/* Where zlib is, told once; 0, or 1 if it is not there. */
int th_find_journal(const char *zlib_path);
/* Make the journal rows of a batch: the third of four cells, the body as it was written, becomes
 * what is kept, and the fourth its digest. 0, or 1 when there is no memory for it. */
int th_make_journals(th_step *steps, int64_t steps_n);

/* Begin (NULL: somebody has) and look whether the newest change is `feed_seq` (-1: any will do). */
int th_begin(void *db, void *begin, void *newest, int64_t feed_seq, th_fate *fate);
/* Write steps in order, up to the first that fails or misses a row; nothing is undone here. */
int th_write(void *db, th_step *steps, int64_t steps_n, th_fate *fate);
/* `gather`: what `th_gather_wal` gave, which is NULL where commits are not gathered. Not `flushed`:
 * where they are, the flush is left to `th_flush_wal`, which any thread may call. */
int th_commit(void *db, void *commit, void *gather, int flushed, th_fate *fate);
/* Fails as well if any flush of the WAL by this connection has failed: the system tells of a
 * failure once, to whoever asks first. `th_forgive` forgets that. */
int th_flush_wal(void *gather, th_fate *fate);
void th_forgive(void *gather);
void th_undo(void *db, void *rollback);

/* The connection for oneself: each call would take its lock anew, and a row makes many. */
void th_hold(void *db);
void th_let_go(void *db);

/* Stand before the WAL of a connection that has one open, and step aside again (`_gather.h`). */
void *th_gather_wal(void *db);
void th_gather_no_more(void *gather);

/* Have all that was written to the file of the database reach the disk. */
int th_flush_file(void *db, th_fate *fate);

/* Have the WAL begin with so many octets that are written already. Call in a transaction that
 * writes, so that nobody appends to it. 0: it does.
 */
int th_lay_wal(void *gather, int64_t octets);

#endif

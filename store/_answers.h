/* What `_answers.pyx` and its C half know of one another: a question, its keys, a page of answers.
 *
 * A page is as many rows as fit into the cells. Octets of a cell lie in the page's own room: `is`
 * says where they begin, counted from its beginning, since the room may move while it is filled.
 * `th_answer` runs without the interpreter's lock and calls nothing of Python.
 */
#ifndef TOLLHOUSE_ANSWERS_H
#define TOLLHOUSE_ANSWERS_H

#include "_packed.h"

typedef struct th_page {
    th_cell *cells;
    int64_t cells_n; /* room for so many */
    char *octets;
    int64_t octets_n; /* room for so many */
    int64_t rows_n;   /* rows of the page */
} th_page;

typedef struct th_question {
    void *db;
    void *statement;
    const th_cell *keys; /* row by row; each is asked in turn */
    int64_t keys_n;
    int64_t key_columns_n;
    int64_t columns_n; /* of an answer */
    int64_t at;        /* the key that is being answered; `keys_n`: all are */
    int begun;         /* its values are bound, and it may have been answered in part */
} th_question;

/* Find the functions in the table of SQLite's functions. */
void th_find_answers(const void *functions);

/* Prepare a question, of one plan whatever is asked for; tell how many columns an answer has. */
int th_prepare_question(void *db, const char *sql, void **statement, int64_t *columns_n,
                        th_fate *fate);
void th_forget_question(void *statement);

/* Fill the next page. No rows on it: all keys are answered. */
int th_answer(th_question *question, th_page *page, th_fate *fate);

/* Ask no further, whatever is left. */
void th_end_question(th_question *question);

#endif

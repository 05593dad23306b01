/* postgres_int -- between the connection to PostgreSQL and the forms of its values. */
#pragma once
#include "store/store.h"

#include <libpq-fe.h>

enum { MOST_PARAMS = 64 };

/* One statement's parameters as libpq takes them; points into the cells that it was made from. */
struct pg_params {
    const char *values[MOST_PARAMS];
    int lengths[MOST_PARAMS], formats[MOST_PARAMS];
    char numbers[MOST_PARAMS][24];
};

fallible pg_bind(struct pg_params *out, const struct query *q, const struct cell *cells);

/* The declared types of a query's parameters; 0, for PostgreSQL to infer, where none are. */
void pg_types(const struct query *q, Oid out[MOST_PARAMS]);

/* A value of a binary result. `expected` is i, t or b, or 0 for whatever the column is. */
fallible pg_cell(struct arena *a, const PGresult *r, int row, int column, char expected,
                 struct cell *out);

/* Our code for an SQLSTATE; ERR_IO for NULL, which libpq gives where the connection broke. */
enum err_code pg_code(const char *sqlstate);

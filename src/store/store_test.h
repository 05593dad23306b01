/* store_test -- what the tests of the store share: both engines, and a table with each type. */
#pragma once
#include "store/store.h"

/* The engines that this machine has: a file, and a schema of its own in $YANGGUAN_PG's server. */
struct test_engine {
    const char *where;
    struct db_options options;
};
size_t test_engines(struct arena *a, struct test_engine out[2]);

/* For tests of PostgreSQL alone. Skips where there is none: first, for skipping frees nothing. */
void test_needs_postgres(void);
struct test_engine test_postgres(struct arena *a);

/* probe (k bigint primary key, n bigint, t text, b bytea), made in a new store. */
fallible test_probe(struct arena *a, const struct test_engine *e, struct db **db);
void test_put(struct db *db, i64 k, struct maybe_i64 n, str t, str b);
fallible test_rows(struct db *db, i64 *count); /* of probe */
i64 test_count(struct db *db);                 /* the same, where it must work */

/*
 * What our store costs over the bare engine: groups of 64 jobs, each a savepoint with 20 writes.
 * `bench-store [GROUPS]` makes the same statements through the writer and bare (prepared,
 * parameters ready, a transaction a group; PostgreSQL in a pipeline with one sync a group) in
 * turns, and prints the median of the rounds. PostgreSQL is $YANGGUAN_PG; SQLite's file is made
 * below $TMPDIR.
 */
#include "store/store.h"

#include <endian.h>
#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { JOBS = 64, WRITES = 20, ROUNDS = 5, VALUE = 200 };

static const struct query put = {.name = "put",
                                 .sqlite = "insert into probe (k, n, t, b) values (?1, ?2, ?3, ?4)",
                                 .postgres =
                                     "insert into probe (k, n, t, b) values ($1, $2, $3, $4)",
                                 .param_types = "iitb",
                                 .params = 4};

static char value[VALUE];
static i64 next_key;

static void must(err e)
{
    if (e == OK)
        return;
    (void)fprintf(stderr, "%s: %s\n", err_name(e->code), e->message);
    exit(1);
}

static void must_be(bool good, const char *why)
{
    if (good)
        return;
    (void)fprintf(stderr, "%s\n", why);
    exit(1);
}

/* ---- through our interface ---------------------------------------------------------------- */

static fallible hook(void *ctx)
{
    (void)ctx;
    return OK;
}

static void quiet(void *ctx)
{
    (void)ctx;
}

static fallible run(void *ctx, struct job *job)
{
    (void)job;
    for (int i = 0; i < WRITES; i++) {
        struct cell row[] = {cell_i64(next_key++), cell_i64(i), cell_text((str){value, VALUE}),
                             cell_bytes((str){value, 32})};
        db_write(ctx, &put, row);
    }
    return OK;
}

static void ours(void *handle, int groups)
{
    static const struct writer_hooks hooks = {hook, quiet, quiet, hook, quiet, quiet};
    struct db *db = handle;
    struct writer_target t = {db, &hooks, db};
    struct job jobs[JOBS] = {{0}}, *list[JOBS];

    for (int i = 0; i < JOBS; i++) {
        jobs[i].run = run;
        list[i] = &jobs[i];
    }
    for (int g = 0; g < groups; g++) {
        must(writer_batch(&t, list, JOBS));
        must_be(!jobs[0].refused && !jobs[JOBS - 1].refused, "a job was refused");
    }
}

/* ---- bare SQLite -------------------------------------------------------------------------- */

static sqlite3_stmt *sqlite_prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *s;

    must_be(sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &s, NULL) == SQLITE_OK, sql);
    return s;
}

static void step(sqlite3_stmt *s)
{
    must_be(sqlite3_step(s) == SQLITE_DONE && sqlite3_reset(s) == SQLITE_OK, "step");
}

enum { BEGIN, SAVEPOINT, PUT, RELEASE, COMMIT, STATEMENTS };

static const char *const bare_sql[STATEMENTS] = {"begin", "savepoint s1", NULL,
                                                 "release savepoint s1", "commit"};

static void bare_sqlite(void *handle, int groups)
{
    static sqlite3_stmt *s[STATEMENTS];

    for (int i = 0; i < STATEMENTS && s[COMMIT] == NULL; i++)
        s[i] = sqlite_prepare(handle, i == PUT     ? put.sqlite
                                      : i == BEGIN ? "begin immediate"
                                                   : bare_sql[i]);
    for (int g = 0; g < groups; g++) {
        step(s[BEGIN]);
        for (int j = 0; j < JOBS; j++) {
            step(s[SAVEPOINT]);
            for (int i = 0; i < WRITES; i++) {
                (void)sqlite3_bind_int64(s[PUT], 1, next_key++);
                (void)sqlite3_bind_int64(s[PUT], 2, i);
                (void)sqlite3_bind_text(s[PUT], 3, value, VALUE, SQLITE_STATIC);
                (void)sqlite3_bind_blob(s[PUT], 4, value, 32, SQLITE_STATIC);
                step(s[PUT]);
            }
            step(s[RELEASE]);
        }
        step(s[COMMIT]);
    }
}

/* ---- bare PostgreSQL ---------------------------------------------------------------------- */

static const char *const bare_names[STATEMENTS] = {"b", "s", "p", "r", "c"};

static void pg_send(PGconn *c, int statement)
{
    must_be(PQsendQueryPrepared(c, bare_names[statement], 0, NULL, NULL, NULL, 1), "send");
}

static void pg_put(PGconn *c, i64 n)
{
    u64 numbers[2] = {htobe64((u64)next_key), htobe64((u64)n)};
    const char *values[] = {(char *)&numbers[0], (char *)&numbers[1], value, value};
    static const int lengths[] = {8, 8, VALUE, 32}, formats[] = {1, 1, 1, 1};

    next_key++;
    must_be(PQsendQueryPrepared(c, bare_names[PUT], 4, values, lengths, formats, 1), "send");
}

/* A group's statements, one sync, then all of its results. */
static void bare_group(PGconn *c)
{
    pg_send(c, BEGIN);
    for (int j = 0; j < JOBS; j++) {
        pg_send(c, SAVEPOINT);
        for (int i = 0; i < WRITES; i++)
            pg_put(c, i);
        pg_send(c, RELEASE);
    }
    pg_send(c, COMMIT);
    must_be(PQpipelineSync(c), "sync");
    for (int i = 0; i < 2 + JOBS * (WRITES + 2); i++) {
        PGresult *r = PQgetResult(c);
        must_be(PQresultStatus(r) == PGRES_COMMAND_OK, PQerrorMessage(c));
        PQclear(r);
        must_be(PQgetResult(c) == NULL, "a second result");
    }
    PGresult *r = PQgetResult(c);
    must_be(PQresultStatus(r) == PGRES_PIPELINE_SYNC, "no sync");
    PQclear(r);
}

static void bare_postgres(void *handle, int groups)
{
    for (int g = 0; g < groups; g++)
        bare_group(handle);
}

static PGconn *bare_connection(const char *url)
{
    static const Oid types[] = {20, 20, 25, 17};
    PGconn *c = PQconnectdb(url);

    must_be(PQstatus(c) == CONNECTION_OK, PQerrorMessage(c));
    PQclear(PQexec(c, "set search_path = bench_store"));
    for (int i = 0; i < STATEMENTS; i++) {
        PGresult *r = PQprepare(c, bare_names[i], i == PUT ? put.postgres : bare_sql[i],
                                i == PUT ? 4 : 0, types);
        must_be(PQresultStatus(r) == PGRES_COMMAND_OK, PQerrorMessage(c));
        PQclear(r);
    }
    must_be(PQenterPipelineMode(c), "pipeline");
    return c;
}

/* ---- measuring ---------------------------------------------------------------------------- */

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

struct side {
    void (*run)(void *handle, int groups);
    void *handle;
    double rates[ROUNDS];
};

static void round_of(struct side *side, int round, int groups)
{
    i64 start = monotonic_us();

    side->run(side->handle, groups);
    side->rates[round] = groups * JOBS * 1e6 / (double)(monotonic_us() - start);
}

static double median(struct side *side)
{
    qsort(side->rates, ROUNDS, sizeof side->rates[0], by_size);
    return side->rates[ROUNDS / 2];
}

/* In turns, so that whatever else the machine does meets both. */
static void compare(const char *engine, struct side *our, struct side *bare, int groups)
{
    our->run(our->handle, 2);
    bare->run(bare->handle, 2);
    for (int r = 0; r < ROUNDS; r++) {
        round_of(r % 2 ? our : bare, r, groups);
        round_of(r % 2 ? bare : our, r, groups);
    }
    double o = median(our), b = median(bare);
    (void)printf("figure store_%s_jobs_per_s %.0f\n", engine, o);
    (void)printf("figure store_%s_bare_jobs_per_s %.0f\n", engine, b);
    (void)printf("ratio store_%s_to_bare %.2f\n", engine, o / b);
}

static struct db *open_ours(const char *where, const char *create)
{
    struct db_options options = {.schema = "bench_store"};
    struct db *db;

    must(db_open(where, &options, &db));
    must(db->ops->simple(db, create));
    return db;
}

static void bench_sqlite(int groups)
{
    static const char create[] =
        "create table if not exists probe (k integer primary key, n integer, t text, b blob)";
    char folder[] = "/tmp/yangguan-bench-XXXXXX", path[64];
    sqlite3 *bare;

    must_be(mkdtemp(folder) != NULL && chdir(folder) == 0, "no folder");
    must_be(sqlite3_open("bare.db", &bare) == SQLITE_OK, "open");
    (void)snprintf(path, sizeof path, "%s/ours.db", folder);
    must_be(sqlite3_exec(bare,
                         "pragma journal_mode = wal; pragma synchronous = full;"
                         "pragma cache_size = -65536",
                         NULL, NULL, NULL) == SQLITE_OK &&
                sqlite3_exec(bare, create, NULL, NULL, NULL) == SQLITE_OK,
            "setup");
    compare("sqlite", &(struct side){ours, open_ours(path, create), {0}},
            &(struct side){bare_sqlite, bare, {0}}, groups);
    must_be(system("rm -f ours.db* bare.db*") == 0 && rmdir(folder) == 0, "clean up");
}

int main(int argc, char **argv)
{
    const char *url = getenv("YANGGUAN_PG");
    int groups = argc > 1 ? atoi(argv[1]) : 20;

    memset(value, 'v', sizeof value);
    bench_sqlite(groups);
    if (url == NULL) {
        (void)puts("skipped for want of PostgreSQL");
        return 0;
    }
    struct db *db =
        open_ours(url, "create table if not exists probe (k bigint primary key, n bigint,"
                       " t text collate \"C\", b bytea)");
    compare("postgres", &(struct side){ours, db, {0}},
            &(struct side){bare_postgres, bare_connection(url), {0}}, groups);
    must(db->ops->simple(db, "drop table probe"));
    db_close(db);
    return 0;
}

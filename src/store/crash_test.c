/* A PostgreSQL that dies under load: what was answered is there again, and nothing by halves. */
#include "store/store_test.h"
#include "tests/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { JOBS = 8, ROWS = 4, CRASHES = 2 };

static fallible nothing(void *ctx)
{
    (void)ctx;
    return OK;
}

static void quiet(void *ctx)
{
    (void)ctx;
}

struct load {
    struct db *db;
    i64 next, answered; /* keys: the next to write; all below are answered for */
};

static fallible write_rows(void *ctx, struct job *job)
{
    struct load *l = ctx;

    (void)job;
    for (int i = 0; i < ROWS; i++)
        test_put(l->db, l->next++, just(1), S("x"), S(""));
    return OK;
}

/* Batches until the server is gone. */
static void write_until_it_dies(struct load *l)
{
    static const struct writer_hooks hooks = {nothing, quiet, quiet, nothing, quiet, quiet};
    struct job jobs[JOBS] = {{0}}, *list[JOBS];

    for (int i = 0; i < JOBS; i++) {
        jobs[i].run = write_rows;
        list[i] = &jobs[i];
    }
    for (;;) {
        l->next = l->answered;
        if (writer_batch(&(struct writer_target){l->db, &hooks, l}, list, JOBS) != OK)
            return; /* the commit is in doubt */
        if (jobs[0].refused) {
            assert_int_equal(jobs[0].why.code, ERR_IO);
            return;
        }
        l->answered += (i64)JOBS * ROWS;
    }
}

static void server(const char *verb, const char *folder, const char *more)
{
    scoped_arena a = arena_open();
    str command = str_format(a, "'%s/tests/tools/postgres.sh' %s '%s' %s >&2", SOURCE_ROOT, verb,
                             folder, more);

    assert_int_equal(system(command.ptr), 0);
}

static i64 rows_after(const struct test_engine *e)
{
    scoped_db db = NULL;

    assert_ok(db_open(e->where, &e->options, &db));
    return test_count(db);
}

/* The server is stopped dead while batches run; gives the rows that are there, and were answered.
 */
static void crash(const char *folder, const struct test_engine *e, i64 *answered, i64 *there)
{
    scoped_db db = NULL;
    struct load l = {.answered = *answered};

    assert_ok(db_open(e->where, &e->options, &db));
    l.db = db;
    server("stop", folder, "immediate 0.4 &");
    write_until_it_dies(&l);
    server("again", folder, "");
    *answered = l.answered;
    *there = rows_after(e);
}

static void make_table(struct arena *a, const struct test_engine *e)
{
    scoped_db db = NULL;

    assert_ok(test_probe(a, e, &db));
}

TEST(what_postgres_answered_survives_its_crash)
{
    test_needs_postgres();
    scoped_arena a = arena_open();
    const char *folder = test_folder();
    i64 answered = 0, there = 0;
    str url;

    str options = str_format(a, "--sync --with %d wal_writer_delay=10s wal_writer_flush_after=1GB",
                             (int)getpid());
    server("start", folder, options.ptr);
    assert_ok(file_read(a, str_z(a, str_format(a, "%s/url", folder)), 4096, &url));
    struct test_engine e = {str_z(a, str_trim(url)), {.schema = "crash"}};
    make_table(a, &e);
    for (int i = 0; i < CRASHES; i++) {
        crash(folder, &e, &answered, &there);
        if (there < answered || there > answered + JOBS * ROWS || there % (JOBS * ROWS) != 0)
            fail_msg("%lld rows, %lld answered", (long long)there, (long long)answered);
        assert_true(answered > 0);
        answered = there;
    }
    /* The control: without the wait for the disk, the same crash must lose something. */
    e.where = str_z(a, str_format(a, "%s&options=-c%%20synchronous_commit%%3Doff", e.where));
    crash(folder, &e, &answered, &there);
    server("stop", folder, "immediate");
    if (there >= answered)
        fail_msg("nothing lost of %lld: the crash proves nothing", (long long)answered);
}

#include "store/store_test.h"
#include "tests/test.h"

/* What a command room's memory would be: it may change only with a commit. */
struct memory {
    struct db *db;
    i64 kept, pending, kept_pending; /* durable; of this batch; at the last keep */
    int begun, rolled_back;
    i64 epoch; /* of the lease; 0 for none */
};

static fallible on_begin(void *ctx)
{
    struct memory *m = ctx;

    m->begun++;
    m->pending = m->kept_pending = 0;
    return m->epoch ? lease_check(m->db, m->epoch) : OK;
}

static void on_keep(void *ctx)
{
    struct memory *m = ctx;

    m->kept_pending = m->pending;
}

static void on_undo(void *ctx)
{
    struct memory *m = ctx;

    m->pending = m->kept_pending;
}

static fallible on_before(void *ctx)
{
    (void)ctx;
    return OK;
}

static void on_committed(void *ctx)
{
    struct memory *m = ctx;

    m->kept += m->pending;
}

static void on_rolled_back(void *ctx)
{
    struct memory *m = ctx;

    m->rolled_back++;
}

static const struct writer_hooks hooks = {on_begin,  on_keep,      on_undo,
                                          on_before, on_committed, on_rolled_back};

enum behaviour {
    WRITES,
    REFUSES,          /* after it wrote */
    CONFLICTS,        /* in a write that it doesn't look at */
    CONFLICTS_INSIDE, /* in a savepoint of its own, and goes on */
    BREAKS_ONCE,      /* an I/O error at its first run only */
    BREAKS,           /* at each run */
    READS             /* what the jobs before it wrote */
};

struct act {
    struct job job;
    enum behaviour does;
    i64 k;
    int runs;
};

static fallible conflict_inside(struct db *db, i64 k)
{
    TRY(db_savepoint(db, 2));
    test_put(db, k + 1000, just(1), S(""), S(""));
    test_put(db, k, just(1), S(""), S(""));
    err e = db_check(db);
    REQUIRE(e != OK && e->code == ERR_CONFLICT, ERR_CORRUPT, "no conflict");
    TRY(db_undo(db, 2));
    return db_release(db, 2);
}

static fallible act(void *ctx, struct job *job)
{
    struct memory *m = ctx;
    struct act *it = (struct act *)job;

    it->runs++;
    m->pending++;
    if (it->does == READS) {
        i64 count;
        TRY(test_rows(m->db, &count));
        REQUIRE(count >= it->k, ERR_CORRUPT, "rows are missing");
    }
    test_put(m->db, it->k, just(1), S(""), S(""));
    if (it->does == CONFLICTS)
        test_put(m->db, it->k, just(2), S(""), S(""));
    if (it->does == CONFLICTS_INSIDE)
        return conflict_inside(m->db, it->k);
    REQUIRE(it->does != REFUSES, ERR_STATE, "no");
    REQUIRE(it->does != BREAKS && (it->does != BREAKS_ONCE || it->runs > 1), ERR_IO, "broken");
    return OK;
}

enum { MOST_ACTS = 6 };

static const struct {
    const char *name;
    enum behaviour acts[MOST_ACTS];
    bool refused[MOST_ACTS];
    enum err_code why;
    int rolled_back; /* at least */
} batches[] = {
    {"all well", {WRITES, READS, WRITES, READS, WRITES, WRITES}, {0}, 0, 0},
    {"a refusal", {WRITES, REFUSES, WRITES, REFUSES, WRITES, WRITES}, {0, 1, 0, 1}, ERR_STATE, 0},
    {"a conflict that nobody looked at",
     {WRITES, CONFLICTS, WRITES, WRITES, CONFLICTS, WRITES},
     {0, 1, 0, 0, 1},
     ERR_CONFLICT,
     0},
    {"a conflict in the last job",
     {WRITES, WRITES, WRITES, WRITES, WRITES, CONFLICTS},
     {0, 0, 0, 0, 0, 1},
     ERR_CONFLICT,
     0},
    {"a conflict, then a refusal",
     {CONFLICTS, REFUSES, WRITES, WRITES, WRITES, WRITES},
     {1, 1},
     0,
     0},
    {"a conflict, then a read",
     {CONFLICTS, READS, WRITES, READS, WRITES, WRITES},
     {1},
     ERR_CONFLICT,
     0},
    {"a conflict that is undone inside",
     {WRITES, CONFLICTS_INSIDE, READS, CONFLICTS_INSIDE, WRITES, WRITES},
     {0},
     0,
     0},
    {"a broken disk that mends", {WRITES, WRITES, BREAKS_ONCE, WRITES, WRITES, WRITES}, {0}, 0, 1},
    {"a broken disk", {WRITES, BREAKS, WRITES, CONFLICTS, REFUSES, WRITES}, {0, 1, 0, 1, 1}, 0, 2},
};

static void run_batch(struct arena *a, const struct test_engine *e, size_t row)
{
    scoped_db db = NULL;
    struct act acts[MOST_ACTS];
    struct job *jobs[MOST_ACTS];
    i64 kept = 0;

    assert_ok(test_probe(a, e, &db));
    struct memory m = {.db = db};
    struct writer_target t = {db, &hooks, &m};
    for (size_t i = 0; i < MOST_ACTS; i++) {
        /* The key is also how many rows must be there already. */
        bool stays = !batches[row].refused[i];
        acts[i] = (struct act){.job.run = act, .does = batches[row].acts[i], .k = kept};
        acts[i].k += stays ? 0 : 100;
        kept += stays;
        jobs[i] = &acts[i].job;
    }
    assert_ok(writer_batch(&t, jobs, MOST_ACTS));
    for (size_t i = 0; i < MOST_ACTS; i++) {
        if (jobs[i]->refused != batches[row].refused[i])
            fail_msg("%s: job %zu: %s", batches[row].name, i, jobs[i]->why.message);
        if (jobs[i]->refused && batches[row].why && jobs[i]->why.code != batches[row].why)
            fail_msg("%s: job %zu: %s", batches[row].name, i, jobs[i]->why.message);
    }
    if (test_count(db) != kept || m.kept != kept || m.rolled_back < batches[row].rolled_back)
        fail_msg("%s: %lld rows, %lld in memory, %d undone", batches[row].name,
                 (long long)test_count(db), (long long)m.kept, m.rolled_back);
}

TEST(a_batch_keeps_each_job_whole_or_not_at_all_on_each_engine)
{
    scoped_arena a = arena_open();
    struct test_engine engine[2];

    for (size_t row = 0; row < COUNT(batches); row++)
        for (size_t i = 0, n = test_engines(a, engine); i < n; i++)
            run_batch(a, &engine[i], row);
}

/* ---- random batches on both engines -------------------------------------------------------- */

enum { RANDOM_BATCHES = 80, RANDOM_JOBS = 12, STEPS = 8, KEYS = 3000 };

/* xorshift: the same jobs on both engines, whatever their number of runs. */
static u32 draw(u32 *state, u32 below)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state % below;
}

struct random_job {
    struct job job;
    u32 seed;
};

static void put_any(struct db *db, u32 *r)
{
    test_put(db, draw(r, KEYS), just(1), S("x"), S(""));
}

/* A part that looks at its result and undoes itself where it failed; or doesn't look. */
static fallible inner(struct db *db, u32 *r)
{
    bool looks = draw(r, 4) != 0;

    TRY(db_savepoint(db, 2));
    for (u32 n = draw(r, 4); n > 0; n--)
        put_any(db, r);
    if (looks && db_check(db) != OK)
        TRY(db_undo(db, 2));
    return db_release(db, 2);
}

static fallible random_run(void *ctx, struct job *job)
{
    struct memory *m = ctx;
    u32 r = ((struct random_job *)job)->seed;
    i64 count;

    m->pending++;
    for (u32 n = draw(&r, STEPS); n > 0; n--) {
        switch (draw(&r, 12)) {
        case 0:
            TRY(inner(m->db, &r));
            break;
        case 1:
            TRY(test_rows(m->db, &count));
            REQUIRE(count % 7 != 3, ERR_STATE, "seven");
            break;
        case 2:
            TRY(db_check(m->db));
            break;
        case 3:
            REQUIRE(draw(&r, 5) != 0, ERR_STATE, "no");
            break;
        default:
            put_any(m->db, &r);
        }
    }
    return OK;
}

/* What came of a batch: who was refused, what memory kept, and in the end every row. */
static void random_batch(struct writer_target *t, u32 seed, struct buf *out)
{
    struct random_job jobs[RANDOM_JOBS];
    struct job *list[RANDOM_JOBS];
    struct memory *m = t->ctx;

    for (u32 i = 0; i < RANDOM_JOBS; i++) {
        jobs[i] = (struct random_job){{.run = random_run}, seed + i * 7919};
        list[i] = &jobs[i].job;
    }
    assert_ok(writer_batch(t, list, RANDOM_JOBS));
    for (u32 i = 0; i < RANDOM_JOBS; i++)
        buf_byte(out, list[i]->refused ? 'r' : '.');
    buf_format(out, " kept %lld\n", (long long)m->kept);
}

TEST(random_batches_end_alike_on_both_engines)
{
    scoped_arena a = arena_open();
    struct test_engine engine[2];
    str ends[2];
    size_t n = test_engines(a, engine);

    for (size_t i = 0; i < n; i++) {
        scoped_db db = NULL;
        struct buf out = buf_in(a);
        str rows;

        assert_ok(test_probe(a, &engine[i], &db));
        struct memory m = {.db = db};
        for (u32 b = 0; b < RANDOM_BATCHES; b++)
            random_batch(&(struct writer_target){db, &hooks, &m}, 77777 + b * 104729, &out);
        assert_ok(db_dump(a, db, "probe", &rows));
        buf_str(&out, rows);
        ends[i] = buf_text(&out);
    }
    if (n == 2)
        assert_str(ends[1], ends[0]);
}

/* ---- the lease ---------------------------------------------------------------------------- */

static fallible take(struct db *db, str address, i64 now, i64 *epoch, bool *taken)
{
    return lease_take(db, address, &(struct lease_term){now, 5000}, epoch, taken);
}

static fallible renew(struct db *db, i64 epoch, i64 now)
{
    return lease_renew(db, epoch, &(struct lease_term){now, 5000});
}

TEST(one_of_two_holds_the_lease_until_it_lets_it_expire)
{
    scoped_arena a = arena_open();
    struct test_engine engine[2];

    for (size_t i = 0, n = test_engines(a, engine); i < n; i++) {
        scoped_db one = NULL;
        scoped_db two = NULL;
        i64 first = 0, second = 0;
        bool taken;

        assert_ok(test_probe(a, &engine[i], &one));
        assert_ok(db_create(one, STORE_MAIN));
        assert_ok(db_open(engine[i].where, &engine[i].options, &two));
        assert_err(renew(one, 1, 0), ERR_LEASE);
        assert_ok(take(one, S("one"), 1000, &first, &taken));
        assert_true(taken && first == 1);
        assert_ok(take(two, S("two"), 5999, &second, &taken));
        assert_true(!taken && second == 0);
        assert_ok(renew(one, first, 4000));
        assert_ok(take(two, S("two"), 8999, &second, &taken));
        assert_false(taken);
        assert_ok(take(two, S("two"), 9000, &second, &taken));
        assert_true(taken && second == 2);
        assert_err(renew(one, first, 9001), ERR_LEASE);
        assert_ok(take(two, S("two"), 9002, &second, &taken)); /* started anew */
        assert_true(taken && second == 3);
        assert_ok(renew(two, second, 20000)); /* late, but nobody else wanted it */
    }
}

TEST(a_writer_whose_lease_was_taken_leaves_nothing)
{
    scoped_arena a = arena_open();
    struct test_engine engine[2];

    for (size_t i = 0, n = test_engines(a, engine); i < n; i++) {
        scoped_db stale = NULL;
        scoped_db fresh = NULL;
        struct act acts[2] = {{.job.run = act, .k = 1}, {.job.run = act, .k = 2}};
        struct job *jobs[] = {&acts[0].job, &acts[1].job};
        bool taken;

        assert_ok(test_probe(a, &engine[i], &stale));
        assert_ok(db_create(stale, STORE_MAIN));
        assert_ok(db_open(engine[i].where, &engine[i].options, &fresh));
        struct memory m = {.db = stale};
        struct writer_target t = {stale, &hooks, &m};
        assert_ok(take(stale, S("stale"), 0, &m.epoch, &taken));
        assert_ok(writer_batch(&t, jobs, 1));
        assert_false(jobs[0]->refused);
        i64 epoch;
        assert_ok(take(fresh, S("fresh"), 5000, &epoch, &taken));
        assert_true(taken);
        acts[0].k = 3;
        assert_ok(writer_batch(&t, jobs, 2));
        assert_true(jobs[0]->refused && jobs[0]->why.code == ERR_LEASE);
        assert_true(jobs[1]->refused && jobs[1]->why.code == ERR_LEASE);
        assert_int_equal(test_count(fresh), 1);
        assert_int_equal(m.kept, 1);
    }
}

/* The lease's row is locked from the check to the commit: nobody takes it in between. */
TEST(a_lease_can_not_be_taken_in_the_middle_of_a_batch)
{
    test_needs_postgres();
    scoped_arena a = arena_open();
    struct test_engine e = test_postgres(a);
    scoped_db writer = NULL;
    scoped_db other = NULL;
    i64 epoch = 0, theirs = 0;
    bool taken;

    e.where = str_z(a, str_format(a, "%s&options=-c%%20lock_timeout%%3D50ms", e.where));
    assert_ok(test_probe(a, &e, &writer));
    assert_ok(db_create(writer, STORE_MAIN));
    assert_ok(db_open(e.where, &e.options, &other));
    assert_ok(take(writer, S("writer"), 0, &epoch, &taken));
    assert_ok(db_begin(writer));
    assert_ok(lease_check(writer, epoch));
    test_put(writer, 1, just(1), S(""), S(""));
    assert_err(take(other, S("other"), 9000, &theirs, &taken), ERR_BUSY);
    assert_ok(db_commit(writer));
    assert_ok(take(other, S("other"), 9000, &theirs, &taken));
    assert_true(taken);
    assert_ok(db_begin(writer));
    assert_err(lease_check(writer, epoch), ERR_LEASE);
    db_rollback(writer);
}

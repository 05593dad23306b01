#include "store/store_test.h"
#include "tests/test.h"

#include <stdio.h>
#include <stdlib.h>

static const struct query put = {.name = "put",
                                 .sqlite = "insert into epoch values (?1, ?2, 3, ?3, 5, ?4)",
                                 .postgres = "insert into epoch values ($1, $2, 3, $3, 5, $4)",
                                 .params = 4};
static const struct query get = {
    .name = "get",
    .sqlite = "select epoch, origin, newest_note from epoch order by epoch",
    .postgres = "select epoch, origin, newest_note from epoch order by epoch",
    .types = "itt",
    .columns = 3};

static const struct query probe_put = {
    .name = "probe_put",
    .sqlite = "insert into probe (k, n, t, b) values (?1, ?2, ?3, ?4)",
    .postgres = "insert into probe (k, n, t, b) values ($1, $2, $3, $4)",
    .param_types = "iITB",
    .params = 4};
static const struct query probe_all = {.name = "probe_all",
                                       .sqlite = "select k, n, t, b from probe order by k",
                                       .postgres = "select k, n, t, b from probe order by k",
                                       .types = "iitb",
                                       .columns = 4};
static const struct query probe_count = {.name = "probe_count",
                                         .sqlite = "select count(*) from probe",
                                         .postgres = "select count(*) from probe",
                                         .types = "i",
                                         .columns = 1};
static const struct query probe_sum = {
    .name = "probe_sum",
    .sqlite = "select sum(n), count(*) > 1, -sum(n), max(length(t)) from probe",
    .postgres = "select sum(n), count(*) > 1, -sum(n), max(length(t)) from probe",
    .types = "iiii",
    .columns = 4};

static struct db_options new_schema(struct arena *a)
{
    static int count;

    return (struct db_options){
        .schema = str_z(a, str_format(a, "store \"%lld_%d", (long long)monotonic_us(), count++))};
}

size_t test_engines(struct arena *a, struct test_engine out[2])
{
    const char *pg = getenv("YANGGUAN_PG");

    out[0].where = str_z(a, str_format(a, "%s/test.db", test_folder()));
    out[1].where = pg;
    out[0].options = out[1].options = new_schema(a);
    if (pg == NULL)
        print_message("skipped for want of PostgreSQL: this test's second engine\n");
    return pg ? 2 : 1;
}

void test_needs_postgres(void)
{
    if (getenv("YANGGUAN_PG") != NULL)
        return;
    print_message("skipped for want of PostgreSQL\n");
    skip();
}

struct test_engine test_postgres(struct arena *a)
{
    return (struct test_engine){getenv("YANGGUAN_PG"), new_schema(a)};
}

fallible test_probe(struct arena *a, const struct test_engine *e, struct db **db)
{
    TRY(db_open(e->where, &e->options, db));
    bool pg = (*db)->ops->postgres;
    str sql = str_format(a, "create table probe (k bigint primary key, n bigint, t text%s, b %s)",
                         pg ? " collate \"C\"" : "", pg ? "bytea" : "blob");
    return (*db)->ops->simple(*db, sql.ptr);
}

void test_put(struct db *db, i64 k, struct maybe_i64 n, str t, str b)
{
    struct cell row[] = {cell_i64(k), cell_maybe(n), cell_text(t), cell_bytes(b)};

    db_write(db, &probe_put, row);
}

fallible test_rows(struct db *db, i64 *out)
{
    scoped_arena a = arena_open();
    struct cell *cells;
    size_t count;

    TRY(db_rows(a, db, &probe_count, NULL, &cells, &count));
    *out = cells[0].n;
    return OK;
}

i64 test_count(struct db *db)
{
    i64 count = 0;

    assert_ok(test_rows(db, &count));
    return count;
}

static fallible open_new(const struct test_engine *e, struct db **db)
{
    TRY(db_open(e->where, &e->options, db));
    return db_create(*db, STORE_KEYS);
}

static void put_row(struct db *db, i64 key, str origin, str note)
{
    struct cell row[] = {cell_i64(key), cell_i64(0), cell_text(origin), cell_text(note)};

    db_write(db, &put, row);
}

TEST(rows_come_back_as_they_went_on_each_engine)
{
    scoped_arena a = arena_open();
    struct test_engine where[2];

    for (size_t i = 0, n = test_engines(a, where); i < n; i++) {
        scoped_db db = NULL;
        struct cell *cells;
        size_t count;

        assert_ok(open_new(&where[i], &db));
        assert_ok(db_begin(db));
        put_row(db, 1, S("民勤县"), S(""));
        put_row(db, INT64_MAX, S("'; drop table epoch; --"), S("\xF0\x9F\x98\x80"));
        assert_ok(db_commit(db));
        assert_ok(db_rows(a, db, &get, NULL, &cells, &count));
        assert_int_equal(count, 2);
        assert_str(cells[1].text, S("民勤县"));
        assert_true(cells[2].type == CELL_TEXT && cells[2].text.len == 0);
        assert_true(cells[3].n == INT64_MAX);
        assert_str(cells[4].text, S("'; drop table epoch; --"));
    }
}

TEST(a_failed_write_shows_at_the_next_check_and_its_savepoint_undoes_it_alone)
{
    scoped_arena a = arena_open();
    struct test_engine where[2];

    for (size_t i = 0, n = test_engines(a, where); i < n; i++) {
        scoped_db db = NULL;
        struct cell *cells;
        size_t count;

        assert_ok(open_new(&where[i], &db));
        assert_ok(db_begin(db));
        put_row(db, 1, S("a"), S("b"));
        assert_ok(db_savepoint(db, 1));
        put_row(db, 2, S("a"), S("b"));
        put_row(db, 1, S("again"), S("b"));
        put_row(db, 3, S("after"), S("b"));
        assert_err(db_check(db), ERR_CONFLICT);
        assert_ok(db_undo(db, 1));
        assert_ok(db_release(db, 1));
        put_row(db, 4, S("a"), S("b"));
        assert_ok(db_commit(db));
        assert_ok(db_rows(a, db, &get, NULL, &cells, &count));
        assert_int_equal(count, 2);
        assert_int_equal(cells[3].n, 4);
    }
}

TEST(both_engines_dump_the_same_rows_alike)
{
    scoped_arena a = arena_open();
    struct test_engine where[2];
    str dumps[2];
    size_t n = test_engines(a, where);

    for (size_t i = 0; i < n; i++) {
        scoped_db db = NULL;

        assert_ok(open_new(&where[i], &db));
        assert_ok(db_begin(db));
        put_row(db, 9, S("丝\"路\n"), S("b"));
        put_row(db, 10, S("Z"), S("b"));
        assert_ok(db_commit(db));
        assert_ok(db_dump(a, db, "epoch", &dumps[i]));
        assert_str(dumps[i], S("9|0|3|\"丝\\\"路\\n\"|5|\"b\"\n10|0|3|\"Z\"|5|\"b\"\n"));
    }
}

/* Values that one engine or the other might bend; {NULL} is NULL. */
static const struct {
    struct maybe_i64 n;
    str t, b;
} values[] = {
    {{false, 0}, {0}, {0}},
    {{true, 0}, {"", 0}, {"", 0}},
    {{true, -1}, {"阳关\xF0\x9F\x98\x80", 10}, {"\0\1\xFF", 3}},
    {{true, INT64_MAX}, {"it's \"\\ $1 ?1 :a", 16}, {"\0", 1}},
    {{true, INT64_MIN}, {"\x01\t\r\n\x7F", 5}, {"\\x00", 4}},
};

TEST(null_empty_and_foreign_values_of_each_type_come_back_as_they_went)
{
    scoped_arena a = arena_open();
    struct test_engine engine[2];
    str dumps[2] = {{0}};
    size_t n = test_engines(a, engine), count;

    for (size_t i = 0; i < n; i++) {
        scoped_db db = NULL;
        struct cell *c;

        assert_ok(test_probe(a, &engine[i], &db));
        for (size_t v = 0; v < COUNT(values); v++)
            test_put(db, (i64)v, values[v].n, values[v].t, values[v].b);
        assert_ok(db_rows(a, db, &probe_all, NULL, &c, &count));
        assert_int_equal(count, COUNT(values));
        for (size_t v = 0; v < COUNT(values); v++, c += 4) {
            struct maybe_i64 m = cell_to_maybe(c[1]);
            bool same = m.is == values[v].n.is && m.v == values[v].n.v &&
                        (c[2].text.ptr == NULL) == (values[v].t.ptr == NULL) &&
                        str_eq(c[2].text, values[v].t) && str_eq(c[3].text, values[v].b) &&
                        (c[3].type == CELL_NULL) == (values[v].b.ptr == NULL);
            if (!same)
                fail_msg("engine %zu, row %zu", i, v);
        }
        assert_ok(db_dump(a, db, "probe", &dumps[i]));
    }
    if (n == 2)
        assert_str(dumps[1], dumps[0]);
}

TEST(sums_and_truths_are_numbers_on_each_engine)
{
    static const i64 rows[][2] = {{1, 0},         {99999999, 1}, {10000, 0}, {-123456789012, 5},
                                  {INT64_MAX, 0}, {90000, 10000}};
    scoped_arena a = arena_open();
    struct test_engine engine[2];

    for (size_t i = 0, n = test_engines(a, engine); i < n; i++) {
        scoped_db db = NULL;
        struct cell *c;
        size_t count;

        assert_ok(test_probe(a, &engine[i], &db));
        for (size_t r = 0; r < COUNT(rows); r++) {
            assert_ok(db_begin(db));
            test_put(db, 1, just(rows[r][0]), S("民勤"), S(""));
            test_put(db, 2, just(rows[r][1]), S(""), S(""));
            assert_ok(db_rows(a, db, &probe_sum, NULL, &c, &count));
            assert_true(c[0].n == rows[r][0] + rows[r][1] && c[1].n == 1);
            assert_true(c[2].n == -c[0].n && c[3].n == 2);
            db_rollback(db);
        }
        test_put(db, 1, just(INT64_MAX), S(""), S(""));
        test_put(db, 2, just(1), S(""), S(""));
        assert_err(db_rows(a, db, &probe_sum, NULL, &c, &count), ERR_DATABASE);
    }
}

TEST(a_text_with_a_zero_byte_is_refused_and_not_cut)
{
    scoped_arena a = arena_open();
    struct test_engine engine[2];

    for (size_t i = 0, n = test_engines(a, engine); i < n; i++) {
        scoped_db db = NULL;

        assert_ok(test_probe(a, &engine[i], &db));
        assert_ok(db_begin(db));
        test_put(db, 1, just(1), ((str){"a\0b", 3}), S(""));
        assert_err(db_check(db), ERR_TEXT);
        db_rollback(db);
        assert_int_equal(test_count(db), 0);
    }
}

TEST(ten_thousand_writes_and_values_of_a_megabyte_go_in_one_transaction)
{
    scoped_arena a = arena_open();
    struct test_engine engine[2];
    char *big = arena_take(a, 1 << 20, 1);

    for (size_t i = 0; i < 1 << 20; i++)
        big[i] = (char)('!' + i * 7 % 90);
    for (size_t i = 0, n = test_engines(a, engine); i < n; i++) {
        scoped_db db = NULL;
        struct cell *c;
        size_t count;

        assert_ok(test_probe(a, &engine[i], &db));
        assert_ok(db_begin(db));
        for (i64 k = 0; k < 10000; k++)
            test_put(db, k, just(k), S("民勤县人民政府"), S("x"));
        for (i64 k = 10000; k < 10008; k++)
            test_put(db, k, just(k), ((str){big, 1 << 20}), ((str){big, 1 << 20}));
        assert_ok(db_commit(db));
        assert_ok(db_rows(a, db, &probe_all, NULL, &c, &count));
        assert_int_equal(count, 10008);
        for (size_t k = 0; k < count; k++)
            assert_true(c[k * 4].n == (i64)k && c[k * 4 + 1].n == (i64)k);
        assert_str(c[(size_t)10007 * 4 + 2].text, ((str){big, 1 << 20}));
        assert_str(c[(size_t)10007 * 4 + 3].text, ((str){big, 1 << 20}));
    }
}

/* Both sides send more than the sockets hold: who only sends waits for ever. */
TEST(a_pipeline_whose_answers_are_as_long_as_its_questions_does_not_stall)
{
    static const struct query echo = {.name = "echo",
                                      .sqlite = "select ?1",
                                      .postgres = "select $1",
                                      .param_types = "t",
                                      .types = "t",
                                      .params = 1,
                                      .columns = 1};
    scoped_arena a = arena_open();
    struct test_engine engine[2];
    char *bytes = arena_take(a, 1 << 20, 1);
    struct cell big = cell_text((str){bytes, 1 << 20});

    memset(bytes, 'x', 1 << 20);
    for (size_t i = 0, n = test_engines(a, engine); i < n; i++) {
        scoped_db db = NULL;

        assert_ok(test_probe(a, &engine[i], &db));
        assert_ok(db_begin(db));
        for (int k = 0; k < 40; k++)
            db_write(db, &echo, &big);
        assert_ok(db_commit(db));
    }
}

TEST(a_failure_in_an_inner_savepoint_is_undone_there_and_one_from_before_it_is_not)
{
    scoped_arena a = arena_open();
    struct test_engine engine[2];

    for (size_t i = 0, n = test_engines(a, engine); i < n; i++) {
        scoped_db db = NULL;
        str dump;

        assert_ok(test_probe(a, &engine[i], &db));
        assert_ok(db_begin(db));
        test_put(db, 1, just(1), S(""), S(""));
        assert_ok(db_savepoint(db, 1));
        test_put(db, 2, just(1), S(""), S(""));
        assert_ok(db_savepoint(db, 2));
        test_put(db, 3, just(1), S(""), S(""));
        test_put(db, 2, just(2), S(""), S(""));
        test_put(db, 4, just(1), S(""), S(""));
        assert_ok(db_undo(db, 2)); /* also without a check before it */
        assert_ok(db_release(db, 2));
        test_put(db, 5, just(1), S(""), S(""));
        assert_ok(db_check(db));
        assert_ok(db_release(db, 1));

        assert_ok(db_savepoint(db, 1));
        test_put(db, 5, just(2), S(""), S(""));
        err e = db_savepoint(db, 2);
        if (e == OK) {
            test_put(db, 6, just(1), S(""), S(""));
            assert_err(db_check(db), ERR_CONFLICT);
            assert_err(db_undo(db, 2), ERR_CONFLICT);
        }
        assert_err(db_check(db), ERR_CONFLICT);
        assert_ok(db_undo(db, 1));
        assert_ok(db_release(db, 1));
        assert_ok(db_commit(db));
        assert_ok(db_dump(a, db, "probe", &dump));
        assert_str(dump, S("1|1|\"\"|\n2|1|\"\"|\n5|1|\"\"|\n"));
    }
}

TEST(a_failed_write_names_its_query_and_not_its_values)
{
    scoped_arena a = arena_open();
    struct test_engine engine[2];

    for (size_t i = 0, n = test_engines(a, engine); i < n; i++) {
        scoped_db db = NULL;

        assert_ok(test_probe(a, &engine[i], &db));
        assert_ok(db_begin(db));
        test_put(db, 62010, just(1), S("340524198001010019"), S(""));
        test_put(db, 62010, just(1), S("340524198001010019"), S(""));
        test_put(db, 2, just(1), S(""), S(""));
        err e = db_check(db);
        assert_non_null(e);
        assert_non_null(strstr(e->message, "probe_put"));
        assert_null(strstr(e->message, "34052419"));
        assert_null(strstr(e->message, "62010"));
        assert_true(db_commit(db) != OK);
        db_rollback(db);
        assert_int_equal(test_count(db), 0);
    }
}

TEST(a_read_transaction_sees_one_moment)
{
    scoped_arena a = arena_open();
    struct test_engine engine[2];

    for (size_t i = 0, n = test_engines(a, engine); i < n; i++) {
        scoped_db db = NULL;
        scoped_db reader = NULL;
        struct db_options o = engine[i].options;

        assert_ok(test_probe(a, &engine[i], &db));
        o.read_only = true;
        assert_ok(db_open(engine[i].where, &o, &reader));
        assert_ok(db_begin_read(reader));
        assert_int_equal(test_count(reader), 0);
        test_put(db, 1, just(1), S(""), S(""));
        assert_ok(db_check(db));
        assert_int_equal(test_count(reader), 0);
        db_rollback(reader);
        assert_int_equal(test_count(reader), 1);
        test_put(reader, 2, just(1), S(""), S(""));
        assert_err(db_check(reader), ERR_DATABASE);
    }
}

/* Ends the server's side of a connection, as a crash of it would. */
static void kill_connection(struct arena *a, const struct test_engine *e, struct db *db)
{
    static const struct query own = {
        .name = "own", .postgres = "select pg_backend_pid()", .types = "i", .columns = 1};
    static const struct query end = {.name = "end",
                                     .postgres = "select pg_terminate_backend($1::int4, 5000)",
                                     .types = "i",
                                     .params = 1,
                                     .columns = 1};
    scoped_db other = NULL;
    struct cell *pid, *done;
    size_t count;

    assert_ok(db_rows(a, db, &own, NULL, &pid, &count));
    assert_ok(db_open(e->where, &e->options, &other));
    assert_ok(db_rows(a, other, &end, pid, &done, &count));
    assert_int_equal(done->n, 1);
}

TEST(a_connection_lost_in_a_batch_leaves_nothing_and_is_made_anew)
{
    test_needs_postgres();
    scoped_arena a = arena_open();
    struct test_engine e = test_postgres(a);
    scoped_db db = NULL;

    assert_ok(test_probe(a, &e, &db));
    for (int round = 0; round < 2; round++) {
        assert_ok(db_begin(db));
        test_put(db, 1, just(1), S(""), S(""));
        assert_ok(db_savepoint(db, 1));
        test_put(db, 2, just(1), S(""), S(""));
        kill_connection(a, &e, db);
        for (i64 k = 3; k < 5000; k++)
            test_put(db, k, just(1), S("more than the pipe holds, so that sending finds out"),
                     S(""));
        assert_err(db_check(db), ERR_IO);
        assert_err(db_undo(db, 1), ERR_IO);
        assert_err(db_check(db), ERR_IO);
        db_rollback(db);
    }
    assert_ok(db_begin(db));
    assert_int_equal(test_count(db), 0);
    test_put(db, 7, just(1), S(""), S(""));
    assert_ok(db_commit(db));
    assert_int_equal(test_count(db), 1);
    kill_connection(a, &e, db);
    assert_ok(db_begin(db)); /* nothing has told us yet */
    assert_err(db_commit(db), ERR_IO);
}

TEST(a_lock_that_another_holds_is_busy)
{
    test_needs_postgres();
    scoped_arena a = arena_open();
    struct test_engine e = test_postgres(a);
    scoped_db one = NULL;
    scoped_db two = NULL;

    e.where = str_z(a, str_format(a, "%s&options=-c%%20lock_timeout%%3D50ms", e.where));
    assert_ok(test_probe(a, &e, &one));
    assert_ok(db_open(e.where, &e.options, &two));
    assert_ok(db_begin(one));
    test_put(one, 1, just(1), S(""), S(""));
    assert_ok(db_check(one));
    test_put(two, 1, just(1), S(""), S(""));
    assert_err(db_check(two), ERR_BUSY);
}

TEST(an_address_without_a_server_is_an_error_and_no_crash)
{
    scoped_db db = NULL;

    assert_err(db_open("postgresql:///x?host=/nonexistent", NULL, &db), ERR_IO);
}

TEST(a_file_is_there_whole_or_not_at_all)
{
    scoped_arena a = arena_open();
    struct disk *d = disk_open(a, str_z(a, str_format(a, "%s/keys", test_folder())));
    str bytes, *names;
    size_t count;

    assert_err(disk_read(a, d, "absent", &bytes), ERR_NOT_FOUND);
    assert_ok(disk_write(d, "b", S("first")));
    assert_ok(disk_write(d, "b", S("second")));
    assert_ok(disk_write(d, "a", S("x")));
    assert_ok(disk_read(a, d, "b", &bytes));
    assert_str(bytes, S("second"));
    assert_ok(disk_list(a, d, &names, &count));
    assert_int_equal(count, 2);
    assert_str(names[0], S("a"));
    assert_ok(disk_destroy(d, "b"));
    assert_err(disk_read(a, d, "b", &bytes), ERR_NOT_FOUND);
}
